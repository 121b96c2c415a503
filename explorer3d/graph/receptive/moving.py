"""Receptive fields of operators that only move, repeat, leave out or join what they take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer3d.graph.receptive.indices import Indices, array, indices
from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.reshaping import before_reshape
from explorer3d.graph.receptive.step import Rule, Seen, Step, Unmapped, axes_of, replaced


def _looked_up(places: Indices, sources: NDArray[np.int64]) -> Indices:
    """Where places come from; a source below zero is none."""
    found = sources[array(places)]
    return indices(found[found >= 0])


def _reshape(step: Step, block: Block, output: int) -> Seen:
    for found in before_reshape(axes_of(block), step.result(), step.shape(), block.exact):
        yield 0, found


def _transpose(step: Step, block: Block, output: int) -> Seen:
    axes = axes_of(block)
    order = list(step.node.attributes.get_ints("perm", range(len(axes) - 1, -1, -1)))
    yield 0, Block(tuple(axes[order.index(axis)] for axis in range(len(axes))), block.exact)


def _concat(step: Step, block: Block, output: int) -> Seen:
    rank = len(step.result())
    axis = step.axis(1, rank)
    places = array(axes_of(block)[axis])
    start = 0
    for at in range(len(step.node.inputs)):
        size = step.shape(at)[axis]
        own = places[(places >= start) & (places < start + size)] - start
        if len(own):
            yield at, replaced(block, {axis: indices(own)})
        start += size


def _split(step: Step, block: Block, output: int) -> Seen:
    axis = step.axis(0)
    start = sum(step.result(at)[axis] for at in range(output))
    yield 0, replaced(block, {axis: indices(array(axes_of(block)[axis]) + start)})


def _slice(step: Step, block: Block, output: int) -> Seen:
    shape = step.shape()
    starts, ends = step.integers(1, "starts"), step.integers(2, "ends")
    if starts is None or ends is None:
        raise Unmapped
    axes = step.integers(3, "axes") or list(range(len(starts)))
    steps = step.integers(4, "steps") or [1] * len(starts)
    found: dict[int, Indices] = {}
    for axis, start, end, pace in zip(axes, starts, ends, steps, strict=True):
        axis %= len(shape)
        taken = range(shape[axis])[start:end:pace]
        found[axis] = indices(taken.start + taken.step * array(axes_of(block)[axis]))
    yield 0, replaced(block, found)


def _pad(step: Step, block: Block, output: int) -> Seen:
    shape = step.shape()
    pads = step.integers(1, "pads")
    if pads is None:
        raise Unmapped
    axes = step.integers(3, "axes") or list(range(len(shape)))
    mode = step.node.attributes.get_string("mode", "constant")
    found: dict[int, Indices] = {}
    for at, axis in enumerate(axes):
        before, after = pads[at], pads[len(axes) + at]
        axis %= len(shape)
        sources = np.arange(shape[axis])[max(-before, 0) : shape[axis] - max(-after, 0)]
        around = (max(before, 0), max(after, 0))
        if any(around) and mode == "constant":
            sources = np.pad(sources, around, constant_values=-1)
        elif any(around):
            sources = np.pad(sources, around, mode=mode)  # type: ignore[call-overload]
        found[axis] = _looked_up(axes_of(block)[axis], sources)
    yield 0, replaced(block, found)


def _tile(step: Step, block: Block, output: int) -> Seen:
    sizes = step.shape()
    axes = axes_of(block)
    yield 0, replaced(block, {axis: indices(array(axes[axis]) % size) for axis, size in enumerate(sizes)})


def _gather(step: Step, block: Block, output: int) -> Seen:
    shape = step.shape()
    axis, axes = step.axis(0), axes_of(block)
    rank = len(axes) - len(shape) + 1
    inner = axes[axis : axis + rank]
    outer = axes[:axis], axes[axis + rank :]
    try:
        numbers = step.numbers(1)
        assert numbers is not None
        chosen = indices(numbers[np.ix_(*map(array, inner))].reshape(-1) % shape[axis])
        exact = block.exact
    except Unmapped:
        # Which one is taken depends on the numbers, and any of them may be.
        chosen, exact = range(shape[axis]), False
        yield 1, Block(inner, block.exact)
    yield 0, Block((*outer[0], chosen, *outer[1]), exact)


def _depth_to_space(step: Step, block: Block, output: int) -> Seen:
    size = step.node.attributes.get_int("blocksize", 1)
    by_column = step.node.attributes.get_string("mode", "DCR") == "CRD"
    channels, _, _ = step.result()[1:]
    batch, wanted, rows, columns = axes_of(block)
    for row in range(size):
        own_rows = array(rows)[array(rows) % size == row] // size
        for column in range(size):
            own_columns = array(columns)[array(columns) % size == column] // size
            place = row * size + column
            own = array(wanted) * size**2 + place if by_column else array(wanted) + place * channels
            yield (
                0,
                Block((batch, indices(own), indices(own_rows), indices(own_columns)), block.exact),
            )


def _space_to_depth(step: Step, block: Block, output: int) -> Seen:
    size, channels = step.node.attributes.get_int("blocksize", 1), step.shape()[1]
    batch, wanted, rows, columns = axes_of(block)
    for place in range(size**2):
        own = array(wanted)[array(wanted) // channels == place] - place * channels
        row, column = divmod(place, size)
        yield (
            0,
            Block(
                (
                    batch,
                    indices(own),
                    indices(array(rows) * size + row),
                    indices(array(columns) * size + column),
                ),
                block.exact,
            ),
        )


def _nothing(step: Step, block: Block, output: int) -> Seen:
    """What it takes says how large it is, not what it holds."""
    return ()


MOVING: dict[str, Rule] = {
    "Reshape": _reshape,
    "Flatten": _reshape,
    "Squeeze": _reshape,
    "Unsqueeze": _reshape,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Tile": _tile,
    "Gather": _gather,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "Shape": _nothing,
    "Size": _nothing,
    "ConstantOfShape": _nothing,
}
