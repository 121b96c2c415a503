"""ReLU and its kin: straight lines with a bend, or nearly."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from explorer3d.compute.gradient.chain import times, where
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp

Parts = Sequence[ir.Value | None]


def _through(step: Step, passes: ir.Value) -> ir.Value:
    """What goes back through a ReLU, where its output is positive."""
    dy = step.dy[0]
    if step.flow == "gradient":
        return where(step, passes, dy)
    positive = step.op("Relu", dy)
    return positive if step.flow == "deconvnet" else where(step, passes, positive)


@vjp("Relu")
def relu(step: Step) -> Parts:
    y = step.y[0]
    return (_through(step, step.op("Greater", y, step.number(0, y))),)


@vjp("Clip")
def clip(step: Step) -> Parts:
    """A lower bound of zero is a ReLU's."""
    x, low, high = (*step.x, None, None)[:3]
    dy = step.dy[0]
    if step.wanted[1:] and any(step.wanted[1:]):
        step.refuse("its bounds are computed")
    below = None if low is None else step.op("Greater", x, low)
    above = None if high is None else step.op("Less", x, high)
    bound = step.constant_of(low)
    if below is not None and bound is not None and float(bound) == 0:
        through = _through(step, below)
        return (through if above is None else where(step, above, through), None, None)[: len(step.x)]
    for condition in (below, above):
        dy = dy if condition is None else where(step, condition, dy)
    return (dy, None, None)[: len(step.x)]


@vjp("LeakyRelu")
def leaky_relu(step: Step) -> Parts:
    x = step.x[0]
    alpha = step.number(step.attribute("alpha"), x)
    return (
        where(step, step.op("Less", x, step.number(0, x)), step.op("Mul", step.dy[0], alpha), step.dy[0]),
    )


@vjp("ThresholdedRelu")
def thresholded_relu(step: Step) -> Parts:
    x, dy = step.x[0], step.dy[0]
    return (where(step, step.op("Greater", x, step.number(step.attribute("alpha"), x)), dy),)


@vjp("Elu")
def elu(step: Step) -> Parts:
    x = step.x[0]
    # α eˣ; where x is positive that is not looked at, and must not overflow.
    curve = step.op(
        "Mul", step.number(step.attribute("alpha"), x), step.op("Exp", step.op("Min", x, step.number(0, x)))
    )
    return times(step, where(step, step.op("Greater", x, step.number(0, x)), 1.0, curve))


@vjp("Selu")
def selu(step: Step) -> Parts:
    x = step.x[0]
    alpha, gamma = step.attribute("alpha"), step.attribute("gamma")
    curve = step.op("Exp", step.op("Min", x, step.number(0, x)))
    curve = step.op("Mul", step.number(alpha * gamma, x), curve)
    return times(step, where(step, step.op("Greater", x, step.number(0, x)), gamma, curve))


@vjp("Celu")
def celu(step: Step) -> Parts:
    x = step.x[0]
    below = step.op("Min", x, step.number(0, x))
    return times(step, step.op("Exp", step.op("Div", below, step.number(step.attribute("alpha"), x))))


@vjp("Shrink")
def shrink(step: Step) -> Parts:
    x, dy = step.x[0], step.dy[0]
    far = step.op("Greater", step.op("Abs", x), step.number(step.attribute("lambd"), x))
    return (where(step, far, dy),)
