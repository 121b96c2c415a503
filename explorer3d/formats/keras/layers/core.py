"""Dense layers, and layers that do nothing once training is over."""

from __future__ import annotations

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.activation import activated
from explorer3d.formats.keras.layers.quantized import dense_int8, quantization


def dense(scope: Scope, x: Tensor) -> Tensor:
    """``Dense``: over the last axis, whatever the rank."""
    if quantization(scope.settings.raw("dtype")) is not None:
        return dense_int8(scope, x)
    units, bias = scope.settings.size("units"), scope.settings.flag("use_bias", True)
    scope.declare(kernel=(x.known(-1), units), **({"bias": (units,)} if bias else {}))
    shape = (*x.shape[:-1], units)
    operands = [scope.floating(x), scope.weight("kernel")]
    if x.rank == 2:
        y = scope.op("Gemm", [*operands, scope.weight("bias")] if bias else operands, shape)
        return activated(scope, y)
    y = scope.op("MatMul", operands, shape)
    return activated(scope, scope.op("Add", [y, scope.weight("bias")]) if bias else y)


def unchanged(scope: Scope, x: Tensor) -> Tensor:
    """``Dropout`` and its like."""
    return scope.op("Identity", [x])
