"""Numbers that sum up a tensor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from explorer3d.compute.blocks import blocks
from explorer3d.compute.histogram import BINS, bin_counts

_FEW = 1 << 14
SAMPLE = 1 << 17


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
    below, above : int
        Finite values outside `limits`, which are drawn in the colours of saturation.
    l2 : float
        Root of the sum of the finite values' squares; NaN if there are none.
    first_not_finite : tuple of int or None
        Index of the first NaN or infinity.
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
    below: int = 0
    above: int = 0
    l2: float = float("nan")
    first_not_finite: tuple[int, ...] | None = None

    @property
    def finite(self) -> int:
        """Number of values that are neither NaN nor infinite."""
        return self.count - self.nan - self.positive_infinity - self.negative_infinity

    @property
    def sparsity(self) -> float:
        """Share of zeros among all elements."""
        return self.zeros / self.count if self.count else 0.0


def summarise(array: np.ndarray) -> Statistics:
    """Count, range, moments, histogram and colour range of a tensor of any shape.

    Parameters
    ----------
    array : array
        Of numbers or bools; of strings only the elements are counted.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        return _nothing(array.size, 0, 0, 0)
    parts = list(blocks(array.shape))
    nan = positive = negative = zeros = 0
    low, high, total = np.inf, -np.inf, 0.0
    first: tuple[int, ...] | None = None
    with np.errstate(over="ignore", invalid="ignore"):
        for part in parts:
            block = array[part]
            finite = _finite(block)
            if finite.size < block.size:
                nan += int(np.count_nonzero(np.isnan(block)))
                positive += int(np.count_nonzero(np.isposinf(block)))
                negative += int(np.count_nonzero(np.isneginf(block)))
                first = _first_not_finite(block, part) if first is None else first
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
                total += float(finite.sum(dtype=np.float64))
                zeros += finite.size - int(np.count_nonzero(finite))
        count = array.size - nan - positive - negative
        if not count:
            return _nothing(array.size, nan, positive, negative, first)
        mean = total / count
        # A percentile needs no more than a large even sample; sorting 100 million weights takes seconds.
        sample = _finite(_every(array, max(1, array.size // SAMPLE)))
        limits, diverging = colour_limits(sample, low, high)
        # As float64, or bins between large float32 values would be narrower than these are apart.
        lower, upper = _span(low, high)
        histogram = np.zeros(BINS, np.int64)
        squares, deviations, below, above = 0.0, 0.0, 0, 0
        for part in parts:
            wide = _finite(array[part]).astype(np.float64, order="C").reshape(-1)
            below += int(np.count_nonzero(wide < limits[0]))
            above += int(np.count_nonzero(wide > limits[1]))
            histogram += bin_counts(wide, lower, upper)
            squares += float(wide @ wide)
            wide -= mean
            deviations += float(wide @ wide)
    return Statistics(
        array.size, nan, positive, negative, zeros,
        low, high, mean, float(np.sqrt(deviations / count)),
        histogram, np.linspace(lower, upper, BINS + 1), limits, diverging, below, above,
        float(np.sqrt(squares)), first,
    )  # fmt: skip


def glance(array: np.ndarray) -> Statistics | None:
    """What a picture needs to know of a large tensor, and the rest of a few evenly spread elements.

    Range and colour range are those of `summarise`.

    Parameters
    ----------
    array : array
        Of numbers.

    Returns
    -------
    Statistics or None
        None where not all elements are finite: only a look at each tells how many are not.
    """
    low, high = float(array.min()), float(array.max())
    if not np.isfinite(high - low):
        return None
    sample = _every(array, max(1, array.size // SAMPLE))
    limits, diverging = colour_limits(sample, low, high)
    few = summarise(sample[:: max(1, sample.size // _FEW)])
    # A sum tells nothing of the whole.
    return replace(few, minimum=low, maximum=high, limits=limits, diverging=diverging, l2=float("nan"))


def _every(array: np.ndarray, step: int) -> np.ndarray:
    """Each `step`-th element, without a copy of the others."""
    return array.reshape(-1)[::step] if array.flags.c_contiguous else np.asarray(array.flat[::step])


def _first_not_finite(block: np.ndarray, part: tuple[slice, ...]) -> tuple[int, ...]:
    inside = np.unravel_index(int(np.argmin(np.isfinite(block))), block.shape)
    return tuple(cut.start + int(at) for cut, at in zip(part, inside, strict=True))


def _finite(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind != "f" or np.isfinite(values.min(initial=0) + values.max(initial=0)):
        return values
    return np.asarray(values[np.isfinite(values)])


def _nothing(
    count: int, nan: int, positive: int, negative: int, first: tuple[int, ...] | None = None
) -> Statistics:
    return Statistics(
        count, nan, positive, negative, 0, *(float("nan"),) * 4,
        np.zeros(BINS, np.int64), np.linspace(0.0, 1.0, BINS + 1), (0.0, 1.0), False,
        first_not_finite=first,
    )  # fmt: skip


def colour_limits(sample: np.ndarray, low: float, high: float) -> tuple[tuple[float, float], bool]:
    """Range that the colours span by default, and whether zero is its middle.

    Parameters
    ----------
    sample : (n,) array
        Of the values, without NaN and infinities.
    low, high : float
        Minimum and maximum of all values.
    """
    lower = upper = low
    if sample.size:
        lower, upper = (float(value) for value in np.percentile(sample.astype(np.float64), (0.5, 99.5)))
    if upper <= lower:
        # A map with a few active pixels among zeros: the percentiles meet, the data does not.
        lower, upper = low, high
    if low == high == 0:
        return (0.0, 1.0), False  # dark, as zero is elsewhere
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
