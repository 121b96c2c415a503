"""Layers that join several inputs, place by place or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.joined import joined_shape
from explorer3d.formats.keras.settings import Unsupported


def elementwise(op: str, scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Add``, ``Multiply``, ``Maximum``, ``Minimum``: from the first input to the last."""
    kind = _common_type(inputs)
    tensors = [scope.cast(x, _computed(kind)) for x in _aligned(scope, inputs)]
    y = reduce(lambda x, y: scope.op(op, [x, y], _broadcast(x.shape, y.shape)), tensors)
    return scope.cast(y, kind)


def subtract(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Subtract``."""
    if len(inputs) != 2:
        raise Unsupported(f"it has {len(inputs)} inputs, but 2 are needed")
    return elementwise("Sub", scope, inputs)


def average(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Average``."""
    total = elementwise("Add", scope, [scope.floating(x) for x in inputs])
    return scope.op("Div", [total, scope.constant(len(inputs), "count")])


def concatenate(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Concatenate`` along one axis."""
    axis = inputs[0].axis(scope.settings.integer("axis", -1))
    if axis == 0:
        raise Unsupported("it joins its inputs along the batch")
    kind, shape = _common_type(inputs), joined_shape(inputs, axis)
    return scope.op("Concat", [scope.cast(x, kind) for x in inputs], shape, axis=axis)


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
            # An open size may be a single place that is repeated.
            shape.append(one if one == other else None)
    return tuple(shape)


def _common_type(inputs: Sequence[Tensor]) -> ir.DataType:
    """Of integers the narrowest type that holds them all; floats take over."""
    kinds = [x.value.dtype for x in inputs]
    if any(kind is None or kind not in _WHOLE for kind in kinds):
        return ir.DataType.FLOAT
    return ir.DataType.from_numpy(np.result_type(*(kind.numpy() for kind in kinds if kind is not None)))


_WHOLE = {
    ir.DataType.from_numpy(np.dtype(name))
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
}


def _computed(kind: ir.DataType) -> ir.DataType:
    """Where onnxruntime computes with it; narrow integers wrap around when they are cast back."""
    return kind if kind in (ir.DataType.FLOAT, ir.DataType.INT64) else ir.DataType.INT32
