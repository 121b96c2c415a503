"""Smooth functions of one number."""

from __future__ import annotations

from math import pi, sqrt

import onnx_ir as ir

from explorer3d.compute.gradient.chain import one_minus, times, where
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import Parts, vjp


@vjp("Sigmoid")
def sigmoid(step: Step) -> Parts:
    y = step.y[0]
    return times(step, step.op("Mul", y, one_minus(step, y)))


@vjp("Tanh")
def tanh(step: Step) -> Parts:
    y = step.y[0]
    return times(step, one_minus(step, step.op("Mul", y, y)))


@vjp("Softplus")
def softplus(step: Step) -> Parts:
    return times(step, step.op("Sigmoid", step.x[0]))


@vjp("Softsign")
def softsign(step: Step) -> Parts:
    x = step.x[0]
    below = step.op("Add", step.number(1, x), step.op("Abs", x))
    return (step.op("Div", step.dy[0], step.op("Mul", below, below)),)


@vjp("HardSigmoid")
def hard_sigmoid(step: Step) -> Parts:
    y = step.y[0]
    rising = step.op("And", step.op("Greater", y, step.number(0, y)), step.op("Less", y, step.number(1, y)))
    return times(step, where(step, rising, step.attribute("alpha")))


@vjp("HardSwish")
def hard_swish(step: Step) -> Parts:
    """x · max(0, min(1, x/6 + ½))."""
    x = step.x[0]
    curve = step.op("Add", step.op("Mul", x, step.number(1 / 3, x)), step.number(0.5, x))
    slope = where(step, step.op("Less", x, step.number(3, x)), curve, 1.0)
    return times(step, where(step, step.op("Greater", x, step.number(-3, x)), slope))


@vjp("Swish")
def swish(step: Step) -> Parts:
    """x · s with s = sigmoid(αx); its slope is s + αxs(1 - s)."""
    x = step.x[0]
    scaled = step.op("Mul", x, step.number(step.attribute("alpha"), x))
    s = step.op("Sigmoid", scaled)
    bend = step.op("Mul", step.op("Mul", scaled, s), one_minus(step, s))
    return times(step, step.op("Add", s, bend))


@vjp("Mish")
def mish(step: Step) -> Parts:
    """x · t with t = tanh(softplus(x)); its slope is t + x·sigmoid(x)·(1 - t²)."""
    x = step.x[0]
    t = step.op("Tanh", step.op("Softplus", x))
    bend = step.op("Mul", step.op("Mul", x, step.op("Sigmoid", x)), one_minus(step, step.op("Mul", t, t)))
    return times(step, step.op("Add", t, bend))


@vjp("Erf")
def erf(step: Step) -> Parts:
    return times(step, _bell(step, step.x[0], 2 / sqrt(pi), 1.0))


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
        bend = step.op("Mul", step.op("Mul", x, steep), one_minus(step, step.op("Mul", t, t)))
        both = step.op("Add", step.op("Add", one, t), bend)
        return times(step, step.op("Mul", half, both))
    area = step.op("Erf", step.op("Mul", x, step.number(sqrt(0.5), x)))
    area = step.op("Mul", half, step.op("Add", one, area))
    density = _bell(step, x, 1 / sqrt(2 * pi), 0.5)
    return times(step, step.op("Add", area, step.op("Mul", x, density)))


@vjp("Exp")
def exp(step: Step) -> Parts:
    return times(step, step.y[0])


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
    return times(step, step.op("Neg", step.op("Mul", y, y)))


@vjp("Neg")
def neg(step: Step) -> Parts:
    return (step.op("Neg", step.dy[0]),)


@vjp("Abs")
def absolute(step: Step) -> Parts:
    return times(step, step.op("Sign", step.x[0]))


@vjp("Sin")
def sin(step: Step) -> Parts:
    return times(step, step.op("Cos", step.x[0]))


@vjp("Cos")
def cos(step: Step) -> Parts:
    return times(step, step.op("Neg", step.op("Sin", step.x[0])))


@vjp("Tan")
def tan(step: Step) -> Parts:
    y = step.y[0]
    return times(step, step.op("Add", step.number(1, y), step.op("Mul", y, y)))


@vjp("Sinh")
def sinh(step: Step) -> Parts:
    return times(step, step.op("Cosh", step.x[0]))


@vjp("Cosh")
def cosh(step: Step) -> Parts:
    return times(step, step.op("Sinh", step.x[0]))


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
