"""Operations that make one number of all along some axes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import dtype_of
from explorer3d.formats.keras.operations.promotion import D, is_float, result_type, with_float
from explorer3d.formats.keras.settings import Unsupported


def summed(dtype: ir.DataType) -> ir.DataType:
    """The type of a sum or product: narrow whole numbers are added up in 32 bits."""
    if dtype in (D.BOOL, D.INT8, D.INT16):
        return D.INT32
    return D.UINT32 if dtype in (D.UINT8, D.UINT16) else dtype


def _over(call: Called, x: Tensor) -> tuple[tuple[int, ...], bool]:
    return call.axes("axis", x), call.flag("keepdims", False)


def reduction(compute: Callable[[Maths, Tensor, tuple[int, ...], bool], Tensor]) -> Emit:
    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        return compute(m, x, *_over(call, x))

    return emit


def total(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.sum(m.cast(x, summed(dtype_of(x))), axes, keepdims)


def product(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    axes, keepdims = _over(call, x)
    # TensorFlow's backend multiplies in the input's own type where another is asked for.
    dtype = dtype_of(x) if call.has("dtype") else summed(dtype_of(x))
    return m.reduce("ReduceProd", m.cast(x, dtype), axes, keepdims)


def mean(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.mean(m.cast(x, result_type(dtype_of(x), D.FLOAT)), axes, keepdims)


def variance(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    dtype = with_float(dtype_of(x))
    x = m.cast(x, result_type(dtype_of(x), D.FLOAT))
    centred = m.sub(x, m.mean(x, axes, True))
    return m.cast(m.mean(m.square(centred), axes, keepdims), dtype)


def deviation(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.sqrt(variance(m, m.real(x) if dtype_of(x) != D.INT64 else m.cast(x, D.FLOAT), axes, keepdims))


def largest(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.reduce("ReduceMax", x, axes, keepdims)


def smallest(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.reduce("ReduceMin", x, axes, keepdims)


def extreme(largest_of: bool) -> Emit:
    """``max`` and ``min``, also with a number that takes part."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        axes, keepdims = _over(call, x)
        y = (largest if largest_of else smallest)(m, x, axes, keepdims)
        bound = call.optional("initial")
        if bound is None:
            return y
        if dtype_of(y) == D.BOOL:
            bound = m.truth(bound)
            return m.either(y, bound) if largest_of else m.both(y, bound)
        return (m.maximum if largest_of else m.minimum)(y, m.tensor(bound, dtype_of(y)))

    return emit


def span(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.sub(largest(m, x, axes, keepdims), smallest(m, x, axes, keepdims))


def every(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.all(m.truth(x), axes, keepdims)


def some(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.any(m.truth(x), axes, keepdims)


def count_nonzero(m: Maths, call: Called) -> Tensor:
    x = call.tensor("x")
    return m.sum(m.cast(m.truth(x), D.INT32), call.axes("axis", x))


def logsumexp(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    """With the largest number taken out first: exp would overflow."""
    x = m.real(x)
    top = m.reduce("ReduceMax", x, axes, True)
    top = m.where(m.op("IsInf", top), 0.0, top)
    y = m.log(m.sum(m.exp(m.sub(x, top)), axes, keepdims))
    return m.add(y, top if keepdims else m.squeeze(top, *axes) if axes else top)


def average(m: Maths, call: Called) -> Tensor:
    """Weighed, by as many numbers as there are or by one for each place of an axis."""
    x = call.tensor("x")
    axes = call.axes("axis", x)
    given = call.optional("weights")
    if given is None:
        return m.mean(m.real(x), axes)
    x, weights = m.promoted(x, m.tensor(given), least=float)
    if weights.rank != x.rank:
        if len(axes) != 1 or weights.rank != 1:
            raise Unsupported(f"its {weights.rank} axes of weights do not fit an input of rank {x.rank}")
        weights = m.reshape(weights, [-1 if at == axes[0] else 1 for at in range(x.rank)])
    return m.div(m.sum(m.mul(x, weights), axes), m.sum(weights, axes))


def place_of(op: str) -> Callable[[Maths, Called], Tensor]:
    """``argmax`` and ``argmin``: the first of equal ones, as int32."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        keepdims = call.flag("keepdims", False)
        everything = call.raw("axis") is None
        y = m.flat(x) if everything else x
        axis = 0 if everything else call.axis("axis", x)
        shape = tuple(size for at, size in enumerate(y.shape) if at != axis)
        found = m.cast(m.op(op, y, shape=shape, dtype=D.INT64, axis=axis, keepdims=0), D.INT32)
        if not keepdims:
            return found
        return m.reshape(found, [1] * x.rank) if everything else m.unsqueeze(found, axis)

    return emit


# Without what is not a number


def _replaced(m: Maths, x: Tensor, value: float) -> Tensor:
    return m.where(m.op("IsNaN", x), value, x) if is_float(dtype_of(x)) else x


def nan_total(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return total(m, _replaced(m, x, 0.0), axes, keepdims)


def nan_product(m: Maths, call: Called) -> Tensor:
    x = _replaced(m, call.tensor("x"), 1.0)
    axes, keepdims = _over(call, x)
    return m.reduce("ReduceProd", m.cast(x, summed(dtype_of(x))), axes, keepdims)


def nan_extreme(largest_of: bool) -> Callable[[Maths, Tensor, tuple[int, ...], bool], Tensor]:
    def compute(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
        reduce = largest if largest_of else smallest
        if not is_float(dtype_of(x)):
            return reduce(m, x, axes, keepdims)
        found = reduce(m, _replaced(m, x, -np.inf if largest_of else np.inf), axes, keepdims)
        return m.where(m.all(m.op("IsNaN", x), axes, keepdims), np.nan, found)

    return compute


def _count(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    return m.sum(m.cast(m.negated(m.op("IsNaN", x)), dtype_of(x)), axes, keepdims)


def nan_mean(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    if not axes:
        return x
    x = m.cast(x, result_type(dtype_of(x), D.FLOAT))
    return m.div(nan_total(m, x, axes, keepdims), _count(m, x, axes, keepdims))


def nan_variance(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    x = m.real(x)
    centred = _replaced(m, m.sub(x, nan_mean(m, x, axes, True)), 0.0)
    return m.div(m.sum(m.square(centred), axes, keepdims), _count(m, x, axes, keepdims))


def nan_deviation(m: Maths, x: Tensor, axes: tuple[int, ...], keepdims: bool = False) -> Tensor:
    return m.sqrt(nan_variance(m, x, axes, keepdims))


def nan_place_of(op: str) -> Callable[[Maths, Called], Tensor]:
    """-1 where nothing is a number."""
    worst = -np.inf if op == "ArgMax" else np.inf

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        if not is_float(dtype_of(x)):
            return place_of(op)(m, call)
        arguments = {key: call.raw(key) for key in ("axis", "keepdims")}
        found = place_of(op)(m, Called(m, {"x": _replaced(m, x, worst), **arguments}))
        nothing = m.all(m.op("IsNaN", x), *_over(call, x))
        return m.where(nothing, -1, found)

    return emit
