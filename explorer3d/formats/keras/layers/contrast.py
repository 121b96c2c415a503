"""Layers that stretch the colours of a picture."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.layout import require_maps
from explorer3d.formats.keras.settings import Unsupported


def auto_contrast(scope: Scope, x: Tensor) -> Tensor:
    """``AutoContrast``: each channel over the whole range; a channel of a single value is left alone."""
    require_maps(x, 2)
    bounds = np.sort(scope.settings.array("value_range", 0.0).ravel())
    if bounds.size != 2 or not bounds[0] < bounds[1]:
        raise Unsupported("its value_range is not made of two numbers")
    x = scope.floating(x)
    # Keras takes the first two axes for space even where channels come first.
    axes, one = scope.integers([1, 2], "axes"), (x.shape[0], 1, 1, x.shape[3])
    low, high = scope.op("ReduceMin", [x, axes], one), scope.op("ReduceMax", [x, axes], one)
    width = scope.op("Sub", [high, low])
    flat = scope.op("Equal", [width, scope.constant(0, "zero")])
    flat.value.type = ir.TensorType(ir.DataType.BOOL)
    share = scope.op("Div", [scope.op("Sub", [x, low]), width])
    span = scope.constant(bounds[1] - bounds[0], "span")
    stretched = scope.op("Add", [scope.op("Mul", [share, span]), scope.constant(bounds[0], "least")])
    y = scope.op("Where", [flat, x, stretched], x.shape)
    y.value.type = x.value.type
    return y
