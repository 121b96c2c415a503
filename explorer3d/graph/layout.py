"""Where each layer stands: data flows left to right, branches lie side by side.

A column (`rank`) per step of depth along the longest path, a lane per branch. The path through the most
layers that work on data (not on shapes) keeps lane 0, so a network reads as one straight line with
branches above and below it. Long networks are broken into rows like text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.on_demand import doing_without

if TYPE_CHECKING:
    from explorer3d.graph.model import Model

# Sugiyama's algorithm puts a dummy node into every rank an edge passes, so edges across very many
# ranks would cost more than all nodes; they are drawn as arcs anyway.
_LONGEST_LAYERED_EDGE = 30

# Networks up to this many ranks are read in one line.
_LONGEST_UNBROKEN = 14

# Free space between rows, in lanes.
_ROW_GAP = 0.6

_FEWEST_COLUMNS = 4


@dataclass(frozen=True)
class Edge:
    """A value on its way from the node that makes it to one that takes it.

    Attributes
    ----------
    source, target : int
        Indices of nodes.
    value : str
        Name of the tensor.
    kind : {"straight", "skip", "wrap"}
        To the next rank; over at least one rank, so drawn arched; to another row.
    """

    source: int
    target: int
    value: str
    kind: Literal["straight", "skip", "wrap"]


@dataclass(frozen=True, eq=False)
class Layout:
    """Positions of the model's inputs and layers on a grid of unit pitch.

    Attributes
    ----------
    names : tuple of str
        Model inputs, then layers, in the model's order; all arrays below are in this order.
    rank : (n,) int array
        Depth: column if nothing were broken into rows.
    row : (n,) int array
        Row, from the top.
    column : (n,) int array
        Column within the row, from the left.
    lane : (n,) float array
        Distance from the row's main line, downwards; no two nodes of a rank share one.
    row_center : (rows,) float array
        How far each row's main line lies below the first row's, in lanes.
    edges : tuple of Edge
    """

    names: tuple[str, ...]
    rank: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    lane: NDArray[np.float64]
    row_center: NDArray[np.float64]
    edges: tuple[Edge, ...]

    @property
    def position(self) -> NDArray[np.float64]:
        """(n, 2) float array: x to the right, y upwards, in columns and lanes; (0, 0) is the start."""
        if not self.names:
            return np.zeros((0, 2))
        return np.column_stack([self.column, -(self.row_center[self.row] + self.lane)]).astype(np.float64)


def arrange(model: Model, aspect: float = 1.6, columns: int | None = None) -> Layout:
    """Lay a model out.

    Parameters
    ----------
    model : Model
    aspect : float
        Width by height of the view that it should fill.
    columns : int, optional
        Ranks in a row; chosen for the largest scale in the view if not given.

    References
    ----------
    Sugiyama, Tagawa, Toda: Methods for Visual Understanding of Hierarchical System Structures, 1981;
    through https://igraph.org/c/doc/igraph-Layout.html
    """
    names = (*(port.value for port in model.inputs), *(layer.name for layer in model.layers))
    links = _links(model)
    pairs = sorted({(source, target) for source, target, _ in links if source < target})
    after: list[list[int]] = [[] for _ in names]
    before: list[list[int]] = [[] for _ in names]
    for source, target in pairs:
        after[source].append(target)
        before[target].append(source)

    if pairs:
        rank = _ranks(before, after)
        paths = _paths(rank, before, after, _weights(model))
    else:
        # What nothing connects, such as the layers of a file of weights only, is one line to read.
        rank, paths = np.arange(len(names)), [list(range(len(names)))]
    lane = _lanes(rank, paths, pairs)
    starts = _row_starts(rank, lane, pairs, aspect, columns)
    row = np.searchsorted(starts, rank, side="right") - 1
    edges = tuple(
        Edge(source, target, value, _kind(rank[target] - rank[source], row[target] != row[source]))
        for source, target, value in links
    )
    return Layout(
        names=names,
        rank=rank,
        row=row,
        column=rank - starts[row] if names else rank,
        lane=lane,
        row_center=_row_centers(*_extents(rank, lane, starts)) if names else np.zeros(0),
        edges=edges,
    )


def _links(model: Model) -> list[tuple[int, int, str]]:
    """(source, target, value) for each layer input that something in the model makes.

    From or to a folded block there is one edge at most, however many values travel.
    """
    makers = {port.value: index for index, port in enumerate(model.inputs)}
    first = len(model.inputs)
    for index, layer in enumerate(model.layers, first):
        makers.update((port.value, index) for port in layer.outputs)
    links = [
        (makers[port.value], index, port.value)
        for index, layer in enumerate(model.layers, first)
        for port in layer.inputs
        if port.value in makers
    ]
    folded = {index for index, layer in enumerate(model.layers, first) if isinstance(layer, FoldedBlock)}
    if not folded:
        return links
    seen: set[tuple[int, int]] = set()
    result = []
    for source, target, value in links:
        if source in folded or target in folded:
            if (source, target) in seen:
                continue
            seen.add((source, target))
        result.append((source, target, value))
    return result


def _kind(ranks: int, other_row: bool) -> Literal["straight", "skip", "wrap"]:
    if other_row:
        return "wrap"
    return "straight" if ranks == 1 else "skip"


def _ranks(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Longest path from a start; what has no input stands just before its first user instead."""
    rank = [0] * len(before)
    for node, sources in enumerate(before):
        if sources:
            rank[node] = 1 + max(rank[source] for source in sources)
    for node, sources in enumerate(before):
        if not sources and after[node]:
            rank[node] = min(rank[target] for target in after[node]) - 1
    return np.asarray(rank, dtype=np.int64)


def _weights(model: Model) -> list[int]:
    """What each node counts on a path: one that computes shapes against it, less than one on data for it.

    Exporters leave chains that work out sizes, often longer than the layers beside them; their values
    are scalars and vectors without a batch axis.
    """
    makers = [(port,) for port in model.inputs] + [layer.outputs for layer in model.layers]
    data = [any(port.shape is None or len(port.shape) > 1 for port in ports) for ports in makers]
    return [len(makers) if node else -1 for node in data] if any(data) else [1] * len(makers)


def _paths(
    rank: NDArray[np.int64],
    before: Sequence[Sequence[int]],
    after: Sequence[Sequence[int]],
    weights: Sequence[int],
) -> list[list[int]]:
    """Cut the graph into paths, each node in exactly one; the first is the heaviest of all.

    Every path follows, of the nodes still free, the one with the most ahead, so it is what a reader
    takes for one branch.
    """
    depth = rank.tolist()
    ahead = list(weights)
    for node in reversed(range(len(depth))):
        if after[node]:
            ahead[node] += max(ahead[target] for target in after[node])
    free = [True] * len(depth)

    def follow(start: int) -> list[int]:
        path = [start]
        while True:
            free[path[-1]] = False
            reach = depth[path[-1]] + _LONGEST_LAYERED_EDGE
            near = [node for node in after[path[-1]] if free[node] and depth[node] <= reach]
            if not near:
                return path
            path.append(_middle_best(near, key=lambda node: (ahead[node], -depth[node])))

    if not depth:
        return []
    heads = [node for node, sources in enumerate(before) if not sources]
    main = _middle_best(heads, key=lambda node: (ahead[node],))
    paths = [follow(main)]
    for start in sorted(range(len(depth)), key=lambda node: (depth[node], -ahead[node])):
        if free[start]:
            paths.append(follow(start))
    return paths


def _middle_best(nodes: Sequence[int], key: Callable[[int], tuple[int, ...]]) -> int:
    """The best node; of equally good ones the middle, so that branches lie on both sides of it."""
    best = max(map(key, nodes))
    equal = [node for node in nodes if key(node) == best]
    return equal[(len(equal) - 1) // 2]


def _lanes(
    rank: NDArray[np.int64], paths: Sequence[Sequence[int]], pairs: Sequence[tuple[int, int]]
) -> NDArray[np.float64]:
    """One lane for each path: the main line in the middle, the others outwards in Sugiyama's order."""
    lane = np.zeros(len(rank))
    if len(paths) < 2:
        return lane
    across = _sugiyama(rank, pairs)
    middle = np.interp(np.arange(rank.max() + 1), rank[paths[0]], across[paths[0]])
    offset = across - middle[rank]
    # The mean offset of a path decides its side and how near it lies to the main line.
    branches = sorted(
        ((float(np.mean(offset[path])), path) for path in paths[1:]), key=lambda item: abs(item[0])
    )
    loose = _loose(paths, pairs)
    depth = rank.tolist()
    taken = {1: [0] * len(middle), -1: [0] * len(middle)}
    for mean, path in branches:
        first, last = depth[path[0]], depth[path[-1]] + 1
        free = {side: 1 + max(taken[side][first:last]) for side in (1, -1)}
        side = -1 if mean < -0.25 else 1
        if path[0] in loose and free[side] > free[-side] + 1:
            side = -side
        taken[side][first:last] = [free[side]] * (last - first)
        lane[path] = side * free[side]
    return lane


def _loose(paths: Sequence[Sequence[int]], pairs: Iterable[tuple[int, int]]) -> set[int]:
    """First nodes of the paths tied to nothing but the main line: either side will do for them."""
    path_of = {node: path[0] for path in paths for node in path}
    main = paths[0][0]
    loose = set(path_of.values())
    for source, target in pairs:
        ends = path_of[source], path_of[target]
        if ends[0] != ends[1] and main not in ends:
            loose.difference_update(ends)
    return loose


def _sugiyama(rank: NDArray[np.int64], pairs: Iterable[tuple[int, int]]) -> NDArray[np.float64]:
    """Position of each node within its rank, with few crossings; igraph's implementation."""
    # For plotting, igraph loads all of matplotlib where it finds it: 0.5 s instead of 0.03.
    with doing_without("matplotlib", "plotly", "cairo", "cairocffi"):
        import igraph

    near = [pair for pair in pairs if rank[pair[1]] - rank[pair[0]] <= _LONGEST_LAYERED_EDGE]
    graph = igraph.Graph(n=len(rank), edges=near, directed=True)
    across = np.zeros(len(rank))
    start = 0.0
    # One part at a time: igraph 1.0 reads beyond its arrays where a graph falls into several.
    for part in graph.connected_components(mode="weak"):
        layers = np.unique(rank[part], return_inverse=True)[1]
        drawn: Any = graph.induced_subgraph(part).layout_sugiyama(
            layers=layers.tolist(), hgap=1, vgap=1, maxiter=50
        )
        places = np.asarray([point[0] for point in drawn[: len(part)]], dtype=np.float64)
        across[part] = start + places - places.min()
        start = across[part].max() + 1.0
    return across


def _row_starts(
    rank: NDArray[np.int64],
    lane: NDArray[np.float64],
    pairs: Sequence[tuple[int, int]],
    aspect: float,
    columns: int | None,
) -> NDArray[np.int64]:
    """First rank of each row."""
    single = np.zeros(1, dtype=np.int64)
    if not len(rank):
        return single
    ranks = int(rank.max()) + 1
    crossing = _crossing(rank, pairs, ranks)
    if columns is not None:
        return _broken(crossing, ranks, max(columns, 1))
    if ranks <= _LONGEST_UNBROKEN:
        return single

    above, below = _extents(rank, lane, np.arange(ranks))
    best, best_scale = single, 0.0
    # Steps of 3 %: finer ones cannot be seen.
    candidates = {
        int(size)
        for size in np.geomspace(_FEWEST_COLUMNS, ranks, 2 + int(np.log(ranks / _FEWEST_COLUMNS) / 0.03))
    }
    for size in sorted(candidates | {ranks}, reverse=True):
        starts = _broken(crossing, ranks, size)
        width = int(np.diff(starts, append=ranks).max())
        heights = np.maximum.reduceat(above, starts) + np.maximum.reduceat(below, starts) + 1
        height = float(heights.sum()) + _ROW_GAP * (len(starts) - 1)
        scale = min(aspect / width, 1 / height)
        if scale > best_scale:
            best, best_scale = starts, scale
    return best


def _crossing(rank: NDArray[np.int64], pairs: Sequence[tuple[int, int]], ranks: int) -> NDArray[np.int64]:
    """How many edges a break before each rank would cut."""
    change = np.zeros(ranks + 1, dtype=np.int64)
    if pairs:
        ends = rank[np.asarray(pairs)]
        np.add.at(change, ends[:, 0] + 1, 1)
        np.add.at(change, ends[:, 1] + 1, -1)
    return np.cumsum(change)[:ranks]


def _broken(crossing: NDArray[np.int64], ranks: int, columns: int) -> NDArray[np.int64]:
    """Starts of rows of at most `columns` ranks, broken where few edges cross."""
    starts = [0]
    while ranks - starts[-1] > columns:
        # A row may stay up to 30 % shorter for the sake of a better place.
        latest = starts[-1] + columns
        window = crossing[latest - int(0.3 * columns) : latest + 1]
        starts.append(latest - int(np.argmin(window[::-1])))
    return np.asarray(starts, dtype=np.int64)


def _extents(
    rank: NDArray[np.int64], lane: NDArray[np.float64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far each row reaches above and below its main line."""
    row = np.searchsorted(starts, rank, side="right") - 1
    above, below = np.zeros(len(starts)), np.zeros(len(starts))
    np.maximum.at(above, row, -lane)
    np.maximum.at(below, row, lane)
    return above, below


def _row_centers(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = below[:-1] + above[1:] + 1 + _ROW_GAP
    return np.concatenate([[0.0], np.cumsum(steps)])
