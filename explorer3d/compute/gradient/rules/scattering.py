"""Putting parts into a tensor: what was overwritten has no say, the parts get what flows to their places."""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.compute.gradient.emitting import first_only, zeros
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp


@vjp("ScatterElements")
def scatter_elements(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__ScatterElements.html"""
    axis = step.attribute("axis")
    return [
        _kept(step, axis=axis) if step.wanted[0] else None,
        None,
        step.op("GatherElements", step.dy[0], step.x[1], axis=axis) if step.wanted[2] else None,
    ]


@vjp("ScatterND")
def scatter_nd(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__ScatterND.html"""
    return [
        _kept(step) if step.wanted[0] else None,
        None,
        step.op("GatherND", step.dy[0], step.x[1]) if step.wanted[2] else None,
    ]


def _kept(step: Step, axis: int | None = None) -> ir.Value | None:
    """What flows to the data: nothing where it was overwritten."""
    match step.attribute("reduction"):
        case "add":
            return step.dy[0]
        case "none":
            nothing = zeros(step, step.shape(step.x[2]), step.dy[0])
            return step.op(step.node.op_type, step.dy[0], step.x[1], nothing, axis=axis)
        case other:
            step.refuse(f"it does not overwrite, but takes the {other}")


@vjp("MaxUnpool")
def max_unpool(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__MaxUnpool.html"""
    flat = step.reshape(step.dy[0], [-1])
    return first_only(step, step.op("Gather", flat, step.x[1]))
