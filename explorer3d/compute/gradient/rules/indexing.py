"""Picking parts of a tensor: each gradient goes back to its place, those of the same place add up."""

from __future__ import annotations

from math import prod

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import summed, zeros
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp


@vjp("Gather")
def gather(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__Gather.html"""
    shape, places = step.shape(step.x[0]), step.shape(step.x[1])
    axis = step.attribute("axis", 0) % len(shape)
    flat = [*shape[:axis], prod(places), *shape[axis + 1 :]]
    indices = step.reshape(step.x[1], [size if at == axis else 1 for at, size in enumerate(flat)])
    return [
        _scattered(step, step.op("Expand", indices, step.ints(*flat)), step.reshape(step.dy[0], flat), axis),
        None,
    ]


@vjp("GatherElements")
def gather_elements(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__GatherElements.html"""
    return [_scattered(step, step.x[1], step.dy[0], step.attribute("axis", 0)), None]


def _scattered(step: Step, indices: ir.Value | None, sent: ir.Value | None, axis: int) -> ir.Value:
    nothing = zeros(step, step.shape(step.x[0]), sent)
    return step.op("ScatterElements", nothing, indices, sent, axis=axis, reduction="add")


@vjp("GatherND")
def gather_nd(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__GatherND.html

    By ScatterElements over slices that are counted through: of onnxruntime's ScatterND several threads add to
    the same place at a time, and parts of the sum get lost.
    """
    shape, places = step.shape(step.x[0]), step.shape(step.x[1])
    batch = int(step.attribute("batch_dims", 0))
    depth = places[-1]
    counted, rest = shape[: batch + depth], shape[batch + depth :]
    strides = np.array([prod(counted[at + 1 :]) for at in range(len(counted))], np.int64)
    own = step.constant(np.array(counted[batch:], np.int64))
    indices = step.op("Cast", step.x[1], to=ir.DataType.INT64.value)
    negative = step.op("Less", indices, step.ints(0))
    indices = step.op("Where", negative, step.op("Add", indices, own), indices)
    number = summed(step, step.op("Mul", indices, step.constant(strides[batch:])), [-1], keepdims=False)
    if batch:
        begins = np.tensordot(strides[:batch], np.indices(places[:batch]), 1)
        further = len(places) - 1 - batch
        number = step.op("Add", number, step.constant(begins.reshape(*places[:batch], *[1] * further)))
    flat = [prod(places[:-1]), prod(rest)]
    number = step.op("Expand", step.reshape(number, [flat[0], 1]), step.ints(*flat))
    sent = step.reshape(step.dy[0], flat)
    nothing = zeros(step, [prod(counted), flat[1]], sent)
    found = step.op("ScatterElements", nothing, number, sent, axis=0, reduction="add")
    return [step.reshape(found, shape), None]
