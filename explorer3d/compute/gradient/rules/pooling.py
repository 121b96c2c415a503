"""Pools, of windows and of whole maps."""

from __future__ import annotations

from math import prod

import onnx_ir as ir

from explorer3d.compute.gradient.emitting import scattered, shared
from explorer3d.compute.gradient.rules.separable import back_along, unit
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp


@vjp("MaxPool")
def max_pool(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__MaxPool.html

    Where windows overlap, a place gets what all of them send: MaxUnpool would keep the last only.
    """
    if step.attribute("storage_order", 0):
        step.refuse("it counts places column by column")
    return [scattered(step, step.also(1))]


@vjp("AveragePool")
def average_pool(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__AveragePool.html"""
    return [back_along(step, step.dy[0], _windows(step))]


@vjp("LpPool")
def lp_pool(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__LpPool.html"""
    power = step.attribute("p", 2)
    # A norm of a single number other than zero is its amount: of the unit matrix it leaves ones.
    return [_of_norm(step, power, back_along(step, _per_norm(step, power), _windows(step)))]


@vjp("GlobalAveragePool")
def global_average_pool(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html"""
    x = step.x[0]
    shape = step.shape(x)
    each = step.op("Div", step.dy[0], step.number(prod(shape[2:]), x))
    return [step.op("Expand", each, step.ints(*shape))]


@vjp("GlobalMaxPool")
def global_max_pool(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html

    Places that are equally large share.
    """
    return [shared(step, step.y[0], step.dy[0], range(2, len(step.shape(step.x[0]))))]


@vjp("GlobalLpPool")
def global_lp_pool(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html"""
    power = step.attribute("p", 2)
    return [_of_norm(step, power, _per_norm(step, power))]


def _per_norm(step: Step, power: int) -> ir.Value:
    """The gradient by the sum of powers below the root, but for a factor; nothing where all are zero."""
    y, dy = step.y[0], step.dy[0]
    nothing = step.number(0, y)
    slope = step.op("Div", dy, step.op("Pow", y, step.number(power - 1, y)))
    return step.op("Where", step.op("Equal", y, nothing), nothing, slope)


def _of_norm(step: Step, power: int, gradient: ir.Value | None) -> ir.Value:
    x = step.x[0]
    amount = step.op("Pow", step.op("Abs", x), step.number(power - 1, x))
    return step.op("Mul", step.op("Mul", amount, step.op("Sign", x)), gradient)


def _windows(step: Step) -> dict[int, ir.Value]:
    """The pool along each axis of space."""
    shape = step.shape(step.x[0])
    rank = len(shape) - 2
    said = step.node.attributes
    same = ("auto_pad", "ceil_mode", "count_include_pad", "p")
    found = {}
    for axis in range(rank):
        attributes = {name: step.attribute(name) for name in same if name in said}
        for name in ("kernel_shape", "strides", "dilations", "pads"):
            if name in said:
                # Pads come twice for each axis: before all, and after all.
                attributes[name] = step.attribute(name)[axis::rank]
        places = shape[2 + axis]
        pooled = step.op(
            step.node.op_type, step.reshape(unit(step, places), [places, 1, places]), **attributes
        )
        found[2 + axis] = step.reshape(pooled, [places, step.shape(step.y[0])[2 + axis]])
    return found
