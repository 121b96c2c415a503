"""Layers that enlarge, shrink or cut out maps and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.layers import interpolation
from explorer3d.formats.keras.layers.layout import (
    channels_back,
    channels_second,
    require_maps,
    space,
)
from explorer3d.formats.keras.settings import Unsupported


def upsampling(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``UpSampling1D`` … ``UpSampling3D``: repeated places, or, for maps, any way to interpolate."""
    require_maps(x, rank)
    settings = scope.settings
    first = settings.channels_first()
    factors = settings.sizes("size", rank, 2)
    way = settings.text("interpolation", "nearest") if rank == 2 else "nearest"
    axes = space(rank, first)
    if way == "nearest":
        return _repeated(scope, x, axes, factors)
    x = scope.floating(x)
    sizes = [x.shape[axis] for axis in axes]
    target = [None if size is None else size * factor for size, factor in zip(sizes, factors, strict=True)]
    if None not in sizes and way != "bilinear":
        return interpolated(scope, x, first, [size for size in target if size is not None], way)
    if way not in _RESIZE:
        raise Unsupported(f"its interpolation {way} needs the size of its input, which is not in the file")
    y = x if first else channels_second(scope, x)
    scales = scope.constant([1, 1, *factors], "scales")
    y = scope.op("Resize", [y, None, scales], (*y.shape[:2], *target), **_RESIZE[way])
    return y if first else channels_back(scope, y)


# They change a picture even where its size stays.
_SMOOTHING = ("gaussian", "mitchellcubic")

_RESIZE: dict[str, dict[str, Any]] = {
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    "nearest": {
        "mode": "nearest",
        "coordinate_transformation_mode": "half_pixel",
        "nearest_mode": "round_prefer_ceil",
    },
}


def _repeated(scope: Scope, x: Tensor, axes: Sequence[int], factors: Sequence[int]) -> Tensor:
    kind = _type(x)
    scales, shape = [1.0] * x.rank, list(x.shape)
    for axis, factor in zip(axes, factors, strict=True):
        scales[axis] = factor
        size = x.shape[axis]
        shape[axis] = None if size is None else size * factor
    y = scope.op(
        "Resize",
        [
            scope.cast(x, ir.DataType.INT32 if kind.is_integer() else ir.DataType.FLOAT),
            None,
            scope.constant(scales, "scales"),
        ],
        tuple(shape),
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )
    return scope.cast(y, kind) if kind.is_integer() else y


def resizing(scope: Scope, x: Tensor) -> Tensor:
    """``Resizing``; Keras 3 gives whole numbers back as whole numbers."""
    require_maps(x, 2)
    settings = scope.settings
    first = settings.channels_first()
    target = (settings.size("height"), settings.size("width"))
    kind = _type(x)
    if not kind.is_integer() or scope.keras < 3:
        kind = ir.DataType.FLOAT
    way = settings.text("interpolation", "bilinear")
    x = scope.cast(x, kind if way == "nearest" else ir.DataType.FLOAT)
    crop, pad = settings.flag("crop_to_aspect_ratio", False), settings.flag("pad_to_aspect_ratio", False)
    if crop and pad:
        raise Unsupported("it both crops and pads to keep the proportions")
    if crop:
        x = _cropped_alike(scope, x, first, target, np.float32)
    elif pad:
        x = _padded_alike(scope, x, first, target)
    y = interpolated(scope, x, first, target, way, settings.flag("antialias", False))
    return _whole(scope, y, kind)


def center_crop(scope: Scope, x: Tensor) -> Tensor:
    """``CenterCrop``: cut out of the middle; a picture too small for that is enlarged first."""
    require_maps(x, 2)
    settings = scope.settings
    first = settings.channels_first()
    target = (settings.size("height"), settings.size("width"))
    x = scope.floating(x)
    axes = space(2, first)
    sizes = [x.shape[axis] for axis in axes]
    if None in sizes:
        return _cut_open(scope, x, axes, target)
    starts = [(x.known(axis) - size) // 2 for axis, size in zip(axes, target, strict=True)]
    if min(starts) >= 0:
        return _cut(scope, x, axes, starts, target)
    return interpolated(scope, _cropped_alike(scope, x, first, target, float), first, target, "bilinear")


def random_crop(scope: Scope, x: Tensor) -> Tensor:
    """``RandomCrop``: Keras 2 cuts and resizes to the size it was made for; Keras 3 leaves pictures alone."""
    if scope.keras >= 3:
        return scope.op("Identity", [x])
    require_maps(x, 2)
    settings = scope.settings
    first = settings.channels_first()
    target = (settings.size("height"), settings.size("width"))
    x = _cropped_alike(scope, scope.floating(x), first, target, np.float32)
    return interpolated(scope, x, first, target, "bilinear")


def interpolated(
    scope: Scope, x: Tensor, first: bool, target: Sequence[int], way: str, antialias: bool = False
) -> Tensor:
    """Resize maps to a height and width, as ``tf.image.resize`` does."""
    axes = space(2, first)
    sizes = [x.shape[axis] for axis in axes]
    if sizes == list(target) and way not in _SMOOTHING:
        return x
    if None not in sizes and way == "nearest":
        for axis, size in zip(axes, target, strict=True):
            places = scope.integers(interpolation.nearest(x.known(axis), size).tolist(), f"places_{axis}")
            x = scope.op("Gather", [x, places], _with(x.shape, axis, size), axis=axis)
        return x
    if way in _RESIZE and not (antialias and way == "bilinear"):
        y = x if first else channels_second(scope, x)
        y = scope.op("Resize", [y, *extent(scope, y, target)], (*y.shape[:2], *target), **_RESIZE[way])
    elif None in sizes:
        raise Unsupported(f"its interpolation {way} needs the size of its input, which is not in the file")
    else:
        y = x if first else channels_second(scope, x)
        height, width = (
            interpolation.weights(way, y.known(axis), size, antialias)
            for axis, size in zip((2, 3), target, strict=True)
        )
        shape = _with(y.shape, 2, target[0])
        # Down the columns, then along the rows.
        y = scope.op("MatMul", [scope.constant(height, "rows"), y], shape)
        y = scope.op("MatMul", [y, scope.constant(width.T, "columns")], _with(shape, 3, target[1]))
    return y if first else channels_back(scope, y)


def extent(scope: Scope, x: Tensor, target: Sequence[int]) -> list[Tensor | None]:
    """Resize' inputs for a height and width: scales where they are known, or else sizes.

    All axes are given: onnxruntime moves transposes past a Resize of some axes without changing those.
    """
    sizes = x.shape[2:]
    known = [size for size in sizes if size is not None]
    if len(known) == 2:
        scales = [1.0, 1.0, *(_scale(size, wanted) for size, wanted in zip(known, target, strict=True))]
        return [None, scope.constant(scales, "scales")]
    others = scope.op("Shape", [x], (2,), end=2)
    others.value.type = ir.TensorType(ir.DataType.INT64)
    return [None, None, scope.op("Concat", [others, scope.integers(target, "target")], (4,), axis=0)]


def _scale(size: int, target: int) -> np.float32:
    """onnxruntime rounds the product down."""
    scale = np.float32(target / size)
    while np.float32(size) * scale < target:
        scale = np.nextafter(scale, np.float32(np.inf))
    return scale


def _with(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _proportional(
    sizes: Sequence[int], target: Sequence[int], precision: type[float] | type[np.float32]
) -> tuple[int, int]:
    """The height that fits the width, and the width that fits the height, for the target's proportions."""
    (height, width), (wanted_height, wanted_width) = sizes, target
    return (
        int(precision(width * wanted_height) / precision(wanted_width)),
        int(precision(height * wanted_width) / precision(wanted_height)),
    )


def _cropped_alike(
    scope: Scope,
    x: Tensor,
    first: bool,
    target: Sequence[int],
    precision: type[float] | type[np.float32],
) -> Tensor:
    """The largest part in the middle that has the target's proportions."""
    axes = space(2, first)
    sizes = [x.known(axis) for axis in axes]
    fitting = _proportional(sizes, target, precision)
    kept = [max(min(size, fit), 1) for size, fit in zip(sizes, fitting, strict=True)]
    starts = [(size - keep) // 2 for size, keep in zip(sizes, kept, strict=True)]
    return _cut(scope, x, axes, starts, kept)


def _padded_alike(scope: Scope, x: Tensor, first: bool, target: Sequence[int]) -> Tensor:
    """Margins of one colour that give it the target's proportions, alike on both sides."""
    axes = space(2, first)
    sizes = [x.known(axis) for axis in axes]
    margins, shape = [0] * x.rank, list(x.shape)
    for axis, size, fit in zip(axes, sizes, _proportional(sizes, target, np.float32), strict=True):
        margins[axis] = (max(size, fit) - size) // 2
        shape[axis] = size + 2 * margins[axis]
    colour = scope.cast(scope.constant(scope.settings.number("fill_value", 0.0), "fill_value"), _type(x))
    return scope.op("Pad", [x, scope.integers([*margins, *margins], "pads"), colour], tuple(shape))


def _cut(scope: Scope, x: Tensor, axes: Sequence[int], starts: Sequence[int], sizes: Sequence[int]) -> Tensor:
    shape = list(x.shape)
    for axis, size in zip(axes, sizes, strict=True):
        shape[axis] = size
    ends = [start + size for start, size in zip(starts, sizes, strict=True)]
    return scope.op(
        "Slice",
        [x, scope.integers(starts, "starts"), scope.integers(ends, "ends"), scope.integers(axes, "axes")],
        tuple(shape),
    )


def _cut_open(scope: Scope, x: Tensor, axes: Sequence[int], target: Sequence[int]) -> Tensor:
    """Out of the middle of a picture whose size only the input tells."""
    shape = list(x.shape)
    for axis, size in zip(axes, target, strict=True):
        shape[axis] = size
    sizes = scope.op("Shape", [x], (2,), start=axes[0], end=axes[-1] + 1)
    sizes.value.type = ir.TensorType(ir.DataType.INT64)
    wanted = scope.integers(target, "target")
    starts = scope.op("Div", [scope.op("Sub", [sizes, wanted]), scope.integers([2], "two")])
    ends = scope.op("Add", [starts, wanted])
    return scope.op("Slice", [x, starts, ends, scope.integers(axes, "axes")], tuple(shape))


def _whole(scope: Scope, x: Tensor, kind: ir.DataType) -> Tensor:
    """Rounded, and kept within what the type holds."""
    if _type(x) == kind:
        return x
    limits = np.iinfo(kind.numpy())
    # The next float32 above the largest int32 or int64 would wrap around.
    high = np.nextafter(np.float32(limits.max), np.float32(0)) if limits.bits > 24 else limits.max
    x = scope.op(
        "Clip", [scope.op("Round", [x]), scope.constant(limits.min, "low"), scope.constant(high, "high")]
    )
    return scope.cast(x, kind)


def _type(x: Tensor) -> ir.DataType:
    assert x.value.dtype is not None
    return x.value.dtype
