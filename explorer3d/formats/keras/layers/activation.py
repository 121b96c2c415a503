"""Activation functions, as a layer of their own or at the end of another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.settings import Unsupported

Function = Callable[[Scope, Tensor], Tensor]


def activated(scope: Scope, x: Tensor, key: str = "activation") -> Tensor:
    """Apply the function, or the layer without weights, that one of the layer's settings names."""
    given = scope.settings.raw(key)
    name = _name(given)
    if name in ACTIVATION_LAYERS and isinstance(given, dict):
        config = given.get("config")
        inner = scope.of(config if isinstance(config, dict) else {})
        return ACTIVATION_LAYERS[name](inner, scope.floating(x))
    if name not in ACTIVATIONS or not _is_built_in(given):
        raise Unsupported(f"its {key} {name} is not known here")
    return ACTIVATIONS[name](scope, scope.floating(x))


def named_function(scope: Scope, key: str = "activation") -> str | None:
    """The name of the function that `activated` would apply; None if it is a layer, or not known."""
    given = scope.settings.raw(key)
    name = _name(given)
    is_function = name in ACTIVATIONS and _is_built_in(given)
    return name if is_function else None


def hard_sigmoid_slope(keras: int) -> float:
    """Keras 3 changed it."""
    return 1 / 6 if keras >= 3 else 0.2


def _name(given: Any) -> str:
    """Keras writes a word, or an object around it; null stands for no activation."""
    if isinstance(given, dict):
        if given.get("class_name") == "__lambda__":
            raise Unsupported("its activation is Python code hidden in the file, which is never run")
        given = given["config"] if isinstance(given.get("config"), str) else given.get("class_name", "?")
    return "linear" if given is None else str(given)


def _is_built_in(given: Any) -> bool:
    """Whether the function is Keras', not one of the author's that is called alike."""
    module = given.get("module") if isinstance(given, dict) else None
    return module is None or str(module).split(".")[0] in ("", "builtins", "keras", "tf_keras", "tensorflow")


def _op(op: str, **attributes: Any) -> Function:
    return lambda scope, x: scope.op(op, [x], **attributes)


def _silu(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("Mul", [x, scope.op("Sigmoid", [x])])


def _gelu(scope: Scope, x: Tensor) -> Tensor:
    """x/2 · (1 + erf(x/√2)), https://arxiv.org/abs/1606.08415

    In the steps in which onnxruntime recognises it and makes one operator of it.
    """
    error = scope.op("Erf", [scope.op("Div", [x, _number(scope, math.sqrt(2))])])
    doubled = scope.op("Mul", [x, scope.op("Add", [error, _number(scope, 1)])])
    return scope.op("Mul", [doubled, _number(scope, 0.5)])


def _hard_sigmoid(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("HardSigmoid", [x], alpha=hard_sigmoid_slope(scope.keras), beta=0.5)


def _log_sigmoid(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("Neg", [scope.op("Softplus", [scope.op("Neg", [x])])])


def _tanh_shrink(scope: Scope, x: Tensor) -> Tensor:
    return scope.op("Sub", [x, scope.op("Tanh", [x])])


def _squareplus(scope: Scope, x: Tensor) -> Tensor:
    """(x + √(x² + 4)) / 2"""
    root = scope.op("Sqrt", [scope.op("Add", [scope.op("Mul", [x, x]), _number(scope, 4)])])
    return scope.op("Mul", [scope.op("Add", [x, root]), _number(scope, 0.5)])


def _sparse_sigmoid(scope: Scope, x: Tensor) -> Tensor:
    """(x + 1) / 2 between -1 and 1."""
    return scope.op("HardSigmoid", [x], alpha=0.5, beta=0.5)


def _sparse_plus(scope: Scope, x: Tensor) -> Tensor:
    """((c + 1) / 2)² + x − c, where c is x cut off at 1, and nothing below -1: x above 1."""
    middle = _sparse_sigmoid(scope, x)
    above = scope.op("Relu", [scope.op("Sub", [x, _number(scope, 1)])])
    return scope.op("Add", [scope.op("Mul", [middle, middle]), above])


def _glu(scope: Scope, x: Tensor) -> Tensor:
    """The first half of the channels, weighed by the sigmoid of the second, https://arxiv.org/abs/1612.08083"""
    size = x.known(-1)
    if size % 2:
        raise Unsupported(f"its activation glu halves {size} channels")
    first, second = (
        scope.op(
            "Slice",
            [
                x,
                *(scope.integers([at], f"at_{at}") for at in (start, start + size // 2)),
                scope.integers([x.rank - 1], "last"),
            ],
            (*x.shape[:-1], size // 2),
        )
        for start in (0, size // 2)
    )
    return scope.op("Mul", [first, scope.op("Sigmoid", [second])])


def _sparsemax(scope: Scope, x: Tensor) -> Tensor:
    """max(x − τ, 0), https://arxiv.org/abs/1602.02068

    With the values sorted downwards, the first k with 1 + k·x_k above their sum are kept. In the paper τ is
    their sum − 1, over k; Keras 3 adds up the sums of the first 1, 2 … k, which its models are trained with.
    """
    size = x.known(-1)
    last = scope.integers([-1], "last_axis")
    best, places = scope.ops("TopK", [x, scope.integers([size], "size")], [x.shape, x.shape], axis=-1)
    places.value.type = ir.TensorType(ir.DataType.INT64)
    total = scope.op("CumSum", [best, scope.constant(-1, "along", np.int64)])
    rank = scope.constant(np.arange(1, size + 1), "rank")
    excess = scope.op("Sub", [scope.op("Add", [scope.op("Mul", [best, rank]), _number(scope, 1)]), total])
    kept = scope.op("Clip", [scope.op("Sign", [excess]), _number(scope, 0)])
    one = (*x.shape[:-1], 1)
    count = scope.op("ReduceSum", [kept, last], one)
    kept_total = scope.op("ReduceSum", [scope.op("Mul", [total, kept]), last], one)
    threshold = scope.op("Div", [scope.op("Sub", [kept_total, _number(scope, 1)]), count])
    return scope.op("Relu", [scope.op("Sub", [x, threshold])])


def clip(scope: Scope, x: Tensor, low: float | None, high: float | None) -> Tensor:
    return scope.op("Clip", [x, *(None if bound is None else _number(scope, bound) for bound in (low, high))])


def _number(scope: Scope, value: float) -> Tensor:
    return scope.constant(value, "number")


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
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "sparsemax": _sparsemax,
    "glu": _glu,
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
