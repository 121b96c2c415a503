"""Quantised values: gradients go straight through the rounding.

Bengio et al. 2013, "Estimating or propagating gradients through stochastic neurons" (arXiv 1308.3432): as if
nothing were rounded, and zero where a number is beyond what can be represented.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import first_only
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import Parts, vjp


def _along(step: Step, value: ir.Value | None) -> ir.Value:
    """A scale or zero point for each channel, or one for all, as it is broadcast."""
    x, sizes = step.x[0], step.shape(value)
    if step.attribute("block_size"):
        step.refuse("it has a scale for each block of numbers")
    if len(sizes) != 1 or sizes == (1,):
        return step.reshape(value, ())
    rank, axis = len(step.shape(x)), step.attribute("axis")
    return step.reshape(value, [sizes[0] if place == axis % rank else 1 for place in range(rank)])


def _through(step: Step, gradient: ir.Value) -> Parts:
    if any(step.wanted[1:]):
        step.refuse("its scale is computed")
    return first_only(step, gradient)


@vjp("QuantizeLinear")
def quantize_linear(step: Step) -> Parts:
    x, scale, zero = (*step.x, None)[:3]
    step_size = _along(step, scale)
    bounds = np.iinfo(step.dtype(step.y[0]))
    level = step.op("Round", step.op("Div", x, step_size))
    if zero is not None:
        level = step.op("Add", level, step.op("CastLike", _along(step, zero), x))
    lowest, highest = step.number(bounds.min, x), step.number(bounds.max, x)
    within = step.op("Equal", step.op("Clip", level, lowest, highest), level)
    through = step.op("Div", step.dy[0], step_size)
    return _through(step, step.op("Where", within, through, step.number(0, x)))


@vjp("DequantizeLinear")
def dequantize_linear(step: Step) -> Parts:
    scale = step.x[1]
    return _through(step, step.op("Mul", step.dy[0], _along(step, scale)))
