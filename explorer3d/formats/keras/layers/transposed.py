"""Transposed convolutions.

Keras' kernels are (space…, out, in); ONNX' are (in, out, space…).
"""

from __future__ import annotations

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.activation import activated
from explorer3d.formats.keras.layers.convolution import bias_shape, outputs_first, own_bias
from explorer3d.formats.keras.layers.layout import (
    channels_back,
    channels_second,
    require_maps,
    space,
)
from explorer3d.formats.keras.settings import Settings, Unsupported

_AXES = {1: "WOI", 2: "HWOI", 3: "DHWOI"}


def transposed_convolution(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``Conv1DTranspose``, ``Conv2DTranspose``, ``Conv3DTranspose``."""
    require_maps(x, rank)
    settings = scope.settings
    if settings.integer("groups", 1) != 1:
        raise Unsupported("a transposed convolution in groups is nothing Keras can compute")
    first = settings.channels_first()
    channels, filters = x.known(1 if first else -1), settings.size("filters")
    size = settings.sizes("kernel_size", rank)
    strides, dilation = settings.sizes("strides", rank, 1), settings.sizes("dilation_rate", rank, 1)
    reach = [(extent - 1) * step + 1 for extent, step in zip(size, dilation, strict=True)]
    scope.declare({"kernel": _AXES[rank]}, kernel=(*size, filters, channels), **bias_shape(scope, filters))
    kernel = scope.weight("kernel", (channels, filters, *size), outputs_first)
    bias = own_bias(scope)
    y = scope.floating(x if first else channels_second(scope, x))
    surplus = transposed_surplus(settings, reach, strides)
    sizes = [
        None if length is None else (length - 1) * stride + extent - more
        for length, stride, extent, more in zip(
            (y.shape[axis] for axis in space(rank, True)), strides, reach, surplus, strict=True
        )
    ]
    if any(length is not None and length < 1 for length in sizes):
        raise Unsupported("nothing is left of its result within its padding")
    before = [max(more, 0) // 2 for more in surplus]
    after = [max(more, 0) - head for more, head in zip(surplus, before, strict=True)]
    y = scope.op(
        "ConvTranspose",
        [y, kernel] if bias is None else [y, kernel, bias],
        (None, filters, *sizes),
        kernel_shape=size,
        strides=strides,
        dilations=dilation,
        pads=(*before, *after),
        output_padding=[max(-more, 0) for more in surplus],
    )
    return activated(scope, y if first else channels_back(scope, y))


def transposed_surplus(settings: Settings, reach: list[int], strides: tuple[int, ...]) -> list[int]:
    """How much longer than Keras' the full result is on each axis; where it is shorter, zeros follow.

    References
    ----------
    `_get_output_shape_given_tf_padding` in Keras' ``backend/common/backend_utils.py``
    """
    padding = settings.text("padding", "valid")
    if padding not in ("valid", "same"):
        raise Unsupported(f"its padding {padding!r} is not known")
    if not settings.has("output_padding"):
        differences = [extent - stride for extent, stride in zip(reach, strides, strict=True)]
        return differences if padding == "same" else [min(one, 0) for one in differences]
    extra = settings.sizes("output_padding", len(reach), least=0)
    if any(more >= stride for more, stride in zip(extra, strides, strict=True)):
        raise Unsupported("its output_padding is not smaller than its strides")
    if padding == "valid":
        return [-more for more in extra]
    return [extent - extent % 2 - more for extent, more in zip(reach, extra, strict=True)]
