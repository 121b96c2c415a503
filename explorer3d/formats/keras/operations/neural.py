"""Activation functions as operations."""

from __future__ import annotations

from collections.abc import Callable

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.layers.activation import ACTIVATIONS
from explorer3d.formats.keras.layers.activation import relu as layer_relu
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.joining import parts
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float
from explorer3d.formats.keras.settings import Unsupported


def activation(name: str) -> Callable[[Maths, Called], Tensor]:
    """A function that layers have too."""

    def emit(m: Maths, call: Called) -> Tensor:
        return _computed(m, call.tensor("x"), lambda x: ACTIVATIONS[name](m.scope, x))

    return emit


def _computed(m: Maths, x: Tensor, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """In float32, which the functions of layers are written for."""
    dtype = dtype_of(m.real(x))
    return m.cast(compute(m.cast(x, D.FLOAT)), dtype)


def relu(m: Maths, call: Called) -> Tensor:
    return m.op("Relu", call.tensor("x"))


def bent(m: Maths, call: Called) -> Tensor:
    """``keras.activations.relu`` with a slope, a threshold or a largest value, as the layer has it."""
    inner = m.scope.of(call.only("negative_slope max_value threshold"))
    return _computed(m, call.tensor("x"), lambda x: layer_relu(inner, x))


def relu6(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    return m.minimum(m.maximum(x, 0), 6)


def leaky_relu(m: Maths, call: Called) -> Tensor:
    return m.op("LeakyRelu", m.real(call.tensor("x")), alpha=call.number("negative_slope", 0.2))


def elu(m: Maths, call: Called) -> Tensor:
    return m.op("Elu", m.real(call.tensor("x")), alpha=call.number("alpha", 1.0))


def celu(m: Maths, call: Called) -> Tensor:
    alpha = call.number("alpha", 1.0)
    if not alpha:
        raise Unsupported("its alpha is zero")
    return m.op("Celu", m.real(call.tensor("x")), alpha=alpha)


def gelu(m: Maths, call: Called) -> Tensor:
    """x/2 · (1 + erf(x/√2)), or with a tanh that comes close to it."""
    if not call.flag("approximate", True):
        return activation("gelu")(m, call)
    x = m.real(call.tensor("x"))
    inner = m.mul(m.add(x, m.mul(m.mul(m.square(x), x), 0.044715)), (2 / 3.141592653589793) ** 0.5)
    return m.mul(m.mul(x, 0.5), m.add(m.op("Tanh", inner), 1.0))


def glu(m: Maths, call: Called) -> Tensor:
    """The first half of an axis, weighed by the sigmoid of the second."""
    x = m.real(call.tensor("x"))
    axis = call.axis("axis", x, -1)
    size = x.known(axis)
    if size % 2:
        raise Unsupported(f"it halves an axis of {size}")
    first, second = parts(m, x, axis, [size // 2] * 2)
    return m.mul(first, m.op("Sigmoid", second))


def shrink(soft: bool) -> Emit:
    """``soft_shrink`` and ``hard_shrink``: nothing within the threshold."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = m.real(call.tensor("x"))
        limit = call.number("threshold", 0.5)
        outside = m.sub(m.abs(x), limit) if soft else m.abs(x)
        kept = m.mul(m.op("Sign", x), outside) if soft else x
        return m.where(m.greater(m.abs(x), limit), kept, 0.0)

    return emit


def threshold(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    limit, other = (m.tensor(call.operand(key), dtype_of(x)) for key in ("threshold", "default_value"))
    return m.where(m.greater(x, limit), x, other)


def squareplus(m: Maths, call: Called) -> Tensor:
    """(x + √(x² + b)) / 2"""
    x = m.real(call.tensor("x"))
    return m.mul(m.add(x, m.sqrt(m.add(m.square(x), call.number("b", 4)))), 0.5)


def softmax(op: str) -> Emit:
    """Along one axis; without one, over all numbers."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = m.real(call.tensor("x"))
        if call.has_key("axis") and call.raw("axis") is None:
            return m.reshape(m.op(op, m.flat(x), axis=0), m.sizes(x))
        if isinstance(call.raw("axis"), list):
            return _over_several(m, x, call, op)
        return m.op(op, x, axis=call.axis("axis", x, -1))

    return emit


def _over_several(m: Maths, x: Tensor, call: Called, op: str) -> Tensor:
    axes = call.axes("axis", x)
    rest = [axis for axis in range(x.rank) if axis not in axes]
    turned = m.transpose(x, [*rest, *axes])
    sizes = m.sizes(turned)
    flat = m.reshape(turned, [*sizes[: len(rest)], m.product(sizes[len(rest) :])])
    y = m.reshape(m.op(op, flat, axis=len(rest)), sizes)
    order = [*rest, *axes]
    return m.transpose(y, [order.index(axis) for axis in range(x.rank)])


def sparsemax(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    axis = call.axis("axis", x, -1)
    last = m.moved(m.cast(x, D.FLOAT), axis, x.rank - 1)
    y = m.moved(ACTIVATIONS["sparsemax"](m.scope, last), x.rank - 1, axis)
    return m.cast(y, dtype_of(x) if is_float(dtype_of(x)) else D.FLOAT)
