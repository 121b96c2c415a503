"""How many values of a tensor lie where, between any two limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.blocks import blocks
from explorer3d.errors import RequestError
from explorer3d.progress import Progress, ignore

BINS = 64


@dataclass(frozen=True, eq=False)
class Histogram:
    """Answer to `CountBetween`.

    Attributes
    ----------
    counts : (bins,) int array
        Values from each edge on, to below the next; the last bin holds the upper limit too.
    edges : (bins + 1,) float array
    below, above : int
        Finite values outside the limits.
    """

    counts: np.ndarray
    edges: np.ndarray
    below: int
    above: int


@dataclass(frozen=True, eq=False)
class CountBetween:
    """Count the values of a tensor between two limits, bin by bin.

    Attributes
    ----------
    array : array
        Of any shape.
    limits : (float, float)
    bins : int
    """

    array: np.ndarray
    limits: tuple[float, float]
    bins: int = BINS

    def __call__(self, progress: Progress = ignore) -> Histogram:
        low, high = self.limits
        if not (low < high and np.isfinite(high - low)):
            raise RequestError(
                f"There is nothing to count from {low:g} to {high:g}: choose a lower and a higher limit."
            )
        array = np.asarray(self.array)
        counts = np.zeros(self.bins, np.int64)
        below = above = done = 0
        for part in blocks(array.shape) if array.dtype.kind in "fiub" else ():
            progress(done / max(array.size, 1), "Counting values")
            block = array[part]
            done += block.size
            wide = block.astype(np.float64, order="C").reshape(-1)
            wide = wide[np.isfinite(wide)]
            below += int(np.count_nonzero(wide < low))
            above += int(np.count_nonzero(wide > high))
            counts += bin_counts(wide[(wide >= low) & (wide <= high)], low, high, self.bins)
        return Histogram(counts, np.linspace(low, high, self.bins + 1), below, above)


def bin_counts(values: np.ndarray, low: float, high: float, bins: int = BINS) -> np.ndarray:
    """(bins,) int array: how many of float64 values between two limits fall in each of equal bins."""
    # The limits themselves may lie further apart than the largest number.
    width = high / bins - low / bins
    places = np.minimum((values - low) / width, bins - 1).astype(np.intp)
    return np.bincount(places, minlength=bins)


def _linear(counts: np.ndarray) -> np.ndarray:
    return counts.astype(np.float64)


SCALES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": _linear,
    "square root": np.sqrt,
    "log": np.log1p,
}
"""Scales for the bars of a histogram; on each a bin without values has no height."""


def bar_heights(counts: np.ndarray, scale: str) -> np.ndarray:
    """(bins,) float array: heights of the bars, the tallest 1; all 0 if nothing was counted."""
    heights = SCALES[scale](counts)
    return np.asarray(heights / heights.max() if counts.any() else heights)
