"""Operators that look at each place by itself, on single numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erf, erfc, sqrt

import numpy as np
import onnx_ir as ir

Numbers = Sequence[float]

Reckon = Callable[[Numbers, ir.Node], float]


def _attribute(node: ir.Node, name: str, default: float) -> float:
    return float(node.attributes.get_float(name, default))


def _sigmoid(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def _softplus(x: float) -> float:
    return float(np.logaddexp(0, x))


def _exponential(x: float, alpha: float) -> float:
    return float(x if x > 0 else alpha * np.expm1(x))


def _clip(numbers: Numbers, node: ir.Node) -> float:
    given = iter(numbers[1:])
    low, high = (
        next(given) if len(node.inputs) > at and node.inputs[at] is not None else _attribute(node, name, none)
        for at, name, none in ((1, "min", -np.inf), (2, "max", np.inf))
    )
    return min(max(numbers[0], low), high)


def _selu(numbers: Numbers, node: ir.Node) -> float:
    alpha = _attribute(node, "alpha", 1.67326319217681884765625)
    return _attribute(node, "gamma", 1.05070102214813232421875) * _exponential(numbers[0], alpha)


def _hard_sigmoid(numbers: Numbers, node: ir.Node) -> float:
    line = _attribute(node, "alpha", 0.2) * numbers[0] + _attribute(node, "beta", 0.5)
    return min(max(line, 0.0), 1.0)


def _gelu(numbers: Numbers, node: ir.Node) -> float:
    x = numbers[0]
    if node.attributes.get_string("approximate", "none") == "tanh":
        return float(0.5 * x * (1 + np.tanh(sqrt(2 / np.pi) * (x + 0.044715 * x**3))))
    return 0.5 * x * erfc(-x / sqrt(2))


def _quantized(numbers: Numbers, node: ir.Node) -> float:
    zero = node.inputs[2] if len(node.inputs) > 2 else None
    limits = np.iinfo((ir.DataType.UINT8 if zero is None or zero.dtype is None else zero.dtype).numpy())
    return float(np.clip(np.rint(numbers[0] / numbers[1]) + sum(numbers[2:]), limits.min, limits.max))


def _celu(numbers: Numbers, node: ir.Node) -> float:
    alpha = _attribute(node, "alpha", 1.0)
    return float(max(numbers[0], 0) + min(0, alpha * np.expm1(numbers[0] / alpha)))


def _unary(function: Callable[[float], float | np.floating]) -> Reckon:
    return lambda numbers, node: float(function(numbers[0]))


OPERATIONS: dict[str, Reckon] = {
    "Add": lambda numbers, node: numbers[0] + numbers[1],
    "Sub": lambda numbers, node: numbers[0] - numbers[1],
    "Mul": lambda numbers, node: numbers[0] * numbers[1],
    "Div": lambda numbers, node: float(np.divide(numbers[0], numbers[1])),
    "Pow": lambda numbers, node: float(np.power(numbers[0], numbers[1])),
    "Min": lambda numbers, node: min(numbers),
    "Max": lambda numbers, node: max(numbers),
    "Sum": lambda numbers, node: sum(numbers),
    "Mean": lambda numbers, node: sum(numbers) / len(numbers),
    "Where": lambda numbers, node: numbers[1] if numbers[0] else numbers[2],
    "Relu": _unary(lambda x: max(x, 0.0)),
    "LeakyRelu": lambda numbers, node: (
        numbers[0] if numbers[0] >= 0 else _attribute(node, "alpha", 0.01) * numbers[0]
    ),
    "PRelu": lambda numbers, node: numbers[0] if numbers[0] >= 0 else numbers[1] * numbers[0],
    "Elu": lambda numbers, node: _exponential(numbers[0], _attribute(node, "alpha", 1.0)),
    "Celu": _celu,
    "Selu": _selu,
    "ThresholdedRelu": lambda numbers, node: (
        numbers[0] if numbers[0] > _attribute(node, "alpha", 1.0) else 0.0
    ),
    "Clip": _clip,
    "Sigmoid": _unary(_sigmoid),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _unary(lambda x: x * min(max(x / 6 + 0.5, 0.0), 1.0)),
    "Swish": lambda numbers, node: numbers[0] * _sigmoid(_attribute(node, "alpha", 1.0) * numbers[0]),
    "Mish": _unary(lambda x: x * np.tanh(_softplus(x))),
    "Tanh": _unary(np.tanh),
    "Softplus": _unary(_softplus),
    "Softsign": _unary(lambda x: x / (1 + abs(x))),
    "Gelu": _gelu,
    "Erf": _unary(erf),
    "Exp": _unary(np.exp),
    "Log": _unary(np.log),
    "Sqrt": _unary(np.sqrt),
    "Abs": _unary(abs),
    "Neg": _unary(lambda x: -x),
    "Reciprocal": _unary(lambda x: np.divide(1.0, x)),
    "Floor": _unary(np.floor),
    "Ceil": _unary(np.ceil),
    "Round": _unary(np.rint),
    "Sign": _unary(np.sign),
    "Sin": _unary(np.sin),
    "Cos": _unary(np.cos),
    "QuantizeLinear": _quantized,
    "DequantizeLinear": lambda numbers, node: (numbers[0] - sum(numbers[2:])) * numbers[1],
}
"""Operator to what it makes of single numbers."""

_MOVING = (
    "Transpose Reshape Flatten Squeeze Unsqueeze Identity Cast Dropout Slice Gather Concat Split Pad Expand "
    "Tile DepthToSpace SpaceToDepth Resize Upsample"
)

MOVING = frozenset(_MOVING.split())
"""Operators that take numbers elsewhere and leave them as they are."""
