"""What lies under the cursor, found by numpy: exact, and fast at ten thousand boxes."""

from __future__ import annotations

import numpy as np


def nearest_box(
    origin: np.ndarray, direction: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[int, float] | None:
    """First axis-parallel box that a ray meets.

    Parameters
    ----------
    origin, direction : (3,) float array
        World units.
    low, high : (n, 3) float array
        Opposite corners of the boxes.

    Returns
    -------
    (int, float) or None
        Index of the box and distance along the ray.
    """
    if not len(low):
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (low - origin) / direction
        other = (high - origin) / direction
    near = np.nanmax(np.minimum(one, other), axis=1)
    far = np.nanmin(np.maximum(one, other), axis=1)
    met = (near <= far) & (far >= 0)
    if not met.any():
        return None
    index = int(np.argmin(np.where(met, near, np.inf)))
    return index, float(near[index])


def nearest_quad(origin: np.ndarray, direction: np.ndarray, corners: np.ndarray) -> tuple[int, float] | None:
    """First rectangle that a ray meets.

    Parameters
    ----------
    corners : (n, 4, 3) float array
        In order around each rectangle.

    Returns
    -------
    (int, float) or None
        Index of the rectangle and distance along the ray.
    """
    if not len(corners):
        return None
    base = corners[:, 0].astype(float)
    one, other = corners[:, 1] - base, corners[:, 3] - base
    normal = np.cross(one, other)
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.einsum("ij,ij->i", base - origin, normal) / (normal @ direction)
        local = origin + distance[:, None] * direction - base
        s = np.einsum("ij,ij->i", local, one) / np.einsum("ij,ij->i", one, one)
        t = np.einsum("ij,ij->i", local, other) / np.einsum("ij,ij->i", other, other)
    met = (distance > 0) & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    if not met.any():
        return None
    index = int(np.argmin(np.where(met, distance, np.inf)))
    return index, float(distance[index])
