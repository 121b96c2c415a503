"""Layers that compute something else where a mask says which steps count."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers import merging
from explorer3d.formats.keras.layers.activation import softmax
from explorer3d.formats.keras.layers.conditions import (
    any_of,
    chosen,
    compared,
    stretches,
    with_axes,
)
from explorer3d.formats.keras.layers.layout import require_maps
from explorer3d.formats.keras.layers.masking import given_mask
from explorer3d.formats.keras.layers.pooling import global_pooling
from explorer3d.formats.keras.settings import Unsupported


def average_of_steps(scope: Scope, x: Tensor) -> Tensor:
    """``GlobalAveragePooling1D``: the mean of the steps that count."""
    mask = given_mask(scope, x)
    if mask is None:
        return global_pooling("ReduceMean", 1, scope, x)
    require_maps(x, 1)
    first, keep = scope.settings.channels_first(), scope.settings.flag("keepdims", False)
    steps = 2 if first else 1
    require_steps(mask, x, steps)
    counted = with_axes(scope, mask, (1 if first else 2,))
    x = chosen(scope, counted, scope.floating(x), scope.constant(0, "zero"))
    axes = scope.integers([steps], "steps")

    def total(tensor: Tensor) -> Tensor:
        shape = tuple(1 if axis == steps else size for axis, size in enumerate(tensor.shape))
        shape = shape if keep else shape[:steps] + shape[steps + 1 :]
        return scope.op("ReduceSum", [tensor, axes], shape, keepdims=int(keep))

    summed = total(x)
    return scope.op("Div", [summed, total(scope.floating(counted))], summed.shape)


def require_steps(mask: Tensor, x: Tensor, axis: int = 1) -> None:
    """Raise `Unsupported` unless a mask is (N, T) for the steps of an input."""
    if mask.rank != 2 or None not in (mask.shape[1], x.shape[axis]) and mask.shape[1] != x.shape[axis]:
        raise Unsupported(f"its mask of shape {mask.shape} does not fit its input of shape {x.shape}")


_FAR_BELOW = -1e9


def masked_softmax(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Softmax`` over what its mask leaves; zero for the rest."""
    if len(inputs) > 2:
        raise Unsupported(f"it has {len(inputs)} inputs, but an input and a mask are needed")
    x = scope.floating(inputs[0])
    mask = inputs[1] if len(inputs) == 2 else scope.keywords.get("mask", inputs[0].mask)
    if mask is None:
        return softmax(scope, x)
    if not isinstance(mask, Tensor):
        raise Unsupported("its mask is no tensor")
    if mask.value.dtype != ir.DataType.BOOL:
        mask = compared(scope, "Greater", scope.floating(mask), scope.constant(0.5, "half"))
    if not stretches(mask.shape, x.shape):
        raise Unsupported(f"its mask of shape {mask.shape} does not fit its input of shape {x.shape}")
    y = softmax(scope, chosen(scope, mask, x, scope.constant(_FAR_BELOW, "far_below")))
    # Where nothing counts, all would be alike.
    return chosen(scope, mask, y, scope.constant(0, "zero")) if scope.keras >= 3 else y


def extreme(op: str, scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Maximum``, ``Minimum``: since Keras 3 a step that does not count takes the others' value.

    See `_apply_merge_op_and_or_mask` in Keras' ``base_merge.py``.
    """
    masks = _masks_of_channels(scope, inputs)
    if not any(masks):
        return merging.elementwise(op, scope, inputs)
    result, known = scope.floating(inputs[0]), masks[0]
    for x, mask in zip(map(scope.floating, inputs[1:]), masks[1:], strict=True):
        if mask is not None:
            x = chosen(scope, mask, x, result)
        if known is not None:
            result = chosen(scope, known, result, x)
        known = any_of(scope, [known, mask]) if known is not None and mask is not None else None
        result = merging.elementwise(op, scope, [result, x])
    return result


def product(scope: Scope, inputs: Sequence[Tensor]) -> Tensor:
    """``Multiply``: since Keras 3 a step that does not count leaves the others as they are."""
    masks = _masks_of_channels(scope, inputs)
    one = scope.constant(1, "one") if any(masks) else None
    factors = [
        x if mask is None or one is None else chosen(scope, mask, scope.floating(x), one)
        for x, mask in zip(inputs, masks, strict=True)
    ]
    y = merging.elementwise("Mul", scope, factors)
    known = [mask for mask in masks if mask is not None]
    counted = any_of(scope, known) if len(known) == len(masks) else None
    return y if counted is None else chosen(scope, counted, y, scope.constant(0, "zero"))


def _masks_of_channels(scope: Scope, inputs: Sequence[Tensor]) -> list[Tensor | None]:
    """(N, T, 1) for each input with a mask, of those that are not given new axes."""
    rank = max(x.rank for x in inputs)
    masks: list[Tensor | None] = []
    for x in inputs:
        mask = x.mask if scope.keras >= 3 and x.rank == rank else None
        if mask is not None and mask.rank != rank - 1:
            raise Unsupported(f"its input's mask of shape {mask.shape} does not fit its shape {x.shape}")
        masks.append(None if mask is None else with_axes(scope, mask, (-1,)))
    return masks
