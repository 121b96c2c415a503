"""Receptive fields of operators that take whole axes together, and of products."""

from __future__ import annotations

from explorer3d.graph.receptive.indices import Indices, array, indices, single
from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.step import (
    Rule,
    Seen,
    Step,
    Unmapped,
    axes_of,
    broadcast,
    replaced,
    whole,
)

_REDUCTIONS = "Mean Sum SumSquare Prod Max Min L1 L2 LogSum LogSumExp"


def _reduction(step: Step, block: Block, output: int) -> Seen:
    shape = step.shape()
    attributes = step.node.attributes
    axes = step.integers(1, "axes")
    if not axes and bool(attributes.get_int("noop_with_empty_axes", 0)):
        yield 0, block
        return
    gone = {axis % len(shape) for axis in axes} if axes else set(range(len(shape)))
    yield 0, _reduced(step, block, gone)


def _extreme_place(step: Step, block: Block, output: int) -> Seen:
    """``ArgMax`` and ``ArgMin``."""
    yield 0, _reduced(step, block, {step.axis(0)})


def _reduced(step: Step, block: Block, gone: set[int]) -> Block:
    shape = step.shape()
    kept = iter(axes_of(block))
    found: list[Indices] = []
    for axis, size in enumerate(shape):
        if axis in gone:
            found.append(range(size))
            if step.node.attributes.get_int("keepdims", 1):
                next(kept)
        else:
            found.append(next(kept))
    return Block(tuple(found), block.exact)


def _softmax(step: Step, block: Block, output: int) -> Seen:
    shape = step.shape()
    if step.version >= 13:
        yield 0, replaced(block, {(axis := step.axis(-1)): range(shape[axis])})
    else:
        yield 0, _from_axis(step, block, step.axis(1))


def _along(default: int) -> Rule:
    """All of one axis."""

    def rule(step: Step, block: Block, output: int) -> Seen:
        axis = step.axis(default)
        yield 0, replaced(block, {axis: range(step.shape()[axis])})

    return rule


def _layer_normalization(step: Step, block: Block, output: int) -> Seen:
    shape, axis = step.shape(), step.axis(-1)
    # Mean and deviation, further outputs, are of size one there.
    yield 0, Block((*axes_of(block)[:axis], *map(range, shape[axis:])), block.exact)


def _from_axis(step: Step, block: Block, axis: int) -> Block:
    return Block((*axes_of(block)[:axis], *map(range, step.shape()[axis:])), block.exact)


def _instance_normalization(step: Step, block: Block, output: int) -> Seen:
    yield 0, _from_axis(step, block, 2)


def _group_normalization(step: Step, block: Block, output: int) -> Seen:
    channels = step.shape()[1]
    size = channels // max(step.node.attributes.get_int("num_groups", 1), 1)
    groups = array(indices(array(axes_of(block)[1]) // size))
    members = indices((groups[:, None] * size + range(size)).reshape(-1))
    yield 0, _from_axis(step, replaced(block, {1: members}), 2)


def _mean_variance(step: Step, block: Block, output: int) -> Seen:
    shape = step.shape()
    axes = step.node.attributes.get_ints("axes", (0, 2, 3))
    yield 0, replaced(block, {axis % len(shape): range(shape[axis]) for axis in axes})


def _cumulated(step: Step, block: Block, output: int) -> Seen:
    shape = step.shape()
    numbers = step.numbers(1)
    if numbers is None:
        raise Unmapped
    axis = int(numbers.reshape(-1)[0]) % len(shape)
    places = axes_of(block)[axis]
    without = step.node.attributes.get_int("exclusive", 0)
    if step.node.attributes.get_int("reverse", 0):
        reach = range(int(places[0]) + without, shape[axis])
    else:
        reach = range(int(places[-1]) + 1 - without)
    yield 0, replaced(block, {axis: reach})


def _gemm(step: Step, block: Block, output: int) -> Seen:
    rows, columns = axes_of(block)
    attributes = step.node.attributes
    turned, turned_too = attributes.get_int("transA", 0), attributes.get_int("transB", 0)
    inner = range(step.shape()[0 if turned else 1])
    yield 0, Block((inner, rows) if turned else (rows, inner), block.exact)
    yield 1, Block((columns, inner) if turned_too else (inner, columns), block.exact)
    if step.given(2):
        yield 2, broadcast(block, step.shape(2))


def _product(left: int, right: int) -> Rule:
    """Of matrices, many at once if there are further axes; operands by their position."""

    def rule(step: Step, block: Block, output: int) -> Seen:
        axes = list(axes_of(block))
        shapes = step.shape(left), step.shape(right)
        inner = range(shapes[0][-1])
        column = single(0) if len(shapes[1]) == 1 else axes.pop()
        row = single(0) if len(shapes[0]) == 1 else axes.pop()
        for at, shape, own in ((left, shapes[0], (row, inner)), (right, shapes[1], (inner, column))):
            if len(shape) == 1:
                yield at, Block((inner,), block.exact)
                continue
            outer = broadcast(Block(tuple(axes), block.exact), shape[:-2])
            yield at, Block((*axes_of(outer), *own), block.exact)

    return rule


def _einsum(step: Step, block: Block, output: int) -> Seen:
    equation = step.node.attributes.get_string("equation", "").replace(" ", "")
    terms, arrow, result = equation.partition("->")
    if not arrow or "." in equation:
        raise Unmapped
    places = dict(zip(result, axes_of(block), strict=True))
    for at, term in enumerate(terms.split(",")):
        shape = step.shape(at)
        # A letter that comes twice takes a diagonal, which is no block.
        exact = block.exact and len(set(term)) == len(term)
        yield (
            at,
            Block(
                tuple(
                    places.get(letter, range(size)) if size > 1 else single(0)
                    for letter, size in zip(term, shape, strict=True)
                ),
                exact,
            ),
        )


def _recurrent(step: Step, block: Block, output: int) -> Seen:
    """``LSTM`` and its like: each step depends on those before it, or behind it in the other direction."""
    if step.node.attributes.get_int("layout", 0):
        raise Unmapped
    time, batch, size = step.shape()
    axes = axes_of(block)
    direction = step.node.attributes.get_string("direction", "forward")
    if output == 0:
        steps, directions = axes[0], axes[1]
        own = axes[2]
    else:
        directions, own = axes[0], axes[1]
        steps = range(time)
    forward = direction == "forward" or (direction == "bidirectional" and 0 in directions)
    backward = direction == "reverse" or (direction == "bidirectional" and 1 in directions)
    if output:
        reach: range = range(time)
    else:
        start = int(steps[0]) if not forward else 0
        stop = int(steps[-1]) + 1 if not backward else time
        reach = range(start, stop)
    # Where sequences may end earlier, what lies behind their end counts for nothing.
    exact = block.exact and not step.given(4)
    yield 0, Block((reach, own, range(size)), exact)
    for at in (5, 6):
        if step.given(at):
            yield at, replaced(whole(step, at), {0: directions, 1: own})


GATHERING: dict[str, Rule] = {
    **{f"Reduce{name}": _reduction for name in _REDUCTIONS.split()},
    "ArgMax": _extreme_place,
    "ArgMin": _extreme_place,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "Hardmax": _softmax,
    "LpNormalization": _along(-1),
    "TopK": _along(-1),
    "LayerNormalization": _layer_normalization,
    "SimplifiedLayerNormalization": _layer_normalization,
    "RMSNormalization": _layer_normalization,
    "InstanceNormalization": _instance_normalization,
    "GroupNormalization": _group_normalization,
    "MeanVarianceNormalization": _mean_variance,
    "CumSum": _cumulated,
    "Gemm": _gemm,
    "MatMul": _product(0, 1),
    "MatMulInteger": _product(0, 1),
    "QLinearMatMul": _product(0, 3),
    "Einsum": _einsum,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
}
