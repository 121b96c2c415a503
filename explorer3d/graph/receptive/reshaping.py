"""What a part of a tensor was before the tensor took another shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.receptive.indices import Indices, array, box, indices, is_whole, single
from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.step import Unmapped

_MOST_PLACES = 1 << 20
_MOST_PRODUCTS = 12

Products = list[tuple[Indices, ...]]


def before_reshape(
    axes: Sequence[Indices], after: Sequence[int], before: Sequence[int], exact: bool
) -> list[Block]:
    """Find where elements were; both shapes hold the same elements in the same order.

    Parameters
    ----------
    axes : sequence of Indices
        Part of the tensor in its new shape.
    after, before : sequence of int
        New and old shape.
    exact : bool
        Of the part.
    """
    if prod(after) != prod(before) or not prod(after):
        raise Unmapped
    found: list[Products] = []
    for old, new in _matching(before, after):
        sizes = [before[axis] for axis in old]
        products, certain = _group([axes[axis] for axis in new], [after[axis] for axis in new], sizes)
        exact = exact and certain
        found.append(products)
    owners = [old for old, _ in _matching(before, after)]
    blocks = []
    for choice in product(*found):
        places: list[Indices] = [single(0)] * len(before)
        for old, own in zip(owners, choice, strict=True):
            for axis, one in zip(old, own, strict=True):
                places[axis] = one
        blocks.append(Block(tuple(places), exact))
    return blocks


def _matching(before: Sequence[int], after: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Smallest runs of axes that hold the same elements in both shapes; axes of size one are in none."""
    waiting = [[axis for axis, size in enumerate(shape) if size != 1] for shape in (before, after)]
    runs = []
    while waiting[0]:
        old, new = [waiting[0].pop(0)], [waiting[1].pop(0)]
        while (first := prod(before[axis] for axis in old)) != (second := prod(after[axis] for axis in new)):
            if first < second:
                old.append(waiting[0].pop(0))
            else:
                new.append(waiting[1].pop(0))
        runs.append((old, new))
    return runs


def _group(axes: list[Indices], after: list[int], before: list[int]) -> tuple[Products, bool]:
    if len(after) == len(before) == 1:
        return [(axes[0],)], True
    if all(is_whole(places, size) for places, size in zip(axes, after, strict=True)):
        return [tuple(map(range, before))], True
    if prod(map(len, axes)) <= _MOST_PLACES:
        flat = np.ravel_multi_index(np.ix_(*map(array, axes)), after).reshape(-1)
        products = _products(flat, before)
        if len(products) <= _MOST_PRODUCTS:
            return products, True
    # What lies between the first and the last.
    first, last = (int(np.ravel_multi_index([int(places[end]) for places in axes], after)) for end in (0, -1))
    corners = np.stack([np.unravel_index(first, before), np.unravel_index(last, before)])
    for axis, (low, high) in enumerate(corners.T):
        if low != high:
            return [
                (
                    *(single(int(place)) for place in corners[0, :axis]),
                    box(range(int(low), int(high) + 1)),
                    *map(range, before[axis + 1 :]),
                )
            ], False
    return [tuple(single(int(place)) for place in corners[0])], True


def _products(flat: NDArray[np.int64], sizes: Sequence[int]) -> Products:
    """Places in one row as products of places along several axes; gives up on very many."""
    coordinates = np.unravel_index(flat, sizes)
    apart = tuple(indices(one) for one in coordinates)
    if prod(map(len, apart)) == len(flat):
        return [apart]
    inner = prod(sizes[1:])
    rest: dict[bytes, list[int]] = {}
    for place in array(apart[0]):
        own = np.sort(flat[coordinates[0] == place] - place * inner)
        rest.setdefault(own.tobytes(), []).append(int(place))
        if len(rest) > _MOST_PRODUCTS:
            break
    found: Products = []
    for content, places in rest.items():
        for further in _products(np.frombuffer(content, np.int64), sizes[1:]):
            found.append((indices(np.asarray(places)), *further))
        if len(found) > _MOST_PRODUCTS:
            break
    return found
