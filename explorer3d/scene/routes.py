"""The way of every edge from block to block, all at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from explorer3d.graph.layout import Layout
from explorer3d.scene.placement import HANDLE_SIDE, ROW_GAP, Placement

POINTS = 24
BEHIND = -0.02
_RADIUS = 0.25  # of the bends of edges between rows
_ABOVE = 5  # points of these that belong to the upper row: the first one, and those of the first bend
_TOGETHER = 10_000  # edges whose courses are found in one go: memory for more is slower
_AT_ONCE = 2_000_000  # pairs of an arch and a block below it that are looked at together


def routes(layout: Layout, placement: Placement) -> np.ndarray:
    """Course of every edge.

    Returns
    -------
    (edges, POINTS, 3) float array
        World units, from the source's right edge to the target's left edge.
    """
    count = len(layout.edges)
    sources = np.fromiter((edge.source for edge in layout.edges), np.intp, count)
    targets = np.fromiter((edge.target for edge in layout.edges), np.intp, count)
    kinds = np.array([edge.kind for edge in layout.edges], "U8")
    half = placement.sizes[:, 0] / 2 + HANDLE_SIDE / 2
    start, end = placement.centres[sources], placement.centres[targets]
    start[:, 0] += half[sources]
    end[:, 0] -= half[targets]
    start[:, 2] = end[:, 2] = BEHIND
    result = np.empty((count, POINTS, 3))
    for kind, route in (("straight", _straight), ("skip", _skip), ("wrap", _wrap)):
        every = np.flatnonzero(kinds == kind)
        for first in range(0, len(every), _TOGETHER):
            which = every[first : first + _TOGETHER]
            result[which] = route(start[which], end[which], sources[which], targets[which], placement)
    return result


def lowered(courses: np.ndarray, sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Courses of edges whose rows have moved up or down, as `routes` would find them.

    Parameters
    ----------
    courses : (edges, POINTS, 3) float array
    sources, targets : (edges,) float array
        By how much the rows of both ends have come down.
    """
    found = courses.copy()
    found[:, :_ABOVE, 1] -= sources[:, None]
    # The rest of an edge between rows runs as close to the lower one as before.
    found[:, _ABOVE:, 1] -= targets[:, None]
    return found


def _straight(
    start: np.ndarray, end: np.ndarray, sources: np.ndarray, targets: np.ndarray, placement: Placement
) -> np.ndarray:
    """Each an S whose ends are level."""
    reach = (end - start) * [0.5, 0.0, 0.0]
    return _bezier(start, start + reach, end - reach, end)


def _skip(
    start: np.ndarray, end: np.ndarray, sources: np.ndarray, targets: np.ndarray, placement: Placement
) -> np.ndarray:
    """Each an arch over the blocks it passes."""
    across = end[:, 0] - start[:, 0]
    # Stays below the labels of the row above.
    crest = (
        _tops(sources, targets, placement) + 0.25 + 0.12 * np.minimum(across / placement.pitch, 6.0)
    )  # fmt: skip
    # The highest control points with which no point of the cubic is above the crest.
    t = np.linspace(0.0, 1.0, POINTS)[1:-1]
    rise = crest[:, None] - start[:, 1:2] * (1 - t) ** 3 - end[:, 1:2] * t**3
    height = (rise / (3 * t * (1 - t))).min(axis=1)
    one, other = start.copy(), end.copy()
    one[:, 0] += 0.12 * across
    other[:, 0] -= 0.12 * across
    one[:, 1] = other[:, 1] = height
    return _bezier(start, one, other, end)


def _tops(sources: np.ndarray, targets: np.ndarray, placement: Placement) -> np.ndarray:
    """Height of the highest of the blocks between both ends of each edge, and level with them."""
    x, y, bands = placement.centres[:, 0], placement.centres[:, 1], placement.bands
    order = np.lexsort((x, bands))
    # Rows one behind the other, so that one number tells where along all of them a node stands.
    stride = float(np.ptp(x)) + 1.0
    along = (x - x.min() + bands * stride)[order]
    places = x - x.min() + bands * stride
    first = np.searchsorted(along, places[sources], "left")
    stop = np.searchsorted(along, places[targets], "right")
    tops = y + placement.sizes[:, 1] / 2
    low, high = np.minimum(y[sources], y[targets]), np.maximum(y[sources], y[targets])
    found = np.empty(len(sources))
    for part in _portions(stop - first):
        counts = (stop - first)[part]
        starts = np.cumsum(counts) - counts
        owners = np.repeat(np.arange(len(counts)), counts)
        nodes = order[np.arange(counts.sum()) - np.repeat(starts - first[part], counts)]
        # Not those of other branches, which may stand anywhere in the row.
        level = (y[nodes] >= low[part][owners]) & (y[nodes] <= high[part][owners])
        found[part] = np.maximum.reduceat(np.where(level, tops[nodes], -np.inf), starts)
    return found


def _portions(counts: np.ndarray) -> Iterator[slice]:
    """Runs of edges that together pass so many blocks that memory does not grow with their number."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        before = ends[first - 1] if first else 0
        stop = max(int(np.searchsorted(ends, before + _AT_ONCE, "right")), first + 1)
        yield slice(first, stop)
        first = stop


def _wrap(
    start: np.ndarray, end: np.ndarray, sources: np.ndarray, targets: np.ndarray, placement: Placement
) -> np.ndarray:
    """From the end of a row, back between the rows, to the start of a later one."""
    lower = placement.row_tops[placement.bands[targets]] + ROW_GAP * 0.5
    # Between two columns of labels.
    out = placement.centres[sources, 0] + placement.pitch / 2
    into = placement.centres[targets, 0] - placement.pitch / 2
    behind = np.full(len(start), BEHIND)
    corners = [
        start,
        np.stack([out, start[:, 1], behind], axis=1),
        np.stack([out, lower, behind], axis=1),
        np.stack([into, lower, behind], axis=1),
        np.stack([into, end[:, 1], behind], axis=1),
        end,
    ]
    return _rounded(np.stack(corners, axis=1))


def _bezier(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Cubics through POINTS points each; (m, 3) float arrays of control points."""
    t = np.linspace(0.0, 1.0, POINTS)
    weights = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    return np.asarray(np.einsum("tk,mki->mti", weights, np.stack([a, b, c, d], axis=1)))


def _rounded(corners: np.ndarray) -> np.ndarray:
    """(m, k, 3) polylines with rounded corners, of POINTS points each."""
    before, corner, after = corners[:, :-2], corners[:, 1:-1], corners[:, 2:]
    one, other = before - corner, after - corner
    lengths = np.linalg.norm(one, axis=2), np.linalg.norm(other, axis=2)
    # Where two corners are one there is nothing to round.
    shorter = np.minimum(*lengths)
    cut = np.where(shorter < 1e-6, 0.0, np.minimum(_RADIUS, shorter / 2))[:, :, None]
    p = corner + one / np.maximum(lengths[0], 1e-6)[:, :, None] * cut
    q = corner + other / np.maximum(lengths[1], 1e-6)[:, :, None] * cut
    bends = [p * (1 - t) ** 2 + 2 * corner * t * (1 - t) + q * t**2 for t in (0.0, 0.33, 0.67, 1.0)]
    path = np.concatenate(
        [corners[:, :1], np.stack(bends, axis=2).reshape(len(corners), -1, 3), corners[:, -1:]], axis=1
    )
    end = np.repeat(corners[:, -1:], POINTS - path.shape[1], axis=1)
    return np.concatenate([path, end], axis=1)
