"""Operators that keep the numbers and put them elsewhere."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.emitting import first_only, padded, scattered, summed, transposed, zeros
from explorer3d.compute.gradient.step import Step
from explorer3d.compute.gradient.vjps import Parts, vjp


def _first(step: Step) -> tuple[ir.Value | None, ir.Value | None]:
    return step.x[0], step.dy[0]


@vjp("Identity")
def identity(step: Step) -> Parts:
    return step.dy


@vjp("Dropout")
def dropout(step: Step) -> Parts:
    training = step.x[2] if len(step.x) > 2 else None
    if training is not None and np.any(step.constant_of(training) is None or step.constant_of(training)):
        step.refuse("it drops at random, as in training")
    return first_only(step, step.dy[0])


@vjp("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def reshape(step: Step) -> Parts:
    x, dy = _first(step)
    return first_only(step, step.reshape(dy, step.shape(x)))


@vjp("Transpose")
def transpose(step: Step) -> Parts:
    x, dy = _first(step)
    order = step.attribute("perm") or list(range(len(step.shape(x))))[::-1]
    return (transposed(step, dy, [int(axis) for axis in np.argsort(order)]),)


@vjp("Expand")
def expand(step: Step) -> Parts:
    x, dy = _first(step)
    return first_only(step, step.sum_to(dy, step.shape(x)))


@vjp("Tile")
def tile(step: Step) -> Parts:
    x, dy = _first(step)
    sizes = step.shape(x)
    if not sizes:
        return first_only(step, dy)
    pairs = [(whole // max(size, 1), size) for whole, size in zip(step.shape(dy), sizes, strict=True)]
    apart = step.reshape(dy, [size for pair in pairs for size in pair])
    return first_only(step, summed(step, apart, range(0, 2 * len(sizes), 2), keepdims=False))


@vjp("Cast", "CastLike")
def cast(step: Step) -> Parts:
    """Between real numbers of another precision, or from quantised ones. To whole numbers it is a step."""
    x, dy = _first(step)
    if step.dtype(step.y[0]).kind in "iub":
        return first_only(step, None)
    if step.dtype(x).kind in "iub" or step.dtype(x) == step.dtype(dy):
        return first_only(step, dy)
    return first_only(step, step.op("Cast", dy, to=ir.DataType.from_numpy(step.dtype(x)).value))


@vjp("Concat")
def concat(step: Step) -> Parts:
    dy, axis = step.dy[0], step.attribute("axis")
    sizes = [step.shape(x)[axis] for x in step.x if x is not None]
    if len(sizes) == 1:
        return (dy,)
    return step.op("Split", dy, step.ints(*sizes), outputs=len(sizes), axis=axis)


@vjp("Split")
def split(step: Step) -> Parts:
    like = next(dy for dy in step.dy if dy is not None)
    parts = [
        zeros(step, step.shape(y), like) if dy is None else dy for y, dy in zip(step.y, step.dy, strict=True)
    ]
    return first_only(step, step.op("Concat", *parts, axis=step.attribute("axis")))


@vjp("Slice")
def slice_(step: Step) -> Parts:
    x, dy = _first(step)
    sizes, cut = step.shape(x), step.shape(dy)
    given = [*step.x[1:], None, None, None][:4]
    told = [step.constant_of(value) for value in given]
    starts, _, axes, strides = told
    computed = any(value is not None and array is None for value, array in zip(given, told, strict=True))
    if computed or starts is None or (strides is not None and np.any(strides != 1)):
        return first_only(step, scattered(step, step.op("Slice", _places(step, x), *step.x[1:])))
    before, after = [0] * len(sizes), [0] * len(sizes)
    for start, axis in zip(starts, range(len(sizes)) if axes is None else axes, strict=False):
        whole = sizes[axis]
        begin = int(min(max(start + whole if start < 0 else start, 0), whole))
        before[axis], after[axis] = begin, whole - begin - cut[axis]
    return first_only(step, padded(step, dy, before, after))


@vjp("Pad")
def pad(step: Step) -> Parts:
    """Padding with less than nothing cuts off. Edges and mirror images add up where they were taken from."""
    x, dy = _first(step)
    if step.wanted[2:3] == (True,):
        step.refuse("the number it pads with is computed")
    if step.attribute("mode") == "constant":
        return first_only(step, step.op("Pad", dy, step.op("Neg", step.x[1]), None, *step.x[3:]))
    places = step.op("Pad", _places(step, x), step.x[1], None, *step.x[3:], mode=step.attribute("mode"))
    return first_only(step, scattered(step, places))


@vjp("DepthToSpace")
def depth_to_space(step: Step) -> Parts:
    x, dy = _first(step)
    block = step.attribute("blocksize")
    if step.attribute("mode") == "DCR":
        return (step.op("SpaceToDepth", dy, blocksize=block),)
    batch, channels, height, width = step.shape(x)
    apart = step.reshape(dy, (batch, channels // block**2, height, block, width, block))
    return (step.reshape(transposed(step, apart, [0, 1, 3, 5, 2, 4]), step.shape(x)),)


@vjp("SpaceToDepth")
def space_to_depth(step: Step) -> Parts:
    return (step.op("DepthToSpace", step.dy[0], blocksize=step.attribute("blocksize"), mode="DCR"),)


@vjp("Trilu")
def trilu(step: Step) -> Parts:
    return first_only(step, step.op("Trilu", step.dy[0], *step.x[1:], upper=step.attribute("upper")))


@vjp("ReverseSequence")
def reverse_sequence(step: Step) -> Parts:
    axes = {name: step.attribute(name) for name in ("batch_axis", "time_axis")}
    return first_only(step, step.op("ReverseSequence", step.dy[0], step.x[1], **axes))


def _places(step: Step, x: ir.Value | None) -> ir.Value:
    """Numbers the elements of an input: what the operator makes of these tells where its numbers are from."""
    sizes = step.shape(x)
    return step.constant(np.arange(np.prod(sizes, dtype=np.int64)).reshape(sizes))
