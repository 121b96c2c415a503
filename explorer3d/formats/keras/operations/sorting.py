"""Operations that put numbers in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.called import Called, Emit
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import Size, check_table, dtype_of, has_batch
from explorer3d.formats.keras.operations.promotion import D, is_float
from explorer3d.formats.keras.settings import Unsupported


def ranked(m: Maths, x: Tensor, axis: int, count: Size, largest: bool) -> tuple[Tensor, Tensor]:
    """The first numbers of an axis in order, and where they stood (int32); equal ones stay in theirs."""
    own = dtype_of(x)
    narrow = own in (D.BOOL, D.INT8, D.INT16, D.UINT8, D.UINT16)
    used = own if own in (D.FLOAT, D.DOUBLE, D.INT32, D.INT64) else D.INT32 if narrow else D.INT64
    shape = tuple(
        (count if isinstance(count, int) else None) if at == axis else size for at, size in enumerate(x.shape)
    )
    given = [m.cast(x, used), m.vector([count])]
    batch = axis > 0 and has_batch(x)
    best, places = m.ops(
        "TopK", given, [shape, shape], batch=batch, axis=axis, largest=int(largest), sorted=1
    )
    places.value.type = ir.TensorType(D.INT64)
    return m.cast(best, own), m.cast(places, D.INT32)


def ordered(which: int) -> Emit:
    """``sort`` (0) and ``argsort`` (1)."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        if x.rank == 0 and which:
            return m.tensor(np.zeros(1), D.INT32)
        if call.raw("axis") is None and call.has_key("axis"):
            x, axis = m.flat(x), 0
        else:
            axis = call.axis("axis", x, -1)
        direction = call.text("direction", "ascending")
        if direction not in ("ascending", "descending"):
            raise Unsupported(f"its direction {direction} is not known here")
        return ranked(m, x, axis, m.size(x, axis), direction == "descending")[which]

    return emit


def top_k(m: Maths, call: Called) -> list[Tensor]:
    x, count = call.tensor("x"), call.count("k", 1)
    size = x.known(-1)
    if count > size:
        raise Unsupported(f"it takes the {count} largest of {size}")
    return list(ranked(m, x, x.rank - 1, count, True))


def in_top_k(m: Maths, call: Called) -> Tensor:
    """Whether fewer than k classes are above the target's."""
    scores, targets = call.tensor("predictions"), call.tensor("targets", D.INT64)
    if scores.rank != 2 or targets.rank != 1:
        raise Unsupported("it needs rows of scores and a class for each")
    own = m.op("GatherElements", scores, m.unsqueeze(targets, 1), shape=(targets.shape[0], 1), axis=1)
    above = m.sum(m.cast(m.greater(scores, own), D.INT32), [1])
    finite = m.negated(m.either(m.op("IsNaN", own), m.op("IsInf", own)))
    return m.both(m.less(above, call.size("k")), m.squeeze(finite, 1))


def quantile(*, percent: bool = False, share: float | None = None) -> Callable[[Maths, Called], Tensor]:
    """``quantile``, ``percentile`` and ``median``."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = m.real(call.tensor("x"))
        shares = _valid_shares(call, percent, share)
        axes, keepdims = call.axes("axis", x), call.flag("keepdims", False)
        flat, rest, count = _rows(m, x, axes)
        row, _ = ranked(m, flat, len(rest), count, False)
        y = _between(m, row, count, shares, call.text("method", "linear"))
        y = m.where(m.any(m.op("IsNaN", flat), [len(rest)], True), np.nan, y)
        return _finished(m, y, axes, keepdims, bool(shares.ndim))

    return emit


def _valid_shares(call: Called, percent: bool, share: float | None) -> np.ndarray:
    wanted = np.asarray(_shares(call) if share is None else share, dtype=np.float32)
    shares = (wanted / np.float32(100) if percent else wanted).astype(np.float64)
    if shares.ndim > 1 or not 0 < shares.size <= 1024 or not np.all((shares >= 0) & (shares <= 1)):
        raise Unsupported("its quantiles are no numbers from 0 to 1")
    return shares


def _rows(m: Maths, x: Tensor, axes: Sequence[int]) -> tuple[Tensor, list[int], int]:
    """With the given axes as one, behind the others."""
    rest = [axis for axis in range(x.rank) if axis not in axes]
    count = prod(x.known(axis) for axis in axes)
    kept = [m.size(x, axis) for axis in rest]
    return m.reshape(m.transpose(x, [*rest, *axes]), [*kept, count]), rest, count


def _finished(m: Maths, y: Tensor, axes: Sequence[int], keepdims: bool, several: bool) -> Tensor:
    """The axis of quantiles, now last, comes first."""
    y = m.moved(y, y.rank - 1, 0)
    y = m.unsqueeze(y, *(axis + 1 for axis in axes)) if keepdims and axes else y
    return y if several else m.squeeze(y, 0)


def nan_quantile(*, percent: bool = False, share: float | None = None) -> Emit:
    """Of the numbers among them: the row in order has as many as there are, and gaps behind."""

    def emit(m: Maths, call: Called) -> Tensor:
        x = call.tensor("x")
        if not is_float(dtype_of(x)):
            return quantile(percent=percent, share=share)(m, call)
        shares = _valid_shares(call, percent, share)
        axes, keepdims = call.axes("axis", x), call.flag("keepdims", False)
        flat, rest, count = _rows(m, x, axes)
        row, _ = ranked(m, m.where(m.op("IsNaN", flat), np.inf, flat), len(rest), count, False)
        present = m.sum(m.cast(m.negated(m.op("IsNaN", flat)), D.DOUBLE), [len(rest)], True)
        method = call.text("method", "linear")
        # Where nothing is a number, the place is taken from the gaps and not looked at.
        exact = m.mul(m.maximum(m.sub(present, 1.0), 0.0), m.array(np.atleast_1d(shares), D.DOUBLE))
        y = _between_open(m, row, exact, method)
        y = m.where(m.equal(present, 0.0), np.nan, y)
        return _finished(m, y, axes, keepdims, bool(shares.ndim))

    return emit


def _between_open(m: Maths, row: Tensor, exact: Tensor, method: str) -> Tensor:
    """As `_between`, for places that only the run tells."""
    axis = row.rank - 1

    def at(places: Tensor) -> Tensor:
        wide = m.cast(places, D.INT64)
        return m.op("GatherElements", row, wide, shape=wide.shape, axis=axis)

    if method in ("lower", "higher", "nearest"):
        return at(m.op({"lower": "Floor", "higher": "Ceil", "nearest": "Round"}[method], exact))
    low, high = m.op("Floor", exact), m.op("Ceil", exact)
    if method == "midpoint":
        return m.mul(m.add(at(low), at(high)), 0.5)
    if method != "linear":
        raise Unsupported(f"its method {method} is not known here")
    share = m.cast(m.sub(exact, low), dtype_of(row))
    return m.add(m.mul(at(low), m.sub(1.0, share)), m.mul(at(high), share))


def _shares(call: Called) -> Any:
    given = call.operand("q")
    if isinstance(given, Tensor):
        raise Unsupported("its quantiles are not in the file")
    return given


def _between(m: Maths, row: Tensor, count: int, shares: np.ndarray, method: str) -> Tensor:
    """The numbers at shares of a row in order."""
    exact = (count - 1) * np.atleast_1d(shares)
    axis = row.rank - 1

    def at(places: np.ndarray) -> Tensor:
        return m.gather(row, m.array(np.clip(places, 0, count - 1), D.INT64), axis)

    if method in ("lower", "higher", "nearest"):
        return at({"lower": np.floor, "higher": np.ceil, "nearest": np.rint}[method](exact))
    if method == "midpoint":
        return m.mul(m.add(at(np.floor(exact)), at(np.ceil(exact))), 0.5)
    if method != "linear":
        raise Unsupported(f"its method {method} is not known here")
    below = np.maximum(np.ceil(exact) - 1, 0)
    above = np.minimum(below + 1, count - 1)
    share = m.array(above - exact, dtype_of(row))
    return m.add(m.mul(at(above), m.sub(1.0, share)), m.mul(at(below), share))


def search_sorted(m: Maths, call: Called) -> Tensor:
    """Where each value would be put into a sorted row."""
    row, values = m.settled(call.operand("sorted_sequence"), call.operand("values"))
    if row.rank != 1:
        raise Unsupported(f"its sorted numbers have {row.rank} axes, but 1 is needed")
    side = call.text("side", "left")
    if side not in ("left", "right"):
        raise Unsupported(f"its side {side} is not known here")
    compare = "Greater" if side == "left" else "GreaterOrEqual"
    return _count_below(m, values, row, compare)


def digitize(m: Maths, call: Called) -> Tensor:
    """How many of the bounds each number reaches."""
    x, bounds = m.promoted(call.tensor("x"), m.cast(call.tensor("bins"), D.FLOAT))
    if bounds.rank != 1:
        raise Unsupported(f"its bounds have {bounds.rank} axes, but 1 is needed")
    return _count_below(m, x, bounds, "GreaterOrEqual")


def _count_below(m: Maths, values: Tensor, row: Tensor, compare: str) -> Tensor:
    reached = m.binary(compare, m.unsqueeze(values, values.rank), row)
    return m.sum(m.cast(reached, D.INT32), [values.rank])


def is_in(m: Maths, call: Called) -> Tensor:
    """Whether each number is among others."""
    x, others = m.settled(call.operand("x1"), call.operand("x2"))
    alike = m.equal(m.unsqueeze(x, x.rank), m.flat(others))
    found = m.any(alike, [x.rank])
    return m.negated(found) if call.flag("invert", False) else found


def histogram(m: Maths, call: Called) -> list[Tensor]:
    """How many numbers lie in each of some equal bins, and the bins' bounds."""
    x, bins = call.tensor("x"), call.size("bins", 10)
    check_table(bins)
    flat = m.flat(x)
    ends = call.raw("range")
    if isinstance(ends, list) and len(ends) == 2:
        low, high = (Called(m, {"range": end}).tensor("range", D.DOUBLE) for end in ends)
    else:
        low, high = (m.cast(m.reduce(op, flat, [0]), D.DOUBLE) for op in ("ReduceMin", "ReduceMax"))
    steps = m.array(np.linspace(0, 1, bins + 1), D.DOUBLE)
    bounds = m.cast(m.add(low, m.mul(m.sub(high, low), steps)), dtype_of(x))
    inside = m.both(
        m.binary("GreaterOrEqual", flat, m.cast(low, dtype_of(x))),
        m.binary("LessOrEqual", flat, m.cast(high, dtype_of(x))),
    )
    inner = m.slice(bounds, 0, 1, bins)
    place = _count_below(m, flat, inner, "GreaterOrEqual")
    hits = m.equal(m.unsqueeze(place, 1), m.array(np.arange(bins), D.INT32))
    counts = m.sum(m.cast(m.both(hits, m.unsqueeze(inside, 1)), D.INT32), [0])
    return [m.cast(counts, dtype_of(x)), bounds]
