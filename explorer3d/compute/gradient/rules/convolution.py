"""Convolutions, https://onnx.ai/onnx/operators/onnx__Conv.html and …/onnx__ConvTranspose.html"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import padded, summed, transposed
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import vjp
from explorer3d.graph.receptive.window import Window, windows_of

_Windows = tuple[Window, ...]


@vjp("Conv")
def conv(step: Step) -> list[ir.Value | None]:
    """The input gets the transposed convolution with the same weights."""
    windows = _windows(step)
    found: list[ir.Value | None] = [None] * len(step.x)
    if step.wanted[0]:
        # onnxruntime is quicker at plain convolutions.
        plain = all(window.stride == 1 for window in windows)
        found[0] = _turned(step, windows) if plain else _transposed(step, windows)
    if step.wanted[1]:
        after = [w.stride * (w.outputs - 1) + _reach(w) - w.inputs - w.before for w in windows]
        found[1] = _weights(step, step.dy[0], step.x[0], step.shape(step.x[0]), windows, after)
    return _with_bias(step, found)


@vjp("ConvTranspose")
def conv_transpose(step: Step) -> list[ir.Value | None]:
    """The input gets the convolution with the same weights."""
    windows = _windows(step)
    after = [w.stride * (w.inputs - 1) + _reach(w) - w.outputs - w.before for w in windows]
    found: list[ir.Value | None] = [None] * len(step.x)
    if step.wanted[0]:
        found[0] = _convolved(
            step,
            step.dy[0],
            step.x[1],
            before=[w.before for w in windows],
            after=after,
            strides=[w.stride for w in windows],
            dilations=[w.dilation for w in windows],
        )
    if step.wanted[1]:
        found[1] = _weights(step, step.x[0], step.dy[0], step.shape(step.y[0]), windows, after)
    return _with_bias(step, found)


def _windows(step: Step) -> _Windows:
    shapes = step.shape(step.x[0]), step.shape(step.y[0]), step.shape(step.x[1])
    if len(shapes[0]) != len(shapes[1]):
        # Of a ConvTranspose that is told to make less than it takes, onnx does not infer the space.
        step.refuse("the size of what it makes is not known")
    return windows_of(step.node, *shapes)


def _groups(step: Step) -> int:
    return int(step.attribute("group", 1))


def _reach(window: Window) -> int:
    return (window.size - 1) * window.dilation + 1


def _with_bias(step: Step, found: list[ir.Value | None]) -> list[ir.Value | None]:
    if len(found) > 2 and step.wanted[2]:
        space = range(2, len(step.shape(step.y[0])))
        found[2] = summed(step, step.dy[0], [0, *space], keepdims=False)
    return found


def _convolved(
    step: Step,
    data: ir.Value | None,
    weights: ir.Value | None,
    *,
    before: Sequence[int],
    after: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> ir.Value:
    """A convolution; padding below zero takes places away, which the operator itself does not do."""
    if min(*before, *after) < 0:
        data = padded(step, data, [0, 0, *(min(p, 0) for p in before)], [0, 0, *(min(p, 0) for p in after)])
    return step.op(
        "Conv",
        data,
        weights,
        pads=[max(pad, 0) for pad in (*before, *after)],
        strides=list(strides),
        dilations=list(dilations),
        group=_groups(step),
    )


def _transposed(step: Step, windows: _Windows) -> ir.Value:
    after = [w.stride * (w.outputs - 1) + _reach(w) - w.before - w.inputs for w in windows]
    return step.op(
        "ConvTranspose",
        step.dy[0],
        step.x[1],
        pads=[*(w.before for w in windows), *(max(size, 0) for size in after)],
        output_padding=[max(-size, 0) for size in after],
        strides=[w.stride for w in windows],
        dilations=[w.dilation for w in windows],
        group=_groups(step),
    )


def _turned(step: Step, windows: _Windows) -> ir.Value:
    """The same for strides of one: a convolution with mirrored kernels."""
    before = [_reach(w) - 1 - w.before for w in windows]
    return _convolved(
        step,
        step.dy[0],
        _mirrored(step),
        before=before,
        after=[
            w.inputs + _reach(w) - 1 - w.outputs - first for w, first in zip(windows, before, strict=True)
        ],
        strides=[1] * len(windows),
        dilations=[w.dilation for w in windows],
    )


def _mirrored(step: Step) -> ir.Value:
    """The weights with inputs and outputs exchanged within each group, mirrored along the axes of space."""
    weights, groups = step.x[1], _groups(step)
    outputs, inputs, *space = step.shape(weights)
    weights = step.reshape(weights, [groups, outputs // groups, inputs, *space])
    weights = transposed(step, weights, [0, 2, 1, *range(3, 3 + len(space))])
    weights = step.reshape(weights, [groups * inputs, outputs // groups, *space])
    last, end = [-1] * len(space), [np.iinfo(np.int64).min] * len(space)
    axes = step.ints(*range(2, 2 + len(space)))
    return step.op("Slice", weights, step.ints(*last), step.ints(*end), axes, step.ints(*last))


def _weights(
    step: Step,
    kernels: ir.Value | None,
    data: ir.Value | None,
    shape: Sequence[int],
    windows: _Windows,
    after: Sequence[int],
) -> ir.Value:
    """Each number of a kernel has met data at places a stride apart: strides become dilations.

    The batch is what is summed over, in the place of channels.
    """
    batch, channels, *places = shape
    groups, space = _groups(step), range(2, 2 + len(windows))
    data = step.reshape(data, [batch, groups, channels // groups, *places])
    data = transposed(step, data, [2, 1, 0, *range(3, 3 + len(windows))])
    data = step.reshape(data, [channels // groups, groups * batch, *places])
    found = _convolved(
        step,
        data,
        transposed(step, kernels, [1, 0, *space]),
        before=[w.before for w in windows],
        after=after,
        strides=[w.dilation for w in windows],
        dilations=[w.stride for w in windows],
    )
    return transposed(step, found, [1, 0, *space])
