"""Operators that take several tensors number by number, with broadcasting."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.chain import masked, to_input, where
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import Parts, vjp


@vjp("Add")
def add(step: Step) -> Parts:
    dy = step.dy[0]
    return [to_input(step, place, dy) if step.wanted[place] else None for place in (0, 1)]


@vjp("Sub")
def sub(step: Step) -> Parts:
    dy = step.dy[0]
    return [
        to_input(step, 0, dy) if step.wanted[0] else None,
        step.op("Neg", to_input(step, 1, dy)) if step.wanted[1] else None,
    ]


@vjp("Mul")
def mul(step: Step) -> Parts:
    a, b = step.x
    return [
        to_input(step, 0, step.op("Mul", step.dy[0], b)) if step.wanted[0] else None,
        to_input(step, 1, step.op("Mul", step.dy[0], a)) if step.wanted[1] else None,
    ]


@vjp("Div")
def div(step: Step) -> Parts:
    _, b = step.x
    over = step.op("Div", step.dy[0], b)
    return [
        to_input(step, 0, over) if step.wanted[0] else None,
        step.op("Neg", to_input(step, 1, step.op("Mul", over, step.y[0]))) if step.wanted[1] else None,
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
            slope = where(step, zero, 0.0, slope)
        by_base = to_input(step, 0, step.op("Mul", step.dy[0], slope))
    if step.wanted[1]:
        # The limit of xᵉ·ln x towards 0 is 0.
        positive = step.op("Greater", x, step.number(0, x))
        slope = step.op("Mul", step.y[0], step.op("Log", where(step, positive, x, 1.0)))
        by_exponent = to_input(step, 1, step.op("Mul", step.dy[0], slope))
    return [by_base, by_exponent]


@vjp("PRelu")
def prelu(step: Step) -> Parts:
    x, slope = step.x
    negative = step.op("Less", x, step.number(0, x))
    return [
        where(step, negative, step.op("Mul", step.dy[0], slope), step.dy[0]) if step.wanted[0] else None,
        to_input(step, 1, where(step, negative, step.op("Mul", step.dy[0], x))) if step.wanted[1] else None,
    ]


@vjp("Where")
def choose(step: Step) -> Parts:
    condition, dy = step.x[0], step.dy[0]
    return [
        None,
        to_input(step, 1, masked(step, condition)) if step.wanted[1] else None,
        to_input(step, 2, where(step, condition, 0.0, dy)) if step.wanted[2] else None,
    ]


@vjp("Sum")
def sum_(step: Step) -> Parts:
    dy = step.dy[0]
    return [to_input(step, place, dy) if wanted else None for place, wanted in enumerate(step.wanted)]


@vjp("Mean")
def mean(step: Step) -> Parts:
    dy = step.dy[0]
    share = step.op("Div", dy, step.number(len(step.x), dy))
    return [to_input(step, place, share) if wanted else None for place, wanted in enumerate(step.wanted)]


@vjp("Max", "Min")
def extreme(step: Step) -> Parts:
    """Of several equal inputs the first has it all."""
    if len(step.x) == 1:
        return step.dy
    free: ir.Value | None = None
    parts: list[ir.Value | None] = []
    for place, x in enumerate(step.x):
        here = step.op("Equal", x, step.y[0])
        mine = here if free is None else step.op("And", here, free)
        missed = step.op("Not", here)
        free = missed if free is None else step.op("And", free, missed)
        parts.append(to_input(step, place, masked(step, mine)) if step.wanted[place] else None)
    return parts
