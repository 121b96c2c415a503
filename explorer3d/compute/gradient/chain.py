"""The chain rule for operators that work on each number by itself."""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.compute.gradient.step import Step


def times(step: Step, slope: ir.Value) -> tuple[ir.Value]:
    """Gradient of the only input: what flows, times the slope."""
    return (step.op("Mul", step.dy[0], slope),)


def to_input(step: Step, place: int, gradient: ir.Value | None) -> ir.Value:
    """Make a gradient of the output's shape one of an input's, which may have been repeated."""
    return step.sum_to(gradient, step.shape(step.x[place]))


def where(
    step: Step, condition: ir.Value | None, yes: ir.Value | float | None, no: ir.Value | float | None = 0.0
) -> ir.Value:
    """Choose number by number; a plain number is of the type of what flows."""
    dy = step.dy[0]
    values = [step.number(value, dy) if isinstance(value, float | int) else value for value in (yes, no)]
    return step.op("Where", condition, *values)


def masked(step: Step, condition: ir.Value | None, gradient: ir.Value | None = None) -> ir.Value:
    """Let through what flows, or another gradient, where a condition holds.

    onnxruntime multiplies by zero and one twice as fast as it chooses.
    """
    gradient = step.dy[0] if gradient is None else gradient
    ones = step.op("Cast", condition, to=ir.DataType.from_numpy(step.dtype(gradient)).value)
    return step.op("Mul", gradient, ones)


def one_minus(step: Step, value: ir.Value) -> ir.Value:
    return step.op("Sub", step.number(1, value), value)
