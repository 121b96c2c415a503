"""What operations work on: tensors, arrays and numbers, and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Shape, Tensor
from explorer3d.formats.keras.operations.promotion import D, Kind
from explorer3d.formats.keras.settings import Unsupported

Number = bool | int | float
Operand = Tensor | np.ndarray | Number

# The size of an axis: known now, or a (1,) int64 tensor.
Size = int | Tensor

# What a configuration may make of a small text: constants as large as the largest weights there are.
_MOST_NUMBERS = 1 << 26


def dtype_of(x: Tensor) -> ir.DataType:
    """Its type, which only raw inputs of a model may lack here."""
    dtype = x.value.dtype
    if dtype is None or dtype == D.STRING:
        raise Unsupported("its input is not made of numbers")
    return dtype


def kind_of(value: Operand) -> Kind:
    """What decides the type of a result."""
    if isinstance(value, Tensor):
        return dtype_of(value)
    if isinstance(value, np.ndarray):
        found = ir.DataType.from_numpy(value.dtype)
        return D.FLOAT if found == D.FLOAT16 else found
    return D.BOOL if isinstance(value, bool) else int if isinstance(value, int) else float


def broadcast(*shapes: Shape) -> Shape:
    """numpy's rule: axes are matched from the back, ones are stretched."""
    rank = max(len(shape) for shape in shapes)
    result: list[int | None] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes), strict=True):
        stretched = {size for size in sizes if size not in (1, None)}
        if len(stretched) > 1:
            raise Unsupported("its inputs do not fit: " + " and ".join(map(str, shapes)))
        result.append(stretched.pop() if stretched else None if None in sizes else 1)
    return tuple(result)


def reduced(shape: Shape, axes: Sequence[int], keepdims: bool) -> Shape:
    return tuple(
        1 if axis in axes else size for axis, size in enumerate(shape) if keepdims or axis not in axes
    )


def checked(shape: Shape) -> Shape:
    """Raise if a result would be larger than any machine's memory, with a batch of one."""
    if prod(size for size in shape if size is not None) > 1 << 31:
        raise Unsupported(f"its result would be of shape {shape}")
    return shape


def check_table(count: int) -> None:
    """Raise if a table is larger than what is written into a model."""
    if count > _MOST_NUMBERS:
        raise Unsupported(f"it needs a table of {count} numbers")


def prod_of(shape: Shape) -> int:
    """The product of the sizes that are known."""
    return prod(size for size in shape if size is not None)


def has_batch(x: Tensor) -> bool:
    """Whether its first axis is the batch."""
    return x.rank > 0 and x.shape[0] is None and x.is_by_batch
