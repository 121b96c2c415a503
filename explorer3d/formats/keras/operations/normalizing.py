"""Operations that bring numbers to a common scale."""

from __future__ import annotations

from collections.abc import Sequence

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called
from explorer3d.formats.keras.operations.elementary import rsqrt
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import Operand, dtype_of
from explorer3d.formats.keras.operations.promotion import D, result_type
from explorer3d.formats.keras.settings import Unsupported

# keras.config.epsilon(); a model that changes it does not say so.
_EPSILON = 1e-7


def moments(m: Maths, call: Called) -> list[Tensor]:
    """Mean and variance."""
    x = m.real(call.tensor("x"))
    axes, keepdims = call.axes("axes", x), call.flag("keepdims", False)
    mean, spread = mean_and_variance(m, x, axes)
    return [mean, spread] if keepdims or not axes else [m.squeeze(mean, *axes), m.squeeze(spread, *axes)]


def mean_and_variance(m: Maths, x: Tensor, axes: Sequence[int]) -> tuple[Tensor, Tensor]:
    mean = m.mean(x, axes, True)
    return mean, m.mean(m.square(m.sub(x, mean)), axes, True)


def batch_normalization(m: Maths, call: Called) -> Tensor:
    x = m.real(call.tensor("x"))
    axis = call.axis("axis", x, -1)

    def along(value: Operand) -> Tensor:
        vector = m.tensor(value, dtype_of(x))
        # TensorFlow takes any shape for the last axis.
        return (
            vector
            if axis == x.rank - 1
            else m.reshape(vector, [-1 if at == axis else 1 for at in range(x.rank)])
        )

    inverse = rsqrt(m, m.add(along(call.operand("variance")), call.number("epsilon", 1e-3)))
    scale, offset = call.optional("scale"), call.optional("offset")
    inverse = inverse if scale is None else m.mul(inverse, along(scale))
    y = m.mul(m.sub(x, along(call.operand("mean"))), inverse)
    return y if offset is None else m.add(y, along(offset))


def layer_normalization(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    dtype = dtype_of(x)
    x = m.cast(x, result_type(dtype, D.FLOAT))
    axes = sorted(call.axes("axis", x, -1))
    epsilon = call.number("epsilon", _EPSILON)
    gamma, beta = (_along(m, call, key, x, axes) for key in ("gamma", "beta"))
    mean, spread = mean_and_variance(m, x, axes)
    inverse = rsqrt(m, m.add(spread, epsilon))
    if call.flag("rms_scaling", False):
        y = m.mul(x, inverse)
        return m.cast(y if gamma is None else m.mul(y, gamma), dtype)
    y = m.mul(m.sub(x, mean), inverse)
    y = y if gamma is None else m.mul(y, gamma)
    return m.cast(y if beta is None else m.add(y, beta), dtype)


def _along(m: Maths, call: Called, key: str, x: Tensor, axes: Sequence[int]) -> Tensor | None:
    """A weight for each place of the normalised axes."""
    if not call.has(key):
        return None
    weight = call.tensor(key, dtype_of(x))
    if weight.rank == x.rank or list(axes) == [x.rank - 1]:
        return weight
    return m.reshape(weight, [x.known(axis) if axis in axes else 1 for axis in range(x.rank)])


def rms_normalization(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    dtype = dtype_of(x)
    x = m.cast(x, result_type(dtype, D.FLOAT))
    axes = call.axes("axis", x, -1)
    mean = m.mean(m.square(x), axes, True)
    y = m.mul(x, rsqrt(m, m.add(mean, call.number("epsilon", _EPSILON))))
    if call.has("scale"):
        y = m.mul(y, call.tensor("scale", dtype_of(x)))
    return m.cast(y, dtype)


def normalize(m: Maths, call: Called) -> Tensor:
    """To length 1 along an axis."""
    x = m.real(call.tensor("x"))
    axes = call.axes("axis", x, -1)
    order, epsilon = call.integer("order", 2), call.number("epsilon", _EPSILON)
    if order < 1 or epsilon <= 0:
        raise Unsupported(f"its order {order} or epsilon {epsilon} is not positive")
    if order == 2:
        return m.mul(x, m.minimum(rsqrt(m, m.sum(m.square(x), axes, True)), 1 / epsilon))
    total = m.sum(m.power(m.abs(x), float(order)), axes, True)
    return m.div(x, m.maximum(m.power(total, 1 / order), epsilon))


def l2_normalize(m: Maths, call: Called) -> Tensor:
    """``tf.math.l2_normalize``: a bound for the square of the length."""
    x = m.real(call.tensor("x"))
    total = m.sum(m.square(x), call.axes("axis", x), True)
    return m.mul(x, rsqrt(m, m.maximum(total, call.number("epsilon", 1e-12))))
