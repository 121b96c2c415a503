"""Convolutions.

Keras' kernels are (space…, in, out); ONNX' are (out, in / groups, space…).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.activation import activated
from explorer3d.formats.keras.layers.fitting import padded
from explorer3d.formats.keras.layers.layout import (
    channels_back,
    channels_second,
    require_maps,
    space,
)
from explorer3d.formats.keras.layers.window import Window
from explorer3d.formats.keras.settings import Unsupported


def convolution(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``Conv1D``, ``Conv2D``, ``Conv3D``."""
    settings = scope.settings
    channels, window = _prepare(rank, scope, x)
    filters, groups = settings.size("filters"), settings.size("groups", 1)
    if channels % groups or filters % groups:
        raise Unsupported(
            f"its {channels} input channels and {filters} filters do not split into {groups} groups"
        )
    shape = (*window.size, channels // groups, filters)
    scope.declare(kernel=shape, **bias_shape(scope, filters))
    kernel = scope.weight("kernel", _out_first(shape), order=_outputs_first(rank))
    return _finished(scope, x, kernel, window, groups)


def depthwise_convolution(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``DepthwiseConv1D``, ``DepthwiseConv2D``: each channel has its own kernels."""
    channels, window = _prepare(rank, scope, x)
    # Keras 3 shortened the name.
    name = "kernel" if scope.keras >= 3 else "depthwise_kernel"
    multiplier = scope.settings.size("depth_multiplier", 1)
    scope.declare(**{name: (*window.size, channels, multiplier)}, **bias_shape(scope, channels * multiplier))
    kernel = scope.weight(name, (channels * multiplier, 1, *window.size), order=_channels_first(rank))
    return _finished(scope, x, kernel, window, channels)


def separable_convolution(rank: int, scope: Scope, x: Tensor) -> Tensor:
    """``SeparableConv1D``, ``SeparableConv2D``: depthwise, then 1×1."""
    channels, window = _prepare(rank, scope, x)
    filters = scope.settings.size("filters")
    middle = channels * scope.settings.size("depth_multiplier", 1)
    ones = (1,) * rank
    scope.declare(
        depthwise_kernel=(*window.size, channels, middle // channels),
        pointwise_kernel=(*ones, middle, filters),
        **bias_shape(scope, filters),
    )
    depthwise = scope.weight("depthwise_kernel", (middle, 1, *window.size), order=_channels_first(rank))
    pointwise = scope.weight("pointwise_kernel", (filters, middle, *ones), order=_outputs_first(rank))
    first = scope.settings.channels_first()
    y = x if first else channels_second(scope, x)
    y = _convolved(scope, y, depthwise, None, window, channels)
    y = _convolved(scope, y, pointwise, own_bias(scope), Window(ones, ones, ones, "valid"), 1)
    return activated(scope, y if first else channels_back(scope, y))


def _prepare(rank: int, scope: Scope, x: Tensor) -> tuple[int, Window]:
    require_maps(x, rank)
    settings = scope.settings
    first = settings.channels_first()
    window = Window(
        settings.sizes("kernel_size", rank),
        settings.sizes("strides", rank, 1),
        settings.sizes("dilation_rate", rank, 1),
        settings.text("padding", "valid"),
    )
    return x.known(1 if first else -1), window


def _finished(scope: Scope, x: Tensor, kernel: Tensor, window: Window, groups: int) -> Tensor:
    first = scope.settings.channels_first()
    y = x if first else channels_second(scope, x)
    y = _convolved(scope, y, kernel, own_bias(scope), window, groups)
    return activated(scope, y if first else channels_back(scope, y))


def _convolved(
    scope: Scope, x: Tensor, kernel: Tensor, bias: Tensor | None, window: Window, groups: int
) -> Tensor:
    sizes = [x.shape[axis] for axis in space(len(window.size), True)]
    shape = (None, kernel.shape[0], *window.output(sizes))
    x = scope.floating(x)
    if window.is_open(sizes) and max(window.dilation) > 1:
        x, window = padded(scope, x, window), replace(window, padding="valid")
    return scope.op(
        "Conv",
        [x, kernel] if bias is None else [x, kernel, bias],
        shape,
        group=groups,
        dilations=window.dilation,
        **window.attributes(sizes),
    )


def bias_shape(scope: Scope, size: int) -> dict[str, tuple[int, ...]]:
    """To declare the bias, where the layer has one."""
    return {"bias": (size,)} if scope.settings.flag("use_bias", True) else {}


def own_bias(scope: Scope) -> Tensor | None:
    return scope.weight("bias") if scope.settings.flag("use_bias", True) else None


def _out_first(shape: Sequence[int]) -> tuple[int, ...]:
    return (shape[-1], shape[-2], *shape[:-2])


def outputs_first(kernel: np.ndarray) -> np.ndarray:
    """(space…, in, out) → (out, in, space…)"""
    return kernel.transpose(_outputs_first(kernel.ndim - 2))


def _outputs_first(rank: int) -> tuple[int, ...]:
    """(space…, in, out) → (out, in, space…)"""
    return (rank + 1, rank, *range(rank))


def _channels_first(rank: int) -> tuple[int, ...]:
    """(space…, in, multiplier) → (in, multiplier, space…)"""
    return (rank, rank + 1, *range(rank))
