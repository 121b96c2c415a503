"""Curves with only as many points as can be told from all of them."""

from __future__ import annotations

import numpy as np

FINEST = 0.003  # world units that a point may stand off and still be left out


def weights(courses: np.ndarray) -> np.ndarray:
    """How far a curve would be off without each of its points.

    Parameters
    ----------
    courses : (m, k, 3) float array
        Curves through equally many points.

    Returns
    -------
    (m, k) float32 array
        World units. The curve through those of its points whose weight is above any tolerance from `FINEST`
        up is nowhere further off than that tolerance. Infinite at both ends.

    References
    ----------
    Douglas and Peucker, "Algorithms for the reduction of the number of points required to represent a
    digitized line or its caricature", 1973; here with all curves in step, the worst point of each first.
    """
    count, points = courses.shape[:2]
    found = np.zeros((count, points), np.float32)
    found[:, 0] = found[:, -1] = np.inf
    left, right = np.zeros((count, points), np.intp), np.full((count, points), points - 1, np.intp)
    going = np.arange(count)
    last = np.full(count, np.inf, np.float32)
    places = np.arange(points)
    while len(going):
        off = _distances(courses[going], left[going], right[going])
        worst = off.argmax(axis=1)
        # A point cannot weigh more than the one that split the curve before.
        weight = np.minimum(off[np.arange(len(going)), worst], last[going])
        more = weight > FINEST
        going, worst, weight = going[more], worst[more], weight[more]
        found[going, worst] = last[going] = weight
        before, split = left[going], worst[:, None]
        # Those on the same piece as the worst now lie on one side of it.
        same = before == before[np.arange(len(going)), worst][:, None]
        right[going] = np.where(same & (places <= split), split, right[going])
        left[going] = np.where(same & (places >= split), split, before)
    return found


def _distances(courses: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(m, k) float array: of each point from the straight line between two points of its curve."""
    start = np.take_along_axis(courses, left[:, :, None], axis=1)
    way = np.take_along_axis(courses, right[:, :, None], axis=1) - start
    off = courses - start
    along = np.einsum("mki,mki->mk", off, way) / np.maximum(np.einsum("mki,mki->mk", way, way), 1e-12)
    off -= np.clip(along, 0.0, 1.0)[:, :, None] * way
    return np.asarray(np.sqrt(np.einsum("mki,mki->mk", off, off)))


def segments(courses: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Straight pieces between the points that are kept.

    Parameters
    ----------
    courses : (m, k, 3) float array
    kept : (m, k) bool array
        The ends among them.

    Returns
    -------
    segments : (s, 2, 3) float array
    owners : (s,) int array
        The curve that each belongs to.
    """
    owners, places = np.nonzero(kept)
    points = courses[owners, places]
    joined = owners[:-1] == owners[1:]
    return np.stack([points[:-1][joined], points[1:][joined]], axis=1), owners[:-1][joined]
