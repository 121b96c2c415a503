"""Lines along which data travels from layer to layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def strokes(courses: np.ndarray, frames: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) and cells (m, 2) of the straight pieces of a few edges.

    Parameters
    ----------
    courses : (edges, points, 3) float array
    frames : sequence of (4, 3) float array
        Corners of opened layers; edges pass behind them.
    """
    segments = np.stack([courses[:, :-1], courses[:, 1:]], axis=2).reshape(-1, 2, 3)
    marks = np.zeros(len(segments), bool)
    for frame in frames:
        segments, marks = outside(segments, marks, frame[:, :2].min(axis=0), frame[:, :2].max(axis=0))
    return segments.reshape(-1, 3), np.arange(2 * len(segments)).reshape(-1, 2)


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
    one, other = segments[:, 0, :2], segments[:, 1, :2]
    near = np.flatnonzero(((np.minimum(one, other) <= high) & (np.maximum(one, other) >= low)).all(axis=1))
    start = segments[near, 0]
    way = segments[near, 1] - start
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start[:, :2]) / way[:, :2], (high - start[:, :2]) / way[:, :2]
    enter = np.nan_to_num(np.minimum(one, other), nan=-np.inf).max(axis=1).clip(0.0, 1.0)
    leave = np.nan_to_num(np.maximum(one, other), nan=np.inf).min(axis=1).clip(0.0, 1.0)
    crossed = enter < leave
    before, after = crossed & (enter > 0), crossed & (leave < 1)
    until = np.stack([start, start + way * enter[:, None]], axis=1)[before]
    since = np.stack([start + way * leave[:, None], segments[near, 1]], axis=1)[after]
    kept = np.ones(len(segments), bool)
    kept[near[crossed]] = False
    return (
        np.concatenate([segments[kept], until, since]),
        np.concatenate([marks[kept], marks[near[before]], marks[near[after]]]),
    )
