"""Operations along an axis, from place to place."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import broadcast, dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float, with_float
from explorer3d.formats.keras.settings import Unsupported


def cumulative(what: Literal["sum", "product"], *, skip_nan: bool = False) -> Emit:
    """``cumsum`` and ``cumprod``; without an axis, of all numbers in a row."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        if skip_nan and is_float(dtype_of(x)):
            limits = np.finfo(dtype_of(x).numpy())
            x = m.where(m.op("IsNaN", x), 0.0 if what == "sum" else 1.0, x)
            x = m.minimum(m.maximum(x, float(limits.min)), float(limits.max))
        x = m.cast(x, call.dtype("dtype", dtype_of(x)))
        if dtype_of(x) == D.BOOL:
            x = m.cast(x, D.INT32)
        if call.raw("axis") is None:
            x = m.flat(x)
        axis = call.axis("axis", x, 0)
        exclusive, reverse = call.flag("exclusive", False), call.flag("reverse", False)
        if what == "sum":
            return running_sum(m, x, axis, exclusive, reverse)
        if exclusive or reverse:
            raise Unsupported("it multiplies backwards or without the place itself, which is not done here")
        return running_product(m, x, axis)

    return emit


def running_sum(m: Maths, x: Tensor, axis: int, exclusive: bool = False, reverse: bool = False) -> Tensor:
    along = m.scope.constant(axis, "axis", np.int64)
    return m.op("CumSum", x, along, exclusive=int(exclusive), reverse=int(reverse))


def running_product(m: Maths, x: Tensor, axis: int) -> Tensor:
    """Doubling steps: each multiplies with what lies 1, 2, 4 … places before."""
    size = x.known(axis)
    step = 1
    while step < size:
        head = m.slice(x, axis, 0, step)
        x = m.concat([head, m.mul(m.slice(x, axis, step), m.slice(x, axis, 0, size - step))], axis)
        step *= 2
    return x


def difference(m: Maths, call: Called) -> Tensor:
    """``diff``: of neighbours, n times."""
    x = call.tensor("a")
    count, axis = call.integer("n", 1), call.axis("axis", x, -1)
    if not 0 <= count < x.known(axis):
        raise Unsupported(f"it takes {count} differences of {x.known(axis)} places")
    for _ in range(count):
        x = neighbours(m, x, axis)
    return x


def neighbours(m: Maths, x: Tensor, axis: int) -> Tensor:
    """Each number minus the one before."""
    after, before = m.slice(x, axis, 1), m.slice(x, axis, 0, -1)
    return m.binary("Xor", after, before) if dtype_of(x) == D.BOOL else m.sub(after, before)


def trapezoid(m: Maths, call: Called) -> Tensor:
    """The area under the points."""
    y = m.real(call.tensor("y"))
    axis = call.axis("axis", y, -1)
    heights = m.mul(m.add(m.slice(y, axis, 1), m.slice(y, axis, 0, -1)), 0.5)
    given = call.optional("x")
    if given is None:
        return m.sum(m.mul(heights, call.number("dx", 1.0)), [axis])
    x = m.tensor(given, dtype_of(y))
    heights = m.moved(heights, axis, y.rank - 1)
    own_axis = call.axis("axis", x, -1)
    widths = m.moved(neighbours(m, x, own_axis), own_axis, x.rank - 1)
    return m.sum(m.mul(heights, widths), [y.rank - 1])


def linspace(m: Maths, call: Called) -> Tensor | list[Tensor]:
    """Numbers at equal steps from one to another."""
    start, stop, dtype = _ends(m, call)
    points, step = _spread(m, call, start, stop, dtype)
    if call.flag("retstep", False):
        return [points, step]
    return points


def logspace(m: Maths, call: Called) -> Tensor:
    """Powers with exponents at equal steps."""
    start, stop, dtype = _ends(m, call)
    points, _ = _spread(m, call, start, stop, dtype)
    return m.power(m.tensor(call.number("base", 10.0), dtype_of(points)), points)


def geomspace(m: Maths, call: Called) -> Tensor:
    """Numbers at equal ratios from one to another."""
    start, stop = m.settled(call.operand("start"), call.operand("stop"))
    dtype = call.dtype("dtype", D.FLOAT)
    logs = [m.mul(m.log(m.abs(m.cast(one, dtype))), 1 / math.log(10)) for one in (start, stop)]
    points, _ = _spread(m, call, logs[0], logs[1], dtype)
    result = m.power(m.tensor(10.0, dtype), points)
    sign = m.op("Sign", m.cast(start, dtype))
    return m.mul(result, m.unsqueeze(sign, call.integer("axis", 0) % (sign.rank + 1)) if sign.rank else sign)


def _ends(m: Maths, call: Called) -> tuple[Tensor, Tensor, ir.DataType]:
    start, stop = m.promoted(call.operand("start"), call.operand("stop"), least=float)
    dtype = call.dtype("dtype", dtype_of(start))
    return m.cast(start, dtype), m.cast(stop, dtype), dtype


def _spread(m: Maths, call: Called, start: Tensor, stop: Tensor, dtype: ir.DataType) -> tuple[Tensor, Tensor]:
    count = call.count("num", 50)
    last = count - 1 if call.flag("endpoint", True) else count
    if count > 1 << 20:
        raise Unsupported(f"it makes {count} points")
    kind = with_float(dtype)
    low, gap = m.cast(start, kind), m.sub(m.cast(stop, kind), m.cast(start, kind))
    step = m.mul(gap, 1 / last) if last else m.filled(gap, float("nan"))
    rank = len(broadcast(start.shape, stop.shape)) + 1
    axis = call.integer("axis", 0)
    if not -rank <= axis < rank:
        raise Unsupported(f"its axis {axis} does not exist")
    share = np.arange(count) / max(last, 1)
    along = m.array(share.reshape([-1 if at == axis % rank else 1 for at in range(rank)]), kind)
    gap = m.unsqueeze(gap, axis % rank)
    low = low if low.rank == 0 else m.unsqueeze(low, axis % rank)
    points = m.add(m.mul(along, gap), low)
    if not is_float(dtype):
        points = m.op("Floor", points)
    return m.cast(points, dtype), step
