"""Lines along which data travels from layer to layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from explorer3d.graph.layout import Edge, Layout
from explorer3d.scene import mesh
from explorer3d.scene.nodes import HANDLE_SIDE
from explorer3d.scene.palette import DARK, Theme
from explorer3d.scene.placement import ROW_GAP, Placement

POINTS = 24
BEHIND = -0.02


def paths(layout: Layout, placement: Placement) -> np.ndarray:
    """Course of every edge.

    Returns
    -------
    (edges, POINTS, 3) float array
        World units, from the source's right edge to the target's left edge.
    """
    half = placement.sizes / 2
    result = np.empty((len(layout.edges), POINTS, 3))
    for index, edge in enumerate(layout.edges):
        start = placement.centres[edge.source] + [half[edge.source, 0] + HANDLE_SIDE / 2, 0, BEHIND]
        end = placement.centres[edge.target] - [half[edge.target, 0] + HANDLE_SIDE / 2, 0, -BEHIND]
        result[index] = COURSES[edge.kind](start, end, edge, placement)
    return result


def _straight(start: np.ndarray, end: np.ndarray, edge: Edge, placement: Placement) -> np.ndarray:
    """An S whose ends are level."""
    reach = np.array([(end[0] - start[0]) * 0.5, 0, 0])
    return _bezier(start, start + reach, end - reach, end)


def _skip(start: np.ndarray, end: np.ndarray, edge: Edge, placement: Placement) -> np.ndarray:
    """An arch over the blocks it passes."""
    x, y = placement.centres[:, 0], placement.centres[:, 1]
    ends = [edge.source, edge.target]
    # Not those of other branches, which may stand anywhere in the row.
    passed = (placement.bands == placement.bands[edge.source]) & (y <= y[ends].max()) & (y >= y[ends].min())
    passed &= (x >= x[edge.source]) & (x <= x[edge.target])
    tops = y[passed] + placement.sizes[passed, 1] / 2
    # Stays below the labels of the row above.
    crest = float(tops.max()) + 0.25 + 0.12 * min((end[0] - start[0]) / placement.pitch, 6.0)
    # The highest control points with which no point of the cubic is above the crest.
    t = np.linspace(0.0, 1.0, POINTS)[1:-1]
    height = float(np.min((crest - start[1] * (1 - t) ** 3 - end[1] * t**3) / (3 * t * (1 - t))))
    reach = 0.12 * (end[0] - start[0])
    return _bezier(
        start,
        np.array([start[0] + reach, height, start[2]]),
        np.array([end[0] - reach, height, end[2]]),
        end,
    )


def _wrap(start: np.ndarray, end: np.ndarray, edge: Edge, placement: Placement) -> np.ndarray:
    """From the end of a row, back between the rows, to the start of a later one."""
    lower = placement.row_tops[placement.bands[edge.target]] + ROW_GAP * 0.5
    # Between two columns of labels.
    out = placement.centres[edge.source, 0] + placement.pitch / 2
    into = placement.centres[edge.target, 0] - placement.pitch / 2
    corners = np.array(
        [
            start,
            [out, start[1], BEHIND],
            [out, lower, BEHIND],
            [into, lower, BEHIND],
            [into, end[1], BEHIND],
            end,
        ]
    )
    return _rounded(corners)


COURSES: dict[str, Callable[[np.ndarray, np.ndarray, Edge, Placement], np.ndarray]] = {
    "straight": _straight,
    "skip": _skip,
    "wrap": _wrap,
}


def lines(
    courses: np.ndarray, active: np.ndarray, frames: Sequence[np.ndarray] = (), theme: Theme = DARK
) -> vtkActor:
    """A few edges in one actor.

    Parameters
    ----------
    courses : (edges, points, 3) float array
    active : (edges,) bool array
        Edges to light.
    frames : sequence of (4, 3) float array
        Corners of opened layers; edges pass behind them.
    theme : Theme
    """
    segments = np.stack([courses[:, :-1], courses[:, 1:]], axis=2).reshape(-1, 2, 3)
    lit = np.repeat(active, courses.shape[1] - 1)
    for frame in frames:
        segments, lit = outside(segments, lit, frame[:, :2].min(axis=0), frame[:, :2].max(axis=0))
    cells = np.arange(2 * len(segments)).reshape(-1, 2)
    colours = np.where(lit[:, None], theme.edge_active, theme.edge)
    return mesh.lines(segments.reshape(-1, 3), cells, colours)


def extents(courses: np.ndarray) -> np.ndarray:
    """(2, edges, 2) float array: lowest and highest x and y of each edge."""
    flat = courses[:, :, :2]
    return np.stack([flat.min(axis=1), flat.max(axis=1)])


def nearest(courses: np.ndarray, boxes: np.ndarray, point: np.ndarray, reach: float) -> int | None:
    """The edge that passes closest to a point in the plane of the edges.

    Parameters
    ----------
    courses : (edges, points, 3) float array
    boxes : (2, edges, 2) float array
        Their `extents`.
    point : (2,) float array
        World units.
    reach : float
        Longest distance, in world units.
    """
    (low_x, low_y), (high_x, high_y) = boxes[0].T, boxes[1].T
    (x, y) = point
    near = (low_x <= x + reach) & (high_x >= x - reach) & (low_y <= y + reach) & (high_y >= y - reach)
    candidates = np.flatnonzero(near)
    if not len(candidates):
        return None
    course = courses[candidates, :, :2]
    start, way = course[:, :-1], np.diff(course, axis=1)
    squares = np.maximum((way**2).sum(axis=2), 1e-12)
    along = np.clip(((point - start) * way).sum(axis=2) / squares, 0.0, 1.0)
    distances = np.linalg.norm(start + along[:, :, None] * way - point, axis=2).min(axis=1)
    best = int(np.argmin(distances))
    return int(candidates[best]) if distances[best] <= reach else None


def outside(
    segments: np.ndarray, marks: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cut out of segments what lies in an axis-parallel rectangle of the x-y plane (Liang and Barsky).

    Parameters
    ----------
    segments : (n, 2, 3) float array
    marks : (n,) array
        Something about each segment, that its parts keep.
    low, high : (2,) float array
        Corners of the rectangle.

    Returns
    -------
    segments : (m, 2, 3) float array
    marks : (m,) array
    """
    start, way = segments[:, 0], segments[:, 1] - segments[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start[:, :2]) / way[:, :2], (high - start[:, :2]) / way[:, :2]
    enter = np.nan_to_num(np.minimum(one, other), nan=-np.inf).max(axis=1).clip(0.0, 1.0)
    leave = np.nan_to_num(np.maximum(one, other), nan=np.inf).min(axis=1).clip(0.0, 1.0)
    # Parallel to a side and beyond it: never inside.
    beyond = ((way[:, :2] == 0) & ((start[:, :2] < low) | (start[:, :2] > high))).any(axis=1)
    crossed = (enter < leave) & ~beyond
    before, after = crossed & (enter > 0), crossed & (leave < 1)
    until = np.stack([start, start + way * enter[:, None]], axis=1)[before]
    since = np.stack([start + way * leave[:, None], segments[:, 1]], axis=1)[after]
    return (
        np.concatenate([segments[~crossed], until, since]),
        np.concatenate([marks[~crossed], marks[before], marks[after]]),
    )


def _bezier(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    t = np.linspace(0.0, 1.0, POINTS)[:, None]
    return np.asarray(a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t**2 * (1 - t) + d * t**3)


def _rounded(corners: np.ndarray, radius: float = 0.25) -> np.ndarray:
    """A polyline with rounded corners, resampled to POINTS points."""
    path = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        one, other = before - corner, after - corner
        lengths = np.linalg.norm(one), np.linalg.norm(other)
        if min(lengths) < 1e-6:
            continue
        cut = min(radius, lengths[0] / 2, lengths[1] / 2)
        p, q = corner + one / lengths[0] * cut, corner + other / lengths[1] * cut
        for t in (0.0, 0.33, 0.67, 1.0):
            path.append(p * (1 - t) ** 2 + 2 * corner * t * (1 - t) + q * t**2)
    path.append(corners[-1])
    missing = POINTS - len(path)
    if missing > 0:
        path.extend([corners[-1]] * missing)
    return np.array(path[:POINTS])
