"""What stands out of a network: what is selected with the flow around it, and what was looked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import numpy as np

from explorer3d.scene import edges, fading, mesh
from explorer3d.scene.network import Network
from explorer3d.scene.palette import Theme
from explorer3d.scene.parts import Parts
from explorer3d.scene.placement import Placement

_ABOVE = 0.006  # world units by which lit edges pass before the others


class Emphasis:
    """Marks nodes and edges, and says which nodes stand back.

    Attributes
    ----------
    selected, start : str or None
        The selected node, and the one from which all ways to it are lit.
    bright : frozenset of str or None
        The nodes that alone have not faded; None: none has.
    lit : (n,) bool array or None
        Nodes on the lit ways, those at their ends included; None: nothing is selected.
    ways : (edges,) bool array
        The lit edges.
    """

    def __init__(self, parts: Parts) -> None:
        self.selected: str | None = None
        self.start: str | None = None
        self.bright: frozenset[str] | None = None
        self.lit: np.ndarray | None = None
        self.ways = np.zeros(0, bool)
        self._parts = parts
        self._lit, self._chosen, self._others = mesh.Lines(), mesh.Lines(), mesh.Lines()

    def trace(self, network: Network | None) -> None:
        """Find the ways to light, and the nodes on them."""
        self.lit, self.ways = None, np.zeros(0, bool)
        if network is None:
            return
        chosen, start = network.index.get(self.selected or ""), network.index.get(self.start or "")
        if chosen is None:
            return
        flow = network.flow
        self.lit = np.zeros(len(network.index), bool)
        if start is None or start == chosen:
            self.ways = flow.touching(chosen)
            self.lit[flow.sources[self.ways]] = self.lit[flow.targets[self.ways]] = True
        else:
            self.lit = flow.between(start, chosen)
            self.ways = flow.inside(self.lit)
            self.lit[start] = True
        self.lit[chosen] = True

    def ends(self, network: Network) -> list[int]:
        """The nodes that are selected."""
        ends = (self.selected, self.start)
        return [network.index[name] for name in ends if name is not None and name in network.index]

    @property
    def fades(self) -> bool:
        """Whether any nodes stand back."""
        return self.bright is not None or self.lit is not None

    def faded(self, network: Network) -> tuple[np.ndarray, float]:
        """Which nodes stand back ((n,) bool array), and how far."""
        if self.bright is not None:
            count = len(network.index)
            back = np.ones(count + 1, bool)
            # Layers, seen or folded away, and blocks; what is neither, in the last place.
            for known in (network.node_of, network.index):
                back[list(map(known.get, self.bright, repeat(count)))] = False
            return back[:count], fading.STRONG
        if self.lit is not None:
            return ~self.lit, fading.SLIGHT
        return np.zeros(len(network.index), bool), 0.0

    def light(self, network: Network, frames: Sequence[np.ndarray], theme: Theme) -> None:
        """Light the edges of the flow.

        Parameters
        ----------
        network : Network
        frames : sequence of (4, 3) float array
            Corners of opened layers; edges pass behind them.
        theme : Theme
        """
        courses = network.courses[np.flatnonzero(self.ways)] + [0.0, 0.0, _ABOVE]
        self._lit.show(*edges.strokes(courses, frames), np.array(theme.edge_active))
        self._parts.show("lit edges", self._parts.stroked([self._lit.actor], 2.4), shown=len(courses) > 0)

    def rim(self, network: Network, theme: Theme) -> None:
        """Frame what is selected, and the nodes on the lit ways."""
        chosen = np.array(self.ends(network) if self.selected in network.index else [], np.intp)
        others = np.setdiff1d(np.flatnonzero(self.lit), chosen) if self.lit is not None else chosen[:0]
        for part, lines, which, colour, width in (
            ("selection", self._chosen, chosen, theme.selection, 3.0),
            ("flow", self._others, others, theme.edge_active, 2.0),
        ):
            lines.show(*rims(network.placement, which), np.array(colour))
            self._parts.show(part, self._parts.stroked([lines.actor], width), shown=len(which) > 0)


def rims(placement: Placement, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points (4 m, 3) and cells (m, 5) of frames around the fronts of some blocks.

    Parameters
    ----------
    placement : Placement
    which : (m,) int array
    """
    half = (placement.sizes[which, None, :2] + 0.1) / 2
    corners = placement.centres[which, None, :2] + half * [[-1, -1], [1, -1], [1, 1], [-1, 1]]
    points = np.concatenate([corners, np.full((len(which), 4, 1), 0.02)], axis=2).reshape(-1, 3)
    around = 4 * np.arange(len(which))[:, None] + [0, 1, 2, 3, 0]
    return points, around
