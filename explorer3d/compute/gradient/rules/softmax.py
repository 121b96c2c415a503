"""Softmax and its logarithm. Below opset 13 they flatten at the axis; the upgrade has written that out."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from explorer3d.compute.gradient.emitting import summed
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp


def _sum(step: Step, value: ir.Value | None) -> ir.Value:
    return summed(step, value, [step.attribute("axis")])


@vjp("Softmax")
def softmax(step: Step) -> Sequence[ir.Value | None]:
    """y · (g - Σ g·y)."""
    y, dy = step.y[0], step.dy[0]
    total = _sum(step, step.op("Mul", dy, y))
    return (step.op("Mul", y, step.op("Sub", dy, total)),)


@vjp("LogSoftmax")
def log_softmax(step: Step) -> Sequence[ir.Value | None]:
    """g - softmax · Σ g."""
    dy = step.dy[0]
    return (step.op("Sub", dy, step.op("Mul", step.op("Exp", step.y[0]), _sum(step, dy))),)
