"""Where the camera has to stand for the numbers of a map to be read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer3d.scene.camera import VIEW_ANGLE, Pose, framing
from explorer3d.scene.flight import MARGINS

_WELL, _LARGE = 1.5, 3.0  # times the least size: what a part of a map is read at, and nothing is larger


def approach(
    corners: np.ndarray, em: float, least: float, size: tuple[int, int], across: float, down: float
) -> Pose:
    """Before a map, straight: all of it, or what is around a place in it, if else it could not be read.

    Parameters
    ----------
    corners : (4, 3) float array
        Of the map: bottom left, bottom right, top right, top left in world units; it faces +z.
    em : float
        Of its numbers, in world units.
    least : float
        Pixels of an em from which on one can read.
    size : (int, int)
        Of the picture, in pixels.
    across, down : float
        The place, as shares of the map's sides from its top left.
    """
    corners = np.asarray(corners, float)
    tan = float(np.tan(np.radians(VIEW_ANGLE / 2)))

    def distance(pixels: float) -> float:
        return em * size[1] / (2 * tan * pixels)

    whole = framing(corners, Pose(azimuth=0.0, elevation=0.0), size, MARGINS)
    if whole.distance <= distance(least):
        return replace(whole, distance=max(whole.distance, distance(_LARGE * least)))
    near = distance(_WELL * least)
    start, end = corners[3], corners[1]
    reach = np.array([near * tan * size[0] / size[1], near * tan])
    left, top, right, bottom = MARGINS
    low = np.minimum(start, end)[:2] + reach * (1 - 2 * np.array([left, bottom]))
    high = np.maximum(start, end)[:2] - reach * (1 - 2 * np.array([right, top]))
    place = start[:2] + [across, down] * (end - start)[:2]
    # Beyond its sides there is nothing to be read.
    x, y = np.where(low < high, np.clip(place, low, np.maximum(low, high)), (low + high) / 2).tolist()
    return Pose((x, y, float(start[2])), 0.0, 0.0, near)
