"""Numbers as text of equal width, so that columns are straight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, isfinite, isinf, isnan, log10

import numpy as np

_FIGURES = 4
_SMALL, _LARGE = 1e-3, 1e5


@dataclass(frozen=True)
class Figures:
    """How the numbers of one tensor are written.

    Attributes
    ----------
    width : int
        Characters that the longest of them takes.
    write : callable
        One number as text; to be aligned at the right.
    """

    width: int
    write: Callable[[float], str]


def figures_of(low: float, high: float, dtype: np.dtype) -> Figures:
    """A way to write numbers so that the point stands at the same place in all of them.

    Parameters
    ----------
    low, high : float
        The smallest and the largest of them.
    dtype : dtype
    """
    if dtype.kind == "b":
        return Figures(1, lambda value: str(int(value)))
    if dtype.kind in "iu":
        return Figures(max(len(str(int(low))), len(str(int(high)))) if isfinite(low) else 1, _whole)
    largest = max(abs(low), abs(high)) if isfinite(low) and isfinite(high) else 0.0
    if largest and not _SMALL <= largest < _LARGE:
        return Figures(10 if largest >= 1e100 or largest <= 1e-99 else 9, lambda value: _float(value, ".2e"))
    decimals = min(max(_FIGURES - 1 - floor(log10(largest)), 0), 6) if largest else 1
    style = f".{decimals}f"
    return Figures(
        max(len(_float(low, style)), len(_float(high, style)), 4), lambda value: _float(value, style)
    )


def _whole(value: float) -> str:
    return str(int(value))


def _float(value: float, style: str) -> str:
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+∞" if value > 0 else "−∞"
    text = format(value, style)
    # What rounds to zero has no sign, or columns would seem to hold negative numbers.
    return text.removeprefix("-") if text.startswith("-") and not text.strip("-0.") else text


def exact(value: object) -> str:
    """A number with as many digits as tell it from its neighbours, as a file of text would hold it."""
    return str(value)  # formatted, a float32 would get the digits of a float64
