"""Layers that are laid open, and their tensors as these come in. Knows neither Qt nor VTK."""

from __future__ import annotations

from collections.abc import Callable

from explorer3d.compute.show import ShowLayer, ShownLayer
from explorer3d.feeding import INPUT, Feeding

ALL_ROLES = frozenset({"input", "weights", "bias", "output"})


class OpenedLayers:
    """The layers of one network that are laid open.

    Parameters
    ----------
    feeding : Feeding
        The network, and what runs through it.
    changed : callable
        Is told the name of a layer that was opened, filled or closed.

    Attributes
    ----------
    roles : dict of str to frozenset of str
        Roles shown of each opened layer, in the order of opening.
    shown : dict of str to ShownLayer
        Tensors of the opened layers that are there already.
    cut_short : set of str
        Layers whose tensors were read in part, and the rest was given up.
    """

    def __init__(self, feeding: Feeding, changed: Callable[[str], object]) -> None:
        self._feeding, self._changed = feeding, changed
        self.roles: dict[str, frozenset[str]] = {}
        self.shown: dict[str, ShownLayer] = {}
        self.cut_short: set[str] = set()
        self._closed: list[tuple[str, frozenset[str]]] = []
        self._in_passing: set[str] = set()

    def open(self, name: str, roles: frozenset[str]) -> None:
        """Show just these roles of a layer; none closes it."""
        if not roles:
            self.close(name)
        elif roles != self.roles.get(name):
            self.roles[name] = roles
            if name in self.shown:
                self._changed(name)
            else:
                self.fill(name)

    def close(self, name: str) -> None:
        """Fold an opened layer away."""
        roles = self.roles.pop(name, None)
        if roles is not None:
            self._closed.append((name, roles))
            self.shown.pop(name, None)
            self.cut_short.discard(name)
            self._feeding.give_up(_topic(name))
            self._changed(name)

    def given_up(self) -> None:
        """A layer whose tensors are no longer on their way is not open, or open in part: it can be asked for
        again."""
        for name in list(self.roles):
            shown = self.shown.get(name)
            if self._feeding.under_way(INPUT if self._feeding.feeds is None else _topic(name)):
                continue
            if shown is None:
                del self.roles[name]
                self._changed(name)
            elif shown.is_preview and name not in self.cut_short:
                self.cut_short.add(name)
                self._changed(name)

    @property
    def closings(self) -> int:
        """How many layers have been closed, and not been taken back since."""
        return len(self._closed)

    def take_closed(self, since: int = 0) -> tuple[str, frozenset[str]] | None:
        """The layer that was closed last and is not open again, and what was shown of it.

        Parameters
        ----------
        since : int
            What was closed when there were no more `closings` than these is left.
        """
        while len(self._closed) > since:
            name, roles = self._closed.pop()
            if name not in self.roles:
                return name, roles
        return None

    def fill(self, name: str, in_passing: bool = False) -> None:
        """Ask for an opened layer's tensors; until there is an input, it waits.

        Parameters
        ----------
        name : str
        in_passing : bool
            Other inputs are about to follow: nobody waits for this one's tensors, of what is large a part
            will do until `read_on`, and of the inputs that come while one is looked at the last one counts.
        """
        feeding = self._feeding
        if feeding.network is None:
            return
        if feeding.feeds is None:
            # If it was given up: a click still means to see something.
            feeding.load_again()
            return

        if in_passing and name in self._in_passing and feeding.under_way(_topic(name)):
            return
        feeds = feeding.feeds
        first = ShowLayer(feeding.key, feeds.arrays, name, at_once=True)

        def accept(shown: ShownLayer) -> None:
            self._take(name, shown)
            if in_passing and feeding.feeds is not feeds:
                self.fill(name, in_passing=True)
            elif shown.is_preview and not in_passing:
                self._read_all(name, shown)

        (self._in_passing.add if in_passing else self._in_passing.discard)(name)
        feeding.ask(_topic(name), f"Computing {name}", first, accept, rest=0.0 if in_passing else None)

    def read_on(self) -> None:
        """Read all of the tensors of which a part has been read."""
        for name, shown in self.shown.items():
            if shown.is_preview and not self._feeding.under_way(_topic(name)):
                self._read_all(name, shown)

    def _read_all(self, name: str, shown: ShownLayer) -> None:
        feeding = self._feeding
        if name in self.cut_short:
            self.cut_short.remove(name)
            self._changed(name)
        assert feeding.network is not None and feeding.feeds is not None
        request = ShowLayer(feeding.key, feeding.feeds.arrays, name, known=shown.computed)
        feeding.ask(
            _topic(name),
            f"Reading all of {name}",
            request,
            lambda whole: self._take(name, whole),
            later=True,
        )

    def _take(self, name: str, shown: ShownLayer) -> None:
        self.shown[name] = shown
        self.cut_short.discard(name)
        self._changed(name)
        if shown.fault:
            self._feeding.failed.emit(shown.fault)


def _topic(name: str) -> str:
    return f"layer {name}"
