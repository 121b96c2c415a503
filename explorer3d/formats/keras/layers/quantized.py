"""Layers whose weights Keras 3 has quantised (``model.quantize``)."""

from __future__ import annotations

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.layers.activation import activated
from explorer3d.formats.keras.settings import Settings, Unsupported

RUNNABLE = frozenset({("Dense", "int8")})
"""Class and kind of quantisation."""


def quantization(policy: object) -> str | None:
    """How a layer of that ``dtype`` is quantised: ``int8``, ``int4/128``, ``float8`` …; None if it is not."""
    inner = policy.get("config") if isinstance(policy, dict) else None
    mode = inner.get("mode") if isinstance(inner, dict) else None
    return mode if isinstance(mode, str) else None


def dense_int8(scope: Scope, x: Tensor) -> Tensor:
    """``Dense`` with a kernel of int8 and one scale for each unit; inputs are rounded to int8 as well.

    See `Dense._int8_call` in Keras' ``dense.py``. The products are summed up as floats: exactly, as long as
    the sums stay below 2²⁴.
    """
    units, bias = scope.settings.size("units"), scope.settings.flag("use_bias", True)
    shape = (*x.shape[:-1], units)
    # The order in which a .keras file numbers them.
    scope.declare(kernel=(x.known(-1), units), **({"bias": (units,)} if bias else {}), kernel_scale=(units,))
    x, scale = _rounded(scope, scope.floating(x))
    y = scope.op("MatMul", [x, scope.weight("kernel", whole=True)], shape)
    kernel_scale = scope.weight("kernel_scale")
    y = scope.op("Div", [y, kernel_scale if scale is None else scope.op("Mul", [scale, kernel_scale], shape)])
    return activated(scope, scope.op("Add", [y, scope.weight("bias")]) if bias else y)


def _rounded(scope: Scope, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Each row as whole numbers, its largest as the largest there is, and the scale; or as it is.

    See `abs_max_quantize` in Keras' ``quantizers.py``.
    """
    given = scope.settings.raw("quantization_config")
    config = given.get("config") if isinstance(given, dict) else {"activation_quantizer": {}}
    quantizer = config.get("activation_quantizer") if isinstance(config, dict) else None
    if quantizer is None:
        return x, None
    if not isinstance(quantizer, dict) or quantizer.get("class_name", "AbsMaxQuantizer") != "AbsMaxQuantizer":
        raise Unsupported("the way its inputs are quantised is not known here")
    own = quantizer.get("config")
    settings = Settings(own if isinstance(own, dict) else {})
    low, high = settings.integers("value_range") if settings.has("value_range") else (-127, 127)
    largest = scope.op(
        "ReduceMax", [scope.op("Abs", [x]), scope.integers([-1], "last_axis")], (*x.shape[:-1], 1)
    )
    above = scope.op("Add", [largest, scope.constant(settings.number("epsilon", 1e-7), "epsilon")])
    scale = scope.op("Div", [scope.constant(high, "high"), above], above.shape)
    whole = scope.op("Round", [scope.op("Mul", [x, scale])])
    bounds = [scope.constant(bound, key) for bound, key in ((low, "low"), (high, "high"))]
    return scope.op("Clip", [whole, *bounds]), scale
