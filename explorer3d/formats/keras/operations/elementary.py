"""Functions of one number: ``keras.ops.sin`` and the like."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float
from explorer3d.formats.keras.settings import Unsupported


def function(compute: Callable[[Maths, Tensor], Tensor]) -> Emit:
    """Of a real number: whole numbers become float32 first."""
    return lambda m, call: compute(m, m.real(call.tensor("x")))


def plain(compute: Callable[[Maths, Tensor], Tensor]) -> Emit:
    """Of any number, in its own type."""
    return lambda m, call: compute(m, call.tensor("x"))


def node(op: str) -> Emit:
    return function(lambda m, x: m.op(op, x))


def unchanged(m: Maths, call: Called) -> Tensor:
    return call.tensor("x")


def passed_on(m: Maths, call: Called) -> Tensor:
    """``stop_gradient``, which older versions hand their tensor under another name."""
    return call.tensor("variable")


def logical_not(m: Maths, call: Called) -> Tensor:
    return m.negated(m.truth(call.operand("x")))


def absolute(m: Maths, x: Tensor) -> Tensor:
    return x if dtype_of(x) == D.BOOL else m.abs(x)


def sign(m: Maths, x: Tensor) -> Tensor:
    return m.op("Sign", x)


def negative(m: Maths, x: Tensor) -> Tensor:
    return m.neg(x)


def square(m: Maths, x: Tensor) -> Tensor:
    return m.square(m.cast(x, D.INT32) if dtype_of(x) == D.BOOL else x)


def rsqrt(m: Maths, x: Tensor) -> Tensor:
    return m.op("Reciprocal", m.sqrt(x))


def reciprocal(m: Maths, x: Tensor) -> Tensor:
    return m.op("Reciprocal", x)


def log_to(base: float) -> Callable[[Maths, Tensor], Tensor]:
    return lambda m, x: m.mul(m.log(x), 1 / math.log(base))


def log1p(m: Maths, x: Tensor) -> Tensor:
    """2·artanh(x / (2 + x)) near zero, where 1 + x would lose x."""
    near = m.less(m.abs(x), 0.5)
    small = m.mul(m.op("Atanh", m.div(m.where(near, x, 0.0), m.add(m.where(near, x, 0.0), 2.0))), 2.0)
    return m.where(near, small, m.log(m.add(x, 1.0)))


def expm1(m: Maths, x: Tensor) -> Tensor:
    """2·exp(x/2)·sinh(x/2) near zero, where exp(x) − 1 would lose x."""
    near = m.less(m.abs(x), 1.0)
    half = m.mul(m.where(near, x, 0.0), 0.5)
    small = m.mul(m.mul(m.op("Sinh", half), m.exp(half)), 2.0)
    return m.where(near, small, m.sub(m.exp(x), 1.0))


def exp2(m: Maths, x: Tensor) -> Tensor:
    return m.power(2.0, x)


def cbrt(m: Maths, x: Tensor) -> Tensor:
    return m.mul(m.op("Sign", x), m.power(m.abs(x), 1 / 3))


def erfc(m: Maths, x: Tensor) -> Tensor:
    return m.sub(1.0, m.op("Erf", x))


def erfinv(m: Maths, x: Tensor) -> Tensor:
    """Giles' polynomials in w = −log(1 − x²), https://doi.org/10.1016/B978-0-12-385963-1.00010-1"""
    w = m.neg(m.log(m.mul(m.sub(1.0, x), m.add(x, 1.0))))
    near = m.less(w, 5.0)
    centre = _polynomial(m, m.sub(w, 2.5), _ERFINV_CENTRE)
    tail = _polynomial(m, m.sub(m.sqrt(m.maximum(w, 5.0)), 3.0), _ERFINV_TAIL)
    inside = m.mul(m.where(near, centre, tail), x)
    # The polynomial of an infinite w is not a number.
    edge = m.equal(m.abs(x), 1.0)
    return m.where(edge, m.mul(x, np.inf), inside)


_ERFINV_CENTRE = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
    -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_ERFINV_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
    0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def _polynomial(m: Maths, x: Tensor, factors: tuple[float, ...]) -> Tensor:
    """Horner's rule, the highest power's factor first."""
    total = m.filled(x, factors[0])
    for factor in factors[1:]:
        total = m.add(m.mul(total, x), factor)
    return total


def bessel_i0(m: Maths, x: Tensor) -> Tensor:
    """Chebyshev series of Cephes' i0f.

    References
    ----------
    https://netlib.org/cephes/ (single/i0f.c)
    """
    size = m.abs(x)
    near = _chebyshev(m, m.sub(m.mul(m.minimum(size, 8.0), 0.5), 2.0), _I0_NEAR)
    beyond = m.maximum(size, 8.0)
    far = m.div(_chebyshev(m, m.sub(m.div(32.0, beyond), 2.0), _I0_FAR), m.sqrt(beyond))
    return m.mul(m.exp(size), m.where(m.less(size, 8.0), near, far))


_I0_NEAR = (
    -1.30002500998624804212e-8, 6.04699502254191894932e-8, -2.67079385394061173391e-7,
    1.11738753912010371815e-6, -4.41673835845875056359e-6, 1.64484480707288970893e-5,
    -5.75419501008210370398e-5, 1.88502885095841655729e-4, -5.76375574538582365885e-4,
    1.63947561694133579842e-3, -4.32430999505057594430e-3, 1.05464603945949983183e-2,
    -2.37374148058994688156e-2, 4.93052842396707084878e-2, -9.49010970480476444210e-2,
    1.71620901522208775349e-1, -3.04682672343198398683e-1, 6.76795274409476084995e-1,
)  # fmt: skip
_I0_FAR = (
    3.39623202570838634515e-9, 2.26666899049817806459e-8, 2.04891858946906374183e-7,
    2.89137052083475648297e-6, 6.88975834691682398426e-5, 3.36911647825569408990e-3,
    8.04490411014108831608e-1,
)  # fmt: skip


def _chebyshev(m: Maths, x: Tensor, factors: tuple[float, ...]) -> Tensor:
    """Clenshaw's rule as in Cephes' chbevl; x is twice the polynomials' argument."""
    current = m.filled(x, factors[0])
    before, earlier = m.filled(x, 0.0), m.filled(x, 0.0)
    for factor in factors[1:]:
        earlier, before = before, current
        current = m.add(m.sub(m.mul(x, before), earlier), factor)
    return m.mul(m.sub(current, earlier), 0.5)


def degrees(m: Maths, call: Called) -> Tensor:
    return m.mul(_wide(m, call.tensor("x")), 180 / math.pi)


def radians(m: Maths, call: Called) -> Tensor:
    return m.mul(_wide(m, call.tensor("x")), math.pi / 180)


def wide(compute: Callable[[Maths, Tensor], Tensor]) -> Emit:
    """As `function`, of float64 where int64 is given."""
    return lambda m, call: compute(m, _wide(m, call.tensor("x")))


def _wide(m: Maths, x: Tensor) -> Tensor:
    return m.cast(x, D.DOUBLE) if dtype_of(x) == D.INT64 else m.real(x)


def sinc(m: Maths, x: Tensor) -> Tensor:
    """sin(πx) / πx"""
    angle = m.mul(x, math.pi)
    zero = m.equal(x, 0.0)
    return m.where(zero, 1.0, m.div(m.op("Sin", angle), m.where(zero, 1.0, angle)))


def rounded(m: Maths, call: Called) -> Tensor:
    """Half to even, at a decimal place."""
    x, places = call.tensor("x"), call.integer("decimals", 0)
    if abs(places) > 30:
        raise Unsupported(f"it rounds to {places} places")
    if not is_float(dtype_of(x)) and places >= 0:
        return x
    factor = float(10.0**places)
    y = m.real(x)
    y = m.op("Round", y) if places == 0 else m.div(m.op("Round", m.mul(y, factor)), factor)
    return m.cast(y, dtype_of(x))


def truncated(m: Maths, x: Tensor) -> Tensor:
    if not is_float(dtype_of(x)):
        return x
    return m.where(m.less(x, 0.0), m.op("Ceil", x), m.op("Floor", x))


def is_finite(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    if not is_float(dtype_of(x)):
        return m.filled(x, True, D.BOOL)
    return m.negated(m.either(m.op("IsNaN", x), m.op("IsInf", x)))


def is_nan(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    return m.op("IsNaN", x) if is_float(dtype_of(x)) else m.filled(x, False, D.BOOL)


def is_inf(m: Maths, call: Called) -> Tensor:
    return _infinite(m, call, 1, 1)


def is_positive_infinity(m: Maths, call: Called) -> Tensor:
    return _infinite(m, call, 1, 0)


def is_negative_infinity(m: Maths, call: Called) -> Tensor:
    return _infinite(m, call, 0, 1)


def _infinite(m: Maths, call: Called, positive: int, negative: int) -> Tensor:
    x = call.tensor("x")
    if not is_float(dtype_of(x)):
        return m.filled(x, False, D.BOOL)
    return m.op("IsInf", x, detect_positive=positive, detect_negative=negative)


def is_real(m: Maths, call: Called) -> Tensor:
    return m.filled(call.tensor("x"), True, D.BOOL)


def imaginary(m: Maths, call: Called) -> Tensor:
    return m.filled(call.tensor("x"), 0)


def angle(m: Maths, x: Tensor) -> Tensor:
    """Of a real number: 0, or π below zero."""
    return m.where(m.less(x, 0.0), math.pi, m.where(m.op("IsNaN", x), x, 0.0))


def sign_bit(m: Maths, call: Called) -> Tensor:
    """Also of a negative zero, whose reciprocal is below zero."""
    x = call.tensor("x")
    if not is_float(dtype_of(x)):
        return m.filled(x, False, D.BOOL) if dtype_of(x) == D.BOOL else m.less(x, 0)
    x = m.cast(x, D.FLOAT)
    return m.either(m.less(x, 0.0), m.less(m.op("Reciprocal", x), 0.0))


def without_nan(m: Maths, call: Called) -> Tensor:
    """``nan_to_num``."""
    x = call.tensor("x")
    dtype = dtype_of(x)
    if not is_float(dtype):
        return x
    limits = np.finfo(dtype.numpy())
    y = m.where(m.op("IsNaN", x), call.number("nan", 0.0), x)
    above, below = m.op("IsInf", y, detect_negative=0), m.op("IsInf", y, detect_positive=0)
    y = m.where(above, call.number("posinf", float(limits.max)), y)
    return m.where(below, call.number("neginf", float(limits.min)), y)


def clipped(m: Maths, call: Called) -> Tensor:
    """Bounds of the input's own type, numbers or tensors."""
    x = call.tensor("x")
    if dtype_of(x) == D.BOOL:
        x = m.cast(x, D.INT32)
    low, high = call.optional("x_min"), call.optional("x_max")
    y = x if low is None else m.maximum(x, m.tensor(low, dtype_of(x)))
    return y if high is None else m.minimum(y, m.tensor(high, dtype_of(x)))
