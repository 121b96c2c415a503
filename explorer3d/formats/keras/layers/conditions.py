"""Tensors of yes and no, and values chosen by them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.settings import Unsupported

_COMPARABLE = frozenset(
    {ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.INT32, ir.DataType.INT64, ir.DataType.BOOL}
)


def condition(scope: Scope, x: Tensor) -> Tensor:
    """Any tensor as yes and no: what is not zero is yes."""
    return scope.cast(x, ir.DataType.BOOL)


def differs(scope: Scope, x: Tensor, number: float) -> Tensor:
    """Where a tensor is not the number."""
    if x.value.dtype not in _COMPARABLE:
        x = scope.cast(x, ir.DataType.INT64) if _is_whole(x) else scope.floating(x)
    assert x.value.dtype is not None
    same = scope.constant(number, "number", x.value.dtype.numpy())
    return scope.op("Not", [compared(scope, "Equal", x, same)])


def _is_whole(x: Tensor) -> bool:
    return x.value.dtype is not None and x.value.dtype.is_integer()


def compared(scope: Scope, op: str, x: Tensor, y: Tensor) -> Tensor:
    """``Equal``, ``Less``, …"""
    result = scope.op(op, [x, y], broadcast(x.shape, y.shape))
    result.value.type = ir.TensorType(ir.DataType.BOOL)
    return result


def all_of(scope: Scope, conditions: Sequence[Tensor]) -> Tensor | None:
    """Where all conditions hold; None if there are none."""
    return _joined(scope, "And", conditions)


def any_of(scope: Scope, conditions: Sequence[Tensor]) -> Tensor | None:
    """Where one of the conditions holds; None if there are none."""
    return _joined(scope, "Or", conditions)


def _joined(scope: Scope, op: str, conditions: Sequence[Tensor]) -> Tensor | None:
    if not conditions:
        return None
    return reduce(lambda x, y: scope.op(op, [x, y], broadcast(x.shape, y.shape)), conditions)


def chosen(scope: Scope, where: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The first tensor's values where the condition holds, else the second's."""
    value = scope.op("Where", [where, x, y], broadcast(where.shape, broadcast(x.shape, y.shape)))
    value.value.type = x.value.type
    return value


def with_axes(scope: Scope, x: Tensor, axes: Sequence[int]) -> Tensor:
    """New axes of size one; positions count in the result."""
    if not axes:
        return x
    rank = x.rank + len(axes)
    places = sorted(axis % rank for axis in axes)
    rest = iter(x.shape)
    shape = tuple(1 if axis in places else next(rest) for axis in range(rank))
    return scope.op("Unsqueeze", [x, scope.integers(places, "new_axes")], shape)


def broadcast(first: Shape, second: Shape) -> Shape:
    """numpy's rule: axes are matched from the back, ones are stretched."""
    rank = max(len(first), len(second))
    shape: list[int | None] = []
    for one, other in zip(_filled(first, rank), _filled(second, rank), strict=True):
        if one not in (1, None) and other not in (1, None) and one != other:
            raise Unsupported(f"its inputs do not fit: {first} and {second}")
        shape.append(other if one == 1 or (one is None and other != 1) else one)
    return tuple(shape)


def stretches(shape: Shape, target: Shape) -> bool:
    """Whether a tensor of one shape may be stretched to another."""
    return len(shape) <= len(target) and all(
        size in (1, None, wanted) or wanted is None
        for size, wanted in zip(_filled(shape, len(target)), target, strict=True)
    )


def _filled(shape: Shape, rank: int) -> Shape:
    return (*(1 for _ in range(rank - len(shape))), *shape)
