"""Colours of numbers that are drawn as cells and maps."""

from __future__ import annotations

import numpy as np

from explorer3d.compute.picture import index_of
from explorer3d.scene.colormaps import default_map, lookup

Limits = tuple[float, float]


def limits_of(numbers: np.ndarray) -> Limits:
    """Range of the finite numbers; as far from zero on both sides where some are negative."""
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if low < 0:
        largest = max(-low, high)
        return -largest, largest
    return (low, high) if high > low else (0.0, high or 1.0)


def coloured(numbers: np.ndarray, limits: Limits) -> np.ndarray:
    """(…, 3) uint8 array: red, green and blue of each number; dark where zero is the middle."""
    return lookup(default_map(limits[0] < 0 < limits[1]))[index_of(numbers, limits)]
