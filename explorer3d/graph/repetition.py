"""Where a sequence repeats itself: the same part over and over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LONGEST = 512  # elements in a part; bounds the time
_SHORTEST = 3
_LEAST = 12  # elements in all parts together that are worth a name
_MOST_CROSSING = 8.0  # values handed over between two parts that still are parts


@dataclass(frozen=True)
class Repeat:
    """A part that follows upon itself.

    Attributes
    ----------
    start : int
    period : int
        Elements in one part.
    count : int
        How many of them, at least two.
    """

    start: int
    period: int
    count: int


def repeats(signs: NDArray[np.int64], crossing: NDArray[np.int64]) -> list[Repeat]:
    """Find what a sequence repeats, without overlaps, what covers most first.

    Parameters
    ----------
    signs : (n,) int array
        Equal numbers for what is alike.
    crossing : (n + 1,) int array
        How much is handed over each place before an element, and at the end: parts begin where it is little.

    Returns
    -------
    list of Repeat
        From the front.
    """
    candidates = []
    for period in range(_SHORTEST, min(len(signs) // 2, _LONGEST) + 1):
        same = np.concatenate([[0], signs[:-period] == signs[period:], [0]]).astype(np.int8)
        change = np.diff(same)
        starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
        long = (stops - starts >= period) & (stops - starts + period >= _LEAST)
        candidates += [
            (-((stop - start) // period + 1) * period, period, start, stop + period)
            for start, stop in zip(starts[long].tolist(), stops[long].tolist(), strict=True)
        ]
    free = np.ones(len(signs), bool)
    found = []
    for _, period, start, stop in sorted(candidates):
        inside = free[start:stop]
        # A run of the same element has no parts.
        if not inside.all() or (signs[start : start + period] == signs[start]).all():
            continue
        repeat = _in_phase(period, start, stop, crossing)
        if repeat is not None:
            found.append(repeat)
            free[repeat.start : repeat.start + repeat.period * repeat.count] = False
    return sorted(found, key=lambda repeat: repeat.start)


def _in_phase(period: int, start: int, stop: int, crossing: NDArray[np.int64]) -> Repeat | None:
    """Parts that begin where least is handed over; of equal places, as many as there can be."""
    best: tuple[float, int, int] | None = None
    for offset in range(min(period, stop - start - 2 * period + 1)):
        count = (stop - start - offset) // period
        places = np.arange(start + offset, start + offset + count * period + 1, period)
        entry = float(crossing[places].mean()), -count, offset
        best = entry if best is None else min(best, entry)
    if best is None or best[0] > _MOST_CROSSING:
        return None
    return Repeat(start + best[2], period, -best[1])
