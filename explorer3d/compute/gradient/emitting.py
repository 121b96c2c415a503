"""Pieces that many rules emit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.step import Step


def transposed(step: Step, value: ir.Value | None, order: Sequence[int]) -> ir.Value:
    return step.op("Transpose", value, perm=list(order))


def summed(step: Step, value: ir.Value | None, axes: Sequence[int], *, keepdims: bool = True) -> ir.Value:
    return step.op("ReduceSum", value, step.ints(*axes), keepdims=int(keepdims))


def averaged(step: Step, value: ir.Value | None, axes: Sequence[int]) -> ir.Value:
    """Over axes that stay, of size one."""
    return step.op("ReduceMean", value, step.ints(*axes), keepdims=1)


def padded(step: Step, value: ir.Value | None, before: Sequence[int], after: Sequence[int]) -> ir.Value:
    """Zeros before and after, axis by axis; a number below zero takes places away."""
    return step.op("Pad", value, step.ints(*before, *after))


def zeros(step: Step, shape: Sequence[int], like: ir.Value | None) -> ir.Value:
    """Made by the run, so that the graph does not hold them."""
    return step.op("ConstantOfShape", step.ints(*shape), value=ir.tensor(np.zeros(1, step.dtype(like))))
