"""What lies under the cursor, found by numpy: exact, and fast at a hundred thousand boxes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_SLACK = 2e-6  # share of the coordinates by which single precision may be off


class Enclosures:
    """Axis-parallel boxes around many things, to find the few that a ray may meet.

    Parameters
    ----------
    low, high : (n, 3) float array
        Opposite corners, in world units.
    """

    def __init__(self, low: np.ndarray, high: np.ndarray) -> None:
        # One contiguous row for each axis, of the shortest floats: memory is what limits the speed.
        self._low = np.ascontiguousarray(np.transpose(low), np.float32)
        self._high = np.ascontiguousarray(np.transpose(high), np.float32)
        self._extent = max(
            (float(np.abs(side).max()) for side in (self._low, self._high) if side.size), default=0.0
        )

    def met(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Indices of all boxes that a ray meets, and of some that it passes closely.

        Parameters
        ----------
        origin, direction : (3,) float array
            World units.
        """
        slack = _SLACK * (self._extent + float(np.abs(origin).max()))
        near = np.zeros(self._low.shape[1], np.float32)
        far = np.full_like(near, np.inf)
        for axis in range(3):
            before, behind = np.float32(origin[axis] + slack), np.float32(origin[axis] - slack)
            if abs(direction[axis]) < 1e-6:
                # All the way at about the same coordinate.
                apart = (self._low[axis] > before) | (self._high[axis] < behind)
                far[apart] = -1.0
                continue
            inverse = np.float32(1.0 / direction[axis])
            one, other = (self._low[axis] - before) * inverse, (self._high[axis] - behind) * inverse
            np.maximum(near, np.minimum(one, other), out=near)
            np.minimum(far, np.maximum(one, other), out=far)
        return np.flatnonzero(near <= far)


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


class Met(NamedTuple):
    """Where a ray meets a rectangle.

    Attributes
    ----------
    place : int
        Of the rectangle among all.
    distance : float
        Along the ray, in world units.
    across, down : float
        Shares of the rectangle's sides from its top left.
    """

    place: int
    distance: float
    across: float
    down: float


def nearest_quad(origin: np.ndarray, direction: np.ndarray, corners: np.ndarray) -> Met | None:
    """First rectangle that a ray meets; None if it meets none.

    Parameters
    ----------
    corners : (n, 4, 3) float array
        Bottom left, bottom right, top right, top left of each.
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
    return Met(index, float(distance[index]), float(s[index]), 1.0 - float(t[index]))
