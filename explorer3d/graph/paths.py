"""Ways that data takes through a laid out network: neighbours, all paths between two nodes, the next step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.layout import Layout


class Flow:
    """The edges of a layout as neighbours of each node.

    Parameters
    ----------
    layout : Layout
        Nodes are named by their place in `Layout.names`.
    """

    def __init__(self, layout: Layout) -> None:
        self._lane, self._rank = layout.lane, layout.rank
        self.sources = np.array([edge.source for edge in layout.edges], np.int64)
        self.targets = np.array([edge.target for edge in layout.edges], np.int64)
        self._after: list[list[int]] = [[] for _ in layout.names]
        self._before: list[list[int]] = [[] for _ in layout.names]
        for source, target in zip(self.sources.tolist(), self.targets.tolist(), strict=True):
            self._after[source].append(target)
            self._before[target].append(source)

    def touching(self, node: int) -> NDArray[np.bool_]:
        """Edges that end at a node.

        Returns
        -------
        (edges,) bool array
        """
        return np.asarray((self.sources == node) | (self.targets == node))

    def between(self, one: int, other: int) -> NDArray[np.bool_]:
        """Nodes on any path from one node to the other, whichever of the two comes first.

        Returns
        -------
        (n,) bool array
            All False if nothing flows from either to the other. Takes time linear in the edges.
        """
        for start, end in ((one, other), (other, one)):
            found = self._reached(start, self._after) & self._reached(end, self._before)
            if found.any():
                return found
        return np.zeros(len(self._after), bool)

    def inside(self, nodes: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Edges both of whose ends are among some nodes.

        Returns
        -------
        (edges,) bool array
        """
        return np.asarray(nodes[self.sources] & nodes[self.targets])

    def next(self, node: int) -> int | None:
        """The node that follows: of several the one on the same branch, else nearest to the main line."""
        return self._best(node, self._after[node])

    def previous(self, node: int) -> int | None:
        """The node before: of several the one on the same branch, else nearest to the main line."""
        return self._best(node, self._before[node])

    def beside(self, node: int, down: int) -> int | None:
        """The nearest branch above (-1) or below (1): a node beside this one, or with the same neighbour.

        Parameters
        ----------
        node : int
        down : int
        """
        siblings = {other for source in self._before[node] for other in self._after[source]}
        siblings.update(other for target in self._after[node] for other in self._before[target])
        siblings.update(np.flatnonzero(self._rank == self._rank[node]).tolist())
        way = {other: float(self._lane[other] - self._lane[node]) * down for other in siblings}
        onwards = [other for other in siblings if way[other] > 0]
        steps = {other: abs(int(self._rank[other] - self._rank[node])) for other in onwards}
        return min(onwards, key=lambda other: (way[other], steps[other], other), default=None)

    def _best(self, node: int, nodes: Sequence[int]) -> int | None:
        lane, rank = self._lane, self._rank
        return min(
            nodes,
            key=lambda other: (
                lane[other] != lane[node],
                abs(lane[other]),
                abs(int(rank[other] - rank[node])),
                other,
            ),
            default=None,
        )

    def _reached(self, start: int, neighbours: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
        reached = np.zeros(len(neighbours), bool)
        reached[start] = True
        waiting = [start]
        while waiting:
            for other in neighbours[waiting.pop()]:
                if not reached[other]:
                    reached[other] = True
                    waiting.append(other)
        return reached
