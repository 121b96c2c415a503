"""Maps brought to another size, each kind of number in the way that suits it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Reduction = Callable[[np.ndarray, int, int], np.ndarray]


def resample(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bring maps to another size: the mean where they shrink, the nearest value where they grow.

    Parameters
    ----------
    maps : (n, H, W) float array
    height, width : int
        Size wanted.

    Returns
    -------
    (n, height, width) float32 array
    """
    # Only float32 sums: float16 overflows, and integers would be divided.
    maps = np.asarray(maps, np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        finite = bool(np.isfinite(maps.sum()))
    for axis, size in ((1, height), (2, width)):
        have = maps.shape[axis]
        starts = np.arange(size + 1) * have // size
        if size > have:
            maps = np.take(maps, starts[:-1], axis=axis)
        elif size < have:
            lengths = np.diff(starts)
            if not finite:
                sums = np.add.reduceat(maps, starts[:-1], axis=axis)
                maps = sums / lengths.astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
                continue
            # Products are four times as fast; but a NaN would spread over its whole row.
            means = np.zeros((size, have), np.float32)
            means[np.repeat(np.arange(size), lengths), np.arange(have)] = np.repeat(1 / lengths, lengths)
            if axis == 1:
                maps = means @ maps
            else:
                maps = (maps.reshape(-1, have) @ means.T).reshape(*maps.shape[:2], size)
    return np.asarray(maps, np.float32)


def strengths(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    """Shrink maps of either sign: the root mean square of what falls together, with the sign of the sum.

    The mean of thousands of weights is nothing, and the largest of them is always beyond the colours.

    Parameters
    ----------
    maps : (n, H, W) array
    height, width : int
        At most H and W.

    Returns
    -------
    (n, height, width) float array
    """
    rows = np.arange(height + 1) * maps.shape[1] // height
    columns = np.arange(width + 1) * maps.shape[2] // width
    sums = np.empty((len(maps), height, width))
    squares = np.empty_like(sums)
    # Band by band: a hundred million weights as float64 would take most of a gigabyte.
    for row, (first, last) in enumerate(zip(rows[:-1], rows[1:], strict=True)):
        band = maps[:, first:last].astype(np.float64)
        sums[:, row] = np.add.reduceat(band.sum(axis=1), columns[:-1], axis=1)
        squares[:, row] = np.add.reduceat((band * band).sum(axis=1), columns[:-1], axis=1)
    return signed_root(sums, squares / (np.diff(rows)[:, None] * np.diff(columns)))


def signed_root(sums: np.ndarray, mean_squares: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(sums < 0, -1.0, 1.0) * np.sqrt(mean_squares) + 0 * sums)


def nearest(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    """Shrink maps by leaving values out: there is no class between two class numbers.

    Parameters and result as of `strengths`.
    """
    rows = (2 * np.arange(height) + 1) * maps.shape[1] // (2 * height)
    columns = (2 * np.arange(width) + 1) * maps.shape[2] // (2 * width)
    return np.asarray(maps[:, rows[:, None], columns[None]])


def reduction(kind: str, dtype: np.dtype) -> Reduction:
    """How slices of a kind are made smaller."""
    if dtype.kind in "iu" and dtype.itemsize > 2:
        return nearest
    return resample if kind in ("maps", "colour") else strengths
