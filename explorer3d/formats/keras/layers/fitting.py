"""Padding that depends on sizes which are known only when the model runs."""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.window import Window


def covered(scope: Scope, x: Tensor, window: Window) -> Tensor:
    """Cut off what lies behind the last window, which ONNX' pooling takes for padding below zero.

    Parameters
    ----------
    x : Tensor
        Channels second.
    window : Window
        With "same" padding.
    """
    zeros = [0] * len(window.size)
    none = scope.integers(zeros, "none")
    return _padded(scope, x, none, scope.op("Min", [_lacking(scope, x, window), none]))


def padded(scope: Scope, x: Tensor, window: Window) -> Tensor:
    """Add zeros so that the windows, with strides and dilation, need no "same" padding any more.

    ONNX cannot do that itself for dilated windows.
    """
    none = scope.integers([0] * len(window.size), "none")
    total = scope.op("Max", [_lacking(scope, x, window), none])
    before = scope.op("Div", [total, scope.integers([2], "two")])
    return _padded(scope, x, before, scope.op("Sub", [_lacking(scope, x, window), before]))


def _lacking(scope: Scope, x: Tensor, window: Window) -> Tensor:
    """(rank,) int64: by how much the windows reach beyond the input, over all; below zero if they do not."""
    sizes = scope.op("Shape", [x], (len(window.size),), start=2)
    sizes.value.type = ir.TensorType(ir.DataType.INT64)
    strides = scope.integers(window.strides, "strides")
    up = scope.integers([stride - 1 for stride in window.strides], "up")
    steps = scope.op("Div", [scope.op("Add", [sizes, up]), strides])
    more = [extent - stride for extent, stride in zip(window.reach, window.strides, strict=True)]
    reached = scope.op("Add", [scope.op("Mul", [steps, strides]), scope.integers(more, "more")])
    return scope.op("Sub", [reached, sizes])


def _padded(scope: Scope, x: Tensor, before: Tensor, after: Tensor) -> Tensor:
    outer = scope.integers([0, 0], "outer")
    pads = scope.op("Concat", [outer, before, outer, after], (2 * x.rank,), axis=0)
    return scope.op("Pad", [x, pads], (*x.shape[:2], *(None for _ in x.shape[2:])))
