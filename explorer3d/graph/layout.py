"""Where each layer stands: data flows left to right, branches lie side by side.

A column (`rank`) per step of depth along the longest path, a lane per branch. The path through the most
layers that work on data (not on shapes) keeps lane 0, so a network reads as one straight line with
branches above and below it. Long networks are broken into rows like text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.branches import lanes, paths
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.ordering import TITLE, Numbers, Orders, offsets
from explorer3d.graph.rows import extents, row_centers, row_starts
from explorer3d.progress import EndingEarly, Progress, ignore

if TYPE_CHECKING:
    from explorer3d.graph.model import Model

Kind = Literal["straight", "skip", "wrap"]


class Edge(NamedTuple):
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
    kind: Kind


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
    complete : bool
        Nobody gave the work up before all was arranged as well as it can be.
    """

    names: tuple[str, ...]
    rank: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    lane: NDArray[np.float64]
    row_center: NDArray[np.float64]
    edges: tuple[Edge, ...]
    complete: bool = True

    @property
    def position(self) -> NDArray[np.float64]:
        """(n, 2) float array: x to the right, y upwards, in columns and lanes; (0, 0) is the start."""
        if not self.names:
            return np.zeros((0, 2))
        return np.column_stack([self.column, -(self.row_center[self.row] + self.lane)]).astype(np.float64)


def arrange(
    model: Model,
    aspect: float = 1.6,
    columns: int | None = None,
    orders: Orders | None = None,
    progress: Progress = ignore,
) -> Layout:
    """Lay a model out.

    Parameters
    ----------
    model : Model
    aspect : float
        Width by height of the view that it should fill.
    columns : int, optional
        Ranks in a row; chosen for the largest scale in the view if not given.
    orders : mutable mapping, optional
        What is known from earlier layouts of similar models; what is found now is added.
    progress : Progress
        When the work is given up, the rest is arranged quickly: the layout is worse, but whole.

    References
    ----------
    Sugiyama, Tagawa, Toda: Methods for Visual Understanding of Hierarchical System Structures, 1981;
    through https://igraph.org/c/doc/igraph-Layout.html
    """
    steps = EndingEarly(progress)
    steps(0.0, TITLE)
    names = (*(port.value for port in model.inputs), *(layer.name for layer in model.layers))
    links = _links(model)
    steps(0.2, TITLE)
    ends = np.array([link[:2] for link in links], dtype=np.int64).reshape(-1, 2)
    sources, targets = ends.T
    pairs = _pairs(sources, targets, len(names))
    complete = True
    if len(pairs):
        before, after = _neighbours(pairs, len(names))
        rank = _ranks(before, after)
        steps(0.3, TITLE)
        branches = paths(rank, before, after, _weights(model))
        if len(branches) > 1:
            known = {} if orders is None else orders
            offset, complete = offsets(rank, pairs, np.array(branches[0]), known, steps)
            steps(0.8, TITLE)
            lane = lanes(rank, branches, pairs, offset)
        else:
            lane = np.zeros(len(names))
    else:
        # What nothing connects, such as the layers of a file of weights only, is one line to read.
        rank, lane = np.arange(len(names)), np.zeros(len(names))
    steps(0.9, TITLE)
    starts = row_starts(rank, lane, pairs, aspect, columns)
    row = np.searchsorted(starts, rank, side="right") - 1
    kinds = _kinds(rank[targets] - rank[sources], row[targets] != row[sources])
    return Layout(
        names=names,
        rank=rank,
        row=row,
        column=rank - starts[row] if names else rank,
        lane=lane,
        row_center=row_centers(*extents(rank, lane, starts)) if names else np.zeros(0),
        edges=tuple([Edge._make((*link, kind)) for link, kind in zip(links, kinds, strict=True)]),
        complete=complete,
    )


def _links(model: Model) -> list[tuple[int, int, str]]:
    """(source, target, value) for each layer input that something in the model makes.

    From or to a folded block there is one edge at most, however many values travel.
    """
    makers = {port.value: index for index, port in enumerate(model.inputs)}
    first = len(model.inputs)
    for index, layer in enumerate(model.layers, first):
        for port in layer.outputs:
            makers[port.value] = index
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
    for link in links:
        source, target, _ = link
        if source in folded or target in folded:
            if (source, target) in seen:
                continue
            seen.add((source, target))
        result.append(link)
    return result


def _pairs(sources: Numbers, targets: Numbers, count: int) -> Numbers:
    """(m, 2) int array: nodes that any value connects, in order, each pair once."""
    forward = sources < targets
    both = np.sort(sources[forward] * count + targets[forward])
    both = both[np.diff(both, prepend=-1) > 0]
    return np.stack(np.divmod(both, max(count, 1)), axis=1)


def _neighbours(pairs: Numbers, count: int) -> tuple[list[list[int]], list[list[int]]]:
    """Nodes before and after each node."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in pairs.tolist():
        after[source].append(target)
        before[target].append(source)
    return before, after


def _kinds(ranks: Numbers, other_row: NDArray[np.bool_]) -> list[Kind]:
    words: tuple[Kind, ...] = ("straight", "skip", "wrap")
    return [words[kind] for kind in np.where(other_row, 2, ranks != 1).tolist()]


def _ranks(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> Numbers:
    """Longest path from a start; what has no input stands just before its first user instead."""
    rank = [0] * len(before)
    for node, sources in enumerate(before):
        if sources:
            rank[node] = 1 + max([rank[source] for source in sources])
    for node, sources in enumerate(before):
        if not sources and after[node]:
            rank[node] = min([rank[target] for target in after[node]]) - 1
    return np.array(rank, dtype=np.int64)


def _weights(model: Model) -> list[int]:
    """What each node counts on a path: one that computes shapes against it, less than one on data for it.

    Exporters leave chains that work out sizes, often longer than the layers beside them; their values
    are scalars and vectors without a batch axis.
    """
    makers = [(port,) for port in model.inputs] + [layer.outputs for layer in model.layers]
    data = [any(port.shape is None or len(port.shape) > 1 for port in ports) for ports in makers]
    return [len(makers) if node else -1 for node in data] if any(data) else [1] * len(makers)
