"""Places along one axis: a range where they are evenly spaced, else a sorted array."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Indices = range | NDArray[np.int64]
"""Ascending, none twice."""

NONE = range(0)


def single(place: int) -> range:
    return range(place, place + 1)


def indices(places: NDArray[np.integer]) -> Indices:
    """Put places in order, and name them by a range if one tells them all."""
    ordered = np.unique(np.asarray(places, np.int64))
    if not len(ordered):
        return NONE
    first, last = int(ordered[0]), int(ordered[-1])
    if len(ordered) == 1:
        return single(first)
    step = int(ordered[1]) - first
    if (len(ordered) - 1) * step == last - first and bool((np.diff(ordered) == step).all()):
        return range(first, last + 1, step)
    return ordered


def array(places: Indices) -> NDArray[np.int64]:
    if isinstance(places, range):
        return np.arange(places.start, places.stop, places.step, dtype=np.int64)
    return places


def box(places: Indices) -> range:
    """The gapless range from the first to the last."""
    return range(int(places[0]), int(places[-1]) + 1) if len(places) else NONE


def is_whole(places: Indices, size: int) -> bool:
    return len(places) == size


def same(one: Indices, other: Indices) -> bool:
    if isinstance(one, range) and isinstance(other, range):
        return one == other
    return len(one) == len(other) and bool(np.array_equal(array(one), array(other)))


def covers(large: Indices, small: Indices) -> bool:
    """Whether all places of one are among the other's."""
    if not len(small):
        return True
    if len(large) < len(small):
        return False
    if isinstance(large, range) and large.step == 1:
        return large.start <= int(small[0]) and int(small[-1]) < large.stop
    return bool(np.isin(array(small), array(large), assume_unique=True).all())


def union(sets: Iterable[Indices]) -> Indices:
    """All places of several sets."""
    found: Indices = NONE
    for places in sets:
        if covers(found, places):
            continue
        if covers(places, found) or _touching(found, places):
            start, stop = box(found), box(places)
            if not len(start) or covers(places, found):
                found = places
            else:
                found = range(min(start.start, stop.start), max(start.stop, stop.stop))
        else:
            found = indices(np.concatenate([array(found), array(places)]))
    return found


def _touching(one: Indices, other: Indices) -> bool:
    """Whether both are without gaps, and there is none between them."""
    if not (isinstance(one, range) and isinstance(other, range) and one.step == other.step == 1):
        return False
    return one.start <= other.stop and other.start <= one.stop


def inside(places: Indices, size: int) -> Indices:
    """Those of an axis of that size: none that lie in its padding."""
    if not isinstance(places, range):
        return indices(places[(places >= 0) & (places < size)])
    low = max(0, -(places.start // places.step)) if places.start < 0 else 0
    kept = places[low:]
    high = -(-(size - kept.start) // kept.step) if len(kept) else 0
    return kept[: max(high, 0)] or NONE
