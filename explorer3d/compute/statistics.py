"""Numbers that sum up a tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS = 64
SAMPLE = 1 << 20


@dataclass(frozen=True, eq=False)
class Statistics:
    """Summary of the finite values of a tensor, in the tensor's own unit.

    Attributes
    ----------
    count, nan, positive_infinity, negative_infinity, zeros : int
        Numbers of elements: all, and those of each kind.
    minimum, maximum, mean, std : float
        Of the finite values, computed in float64; NaN if there are none.
    histogram : (64,) int array
        Finite values per bin.
    edges : (65,) float array
    limits : (float, float)
        Colour range: the 0.5 and 99.5 percentiles, made symmetric if `diverging`.
    diverging : bool
        Both signs occur and the negative part is over 5 % of the range.
    """

    count: int
    nan: int
    positive_infinity: int
    negative_infinity: int
    zeros: int
    minimum: float
    maximum: float
    mean: float
    std: float
    histogram: np.ndarray
    edges: np.ndarray
    limits: tuple[float, float]
    diverging: bool


def summarise(array: np.ndarray) -> Statistics:
    """Count, range, moments, histogram and colour range of a numeric or bool tensor of any shape."""
    flat = np.asarray(array).reshape(-1)
    if flat.dtype.kind not in "fiub":
        flat = flat.astype(np.float32)
    nan = positive = negative = 0
    finite = flat
    if flat.dtype.kind == "f":
        mask = np.isfinite(flat)
        if not mask.all():
            nan = int(np.isnan(flat).sum())
            positive = int(np.isposinf(flat).sum())
            negative = int(np.isneginf(flat).sum())
            finite = flat[mask]
    if not finite.size:
        return Statistics(
            flat.size, nan, positive, negative, 0, *(float("nan"),) * 4,
            np.zeros(BINS, np.int64), np.linspace(0.0, 1.0, BINS + 1), (0.0, 1.0), False,
        )  # fmt: skip
    low, high = float(finite.min()), float(finite.max())
    # As float64, or bins between large float32 values would be narrower than these are apart.
    first, last = _span(low, high)
    histogram, edges = np.histogram(_wide(finite), BINS, (np.float64(first), np.float64(last)))
    limits, diverging = colour_limits(finite, low, high)
    return Statistics(
        flat.size, nan, positive, negative, int(finite.size - np.count_nonzero(finite)),
        low, high, float(finite.mean(dtype=np.float64)), float(finite.std(dtype=np.float64)),
        histogram, edges, limits, diverging,
    )  # fmt: skip


def colour_limits(finite: np.ndarray, low: float, high: float) -> tuple[tuple[float, float], bool]:
    """Range that the colours span by default, and whether zero is its middle.

    Parameters
    ----------
    finite : (n,) array
        Not empty, without NaN and infinities.
    low, high : float
        Its minimum and maximum.
    """
    # A percentile needs no more than a large even sample; sorting 100 million weights takes seconds.
    sample = finite[:: max(1, finite.size // SAMPLE)].astype(np.float64)
    lower, upper = (float(value) for value in np.percentile(sample, (0.5, 99.5)))
    if upper <= lower:
        # A map with a few active pixels among zeros: the percentiles meet, the data does not.
        lower, upper = low, high
    diverging = low < 0 < high and -low > 0.05 * (high - low)
    if diverging:
        largest = max(abs(lower), abs(upper))
        return (-largest, largest), True
    return _span(lower, upper), False


def _span(low: float, high: float) -> tuple[float, float]:
    """The range itself, or one around values that lie too close to be told apart."""
    if high - low > max(1e-9 * max(abs(low), abs(high)), 1e-300):
        return low, high
    half = max(0.5, 1e-6 * abs(low))
    return low - half, high + half


def _wide(values: np.ndarray) -> np.ndarray:
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
