"""Operations that make numbers out of sizes, places or a pattern."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import check_table, dtype_of, kind_of
from explorer3d.formats.keras.operations.promotion import D, result_type
from explorer3d.formats.keras.operations.reductions import summed
from explorer3d.formats.keras.operations.shaping import moved
from explorer3d.formats.keras.settings import Unsupported


def like(value: int) -> Emit:
    """``zeros_like`` and ``ones_like``."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        return m.filled(x, value, call.dtype("dtype", dtype_of(x)))

    return emit


def full_like(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    value = call.tensor("fill_value", call.dtype("dtype", dtype_of(x)))
    return m.broadcast_to(value, m.sizes(x))


def full(m: Maths, call: Called) -> Tensor:
    value = call.tensor("fill_value", call.dtype("dtype", D.FLOAT))
    return m.broadcast_to(value, call.shape("shape"))


def constant_of(value: int) -> Emit:
    """``tf.zeros`` and ``tf.ones``."""

    def emit(m: Maths, call: Called) -> Tensor:
        sizes = call.shape("shape")
        return m.broadcast_to(m.tensor(value, call.dtype("dtype", D.FLOAT)), sizes)

    return emit


def one_hot(m: Maths, call: Called) -> Tensor:
    """1 at the place that a class names, else 0."""
    x = m.cast(call.tensor("x"), D.INT64)
    return hot(m, x, call, call.integer("axis", -1), call.raw("on_value"), call.raw("off_value"))


def hot(m: Maths, x: Tensor, call: Called, axis: int, on: object = None, off: object = None) -> Tensor:
    depth = call.size("num_classes")
    check_table(depth)
    if call.flag("sparse", False):
        raise Unsupported("its result is sparse, which ONNX does not have")
    rank = x.rank + 1
    if not -rank <= axis < rank:
        raise Unsupported(f"its axis {axis} does not exist in a result of rank {rank}")
    axis %= rank
    classes = m.array(np.arange(depth).reshape([-1 if at == axis else 1 for at in range(rank)]), D.INT64)
    found = m.equal(m.unsqueeze(x, axis), classes)
    dtype = call.dtype("dtype", D.FLOAT)
    if on is None and off is None:
        return m.cast(found, dtype)
    high, low = (
        m.tensor(1 if on is None else call.operand("on_value"), dtype),
        m.tensor(0 if off is None else call.operand("off_value"), dtype),
    )
    return m.where(found, high, low)


def multi_hot(m: Maths, call: Called) -> Tensor:
    """1 at all the places that a row of classes names."""
    x = m.cast(call.tensor("inputs"), D.INT64)
    dtype = call.dtype("dtype", D.FLOAT)
    found = hot(m, x, call, call.integer("axis", -1))
    return m.cast(m.any(m.cast(found, D.BOOL), [1 if x.rank > 1 else 0]), dtype)


def arange(m: Maths, call: Called) -> Tensor:
    """Numbers at equal steps, as many as fit."""
    given = [call.operand(key) for key in ("start", "stop", "step") if call.has(key)]
    dtype = call.dtype("dtype", result_type(*map(kind_of, given)))
    start, stop = (
        (call.operand("start"), call.operand("stop")) if call.has("stop") else (0, call.operand("start"))
    )
    step = call.operand("step") if call.has("step") else 1
    ends = [m.tensor(one, dtype) for one in (start, stop, step)]
    if any(one.rank for one in ends):
        raise Unsupported("its ends are no numbers")
    return m.op("Range", *ends, shape=(None,), batch=False)


def triangle(upper: bool) -> Emit:
    """``tril`` and ``triu``: zero on one side of a diagonal."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        if x.rank < 2:
            raise Unsupported(f"its input has {x.rank} axes, but 2 are needed")
        diagonal = m.scope.constant(call.integer("k", 0), "diagonal", np.int64)
        return m.op("Trilu", x, diagonal, upper=int(upper))

    return emit


def band(m: Maths, call: Called) -> Tensor:
    """``tf.linalg.band_part``: zero far from the diagonal; -1 keeps a whole side."""
    x = call.tensor("x")
    lower, upper = call.integer("num_lower"), call.integer("num_upper")
    if x.rank < 2:
        raise Unsupported(f"its input has {x.rank} axes, but 2 are needed")
    if lower >= 0:
        x = m.op("Trilu", x, m.scope.constant(-lower, "diagonal", np.int64), upper=1)
    if upper >= 0:
        x = m.op("Trilu", x, m.scope.constant(upper, "diagonal", np.int64), upper=0)
    return x


def diagonal(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    first = call.axis("axis1", x, 0)
    second = call.axis("axis2", x, 1)
    return along_diagonal(m, x, call.integer("offset", 0), first, second)


def along_diagonal(m: Maths, x: Tensor, offset: int, first: int, second: int) -> Tensor:
    """The numbers whose place along one axis is that along another, plus an offset."""
    if first == second:
        raise Unsupported(f"it takes the diagonal of axis {first} with itself")
    x = moved(m, x, [first, second], [x.rank - 2, x.rank - 1])
    height, width = x.known(-2), x.known(-1)
    rows = np.arange(max(-offset, 0), max(min(height, width - offset), max(-offset, 0)))
    flat = m.reshape(x, [*m.sizes(x)[:-2], height * width])
    return m.gather(flat, m.array(rows * width + rows + offset, D.INT64), flat.rank - 1)


def trace(m: Maths, call: Called) -> Tensor:
    found = diagonal(m, call)
    return m.sum(m.cast(found, summed(dtype_of(found))), [found.rank - 1])


def diag(m: Maths, call: Called) -> Tensor:
    """The diagonal of a matrix, or a matrix with a diagonal."""
    x = call.tensor("x")
    if x.rank == 2:
        return along_diagonal(m, x, call.integer("k", 0), 0, 1)
    if x.rank != 1:
        raise Unsupported(f"its input has {x.rank} axes, but 1 or 2 are needed")
    return on_diagonal(m, x, call.integer("k", 0))


def diagflat(m: Maths, call: Called) -> Tensor:
    return on_diagonal(m, m.flat(call.tensor("x")), call.integer("k", 0))


def matrix_diagonal(m: Maths, call: Called) -> Tensor:
    """``tf.linalg.diag`` of the last axis."""
    return on_diagonal(m, call.tensor("x"), call.integer("k", 0))


def diagonal_part(m: Maths, call: Called) -> Tensor:
    """``tf.linalg.diag_part`` of the last two axes."""
    x = call.tensor("x")
    return along_diagonal(m, x, call.integer("k", 0), x.axis(-2), x.axis(-1))


def on_diagonal(m: Maths, x: Tensor, offset: int) -> Tensor:
    """Rows of numbers as diagonals of square matrices."""
    count = x.known(-1)
    size = count + abs(offset)
    check_table(size * size)
    axis = x.rank - 1
    # Each column takes one number, above or below the others.
    columns = m.gather(x, m.array(np.clip(np.arange(size) - max(offset, 0), 0, count - 1), D.INT64), axis)
    places = np.eye(size, k=offset, dtype=bool)
    return m.where(m.array(places, D.BOOL), m.unsqueeze(columns, axis), 0)


def vander(m: Maths, call: Called) -> Tensor:
    """Powers of each number."""
    x = call.tensor("x")
    count = call.size("N") if call.has("N") else x.known(0)
    check_table(count)
    powers = np.arange(count) if call.flag("increasing", False) else np.arange(count)[::-1]
    base = m.cast(m.unsqueeze(x, x.rank), result_type(dtype_of(x), D.FLOAT))
    return m.cast(m.power(base, m.array(powers, dtype_of(base))), dtype_of(x))


def eye(m: Maths, call: Called) -> Tensor:
    """``tf.eye`` with sizes from the file."""
    rows = call.count("num_rows")
    columns = call.count("num_columns") if call.has("num_columns") else rows
    check_table(rows * columns)
    return m.array(np.eye(rows, columns), call.dtype("dtype", D.FLOAT))


def cast(m: Maths, call: Called) -> Tensor:
    return m.cast(call.tensor("x"), call.dtype("dtype", D.FLOAT))


def saturate_cast(m: Maths, call: Called) -> Tensor:
    """Kept within what the new type holds."""
    x = call.tensor("x")
    dtype = call.dtype("dtype", D.FLOAT)
    return m.cast(_within(m, x, dtype), dtype)


def _within(m: Maths, x: Tensor, dtype: ir.DataType) -> Tensor:
    own = dtype_of(x)
    if own == D.BOOL or dtype in (D.BOOL, D.FLOAT, D.DOUBLE, own):
        return x
    limits = np.iinfo(dtype.numpy())
    if own.is_integer():
        mine = np.iinfo(own.numpy())
        low, high = max(int(limits.min), int(mine.min)), min(int(limits.max), int(mine.max))
        return m.minimum(m.maximum(x, low), high)
    # The next float above the largest whole number would wrap around.
    top = np.asarray(limits.max).astype(own.numpy())
    if int(top) > limits.max:
        top = np.nextafter(top, own.numpy().type(0))
    return m.minimum(m.maximum(x, float(limits.min)), float(top))


def to_tensor(m: Maths, call: Called) -> Tensor:
    """``convert_to_tensor`` and ``array``."""
    x = call.tensor("x")
    return m.cast(x, call.dtype("dtype", dtype_of(x)))
