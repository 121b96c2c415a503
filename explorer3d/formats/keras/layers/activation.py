"""Activation functions, as a layer of their own or at the end of another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.settings import Unsupported

Function = Callable[[Scope, Tensor], Tensor]


def activated(scope: Scope, x: Tensor) -> Tensor:
    """Apply the layer's ``activation`` setting."""
    given = scope.settings.raw("activation")
    name = _name(given)
    if name in ACTIVATION_LAYERS and isinstance(given, dict):
        config = given.get("config")
        inner = scope.of(config if isinstance(config, dict) else {})
        return ACTIVATION_LAYERS[name](inner, scope.floating(x))
    if name not in ACTIVATIONS:
        raise Unsupported(f"its activation {name} is not known here")
    return ACTIVATIONS[name](scope, scope.floating(x))


def _name(given: Any) -> str:
    """Keras writes a word, or an object around it; null stands for no activation."""
    if isinstance(given, dict):
        given = given["config"] if isinstance(given.get("config"), str) else given.get("class_name", "?")
    return "linear" if given is None else str(given)


def _op(op: str, **attributes: Any) -> Function:
    return lambda scope, x: scope.op(op, [x], **attributes)


def _silu(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("Mul", [x, scope.op("Sigmoid", [x])])


def _gelu(scope: Scope, x: Tensor) -> Tensor:
    """x/2 · (1 + erf(x/√2)), https://arxiv.org/abs/1606.08415"""
    error = scope.op("Erf", [scope.op("Mul", [x, scope.constant(math.sqrt(0.5), "sqrt_half")])])
    half = scope.op("Mul", [x, scope.constant(0.5, "half")])
    return scope.op("Mul", [half, scope.op("Add", [error, scope.constant(1, "one")])])


def _hard_sigmoid(scope: Scope, x: Tensor) -> Tensor:
    """Keras 3 changed the slope from 1/5 to 1/6."""
    return scope.op("HardSigmoid", [x], alpha=1 / 6 if scope.keras >= 3 else 0.2, beta=0.5)


def _log_sigmoid(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("Neg", [scope.op("Softplus", [scope.op("Neg", [x])])])


def _tanh_shrink(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("Sub", [x, scope.op("Tanh", [x])])


def _squareplus(scope: Scope, x: Tensor) -> Tensor:
    """(x + √(x² + 4)) / 2"""
    root = scope.op("Sqrt", [scope.op("Add", [scope.op("Mul", [x, x]), scope.constant(4, "four")])])
    return scope.op("Mul", [scope.op("Add", [x, root]), scope.constant(0.5, "half")])


def clip(scope: Scope, x: Tensor, low: float | None, high: float | None) -> Tensor:
    bounds = [
        None if bound is None else scope.constant(bound, key) for bound, key in ((low, "low"), (high, "high"))
    ]
    return scope.op("Clip", [x, *bounds])


ACTIVATIONS: dict[str, Function] = {
    "linear": lambda scope, x: x,
    "relu": _op("Relu"),
    "relu6": lambda scope, x: clip(scope, x, 0, 6),
    "leaky_relu": _op("LeakyRelu", alpha=0.2),
    "elu": _op("Elu", alpha=1.0),
    "selu": _op("Selu"),
    "celu": _op("Celu", alpha=1.0),
    "softplus": _op("Softplus"),
    "softsign": _op("Softsign"),
    "softmax": _op("Softmax", axis=-1),
    "log_softmax": _op("LogSoftmax", axis=-1),
    "sigmoid": _op("Sigmoid"),
    "hard_sigmoid": _hard_sigmoid,
    "log_sigmoid": _log_sigmoid,
    "tanh": _op("Tanh"),
    "hard_tanh": lambda scope, x: clip(scope, x, -1, 1),
    "tanh_shrink": _tanh_shrink,
    "hard_shrink": _op("Shrink", lambd=0.5, bias=0.0),
    "soft_shrink": _op("Shrink", lambd=0.5, bias=0.5),
    "exponential": _op("Exp"),
    "silu": _silu,
    "swish": _silu,
    "hard_silu": _op("HardSwish"),
    "hard_swish": _op("HardSwish"),
    "gelu": _gelu,
    "mish": _op("Mish"),
    "squareplus": _squareplus,
}


def relu(scope: Scope, x: Tensor) -> Tensor:
    """``ReLU``: x above the threshold, at most max_value; negative_slope · (x − threshold) below."""
    settings = scope.settings
    slope, threshold = settings.number("negative_slope", 0), settings.number("threshold", 0)
    high = settings.number("max_value", 0) if settings.has("max_value") else None
    if high is not None and high < 0:
        raise Unsupported("its max_value is negative")
    if threshold:
        shifted = scope.op("Sub", [x, scope.constant(threshold, "threshold")])
        kept = scope.op("ThresholdedRelu", [x], alpha=threshold)
    else:
        shifted = x
        kept = scope.op("Relu", [x])
    if high is not None:
        kept = clip(scope, kept, 0 if threshold else None, high)
    if not slope:
        return kept
    below = scope.op("Relu", [scope.op("Neg", [shifted])])
    return scope.op("Sub", [kept, scope.op("Mul", [below, scope.constant(slope, "slope")])])


def leaky_relu(scope: Scope, x: Tensor) -> Tensor:
    """``LeakyReLU``; Keras 2 calls the slope alpha."""
    settings = scope.settings
    key = "negative_slope" if settings.has("negative_slope") else "alpha"
    return scope.op("LeakyRelu", [x], alpha=settings.number(key, 0.3))


def elu(scope: Scope, x: Tensor) -> Tensor:
    """``ELU``."""
    return scope.op("Elu", [x], alpha=scope.settings.number("alpha", 1.0))


def softmax(scope: Scope, x: Tensor) -> Tensor:
    """``Softmax`` over one axis, or over several at once."""
    settings = scope.settings
    axes = (
        settings.integers("axis")
        if isinstance(settings.raw("axis"), list)
        else (settings.integer("axis", -1),)
    )
    if len(axes) == 1:
        return scope.op("Softmax", [x], axis=x.axis(axes[0]))
    over = scope.integers([x.axis(axis) for axis in axes], "axes")
    reduced = tuple(1 if axis in {x.axis(one) for one in axes} else size for axis, size in enumerate(x.shape))
    return scope.op("Exp", [scope.op("Sub", [x, scope.op("ReduceLogSumExp", [x, over], reduced)])])


def thresholded_relu(scope: Scope, x: Tensor) -> Tensor:
    """``ThresholdedReLU`` of Keras 2."""
    return scope.op("ThresholdedRelu", [x], alpha=scope.settings.number("theta", 1.0))


ACTIVATION_LAYERS: dict[str, Function] = {
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "ELU": elu,
    "Softmax": softmax,
    "ThresholdedReLU": thresholded_relu,
}


def prelu(scope: Scope, x: Tensor) -> Tensor:
    """``PReLU``: a trained slope for each place, shared along some axes."""
    settings = scope.settings
    shared = (
        {x.axis(axis) for axis in settings.integers("shared_axes")} if settings.has("shared_axes") else set()
    )
    shape = tuple(1 if axis in shared else x.known(axis) for axis in range(1, x.rank))
    scope.declare(alpha=shape)
    return scope.op("PRelu", [scope.floating(x), scope.weight("alpha")])
