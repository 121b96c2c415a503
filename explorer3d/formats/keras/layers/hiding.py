"""``Masking``: says which steps of a sequence count."""

from __future__ import annotations

from dataclasses import replace

import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.conditions import condition, differs


def masking(scope: Scope, x: Tensor) -> Tensor:
    """``Masking``: steps that hold nothing but a certain number do not count, and become zero."""
    last = scope.integers([-1], "last")
    if x.value.dtype not in (ir.DataType.INT32, ir.DataType.INT64):
        x = scope.floating(x)
    assert x.value.dtype is not None
    other = scope.cast(differs(scope, x, scope.settings.number("mask_value", 0.0)), x.value.dtype)
    kept = scope.op("ReduceMax", [other, last], (*x.shape[:-1], 1))
    mask = condition(scope, scope.op("Squeeze", [kept, last], x.shape[:-1]))
    return replace(scope.op("Mul", [x, kept]), mask=mask)
