"""Operations on two tensors, place by place."""

from __future__ import annotations

import math
from collections.abc import Callable

import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.elementary import log1p
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import Operand, dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float, with_float
from explorer3d.formats.keras.settings import Unsupported

Two = Callable[[Maths, Tensor, Tensor], Tensor]


def adapted(compute: Two) -> Emit:
    """Numbers take the type of the tensor they meet."""
    return lambda m, call: compute(m, *m.promoted(call.operand("x1"), call.operand("x2")))


def settled(compute: Two) -> Emit:
    """Numbers are int32 or float32 whatever they meet."""
    return lambda m, call: compute(m, *m.settled(call.operand("x1"), call.operand("x2")))


def real(compute: Two) -> Emit:
    """Computed in floats."""
    return lambda m, call: compute(m, *m.promoted(*_tensors(m, call), least=float))


def wide(compute: Two) -> Emit:
    """Computed in floats, of float64 where int64 is among them."""

    def emit(m: Maths, call: Called) -> Tensor:
        x, y = m.settled(call.operand("x1"), call.operand("x2"))
        dtype = D.DOUBLE if dtype_of(x) == D.INT64 else with_float(dtype_of(x))
        return compute(m, m.cast(x, dtype), m.cast(y, dtype))

    return emit


def truths(op: str) -> Emit:
    def emit(m: Maths, call: Called) -> Tensor:
        return m.binary(op, m.truth(call.operand("x1")), m.truth(call.operand("x2")))

    return emit


def _tensors(m: Maths, call: Called) -> list[Operand]:
    return [m.tensor(call.operand(key)) for key in ("x1", "x2")]


def add(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.either(x, y) if dtype_of(x) == D.BOOL else m.add(x, y)


def subtract(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.sub(x, y)


def multiply(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.both(x, y) if dtype_of(x) == D.BOOL else m.mul(x, y)


def divide(m: Maths, call: Called) -> Tensor:
    x, y = m.promoted(call.operand("x1"), call.operand("x2"), least=float)
    return m.div(x, y)


def divide_no_nan(m: Maths, call: Called) -> Tensor:
    """Zero where the divisor is zero."""
    x, y = m.promoted(call.operand("x1"), call.operand("x2"), least=float)
    zero = m.equal(y, 0.0)
    return m.where(zero, 0.0, m.div(x, m.where(zero, 1.0, y)))


def floor_divide(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.floor_div(x, y)


def mod(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    """With the divisor's sign."""
    if dtype_of(x) == D.BOOL:
        x, y = m.cast(x, D.INT32), m.cast(y, D.INT32)
    return m.mod(x, y)


def fmod(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    """With the dividend's sign."""
    if dtype_of(x) == D.BOOL:
        x, y = m.cast(x, D.INT32), m.cast(y, D.INT32)
    return m.mul(m.op("Sign", x), m.mod(m.abs(x), m.abs(y)))


def power(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.power(x, y)


def maximum(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.either(x, y) if dtype_of(x) == D.BOOL else m.maximum(x, y)


def minimum(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.both(x, y) if dtype_of(x) == D.BOOL else m.minimum(x, y)


def number_among(compute: Two) -> Two:
    """Where one is not a number, the other."""

    def chosen(m: Maths, x: Tensor, y: Tensor) -> Tensor:
        z = compute(m, x, y)
        if not is_float(dtype_of(x)):
            return z
        z = m.where(m.op("IsNaN", x), y, z)
        return m.where(m.op("IsNaN", y), x, z)

    return chosen


def compared(op: str, negate: bool = False) -> Two:
    def compare(m: Maths, x: Tensor, y: Tensor) -> Tensor:
        z = m.binary(op, x, y)
        return m.negated(z) if negate else z

    return compare


def hypot(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    """√(x² + y²) without overflow."""
    x, y = m.abs(x), m.abs(y)
    large, small = m.maximum(x, y), m.minimum(x, y)
    ratio = m.div(small, m.where(m.equal(large, 0.0), 1.0, large))
    return m.mul(large, m.sqrt(m.add(m.square(ratio), 1.0)))


def arctan2(m: Maths, y: Tensor, x: Tensor) -> Tensor:
    """The angle of the point (x, y)."""
    upright = m.equal(x, 0.0)
    angle = m.op("Atan", m.div(y, m.where(upright, 1.0, x)))
    turn = m.where(m.less(y, 0.0), -math.pi, m.filled(y, math.pi))
    angle = m.add(angle, m.where(m.less(x, 0.0), turn, 0.0))
    return m.where(upright, m.mul(m.op("Sign", y), math.pi / 2), angle)


def heaviside(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    zero = m.equal(x, 0.0)
    return m.where(zero, y, m.cast(m.greater(x, 0.0), dtype_of(x)))


def logaddexp(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    gap = m.neg(m.abs(m.sub(x, y)))
    return m.add(m.maximum(x, y), log1p(m, m.exp(gap)))


def logaddexp2(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    gap = m.neg(m.mul(m.abs(m.sub(x, y)), math.log(2)))
    return m.add(m.maximum(x, y), m.mul(log1p(m, m.exp(gap)), 1 / math.log(2)))


def ldexp(m: Maths, call: Called) -> Tensor:
    """x1 · 2^x2"""
    x, y = m.promoted(*_tensors(m, call), least=float)
    special = m.either(m.op("IsInf", x), m.equal(x, 0.0))
    return m.where(special, x, m.mul(x, m.power(2.0, y)))


def is_close(m: Maths, call: Called) -> Tensor:
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    if not is_float(dtype_of(x)):
        return m.equal(x, y)
    allowed = m.add(m.mul(m.abs(y), call.number("rtol", 1e-5)), call.number("atol", 1e-8))
    close = m.binary("LessOrEqual", m.abs(m.sub(x, y)), allowed)
    if call.flag("equal_nan", False):
        close = m.either(close, m.both(m.op("IsNaN", x), m.op("IsNaN", y)))
    return close


def all_close(m: Maths, call: Called) -> Tensor:
    x, y = m.settled(call.operand("x1"), call.operand("x2"))
    close = is_close(m, call)
    if is_float(dtype_of(x)):
        close = m.either(close, m.equal(x, y))
    return m.all(close, range(close.rank))


def where(m: Maths, call: Called) -> Tensor:
    if not (call.has("x1") and call.has("x2")):
        raise Unsupported("how many numbers it gives depends on its input")
    x, y = m.promoted(call.operand("x1"), call.operand("x2"))
    return m.where(m.truth(call.operand("condition")), x, y)


def select(m: Maths, call: Called) -> Tensor:
    """The first choice whose condition holds."""
    conditions, choices = call.operands("condlist"), call.operands("choicelist")
    if len(conditions) != len(choices):
        raise Unsupported(f"it has {len(conditions)} conditions for {len(choices)} choices")
    default = call.operand("default") if call.has("default") else 0
    *tensors, result = m.promoted(*choices, default)
    for condition, choice in zip(reversed(conditions), reversed(tensors), strict=True):
        result = m.where(m.truth(condition), choice, result)
    return result


def bits(op: str) -> Emit:
    """``BitwiseAnd`` and the like; of truth values too."""
    logical = {"BitwiseAnd": "And", "BitwiseOr": "Or", "BitwiseXor": "Xor"}

    def emit(m: Maths, call: Called) -> Tensor:
        x, y = m.settled(call.operand("x"), call.operand("y"))
        _require_whole(dtype_of(x))
        return m.binary(logical[op] if dtype_of(x) == D.BOOL else op, x, y)

    return emit


def bits_inverted(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    _require_whole(dtype_of(x))
    return m.negated(x) if dtype_of(x) == D.BOOL else m.op("BitwiseNot", x)


def shifted(left: bool) -> Emit:
    """By powers of two: ONNX shifts only numbers without a sign."""

    def emit(m: Maths, call: Called) -> Tensor:
        x, y = m.promoted(call.operand("x"), call.operand("y"))
        _require_whole(dtype_of(x))
        # Beyond that the sign is all that is left, or nothing.
        count = m.minimum(m.cast(y, D.INT64), 62)
        factor = m.cast(m.power(2.0, m.cast(count, D.DOUBLE)), D.INT64)
        wide = m.cast(x, D.INT64)
        return m.cast(m.mul(wide, factor) if left else m.floor_div(wide, factor), dtype_of(x))

    return emit


def _require_whole(dtype: ir.DataType) -> None:
    if is_float(dtype):
        raise Unsupported("it works on the bits of whole numbers, but is given others")


def gcd(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    """Euclid's algorithm; two numbers of n bits need at most 1.44 n steps."""
    dtype = dtype_of(x)
    _require_whole(dtype)
    steps = math.ceil(1.45 * dtype.bitwidth)
    wide = D.INT64 if dtype in (D.INT64, D.UINT32) else D.INT32
    x, y = m.abs(m.cast(x, wide)), m.abs(m.cast(y, wide))
    for _ in range(steps):
        x, y = m.where(m.equal(y, 0), x, y), m.where(m.equal(y, 0), 0, m.mod(x, y))
    return m.cast(x, dtype)


def lcm(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    _require_whole(dtype_of(x))
    x, y = m.abs(x), m.abs(y)
    # Where both are zero, so is the product.
    return m.mul(x, m.floor_div(y, gcd(m, x, y)))
