"""ReLU and its kin: straight lines with a bend, or nearly."""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.compute.gradient.chain import masked, times, where
from explorer3d.compute.gradient.emitting import first_only
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import Parts, vjp


@vjp("Relu")
def relu(step: Step) -> Parts:
    y = step.y[0]
    return (_rectified(step, step.op("Greater", y, step.number(0, y))),)


@vjp("Clip")
def clip(step: Step) -> Parts:
    """A lower bound of zero is a ReLU's. Its output is asked, so that it can be fused with what is before."""
    y, low, high = (step.y[0], *step.x[1:], None, None)[:3]
    if any(step.wanted[1:]):
        step.refuse("its bounds are computed")
    above = None if low is None else step.op("Greater", y, low)
    below = None if high is None else step.op("Less", y, high)
    bound = step.constant_of(low)
    if bound is not None and bound.item() == 0:
        gradient: ir.Value | None = _rectified(step, above, below)
    else:
        between = _both(step, above, below)
        gradient = step.dy[0] if between is None else masked(step, between)
    return first_only(step, gradient)


def _rectified(step: Step, above: ir.Value | None, below: ir.Value | None = None) -> ir.Value:
    """What goes back through a ReLU, in the way that is asked for.

    Parameters
    ----------
    step : Step
    above : Value
        Where its output is positive.
    below : Value, optional
        Where it is less than the most that it can be. A deconvnet does not ask: the strongest activations
        of a ReLU6 are all at the most, and nothing would be left of them.
    """
    if step.flow == "gradient":
        return masked(step, _both(step, above, below))
    positive = step.op("Relu", step.dy[0])
    return positive if step.flow == "deconvnet" else masked(step, _both(step, above, below), positive)


def _both(step: Step, one: ir.Value | None, other: ir.Value | None) -> ir.Value | None:
    """Where two conditions hold, of which there may be none."""
    if one is None or other is None:
        return other if one is None else one
    return step.op("And", one, other)


@vjp("LeakyRelu")
def leaky_relu(step: Step) -> Parts:
    x = step.x[0]
    alpha = step.number(step.attribute("alpha"), x)
    return (
        where(step, step.op("Less", x, step.number(0, x)), step.op("Mul", step.dy[0], alpha), step.dy[0]),
    )


@vjp("ThresholdedRelu")
def thresholded_relu(step: Step) -> Parts:
    x = step.x[0]
    return (masked(step, step.op("Greater", x, step.number(step.attribute("alpha"), x))),)


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
    x = step.x[0]
    far = step.op("Greater", step.op("Abs", x), step.number(step.attribute("lambd"), x))
    return (masked(step, far),)
