"""Operators that make one number of several."""

from __future__ import annotations

from math import prod

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import first_only, shared, zeros
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import Parts, vjp


def _axes(step: Step) -> tuple[int, ...]:
    """The axes that are taken together."""
    rank = len(step.shape(step.x[0]))
    given = step.x[1] if len(step.x) > 1 else None
    if given is None:
        axes = np.array([], np.int64)
    else:
        known = step.constant_of(given)
        if known is None:
            step.refuse("its axes are computed")
        axes = known
    if axes.size == 0:
        return () if step.attribute("noop_with_empty_axes") else tuple(range(rank))
    return tuple(sorted(int(axis) % rank for axis in axes.reshape(-1)))


def _beside(step: Step, value: ir.Value | None) -> ir.Value:
    """What a reduction makes, or its gradient, with the lost axes as ones: broadcasts to the input."""
    x = step.x[0]
    axes = _axes(step)
    return step.reshape(value, [1 if axis in axes else size for axis, size in enumerate(step.shape(x))])


def _spread(step: Step, gradient: ir.Value) -> Parts:
    """The same for each input, of the input's shape."""
    x = step.x[0]
    return first_only(step, step.op("Expand", gradient, step.ints(*step.shape(x))))


@vjp("ReduceSum")
def reduce_sum(step: Step) -> Parts:
    return _spread(step, _beside(step, step.dy[0]))


@vjp("ReduceMean")
def reduce_mean(step: Step) -> Parts:
    dy, sizes = _beside(step, step.dy[0]), step.shape(step.x[0])
    count = prod(sizes[axis] for axis in _axes(step))
    return _spread(step, step.op("Div", dy, step.number(count, dy)))


@vjp("ReduceMax", "ReduceMin")
def reduce_extreme(step: Step) -> Parts:
    """Several equal ones share alike."""
    y, dy = _beside(step, step.y[0]), _beside(step, step.dy[0])
    return first_only(step, shared(step, y, dy, _axes(step)))


@vjp("ReduceProd")
def reduce_prod(step: Step) -> Parts:
    """For each number the product of the others, zeros among them or not."""
    x = step.x[0]
    axes, one, zero = step.ints(*_axes(step)), step.number(1, x), step.number(0, x)
    if not _axes(step):
        return first_only(step, step.dy[0])
    is_zero = step.op("Equal", x, zero)
    count = step.op("ReduceSum", step.op("CastLike", is_zero, x), axes, keepdims=1)
    others = step.op("Where", is_zero, one, x)
    product = step.op("ReduceProd", others, axes, keepdims=1)
    # A zero is multiplied by the others if these are none, any other number if there is no zero at all.
    hindering = step.op("Sub", count, step.op("CastLike", is_zero, x))
    rest = step.op("Where", step.op("Equal", hindering, zero), step.op("Div", product, others), zero)
    return first_only(step, step.op("Mul", _beside(step, step.dy[0]), rest))


@vjp("ReduceL1")
def reduce_l1(step: Step) -> Parts:
    return first_only(step, step.op("Mul", _beside(step, step.dy[0]), step.op("Sign", step.x[0])))


@vjp("ReduceL2")
def reduce_l2(step: Step) -> Parts:
    """Zero in the point where the length is zero, the least of its subgradients."""
    x, length = step.x[0], _beside(step, step.y[0])
    zero, one = step.number(0, x), step.number(1, x)
    safe = step.op("Where", step.op("Equal", length, zero), one, length)
    return first_only(step, step.op("Mul", x, step.op("Div", _beside(step, step.dy[0]), safe)))


@vjp("ReduceSumSquare")
def reduce_sum_square(step: Step) -> Parts:
    x = step.x[0]
    return first_only(step, step.op("Mul", _beside(step, step.dy[0]), step.op("Add", x, x)))


@vjp("ReduceLogSum")
def reduce_log_sum(step: Step) -> Parts:
    total = step.op("Exp", _beside(step, step.y[0]))
    return _spread(step, step.op("Div", _beside(step, step.dy[0]), total))


@vjp("ReduceLogSumExp")
def reduce_log_sum_exp(step: Step) -> Parts:
    share = step.op("Exp", step.op("Sub", step.x[0], _beside(step, step.y[0])))
    return first_only(step, step.op("Mul", _beside(step, step.dy[0]), share))


@vjp("CumSum")
def cumsum(step: Step) -> Parts:
    """What a number is added to lies on its other side."""
    back = step.op(
        "CumSum",
        step.dy[0],
        step.x[1],
        exclusive=step.attribute("exclusive"),
        reverse=1 - step.attribute("reverse"),
    )
    return (back, None)


@vjp("TopK")
def top_k(step: Step) -> Parts:
    x = step.x[0]
    if step.dy[0] is None:
        return (None, None)
    nothing, axis = zeros(step, step.shape(x), step.dy[0]), step.attribute("axis")
    return (step.op("ScatterElements", nothing, step.also(1), step.dy[0], axis=axis), None)
