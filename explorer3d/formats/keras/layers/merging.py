"""Layers with several inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.settings import Unsupported


def elementwise(op: str, scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Add``, ``Multiply``, ``Maximum``, ``Minimum``: from the first input to the last."""
    tensors = _aligned(scope, inputs)
    return reduce(lambda x, y: scope.op(op, [x, y], _broadcast(x.shape, y.shape)), tensors)


def subtract(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Subtract``."""
    if len(inputs) != 2:
        raise Unsupported(f"it has {len(inputs)} inputs, but 2 are needed")
    return elementwise("Sub", scope, inputs)


def average(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Average``."""
    return scope.op("Div", [elementwise("Add", scope, inputs), scope.constant(len(inputs), "count")])


def concatenate(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Concatenate`` along one axis."""
    first = inputs[0]
    axis = first.axis(scope.settings.integer("axis", -1))
    if any(x.rank != first.rank for x in inputs):
        raise Unsupported("its inputs have different numbers of axes")
    shape: list[int | None] = []
    for at, sizes in enumerate(zip(*(x.shape for x in inputs), strict=True)):
        known = {size for size in sizes if size is not None}
        if at == axis:
            shape.append(None if None in sizes else sum(size for size in sizes if size is not None))
        elif len(known) > 1:
            raise Unsupported(f"its inputs do not fit along axis {at}: {sorted(known)}")
        else:
            shape.append(known.pop() if known else None)
    return scope.op("Concat", list(inputs), tuple(shape), axis=axis)


def _aligned(scope: Scope, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Keras gives an input of lower rank new axes after the batch axis."""
    rank = max(x.rank for x in inputs)
    aligned = []
    for x in inputs:
        if x.rank < rank:
            missing = range(1, 1 + rank - x.rank)
            shape = (*x.shape[:1], *(1 for _ in missing), *x.shape[1:])
            x = scope.op("Unsqueeze", [x, scope.integers(missing, f"axes_{len(missing)}")], shape)
        aligned.append(x)
    return aligned


def _broadcast(first: Shape, second: Shape) -> Shape:
    shape: list[int | None] = [None]
    for one, other in zip(first[1:], second[1:], strict=True):
        if one == 1 or other == 1:
            shape.append(other if one == 1 else one)
        elif one is not None and other is not None and one != other:
            raise Unsupported(f"its inputs do not fit: {first[1:]} and {second[1:]}")
        else:
            shape.append(other if one is None else one)
    return tuple(shape)
