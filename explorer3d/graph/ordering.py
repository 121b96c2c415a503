"""In which order the nodes of each rank lie side by side, so that few edges cross.

Sugiyama's algorithm answers that, in a time that grows faster than the graph. So a network is cut at the
ranks that little passes: into residual units, blocks, layers. Parts of the same structure are ordered once.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph import igraph_core
from explorer3d.progress import EndingEarly

LONGEST_LAYERED_EDGE = 30
"""Sugiyama's algorithm puts a dummy node into every rank an edge passes, so edges across very many ranks
would cost more than all nodes; they are drawn as arcs anyway."""

# Nodes, dummy nodes and pieces of edges in a part: about 10 ms.
_LARGEST = 2000

# What lies side by side at a rank where a part that is too large may be cut.
_WIDEST_CUT = 12

_SWEEPS = 12

TITLE = "Arranging the layers"

Numbers = NDArray[np.int64]
Orders = MutableMapping[bytes, NDArray[np.float64]]
"""What has been found so far, by the structure of the part."""


def offsets(
    rank: Numbers, pairs: Numbers, main: Numbers, orders: Orders, progress: EndingEarly
) -> tuple[NDArray[np.float64], bool]:
    """How far each node would best lie from the main line.

    Parameters
    ----------
    rank : (n,) int array
        No rank is empty.
    pairs : (m, 2) int array
        Source and target of each edge, to a higher rank.
    main : (k,) int array
        The nodes of the main line, in the order of their ranks.
    orders : mutable mapping
        Parts ordered before; those ordered now are added.
    progress : EndingEarly
        When the work is given up, what is left is ordered roughly.

    Returns
    -------
    tuple of (n,) float array and bool
        And whether all of it was ordered as well as it can be.
    """
    order = np.argsort(rank, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    near = rank[pairs[:, 1]] - rank[pairs[:, 0]] <= LONGEST_LAYERED_EDGE
    ends = place[pairs[near]]
    ends = ends[np.lexsort((ends[:, 1], ends[:, 0]))]
    cut = _Cut(rank[order], ends)
    middle = np.sort(place[main])
    first, stop = cut.spans()
    lines = np.searchsorted(middle, np.stack([first, stop]))

    offset = np.zeros(len(order))
    rough: NDArray[np.float64] | None = None
    complete = True
    for index in cut.branched:
        nodes = slice(first[index], stop[index])
        local_rank, local_ends = cut.part(index)
        across = None
        if cut.size[index] <= _LARGEST:
            key = blake2b(local_rank.tobytes() + b"|" + local_ends.tobytes(), digest_size=16).digest()
            across = orders.get(key)
            if across is None:
                # Between what `arrange` does before and after.
                progress(0.4 + 0.4 * index / len(first), TITLE)
                complete = not progress.given_up
                if complete:
                    across = orders[key] = _sugiyama(local_rank, local_ends)
        if across is None:
            if rough is None:
                rough = _rough(rank[order], ends)
            across = rough[nodes]
        count = nodes.stop - nodes.start
        line = middle[slice(*lines[:, index])] - nodes.start
        if len(line):
            base = np.interp(local_rank[:count], local_rank[line], across[line])
        else:
            base = np.full(count, across[:count].mean())
        # The first rank is the last of the part before, which has placed it.
        own = 0 if index == 0 else cut.first[cut.bounds[index] + 1] - nodes.start
        offset[nodes.start + own : nodes.stop] = (across[:count] - base)[own:]
    return offset[place], complete


class _Cut:
    """A graph whose nodes are numbered by rank, cut into parts that share the ranks at their ends.

    Attributes
    ----------
    first : (ranks + 1,) int array
        First node of each rank.
    bounds : (parts + 1,) int array
        Ranks at the ends of the parts.
    size : (parts,) int array
        Nodes, dummy nodes and pieces of edges in each.
    branched : list of int
        Parts that are more than a line.
    """

    def __init__(self, depth: Numbers, ends: Numbers) -> None:
        self._depth, self._ends = depth, ends
        self._from, self._to = depth[ends[:, 0]], depth[ends[:, 1]]
        ranks = int(depth[-1]) + 1
        self.first = np.searchsorted(depth, np.arange(ranks + 1))
        leaving, arriving = (np.bincount(one, minlength=ranks) for one in (self._from, self._to))
        self._leaving = np.concatenate([[0], np.cumsum(leaving)])
        going = np.cumsum(leaving - arriving)  # on their way from each rank to the next
        self._passing = np.concatenate([[0], going[:-1]]) - arriving
        self._width = np.diff(self.first) + self._passing
        self._total = np.concatenate([[0], np.cumsum(self._width + going)])
        self.bounds = np.array(list(self._bounds(ranks - 1)), dtype=np.int64)
        begin, end = self.bounds[:-1], self.bounds[1:]
        self.size = self._total[end + 1] - self._total[begin]
        within = np.concatenate([[0], np.cumsum(self._width)])
        lines = within[end + 1] - within[begin] == end - begin + 1
        self.branched: list[int] = np.flatnonzero(~lines).tolist()

    def spans(self) -> tuple[Numbers, Numbers]:
        """First node of each part, and the one after its last."""
        return self.first[self.bounds[:-1]], self.first[self.bounds[1:] + 1]

    def part(self, index: int) -> tuple[Numbers, Numbers]:
        """Rank of each node within a part, and its edges; dummy nodes at its ends come last."""
        low, high = int(self.bounds[index]), int(self.bounds[index + 1])
        start = self.first[low]
        rank = self._depth[start : self.first[high + 1]] - low
        earliest = max(low - LONGEST_LAYERED_EDGE, 0) if self._passing[low] else low
        edges = slice(self._leaving[earliest], self._leaving[high])
        ends = self._ends[edges] - start
        if not (self._passing[low] or self._passing[high]):
            return rank, ends
        begin, end = self._from[edges], self._to[edges]
        before, after = begin < low, end > high
        inside = end > low
        dummies = np.cumsum(np.stack([before & inside, after & inside], axis=1)).reshape(-1, 2)
        ends = np.where(np.stack([before, after], axis=1), len(rank) - 1 + dummies, ends)[inside]
        sides = np.stack([before, after], axis=1)[inside]
        ranks = np.broadcast_to([0, high - low], sides.shape)[sides]
        return np.concatenate([rank, ranks]), ends

    def _bounds(self, last: int) -> Iterator[int]:
        waists = np.flatnonzero(self._width == 1)
        stops = np.concatenate([[0], waists[(waists > 0) & (waists < last)], [last]])
        yield 0
        large = self._total[stops[1:] + 1] - self._total[stops[:-1]] > _LARGEST
        for low, high, divide in zip(stops.tolist(), stops[1:].tolist(), large.tolist(), strict=False):
            if divide:
                yield from self._divided(low, high)
            yield high

    def _divided(self, low: int, high: int) -> Iterator[int]:
        """Ranks to cut at between two others, as few of them and as narrow as possible."""
        narrow = low + 1 + np.flatnonzero(self._width[low + 1 : high] <= _WIDEST_CUT)
        while self._total[high + 1] - self._total[low] > _LARGEST:
            room = self._total[low] + np.array([_LARGEST // 2, _LARGEST])
            half, full = np.searchsorted(self._total, room, side="right") - 2
            begin, end = np.searchsorted(narrow, [max(half, low + 1), full + 1])
            if begin < end:
                window = narrow[begin:end]
                low = int(window[len(window) - 1 - np.argmin(self._width[window][::-1])])
            else:
                following = narrow[np.searchsorted(narrow, low + 1) :]
                if not len(following):
                    return
                low = int(following[0])
            yield low


def _rough(rank: Numbers, ends: Numbers) -> NDArray[np.float64]:
    """Each node in the middle of its neighbours, over and over; for any number of nodes."""
    count = np.bincount(rank)
    start = np.concatenate([[0], np.cumsum(count)[:-1]]) + (count - 1) / 2
    node, neighbour = np.concatenate([ends, ends[:, ::-1]]).T
    number = np.bincount(node, minlength=len(rank))
    at = np.empty(len(rank))
    wanted = np.arange(len(rank), dtype=np.float64)
    for sweep in range(_SWEEPS):
        order = np.lexsort((wanted, rank))
        at[order] = np.arange(len(rank)) - start[rank[order]]
        mean = np.bincount(node, weights=at[neighbour], minlength=len(rank)) / np.maximum(number, 1)
        # Every other rank: if all moved at once, neighbours would change places for ever.
        wanted = np.where((number > 0) & (rank % 2 == sweep % 2), mean, at)
    return at


def _sugiyama(rank: Numbers, ends: Numbers) -> NDArray[np.float64]:
    """Position of each node within its rank, with few crossings; igraph's implementation."""
    graph = igraph_core.graph(len(rank), ends.tolist())
    across = np.zeros(len(rank))
    start = 0.0
    # One component at a time: igraph 1.0 reads beyond its arrays where a graph falls into several.
    component = np.array(graph.connected_components(mode="weak"))
    for number in range(component.max(initial=-1) + 1):
        part = np.flatnonzero(component == number)
        layers = np.unique(rank[part], return_inverse=True)[1]
        drawn = igraph_core.layered(graph.induced_subgraph(part.tolist()), layers.tolist())
        places = np.asarray([point[0] for point in drawn], dtype=np.float64)
        across[part] = start + places - places.min()
        start = across[part].max() + 1.0
    return across
