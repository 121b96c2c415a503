"""What TensorFlow's own functions do otherwise than ``keras.ops``, for the operations that Keras 2 stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations import (
    filling,
    indexing,
    joining,
    neural,
    products,
    reductions,
    running,
)
from explorer3d.formats.keras.operations.arithmetic import Two
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import Operand, dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float
from explorer3d.formats.keras.settings import Unsupported


def alike(m: Maths, *operands: Operand) -> list[Tensor]:
    """Constants take the type of the first tensor."""
    first = next((one for one in operands if isinstance(one, Tensor)), None)
    if first is None:
        return m.settled(*operands)
    return m.settled(
        *(one if isinstance(one, Tensor) else m.tensor(one, dtype_of(first)) for one in operands)
    )


def pair(compute: Two, first: str = "x", second: str = "y") -> Emit:
    return lambda m, call: compute(m, *alike(m, call.operand(first), call.operand(second)))


def true_divide(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    """Whole numbers become floats: of 64 bits, if they are of more than 16."""
    if not is_float(dtype_of(x)):
        narrow = dtype_of(x) in (D.INT8, D.INT16, D.UINT8, D.UINT16)
        x, y = (m.cast(one, D.FLOAT if narrow else D.DOUBLE) for one in (x, y))
    return m.div(x, y)


def divide_cut(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    """Whole numbers stay whole, cut off towards zero, in an operator of TensorFlow 1."""
    return m.div(x, y) if is_float(dtype_of(x)) else m.cut_div(x, y)


def squared_difference(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.square(m.sub(x, y))


def multiply_no_nan(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    return m.where(m.equal(y, 0), 0, m.mul(x, y))


def divide_no_nan(m: Maths, x: Tensor, y: Tensor) -> Tensor:
    zero = m.equal(y, 0)
    return m.where(zero, 0, m.div(x, m.where(zero, 1, y)))


def total(m: Maths, x: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    """In the input's own type."""
    return m.sum(x, axes, keepdims)


def mean(m: Maths, x: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    if is_float(dtype_of(x)):
        return m.mean(x, axes, keepdims)
    # Cut off towards zero.
    return m.cast(m.mean(m.cast(x, D.DOUBLE), axes, keepdims), dtype_of(x))


def product(m: Maths, x: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    return m.reduce("ReduceProd", x, axes, keepdims)


def half_squares(m: Maths, call: Called) -> Tensor:
    """``tf.nn.l2_loss``."""
    x = m.real(call.tensor("x"))
    return m.mul(m.sum(m.square(x), range(x.rank)), 0.5)


def trace(m: Maths, call: Called) -> Tensor:
    found = filling.diagonal_part(m, call)
    return m.sum(found, [found.rank - 1])


def scatter(way: str) -> Emit:
    """``tf.tensor_scatter_nd_update`` and its like."""
    return lambda m, call: indexing.scatter_update(
        m, Called(m, {**call.only("inputs indices updates"), "reduction": way})
    )


def euclidean_norm(m: Maths, x: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    return m.sqrt(m.sum(m.square(m.real(x)), axes, keepdims))


def place_of(op: str) -> Emit:
    """``argmax`` and ``argmin``: along the first axis if none is named; int64 by default."""

    def emit(m: Maths, call: Called) -> Tensor:
        given = {"x": call.raw("x"), "axis": 0 if call.raw("axis") is None else call.raw("axis")}
        found = reductions.place_of(op)(m, Called(m, given))
        return m.cast(found, call.dtype("output_type", D.INT64))

    return emit


def cumulative(what: Literal["sum", "product"]) -> Emit:
    """Along the first axis if none is named."""

    def emit(m: Maths, call: Called) -> Any:
        given = call.only("x exclusive reverse")
        return running.cumulative(what)(m, Called(m, {**given, "axis": call.integer("axis", 0)}))

    return emit


def softmax(op: str) -> Emit:
    """Along the last axis if none is named."""

    def emit(m: Maths, call: Called) -> Any:
        return neural.softmax(op)(m, Called(m, {"x": call.raw("x"), "axis": call.integer("axis", -1)}))

    return emit


def gelu(m: Maths, call: Called) -> Tensor:
    """The exact one by default."""
    return neural.gelu(m, Called(m, {"x": call.raw("x"), "approximate": call.flag("approximate", False)}))


def count_nonzero(m: Maths, call: Called) -> Tensor:
    return m.cast(reductions.count_nonzero(m, call), call.dtype("dtype", D.INT64))


def where(m: Maths, call: Called) -> Tensor:
    return _chosen(m, call, m.truth(call.operand("condition")))


def where_by_row(m: Maths, call: Called) -> Tensor:
    """As in TensorFlow 1, one condition may choose a whole row."""
    condition = m.truth(call.operand("condition"))
    rank = max((one.rank for key in "xy" if isinstance(one := call.raw(key), Tensor)), default=0)
    return _chosen(
        m, call, m.unsqueeze(condition, *range(1, rank)) if condition.rank == 1 < rank else condition
    )


def _chosen(m: Maths, call: Called, condition: Tensor) -> Tensor:
    if not (call.has("x") and call.has("y")):
        raise Unsupported("how many numbers it gives depends on its input")
    return m.where(condition, *alike(m, call.operand("x"), call.operand("y")))


def gather(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    places = call.tensor("indices")
    places = places if dtype_of(places) in (D.INT32, D.INT64) else m.cast(places, D.INT64)
    shared = call.integer("batch_dims", 0)
    return indexing.taken_for_each(m, x, places, call.axis("axis", x, max(shared, 0)), shared)


def embedding(m: Maths, call: Called) -> Tensor:
    return m.gather(call.tensor("params"), m.cast(call.tensor("ids"), D.INT64))


def concat(m: Maths, call: Called) -> Tensor:
    tensors = alike(m, *call.operands("xs"))
    return m.concat(tensors, call.axis("axis", tensors[0]))


def stack(m: Maths, call: Called) -> Tensor:
    return joining.stacked(m, alike(m, *call.operands("x")), call.integer("axis", 0))


def split(m: Maths, call: Called) -> list[Tensor]:
    x = call.tensor("value")
    axis = call.axis("axis", x, 0)
    if type(call.raw("num_or_size_splits")) is int:
        count, size = call.size("num_or_size_splits"), x.known(axis)
        if size % count:
            raise Unsupported(f"it splits {size} places into {count} parts")
        return joining.parts(m, x, axis, [size // count] * count)
    return indexing.split_at(m, x, axis, call.wholes("num_or_size_splits"))


def matmul(m: Maths, call: Called) -> Tensor:
    x, y = alike(m, call.operand("x1"), call.operand("x2"))
    flips = [call.flag(f"transpose_{one}", False) or call.flag(f"adjoint_{one}", False) for one in ("a", "b")]
    return products.matmul(m, Called(m, {"x1": x, "x2": y, "transpose_a": flips[0], "transpose_b": flips[1]}))


def norm(m: Maths, call: Called) -> Tensor:
    """All numbers as one vector, if no axis is named."""
    given = call.only("x ord axis keepdims")
    if given["ord"] == "euclidean":
        given["ord"] = None
    if given["axis"] is None:
        x = call.tensor("x")
        keepdims = call.flag("keepdims", False)
        y = products.norm(m, Called(m, {"x": m.flat(x), "ord": given["ord"], "axis": 0}))
        return m.reshape(y, [1] * x.rank) if keepdims else y
    return products.norm(m, Called(m, given))


def add_all(m: Maths, call: Called) -> Tensor:
    """``tf.add_n``."""
    tensors = alike(m, *call.operands("inputs"))
    y = tensors[0]
    for x in tensors[1:]:
        y = m.add(y, x)
    return y


def all_of_them(m: Maths, call: Called) -> list[Tensor]:
    return [m.tensor(one) for one in call.operands("x")]


def matrix_with_diagonal(m: Maths, call: Called) -> Tensor:
    """Square, with zeros beside the diagonal."""
    sizes = [call.integer(key, -1) for key in ("num_rows", "num_cols")]
    if sizes != [-1, -1] or call.number("padding_value", 0):
        raise Unsupported("its matrix is not square, or filled with other numbers than zeros")
    return filling.on_diagonal(m, call.tensor("x"), call.integer("k", 0))


def sequence_mask(m: Maths, call: Called) -> Tensor:
    """The first places of a row, as many as a length says."""
    lengths, count = call.tensor("lengths", D.INT64), call.size("maxlen")
    places = m.array(np.arange(count), D.INT64)
    return m.cast(m.less(places, m.unsqueeze(lengths, lengths.rank)), call.dtype("dtype", D.BOOL))


def filled(m: Maths, call: Called) -> Tensor:
    """``tf.fill``, in the value's own type."""
    value = call.tensor("value")
    return m.broadcast_to(value, call.shape("dims"))


def rows(m: Maths, call: Called) -> Tensor:
    """``keras.backend.batch_flatten``."""
    x = call.tensor("x")
    sizes = m.sizes(x)
    return m.reshape(x, [sizes[0], m.product(sizes[1:])])


def strided_slice(m: Maths, call: Called) -> Tensor:
    """Ends of a slice for each axis, and bits that say which of them mean something else."""
    x = call.tensor("x")
    starts, stops = call.shape("begin"), call.shape("end")
    steps = call.wholes("strides") if call.has("strides") else (1,) * len(starts)
    if not len(starts) == len(stops) == len(steps):
        raise Unsupported("its ends and steps do not fit one another")
    masks = {
        key: call.integer(f"{key}_mask", 0) for key in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    keys: list[Any] = []
    for at, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        has = {key: bool(mask >> at & 1) for key, mask in masks.items()}
        if has["ellipsis"]:
            keys.append(...)
        elif has["new_axis"]:
            keys.append(None)
        elif has["shrink_axis"]:
            keys.append(_plain(m, start))
        else:
            ends = (None if has["begin"] else _plain(m, start), None if has["end"] else _plain(m, stop))
            keys.append(slice(*ends, step))
    return indexing.item(m, x, keys)


def _plain(m: Maths, size: int | Tensor) -> int | Tensor:
    return size if isinstance(size, int) else m.reshape(size, [])


def get_item(m: Maths, call: Called) -> Tensor:
    """``SlicingOpLambda``: slices are written as their three ends."""
    spec = call.raw("slice_spec")
    keys = spec if isinstance(spec, list) else [spec]
    return indexing.item(m, call.tensor("x"), [_key(key) for key in keys])


def _key(key: Any) -> Any:
    if isinstance(key, Mapping):
        return slice(*(key.get(end) for end in ("start", "stop", "step")))
    return key


def range_(m: Maths, call: Called) -> Tensor:
    """``tf.range(limit)`` or ``tf.range(start, limit, delta)``."""
    given = {"start": call.raw("start"), "stop": call.raw("limit"), "step": call.raw("delta")}
    if call.has("dtype"):
        given["dtype"] = call.raw("dtype")
    return filling.arange(m, Called(m, given))


def one_hot(m: Maths, call: Called) -> Tensor:
    return filling.one_hot(m, Called(m, call.only("x num_classes axis dtype on_value off_value")))


def segment_mean(m: Maths, call: Called) -> Tensor:
    """``tf.math.unsorted_segment_mean``: zero where nothing belongs."""
    data = call.tensor("data")
    totals = indexing.segment("add")(m, call)
    counts = indexing.segment("add")(
        m, Called(m, {**call.only("segment_ids num_segments"), "data": m.filled(data, 1)})
    )
    return m.div(totals, m.maximum(counts, 1))


def leaky_relu(m: Maths, call: Called) -> Tensor:
    return m.op("LeakyRelu", m.real(call.tensor("x")), alpha=call.number("alpha", 0.2))
