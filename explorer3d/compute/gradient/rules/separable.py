"""Operators that treat each axis by itself, and linearly, such as averages and resizing.

Along each axis such an operator is a matrix. Which one, the operator says itself: applied to the unit matrix
it tells what each place of the input gives to each place of the output, whatever its padding, rounding or
coordinates. onnxruntime works that out once, when it prepares the session.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import transposed
from explorer3d.compute.gradient.step import Step


def unit(step: Step, size: int) -> ir.Value:
    """A unit matrix of the type of what flows: (size, size)."""
    return step.constant(np.eye(size, dtype=step.dtype(step.dy[0])))


def back_along(step: Step, gradient: ir.Value | None, matrices: Mapping[int, ir.Value]) -> ir.Value | None:
    """Take the gradient of a node's output to its input.

    Parameters
    ----------
    step : Step
    gradient : (outputs…) Value
        Of the shape of the output.
    matrices : mapping of int to (inputs, outputs) Value
        By axis; others are left as they are.
    """
    sizes, inputs = list(step.shape(step.y[0])), step.shape(step.x[0])
    last = len(sizes) - 1
    for axis, matrix in matrices.items():
        step.tape.know(matrix, (inputs[axis], sizes[axis]), step.dtype(gradient))
        if axis == last:
            gradient = step.op("MatMul", gradient, transposed(step, matrix, [1, 0]))
        else:
            flat = step.reshape(gradient, [-1, sizes[axis], int(np.prod(sizes[axis + 1 :]))])
            gradient = step.op("MatMul", matrix, flat)
        sizes[axis] = inputs[axis]
        gradient = step.reshape(gradient, sizes)
    return gradient
