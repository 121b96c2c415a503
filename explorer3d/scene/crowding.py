"""Which of the labels at nodes are written where, seen aslant, they would lie over each other."""

from __future__ import annotations

import numpy as np

from explorer3d.scene.camera import Projection
from explorer3d.scene.spread import spread

_TOUCH = 2.0  # pixels by which two may overlap on each side: less than the grid's cells may feign


def kept(
    projection: Projection, anchors: np.ndarray, names: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Choose names, then of these the lines below them.

    Parameters
    ----------
    projection : Projection
    anchors : (n, 3) float array
        What each label hangs from, in world units; the most wanted first.
    names, others : (n, 3) float array
        Half the width of what is written, and how far below the anchor it begins and ends, in world units.

    Returns
    -------
    named, whole : (n,) bool array
        Whose names are written, and whose other lines.
    """
    first = _rectangles(projection, anchors, names)
    named = _chosen(first, projection.size, np.zeros((0, 4)))
    whole = np.zeros(len(anchors), bool)
    whole[named] = _chosen(
        _rectangles(projection, anchors[named], others[named]), projection.size, first[named]
    )
    return named, whole


def _rectangles(projection: Projection, anchors: np.ndarray, rooms: np.ndarray) -> np.ndarray:
    """(n, 4) float array: left, top, right, bottom in pixels, without what may be touched."""
    right, up, _ = projection.pose.axes()
    half, begin, end = rooms.T[:, :, None]
    corners = np.concatenate(
        [
            projection.pixels(anchors - right * half - up * begin) + _TOUCH,
            projection.pixels(anchors + right * half - up * end) - _TOUCH,
        ],
        axis=1,
    )
    # What is cut off at a side of the picture is written all the same.
    return np.asarray(np.clip(corners, 0, [*projection.size, *projection.size]))


def _chosen(rectangles: np.ndarray, size: tuple[int, int], taken: np.ndarray) -> np.ndarray:
    """(n,) bool array."""
    found = np.zeros(len(rectangles), bool)
    if len(rectangles):
        found[spread(rectangles, np.zeros((len(rectangles), 2)), size, taken, len(rectangles))] = True
    return found
