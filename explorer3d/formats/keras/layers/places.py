"""Axes of places that attend to one another, laid out so that matrices can be multiplied."""

from __future__ import annotations

import math
from collections.abc import Sequence

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.conditions import stretches, with_axes
from explorer3d.formats.keras.settings import Unsupported


def flat(scope: Scope, places: Sequence[int], x: Tensor, *, swapped: bool = False) -> Tensor:
    """(N, other places…, heads, places, size), all places along one axis; the last two may be swapped."""
    order = [*_order(places, x.rank), x.rank - 1]
    if len(places) == 1:
        if swapped:
            order[-2:] = reversed(order[-2:])
        return scope.transpose(x, order)
    x = scope.transpose(x, order)
    outer = x.rank - 1 - len(places)
    size = x.known(-1)
    target = scope.integers([*(0 for _ in range(outer)), -1, size], f"flat_{size}")
    x = scope.op("Reshape", [x, target], (*x.shape[:outer], _product(x.shape[outer:-1]), size))
    return scope.transpose(x, [*range(outer), outer + 1, outer]) if swapped else x


def back(scope: Scope, places: Sequence[int], x: Tensor, query: Tensor) -> Tensor:
    """Undo `flat` for the result: (N, places…, heads, size)."""
    sizes = [query.shape[axis] for axis in places]
    if len(sizes) > 1:
        if sizes.count(None) > 1:
            raise Unsupported("several sizes of its input's places are not in the file")
        outer = x.rank - 2
        last = x.known(-1)
        known = [-1 if size is None else size for size in sizes]
        target = scope.integers([*(0 for _ in range(outer)), *known, last], "places")
        x = scope.op("Reshape", [x, target], (*x.shape[:outer], *sizes, last))
    order = [*_order(places, x.rank), x.rank - 1]
    return scope.transpose(x, [order.index(axis) for axis in range(x.rank)])


def unfolded(scope: Scope, places: Sequence[int], weights: Tensor, query: Tensor, value: Tensor) -> Tensor:
    """The weights with an axis for each axis of places, first the query's, then the value's."""
    if len(places) == 1:
        return weights
    sizes = [x.known(axis) for x in (query, value) for axis in places]
    outer = weights.rank - 2
    target = scope.integers([*(0 for _ in range(outer)), *sizes], "places_of_weights")
    return scope.op("Reshape", [weights, target], (*weights.shape[:outer], *sizes))


def as_scores(
    scope: Scope, places: Sequence[int], limit: Tensor, scores: Tensor, query: Tensor, value: Tensor
) -> Tensor:
    """Put the axes of heads, and others that are missing, before those of the places."""
    count = 2 * len(places)
    full = query.rank + len(places)
    if limit.rank > full or (limit.rank < count and len(places) > 1):
        raise Unsupported(f"its attention_mask of shape {limit.shape} does not fit its scores")
    if limit.rank > count:
        outer = limit.rank - count
        limit = with_axes(scope, limit, range(outer, outer + full - limit.rank))
    if len(places) > 1:
        targets = [_product([x.known(axis) for axis in places]) or 0 for x in (query, value)]
        if limit.shape[-count:] != tuple(x.shape[axis] for x in (query, value) for axis in places):
            raise Unsupported(f"its attention_mask of shape {limit.shape} does not fit its scores")
        outer = limit.rank - count
        target = scope.integers([*(0 for _ in range(outer)), *targets], "flat_limit")
        limit = scope.op("Reshape", [limit, target], (*limit.shape[:outer], *targets))
    if not stretches(limit.shape, scores.shape):
        raise Unsupported(f"its attention_mask of shape {limit.shape} does not fit its scores")
    return limit


def _order(places: Sequence[int], rank: int) -> list[int]:
    """(N, other places…, heads, places…) among the axes of a projection, without the last one."""
    others = [axis for axis in range(1, rank - 2) if axis not in places]
    return [0, *others, rank - 2, *places]


def _product(sizes: Sequence[int | None]) -> int | None:
    return None if None in sizes else math.prod(size for size in sizes if size is not None)
