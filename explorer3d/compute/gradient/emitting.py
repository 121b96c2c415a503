"""Pieces that many rules emit."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.step import Step


def transposed(step: Step, value: ir.Value | None, order: Sequence[int]) -> ir.Value:
    return step.op("Transpose", value, perm=list(order))


def summed(step: Step, value: ir.Value | None, axes: Sequence[int], *, keepdims: bool = True) -> ir.Value:
    return step.op("ReduceSum", value, step.ints(*axes), keepdims=int(keepdims))


def averaged(step: Step, value: ir.Value | None, axes: Sequence[int]) -> ir.Value:
    """Over axes that stay, of size one."""
    return step.op("ReduceMean", value, step.ints(*axes), keepdims=1)


def padded(step: Step, value: ir.Value | None, before: Sequence[int], after: Sequence[int]) -> ir.Value:
    """Zeros before and after, axis by axis; a number below zero takes places away."""
    return step.op("Pad", value, step.ints(*before, *after))


def first_only(step: Step, gradient: ir.Value | None) -> list[ir.Value | None]:
    """What goes in after the first input, such as shapes and axes, has no gradient."""
    return [gradient, *[None] * (len(step.x) - 1)]


def shared(step: Step, y: ir.Value | None, dy: ir.Value | None, axes: Sequence[int]) -> ir.Value:
    """What flows to the largest or least of several numbers: equal ones share alike."""
    best = step.op("CastLike", step.op("Equal", step.x[0], y), dy)
    count = summed(step, best, axes) if axes else best
    return step.op("Mul", best, step.op("Div", dy, count))


def scattered(step: Step, places: ir.Value) -> ir.Value:
    """Add what flows to the elements of the first input that it came from.

    Parameters
    ----------
    step : Step
    places : Value
        int64, of the output's shape: which element of the flattened input each number is.
    """
    shape, dy = step.shape(step.x[0]), step.dy[0]
    # Where a place is computed by the network, nobody could infer how many there are.
    step.tape.know(places, step.shape(step.y[0]), np.dtype(np.int64))
    flat = zeros(step, [prod(shape)], dy)
    places, sent = step.reshape(places, [-1]), step.reshape(dy, [-1])
    return step.reshape(step.op("ScatterElements", flat, places, sent, reduction="add"), shape)


def zeros(step: Step, shape: Sequence[int], like: ir.Value | None) -> ir.Value:
    """Made by the run, so that the graph does not hold them."""
    return step.op("ConstantOfShape", step.ints(*shape), value=ir.tensor(np.zeros(1, step.dtype(like))))
