"""Layers that centre and scale their input by its own statistics, or by those of the training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import averaged, summed
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp

_MEAN_VARIANCE_EPSILON = 1e-9
"""As in the function that defines the operator; it is added to the deviation."""


@vjp("BatchNormalization")
def batch_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__BatchNormalization.html"""
    if step.attribute("training_mode", 0):
        step.refuse("it takes the statistics of its own batch, as in training, instead of those learnt")
    x, scale, _, mean, variance = (step.x[at] for at in range(5))
    dy, shape = step.dy[0], step.shape(x)
    along = [1, shape[1], *[1] * (len(shape) - 2)]
    others = [0, *range(2, len(shape))]
    slope = _slope(step, variance, step.attribute("epsilon"))
    factor = step.op("Mul", scale, slope)
    found: list[ir.Value | None] = [None] * 5
    if step.wanted[0]:
        found[0] = step.op("Mul", dy, step.reshape(factor, along))
    if step.wanted[2] or step.wanted[3]:
        found[2] = summed(step, dy, others, keepdims=False)
        found[3] = step.op("Neg", step.op("Mul", found[2], factor))
    if step.wanted[1] or step.wanted[4]:
        centred = step.op("Sub", x, step.reshape(mean, along))
        met = summed(step, step.op("Mul", dy, centred), others, keepdims=False)
        found[1] = step.op("Mul", met, slope)
        cube = step.op("Mul", factor, step.op("Mul", slope, slope))
        found[4] = step.op("Mul", step.op("Mul", met, cube), step.number(-0.5, x))
    return found


@vjp("LayerNormalization")
def layer_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__LayerNormalization.html"""
    return _by_own_statistics(step, _from_axis(step))


@vjp("RMSNormalization")
def rms_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__RMSNormalization.html"""
    return _by_own_statistics(step, _from_axis(step), centred=False)


@vjp("InstanceNormalization")
def instance_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html"""
    shape = step.shape(step.x[0])
    along = [1, shape[1], *[1] * (len(shape) - 2)]
    return _by_own_statistics(step, range(2, len(shape)), along=along)


@vjp("GroupNormalization")
def group_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__GroupNormalization.html

    Has a scale for each channel, or below opset 21 for each group.
    """
    batch, channels, *space = step.shape(step.x[0])
    groups, scales = int(step.attribute("num_groups")), step.shape(step.x[1])[0]
    view = [batch, groups, channels // groups, *space]
    along = [1, groups, scales // groups, *[1] * len(space)]
    return _by_own_statistics(step, range(2, len(view)), view=view, along=along)


@vjp("MeanVarianceNormalization")
def mean_variance_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__MeanVarianceNormalization.html"""
    x, axes = step.x[0], step.attribute("axes", (0, 2, 3))
    centred = step.op("Sub", x, averaged(step, x, axes))
    deviation = step.op("Sqrt", averaged(step, step.op("Mul", centred, centred), axes))
    slope = step.op("Reciprocal", step.op("Add", deviation, step.number(_MEAN_VARIANCE_EPSILON, x)))
    return [_back(step, step.dy[0], step.op("Mul", centred, slope), slope, axes)]


@vjp("LpNormalization")
def lp_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__LpNormalization.html"""
    x, y, dy, axes = step.x[0], step.y[0], step.dy[0], [step.attribute("axis", -1)]
    if step.attribute("p", 2) == 1:
        norm = step.op("ReduceL1", x, step.ints(*axes), keepdims=1)
        towards = step.op("Sign", x)
    else:
        norm = step.op("ReduceL2", x, step.ints(*axes), keepdims=1)
        towards = y
    along = step.op("Mul", towards, summed(step, step.op("Mul", dy, y), axes))
    return [step.op("Div", step.op("Sub", dy, along), norm)]


@vjp("LRN")
def local_response_normalization(step: Step) -> list[ir.Value | None]:
    """https://onnx.ai/onnx/operators/onnx__LRN.html

    y = x / s^β with s = bias + α/n Σ x² over the channels near by: each channel is in the sums of others.
    """
    x, dy = step.x[0], step.dy[0]
    batch, channels, *space = shape = step.shape(x)
    size, beta = step.attribute("size"), step.attribute("beta", 0.75)
    slope = step.attribute("alpha", 1e-4) / size
    # onnxruntime only takes odd sizes: whoever is near to another has it near.
    band = np.abs(np.arange(channels) - np.arange(channels)[:, None]) <= size // 2
    near = step.constant(band.astype(step.dtype(x)))

    def neighbours(value: ir.Value) -> ir.Value:
        flat = step.reshape(value, [batch, channels, -1])
        return step.reshape(step.op("MatMul", near, flat), shape)

    squares = step.op("Mul", neighbours(step.op("Mul", x, x)), step.number(slope, x))
    sums = step.op("Add", squares, step.number(step.attribute("bias", 1.0), x))
    own = step.op("Mul", dy, step.op("Pow", sums, step.number(-beta, x)))
    others = neighbours(step.op("Div", step.op("Mul", own, x), sums))
    return [step.op("Sub", own, step.op("Mul", step.op("Mul", x, others), step.number(2 * slope * beta, x)))]


def _from_axis(step: Step) -> range:
    rank = len(step.shape(step.x[0]))
    return range(step.attribute("axis", -1) % rank, rank)


def _by_own_statistics(
    step: Step,
    axes: Sequence[int],
    *,
    view: Sequence[int] | None = None,
    along: Sequence[int] | None = None,
    centred: bool = True,
) -> list[ir.Value | None]:
    """For y = scale · (x − mean) / deviation + bias.

    Parameters
    ----------
    step : Step
    axes : sequence of int
        Over which mean and deviation are taken.
    view : sequence of int, optional
        Shape of the input that has these axes, if it is another.
    along : sequence of int, optional
        Shape in which scale and bias are broadcast to it, if it is another than their own.
    centred : bool
        Whether the mean is taken away.
    """
    if any(gradient is not None for gradient in step.dy[1:]):
        step.refuse("only its first output has a gradient")
    shape = step.shape(step.x[0])
    view = shape if view is None else view
    x, dy = step.reshape(step.x[0], view), step.reshape(step.dy[0], view)
    away = step.op("Sub", x, averaged(step, x, axes)) if centred else x
    variance = averaged(step, step.op("Mul", away, away), axes)
    slope = _slope(step, variance, step.attribute("epsilon"))
    normal = step.op("Mul", away, slope)
    found: list[ir.Value | None] = [None] * len(step.x)
    if step.wanted[0]:
        scale = step.x[1] if along is None else step.reshape(step.x[1], along)
        back = _back(step, step.op("Mul", dy, scale), normal, slope, axes, centred=centred)
        found[0] = step.reshape(back, shape)
    for at, met in ((1, step.op("Mul", dy, normal)), (2, dy)):
        if at < len(step.x) and step.wanted[at]:
            own = step.shape(step.x[at])
            found[at] = step.reshape(step.sum_to(met, own if along is None else along), own)
    return found


def _slope(step: Step, variance: ir.Value | None, epsilon: float) -> ir.Value:
    return step.op("Reciprocal", step.op("Sqrt", step.op("Add", variance, step.number(epsilon, variance))))


def _back(
    step: Step,
    gradient: ir.Value | None,
    normal: ir.Value,
    slope: ir.Value,
    axes: Sequence[int],
    *,
    centred: bool = True,
) -> ir.Value:
    """Less what would only move the mean or change the deviation: both are taken out again."""
    lost = step.op("Mul", normal, averaged(step, step.op("Mul", gradient, normal), axes))
    if centred:
        lost = step.op("Add", lost, averaged(step, gradient, axes))
    return step.op("Mul", slope, step.op("Sub", gradient, lost))
