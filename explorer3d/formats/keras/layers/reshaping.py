"""Layers that move, repeat, add or drop places without computing."""

from __future__ import annotations

from math import prod

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.layers.layout import (
    channels_back,
    require_maps,
    space,
)
from explorer3d.formats.keras.settings import Unsupported


def flatten(scope: Scope, x: Tensor) -> Tensor:
    """``Flatten``, channels last whatever the input's order."""
    if scope.settings.channels_first() and x.rank > 1:
        x = channels_back(scope, x)
    return scope.op("Flatten", [x], (None, _product(x.shape[1:])), axis=1)


def reshape(scope: Scope, x: Tensor) -> Tensor:
    """``Reshape``; one size of the target may be -1."""
    target = list(scope.settings.integers("target_shape"))
    if target.count(-1) > 1 or any(size < -1 or size == 0 for size in target):
        raise Unsupported(f"its target shape {tuple(target)} is not valid")
    total, known = _product(x.shape[1:]), prod(size for size in target if size != -1)
    if total is not None:
        if total % known or (-1 not in target and total != known):
            raise Unsupported(f"its input of {total} numbers does not fit the shape {tuple(target)}")
        target = [total // known if size == -1 else size for size in target]
    shape = (None, *(None if size == -1 else size for size in target))
    # ONNX takes 0 for the size of the input's axis at the same place: the batch.
    return scope.op("Reshape", [x, scope.integers([0, *target], "shape")], shape)


def permute(scope: Scope, x: Tensor) -> Tensor:
    """``Permute``; axes are counted from 1, the batch stays."""
    order = (0, *scope.settings.integers("dims"))
    if sorted(order) != list(range(x.rank)):
        raise Unsupported(f"its axes {order[1:]} do not fit an input of rank {x.rank}")
    return scope.op("Transpose", [x], tuple(x.shape[axis] for axis in order), perm=order)


def repeat_vector(scope: Scope, x: Tensor) -> Tensor:
    """``RepeatVector``: (N, C) → (N, n, C)."""
    if x.rank != 2:
        raise Unsupported(f"its input has {x.rank} axes, but 2 are needed")
    count = scope.settings.size("n")
    y = scope.op("Unsqueeze", [x, scope.integers([1], "axes")], (None, 1, x.shape[1]))
    return scope.op("Tile", [y, scope.integers([1, count, 1], "repeats")], (None, count, x.shape[1]))


def zero_padding(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``ZeroPadding1D`` … ``ZeroPadding3D``."""
    require_maps(x, rank)
    first = scope.settings.channels_first()
    before, after, shape = [0] * x.rank, [0] * x.rank, list(x.shape)
    for axis, (head, tail) in zip(space(rank, first), scope.settings.margins("padding", rank), strict=True):
        before[axis], after[axis] = head, tail
        size = x.shape[axis]
        shape[axis] = None if size is None else size + head + tail
    kind = x.value.dtype
    # onnxruntime pads neither words nor numbers of 16 bits.
    if kind is not None and kind.is_integer() and kind.bitwidth == 16:
        x = scope.cast(x, ir.DataType.INT32)
    elif kind == ir.DataType.STRING:
        raise Unsupported("its input is made of words")
    y = scope.op("Pad", [x, scope.integers([*before, *after], "pads")], tuple(shape))
    return y if kind is None else scope.cast(y, kind)


def cropping(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``Cropping1D`` … ``Cropping3D``."""
    require_maps(x, rank)
    first = scope.settings.channels_first()
    axes, shape, starts, ends = space(rank, first), list(x.shape), [], []
    for axis, (head, tail) in zip(axes, scope.settings.margins("cropping", rank), strict=True):
        size = x.shape[axis]
        if size is not None:
            if size <= head + tail:
                raise Unsupported(f"it crops {head + tail} off an axis of {size}")
            shape[axis] = size - head - tail
        starts.append(head)
        ends.append(-tail if tail else 2**31 - 1)
    return scope.op(
        "Slice",
        [x, scope.integers(starts, "starts"), scope.integers(ends, "ends"), scope.integers(axes, "axes")],
        tuple(shape),
    )


def _product(sizes: Shape) -> int | None:
    return None if None in sizes else prod(size for size in sizes if size is not None)
