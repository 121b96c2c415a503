"""Operators that work on each number by itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp

Parts = Sequence[ir.Value | None]


def _times(step: Step, slope: ir.Value) -> Parts:
    """The chain rule for one input."""
    return (step.op("Mul", step.dy[0], slope),)


def _broadcast(step: Step, place: int, gradient: ir.Value | None) -> ir.Value:
    """A gradient of the output's shape as one of an input's."""
    return step.sum_to(gradient, step.shape(step.x[place]))


def _where(
    step: Step, condition: ir.Value | None, yes: ir.Value | float | None, no: ir.Value | float | None = 0.0
) -> ir.Value:
    """Choose number by number; a plain number is of the type of what flows."""
    dy = step.dy[0]
    values = [step.number(value, dy) if isinstance(value, float | int) else value for value in (yes, no)]
    return step.op("Where", condition, *values)


def _one_minus(step: Step, value: ir.Value) -> ir.Value:
    return step.op("Sub", step.number(1, value), value)


# Two inputs


@vjp("Add")
def add(step: Step) -> Parts:
    dy = step.dy[0]
    return [_broadcast(step, place, dy) if step.wanted[place] else None for place in (0, 1)]


@vjp("Sub")
def sub(step: Step) -> Parts:
    dy = step.dy[0]
    return [
        _broadcast(step, 0, dy) if step.wanted[0] else None,
        step.op("Neg", _broadcast(step, 1, dy)) if step.wanted[1] else None,
    ]


@vjp("Mul")
def mul(step: Step) -> Parts:
    a, b = step.x
    return [
        _broadcast(step, 0, step.op("Mul", step.dy[0], b)) if step.wanted[0] else None,
        _broadcast(step, 1, step.op("Mul", step.dy[0], a)) if step.wanted[1] else None,
    ]


@vjp("Div")
def div(step: Step) -> Parts:
    _, b = step.x
    over = step.op("Div", step.dy[0], b)
    return [
        _broadcast(step, 0, over) if step.wanted[0] else None,
        step.op("Neg", _broadcast(step, 1, step.op("Mul", over, step.y[0]))) if step.wanted[1] else None,
    ]


@vjp("Pow")
def power(step: Step) -> Parts:
    x, exponent = step.x
    like = step.op("CastLike", exponent, x) if step.dtype(exponent) != step.dtype(x) else exponent
    by_base = by_exponent = None
    if step.wanted[0]:
        # x⁰ is constant at 0 too, where its exponent less one is not to be had.
        lower = step.op("Pow", x, step.op("Sub", like, step.number(1, x)))
        slope = step.op("Mul", like, lower)
        zero = step.op("Equal", like, step.number(0, x))
        if step.constant_of(exponent) is None or np.any(step.constant_of(exponent) == 0):
            slope = _where(step, zero, 0.0, slope)
        by_base = _broadcast(step, 0, step.op("Mul", step.dy[0], slope))
    if step.wanted[1]:
        # The limit of xᵉ·ln x towards 0 is 0.
        positive = step.op("Greater", x, step.number(0, x))
        slope = step.op("Mul", step.y[0], step.op("Log", _where(step, positive, x, 1.0)))
        by_exponent = _broadcast(step, 1, step.op("Mul", step.dy[0], slope))
    return [by_base, by_exponent]


@vjp("PRelu")
def prelu(step: Step) -> Parts:
    x, slope = step.x
    negative = step.op("Less", x, step.number(0, x))
    return [
        _where(step, negative, step.op("Mul", step.dy[0], slope), step.dy[0]) if step.wanted[0] else None,
        _broadcast(step, 1, _where(step, negative, step.op("Mul", step.dy[0], x)))
        if step.wanted[1]
        else None,
    ]


@vjp("Where")
def where(step: Step) -> Parts:
    condition, dy = step.x[0], step.dy[0]
    return [
        None,
        _broadcast(step, 1, _where(step, condition, dy)) if step.wanted[1] else None,
        _broadcast(step, 2, _where(step, condition, 0.0, dy)) if step.wanted[2] else None,
    ]


# Any number of inputs


@vjp("Sum")
def sum_(step: Step) -> Parts:
    dy = step.dy[0]
    return [_broadcast(step, place, dy) if wanted else None for place, wanted in enumerate(step.wanted)]


@vjp("Mean")
def mean(step: Step) -> Parts:
    dy = step.dy[0]
    share = step.op("Div", dy, step.number(len(step.x), dy))
    return [_broadcast(step, place, share) if wanted else None for place, wanted in enumerate(step.wanted)]


@vjp("Max", "Min")
def extreme(step: Step) -> Parts:
    """Of several equal inputs the first has it all."""
    if len(step.x) == 1:
        return step.dy
    dy, free = step.dy[0], None
    parts: list[ir.Value | None] = []
    for place, x in enumerate(step.x):
        assert x is not None
        here = step.op("Equal", x, step.y[0])
        mine = here if free is None else step.op("And", here, free)
        missed = step.op("Not", here)
        free = missed if free is None else step.op("And", free, missed)
        parts.append(_broadcast(step, place, _where(step, mine, dy)) if step.wanted[place] else None)
    return parts


# ReLU and its kin


def _through(step: Step, passes: ir.Value) -> ir.Value:
    """What goes back through a ReLU, where its output is positive."""
    dy = step.dy[0]
    if step.flow == "gradient":
        return _where(step, passes, dy)
    positive = step.op("Relu", dy)
    return positive if step.flow == "deconvnet" else _where(step, passes, positive)


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
        return (through if above is None else _where(step, above, through), None, None)[: len(step.x)]
    for condition in (below, above):
        dy = dy if condition is None else _where(step, condition, dy)
    return (dy, None, None)[: len(step.x)]


@vjp("LeakyRelu")
def leaky_relu(step: Step) -> Parts:
    x = step.x[0]
    alpha = step.number(step.attribute("alpha"), x)
    return (
        _where(step, step.op("Less", x, step.number(0, x)), step.op("Mul", step.dy[0], alpha), step.dy[0]),
    )


@vjp("ThresholdedRelu")
def thresholded_relu(step: Step) -> Parts:
    x, dy = step.x[0], step.dy[0]
    return (_where(step, step.op("Greater", x, step.number(step.attribute("alpha"), x)), dy),)


@vjp("Elu")
def elu(step: Step) -> Parts:
    x = step.x[0]
    # α eˣ; where x is positive that is not looked at, and must not overflow.
    curve = step.op(
        "Mul", step.number(step.attribute("alpha"), x), step.op("Exp", step.op("Min", x, step.number(0, x)))
    )
    return _times(step, _where(step, step.op("Greater", x, step.number(0, x)), 1.0, curve))


@vjp("Selu")
def selu(step: Step) -> Parts:
    x = step.x[0]
    alpha, gamma = step.attribute("alpha"), step.attribute("gamma")
    curve = step.op("Exp", step.op("Min", x, step.number(0, x)))
    curve = step.op("Mul", step.number(alpha * gamma, x), curve)
    return _times(step, _where(step, step.op("Greater", x, step.number(0, x)), gamma, curve))


@vjp("Celu")
def celu(step: Step) -> Parts:
    x = step.x[0]
    below = step.op("Min", x, step.number(0, x))
    return _times(step, step.op("Exp", step.op("Div", below, step.number(step.attribute("alpha"), x))))


@vjp("Shrink")
def shrink(step: Step) -> Parts:
    x, dy = step.x[0], step.dy[0]
    far = step.op("Greater", step.op("Abs", x), step.number(step.attribute("lambd"), x))
    return (_where(step, far, dy),)


# Smooth curves


@vjp("Sigmoid")
def sigmoid(step: Step) -> Parts:
    y = step.y[0]
    return _times(step, step.op("Mul", y, _one_minus(step, y)))


@vjp("Tanh")
def tanh(step: Step) -> Parts:
    y = step.y[0]
    return _times(step, _one_minus(step, step.op("Mul", y, y)))


@vjp("Softplus")
def softplus(step: Step) -> Parts:
    return _times(step, step.op("Sigmoid", step.x[0]))


@vjp("Softsign")
def softsign(step: Step) -> Parts:
    x = step.x[0]
    below = step.op("Add", step.number(1, x), step.op("Abs", x))
    return (step.op("Div", step.dy[0], step.op("Mul", below, below)),)


@vjp("HardSigmoid")
def hard_sigmoid(step: Step) -> Parts:
    y = step.y[0]
    rising = step.op("And", step.op("Greater", y, step.number(0, y)), step.op("Less", y, step.number(1, y)))
    return _times(step, _where(step, rising, step.attribute("alpha")))


@vjp("HardSwish")
def hard_swish(step: Step) -> Parts:
    """x · max(0, min(1, x/6 + ½))."""
    x = step.x[0]
    curve = step.op("Add", step.op("Mul", x, step.number(1 / 3, x)), step.number(0.5, x))
    slope = _where(step, step.op("Less", x, step.number(3, x)), curve, 1.0)
    return _times(step, _where(step, step.op("Greater", x, step.number(-3, x)), slope))


@vjp("Swish")
def swish(step: Step) -> Parts:
    """x · s with s = sigmoid(αx); its slope is s + αxs(1 - s)."""
    x = step.x[0]
    scaled = step.op("Mul", x, step.number(step.attribute("alpha"), x))
    s = step.op("Sigmoid", scaled)
    bend = step.op("Mul", step.op("Mul", scaled, s), _one_minus(step, s))
    return _times(step, step.op("Add", s, bend))


@vjp("Mish")
def mish(step: Step) -> Parts:
    """x · t with t = tanh(softplus(x)); its slope is t + x·sigmoid(x)·(1 - t²)."""
    x = step.x[0]
    t = step.op("Tanh", step.op("Softplus", x))
    bend = step.op("Mul", step.op("Mul", x, step.op("Sigmoid", x)), _one_minus(step, step.op("Mul", t, t)))
    return _times(step, step.op("Add", t, bend))


@vjp("Erf")
def erf(step: Step) -> Parts:
    return _times(step, _bell(step, step.x[0], 2 / sqrt(pi), 1.0))


def _bell(step: Step, x: ir.Value | None, height: float, sharpness: float) -> ir.Value:
    """height · exp(-sharpness · x²)."""
    square = step.op("Mul", step.op("Mul", x, x), step.number(-sharpness, x))
    return step.op("Mul", step.op("Exp", square), step.number(height, x))


@vjp("Gelu")
def gelu(step: Step) -> Parts:
    """x·Φ(x), or with tanh its approximation 0.5x(1 + tanh(√(2/π)(x + 0.044715x³)))."""
    x = step.x[0]
    half, one = step.number(0.5, x), step.number(1, x)
    if step.attribute("approximate") == "tanh":
        square = step.op("Mul", x, x)
        cubic = step.op("Add", step.op("Mul", square, step.number(0.044715, x)), one)
        scale = sqrt(2 / pi)
        t = step.op("Tanh", step.op("Mul", step.op("Mul", x, cubic), step.number(scale, x)))
        steep = step.op(
            "Add", step.op("Mul", square, step.number(3 * 0.044715 * scale, x)), step.number(scale, x)
        )
        bend = step.op("Mul", step.op("Mul", x, steep), _one_minus(step, step.op("Mul", t, t)))
        both = step.op("Add", step.op("Add", one, t), bend)
        return _times(step, step.op("Mul", half, both))
    area = step.op("Erf", step.op("Mul", x, step.number(sqrt(0.5), x)))
    area = step.op("Mul", half, step.op("Add", one, area))
    density = _bell(step, x, 1 / sqrt(2 * pi), 0.5)
    return _times(step, step.op("Add", area, step.op("Mul", x, density)))


@vjp("Exp")
def exp(step: Step) -> Parts:
    return _times(step, step.y[0])


@vjp("Log")
def log(step: Step) -> Parts:
    return (step.op("Div", step.dy[0], step.x[0]),)


@vjp("Sqrt")
def square_root(step: Step) -> Parts:
    y = step.y[0]
    return (step.op("Div", step.dy[0], step.op("Add", y, y)),)


@vjp("Reciprocal")
def reciprocal(step: Step) -> Parts:
    y = step.y[0]
    return _times(step, step.op("Neg", step.op("Mul", y, y)))


@vjp("Neg")
def neg(step: Step) -> Parts:
    return (step.op("Neg", step.dy[0]),)


@vjp("Abs")
def absolute(step: Step) -> Parts:
    return _times(step, step.op("Sign", step.x[0]))


@vjp("Sin")
def sin(step: Step) -> Parts:
    return _times(step, step.op("Cos", step.x[0]))


@vjp("Cos")
def cos(step: Step) -> Parts:
    return _times(step, step.op("Neg", step.op("Sin", step.x[0])))


@vjp("Tan")
def tan(step: Step) -> Parts:
    y = step.y[0]
    return _times(step, step.op("Add", step.number(1, y), step.op("Mul", y, y)))


@vjp("Sinh")
def sinh(step: Step) -> Parts:
    return _times(step, step.op("Cosh", step.x[0]))


@vjp("Cosh")
def cosh(step: Step) -> Parts:
    return _times(step, step.op("Sinh", step.x[0]))


def _over_root(step: Step, below: ir.Value) -> Parts:
    return (step.op("Div", step.dy[0], step.op("Sqrt", below)),)


def _square(step: Step) -> tuple[ir.Value, ir.Value]:
    x = step.x[0]
    return step.op("Mul", x, x), step.number(1, x)


@vjp("Asin")
def asin(step: Step) -> Parts:
    square, one = _square(step)
    return _over_root(step, step.op("Sub", one, square))


@vjp("Acos")
def acos(step: Step) -> Parts:
    return (step.op("Neg", asin(step)[0]),)


@vjp("Asinh")
def asinh(step: Step) -> Parts:
    square, one = _square(step)
    return _over_root(step, step.op("Add", one, square))


@vjp("Acosh")
def acosh(step: Step) -> Parts:
    square, one = _square(step)
    return _over_root(step, step.op("Sub", square, one))


@vjp("Atan")
def atan(step: Step) -> Parts:
    square, one = _square(step)
    return (step.op("Div", step.dy[0], step.op("Add", one, square)),)


@vjp("Atanh")
def atanh(step: Step) -> Parts:
    square, one = _square(step)
    return (step.op("Div", step.dy[0], step.op("Sub", one, square)),)


@vjp("Ceil", "Floor", "Round", "Sign")
def steps(step: Step) -> Parts:
    """Flat but for the jumps, so that nothing flows."""
    return (None,)
