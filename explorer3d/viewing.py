"""What of a network is selected, laid open and lit, and how it is drawn. Knows neither Qt nor VTK."""

from __future__ import annotations

from collections.abc import MutableMapping
from itertools import pairwise

from psygnal import Signal

from explorer3d.compute.colour_range import ColourRange, Ranges
from explorer3d.graph.folding import Folding
from explorer3d.manners import STACK
from explorer3d.opened_layers import ALL_ROLES
from explorer3d.running import Running

MOST_UNDONE = 100


class Viewing(Running):
    """A network that is looked at.

    Parameters
    ----------
    memory : mutable mapping of str to str

    Signals
    -------
    selection_changed(), view_changed()
        Something else is selected, or tensors are drawn in another way.
    bright_changed()
        Other nodes stand out than before.
    ranges_changed()
        Colours of opened tensors span something else.

    Attributes
    ----------
    selected, start : str or None
        The selected node, and the one from which all ways to it are looked at.
    bright : frozenset of str or None
        The nodes that stand out, all others being dimmed; None: none are.
    mode : str
        Key in `MANNERS`: how tensors are seen.
    spread : float
        Distance between the slices of a stack.
    colormap : str
        Key in the scene's colormaps; empty: the usual one.
    ranges : Ranges
        What the colours of opened tensors span, as far as somebody has chosen that.
    """

    _of_a_network = (*Running._of_a_network, "selected", "start", "ranges", "_ranges_before")

    selection_changed = Signal()
    bright_changed = Signal()
    view_changed = Signal()
    ranges_changed = Signal()

    def __init__(self, memory: MutableMapping[str, str]) -> None:
        super().__init__(memory)
        self.selected: str | None = None
        self.start: str | None = None
        self.bright: frozenset[str] | None = None
        self.mode = STACK
        self.spread = 1.0
        self.colormap = ""
        self.ranges = Ranges()
        self._ranges_before: list[Ranges] = []
        self.layer_changed.connect(self._settle_ranges)

    def select(self, name: str | None, start: str | None = None) -> None:
        """Select a layer, an input or a folded block; a layer that is folded away is unfolded.

        Parameters
        ----------
        name : str or None
        start : str, optional
            A second node: all ways that data takes from the one to the other are looked at then.
        """
        if name is not None and self.disclose(name, lambda: self.select(name, start)):
            return
        self._mark(name, start)

    def show(self, name: str, role: str | None = None) -> None:
        """Select a node and lay it open; with a role, show or hide only what that handle stands for.

        A folded block is only selected; a layer that is folded away is unfolded first.
        """
        if self.disclose(name, lambda: self.show(name, role)):
            return
        self.select(name)
        if not self.is_folded(name):
            opened = self.opened.get(name, frozenset())
            self._layers.open(name, ALL_ROLES if role is None else opened ^ {role})

    def close_layer(self, name: str) -> None:
        """Fold an opened layer away."""
        self._layers.close(name)

    def close_last(self) -> bool:
        """Close the selected layer if it is open, else the one opened last.

        Returns
        -------
        bool
            Whether there was one.
        """
        opened = list(self.opened)
        if opened:
            self.close_layer(self.selected if self.selected in opened else opened[-1])
        return bool(opened)

    def close_all(self) -> None:
        """Fold all opened layers away."""
        for name in list(self.opened):
            self.close_layer(name)

    def reopen(self, since: int = 0) -> bool:
        """Open the layer that was closed last again; since a number of closings, as of `OpenedLayers`.

        Returns
        -------
        bool
            Whether there was one.
        """
        closed = self._layers.take_closed(since)
        if closed is not None:
            self._reopen(*closed)
        return closed is not None

    def _reopen(self, name: str, roles: frozenset[str]) -> None:
        if not self.disclose(name, lambda: self._reopen(name, roles)):
            self.select(name)
            self._layers.open(name, roles)

    def keep_bright(self, names: frozenset[str] | None) -> None:
        """Dim all nodes but these; None: none."""
        if names != self.bright:
            self.bright = names
            self.bright_changed.emit()

    def set_view(
        self, mode: str | None = None, spread: float | None = None, colormap: str | None = None
    ) -> None:
        """Change how tensors are drawn."""
        self.mode = mode or self.mode
        self.spread = self.spread if spread is None else min(max(spread, 0.0), 3.0)
        self.colormap = self.colormap if colormap is None else colormap
        self.view_changed.emit()

    def choose_range(
        self, layer: str, tensor: str, role: str, wanted: ColourRange, continued: bool = False
    ) -> None:
        """Let the colours of an opened tensor span something else, also when its layer is opened again.

        Parameters
        ----------
        layer, tensor, role : str
            As in `ShownLayer` and `ShownTensor`.
        wanted : ColourRange
        continued : bool
            This goes on with the change before; both are undone together.
        """
        if not continued:
            self._ranges_before = [*self._ranges_before[1 - MOST_UNDONE :], self.ranges]
        self.ranges = self.ranges.chosen(layer, tensor, role, wanted)
        self.ranges_changed.emit()

    def undo_range(self) -> None:
        """Take the last choice of a colour range back."""
        if self._ranges_before:
            self.ranges = self._ranges_before.pop()
            self.ranges_changed.emit()

    def _settle_ranges(self, layer: str) -> None:
        """Undo no longer what was chosen of a layer that is closed: nobody would see it."""
        if layer not in self.opened:
            kept = [before.agreeing(self.ranges, layer) for before in self._ranges_before]
            self._ranges_before = [one for one, later in pairwise([*kept, self.ranges]) if one != later]

    def _mark(self, name: str | None, start: str | None) -> None:
        if (name, start) != (self.selected, self.start):
            self.selected, self.start = name, start
            self.selection_changed.emit()

    def _about_to_refold(self, folding: Folding) -> None:
        for name in list(self.opened):
            if folding.node_of(name) != name:
                self.close_layer(name)

    def _refolded(self, folding: Folding) -> None:
        ends = [name and folding.node_of(name) for name in (self.selected, self.start)]
        selected, start = (name if name in folding.nodes else None for name in ends)
        self._mark(selected, start if start != selected else None)

    def _forget(self) -> None:
        super()._forget()
        self.selected, self.start, self.bright = None, None, None
        self.ranges, self._ranges_before = Ranges(), []
