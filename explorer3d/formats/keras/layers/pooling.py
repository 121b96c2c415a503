"""Pooling."""

from __future__ import annotations

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.fitting import covered
from explorer3d.formats.keras.layers.layout import (
    channels_back,
    channels_second,
    require_maps,
    space,
)
from explorer3d.formats.keras.layers.window import Window


def pooling(op: str, rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``MaxPooling1D`` … ``AveragePooling3D``; an average leaves the padding out, in Keras as in ONNX."""
    require_maps(x, rank)
    settings = scope.settings
    first = settings.channels_first()
    size = settings.sizes("pool_size", rank, 2)
    strides = settings.sizes("strides", rank) if settings.has("strides") else size
    window = Window(size, strides, (1,) * rank, settings.text("padding", "valid"))
    y = scope.floating(x if first else channels_second(scope, x))
    sizes = [y.shape[axis] for axis in space(rank, True)]
    shape = (*y.shape[:2], *window.output(sizes))
    if window.is_open(sizes) and any(gap > extent for gap, extent in zip(strides, size, strict=True)):
        y = covered(scope, y, window)
    y = scope.op(op, [y], shape, **window.attributes(sizes))
    return y if first else channels_back(scope, y)


def global_pooling(op: str, rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``GlobalMaxPooling1D`` … ``GlobalAveragePooling3D``."""
    require_maps(x, rank)
    first, keep = scope.settings.channels_first(), scope.settings.flag("keepdims", False)
    axes = space(rank, first)
    shape = tuple(
        1 if axis in axes else size for axis, size in enumerate(x.shape) if keep or axis not in axes
    )
    return scope.op(op, [scope.floating(x), scope.integers(axes, "axes")], shape, keepdims=int(keep))
