"""TensorFlow's ways to resize one axis of a picture, as tables of weights.

References
----------
``scale_and_translate_op.cc``, ``sampling_kernels.h``, ``resize_bicubic_op.cc`` and ``resize_area_op.cc`` in
``tensorflow/core/kernels/image``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer3d.formats.keras.settings import Unsupported

Kernel = Callable[[np.ndarray], np.ndarray]

# 64 MB of weights; pictures are far smaller.
_LARGEST_TABLE = 1 << 24


def weights(way: str, size: int, result: int, antialias: bool = False) -> np.ndarray:
    """What each place of the input contributes to each place of the result.

    Parameters
    ----------
    way : str
        Keras' name of the interpolation.
    antialias : bool
        Widen the kernel when the axis shrinks.

    Returns
    -------
    (result, size) float32 array

    Raises
    ------
    Unsupported
        The interpolation is not known, or the table would be too large.
    """
    if size * result > _LARGEST_TABLE:
        raise Unsupported(f"it resizes {size} places to {result}, which takes too large a table")
    if way == "area":
        return _area(size, result)
    if way == "bicubic" and not antialias:
        return _bicubic(size, result)
    if way not in KERNELS:
        raise Unsupported(f"its interpolation {way} is not known here")
    return _sampled(*KERNELS[way], size, result, antialias)


def nearest(size: int, result: int) -> np.ndarray:
    """Which place of the input each place of the result repeats.

    Returns
    -------
    (result,) int64 array
    """
    if result > _LARGEST_TABLE:
        raise Unsupported(f"it resizes {size} places to {result}, which takes too large a table")
    scale = np.float32(size) / np.float32(result)
    centre = (np.arange(result, dtype=np.float32) + np.float32(0.5)) * scale
    return np.asarray(np.minimum(np.floor(centre), size - 1), np.int64)


def _sampled(kernel: Kernel, radius: float, size: int, result: int, antialias: bool) -> np.ndarray:
    """A kernel around where the middle of each place lies in the input, each row brought to the sum 1."""
    inverse = np.float32(1) / (np.float32(result) / np.float32(size))
    width = max(inverse, np.float32(1)) if antialias else np.float32(1)
    centre = (np.arange(result, dtype=np.float32) + np.float32(0.5)) * inverse
    places = np.arange(size, dtype=np.float32) + np.float32(0.5)
    distance = np.abs(places[None, :] - centre[:, None]) / width
    table = np.where(distance < radius, kernel(distance), 0)
    return np.asarray(table / table.sum(axis=1, keepdims=True), np.float32)


def _lanczos(radius: int) -> Kernel:
    def kernel(x: np.ndarray) -> np.ndarray:
        return np.asarray(np.sinc(x) * np.sinc(x / radius))

    return kernel


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(1 - x, 0))


def _gaussian(x: np.ndarray) -> np.ndarray:
    """Cut off at three standard deviations of 1/2."""
    return np.asarray(np.exp(-2 * x**2))


def _keys_cubic(x: np.ndarray) -> np.ndarray:
    """a = -1/2, https://doi.org/10.1109/TASSP.1981.1163711"""
    near = (1.5 * x - 2.5) * x * x + 1
    return np.asarray(np.where(x < 1, near, ((-0.5 * x + 2.5) * x - 4) * x + 2))


def _mitchell_cubic(x: np.ndarray) -> np.ndarray:
    """https://doi.org/10.1145/378456.378514"""
    near = (7 * x - 12) * x * x / 6 + 16 / 18
    return np.asarray(np.where(x < 1, near, ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9))


# With the distance from which on they are zero.
KERNELS: dict[str, tuple[Kernel, float]] = {
    "bilinear": (_triangle, 1),
    "bicubic": (_keys_cubic, 2),
    "gaussian": (_gaussian, 1.5),
    "lanczos3": (_lanczos(3), 3),
    "lanczos5": (_lanczos(5), 5),
    "mitchellcubic": (_mitchell_cubic, 2),
}


def _bicubic(size: int, result: int) -> np.ndarray:
    """Keys' kernel at 1024 steps between two places, brought to the sum 1 at the edges."""
    scale = np.float32(size) / np.float32(result)
    at = (np.arange(result, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)
    start = np.floor(at)
    step = np.rint((at - start) * 1024) / 1024
    table = np.zeros((result, size))
    rows = np.arange(result)
    for tap in range(-1, 3):
        columns = start.astype(np.int64) + tap
        inside = (columns >= 0) & (columns < size)
        table[rows[inside], columns[inside]] = _keys_cubic(np.abs(step - tap))[inside]
    return np.asarray(table / table.sum(axis=1, keepdims=True), np.float32)


def _area(size: int, result: int) -> np.ndarray:
    """How much of each place lies under each place of the result."""
    scale = size / result
    start = np.arange(result)[:, None] * scale
    places = np.arange(size)[None, :]
    overlap = np.minimum(start + scale, places + 1) - np.maximum(start, places)
    return np.asarray(np.maximum(overlap, 0) / scale, np.float32)
