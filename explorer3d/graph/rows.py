"""A long network broken into rows, like text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.ordering import Numbers

# Networks up to this many ranks are read in one line.
_LONGEST_UNBROKEN = 14

# Free space between rows, in lanes.
_ROW_GAP = 0.6

_FEWEST_COLUMNS = 4


def row_starts(
    rank: Numbers, lane: NDArray[np.float64], pairs: Numbers, aspect: float, columns: int | None
) -> Numbers:
    """First rank of each row; as many ranks in a row as make the scale in a view of that aspect largest."""
    single = np.zeros(1, dtype=np.int64)
    if not len(rank):
        return single
    ranks = int(rank.max()) + 1
    crossing = _crossing(rank, pairs, ranks)
    if columns is not None:
        return _broken(crossing, ranks, max(columns, 1))
    if ranks <= _LONGEST_UNBROKEN:
        return single

    above, below = extents(rank, lane, np.arange(ranks))
    best, best_scale = single, 0.0
    # Steps of 3 %: finer ones cannot be seen.
    candidates = {
        int(size)
        for size in np.geomspace(_FEWEST_COLUMNS, ranks, 2 + int(np.log(ranks / _FEWEST_COLUMNS) / 0.03))
    }
    for size in sorted(candidates | {ranks}, reverse=True):
        # No row is lower than one lane, so shorter ones cannot do better.
        if 1 / ((1 + _ROW_GAP) * (ranks / size) - _ROW_GAP) < best_scale:
            break
        starts = _broken(crossing, ranks, size)
        width = int(np.diff(starts, append=ranks).max())
        heights = np.maximum.reduceat(above, starts) + np.maximum.reduceat(below, starts) + 1
        height = float(heights.sum()) + _ROW_GAP * (len(starts) - 1)
        scale = min(aspect / width, 1 / height)
        if scale > best_scale:
            best, best_scale = starts, scale
    return best


def extents(
    rank: Numbers, lane: NDArray[np.float64], starts: Numbers
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far each row reaches above and below its main line."""
    row = np.searchsorted(starts, rank, side="right") - 1
    above, below = np.zeros(len(starts)), np.zeros(len(starts))
    np.maximum.at(above, row, -lane)
    np.maximum.at(below, row, lane)
    return above, below


def row_centers(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each row's main line lies below the first row's."""
    steps = below[:-1] + above[1:] + 1 + _ROW_GAP
    return np.concatenate([[0.0], np.cumsum(steps)])


def _crossing(rank: Numbers, pairs: Numbers, ranks: int) -> Numbers:
    """How many edges a break before each rank would cut."""
    change = np.bincount(rank[pairs[:, 0]] + 1, minlength=ranks + 1)
    change -= np.bincount(rank[pairs[:, 1]] + 1, minlength=ranks + 1)
    return np.cumsum(change)[:ranks]


def _broken(crossing: Numbers, ranks: int, columns: int) -> Numbers:
    """Starts of rows of at most `columns` ranks, broken where few edges cross."""
    backwards = crossing[::-1]
    shorter = int(0.3 * columns)  # a row may stay so much shorter for the sake of a better place
    start = 0
    starts = [start]
    while ranks - start > columns:
        latest = start + columns
        window = backwards[ranks - 1 - latest : ranks - latest + shorter]
        start = latest - int(window.argmin())
        starts.append(start)
    return np.asarray(starts, dtype=np.int64)
