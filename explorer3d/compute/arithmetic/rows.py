"""Operators that look at a whole row, or map, to make one number: normalisations, softmax, reductions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer3d.compute.arithmetic.parts import Operand, Operation
from explorer3d.compute.arithmetic.weighing import Cell
from explorer3d.graph.receptive.indices import array

Name = Callable[[int], str]
"""What is fed in at a position is called."""

Spell = Callable[[Cell, Name], list[Operation]]


def _row(cell: Cell) -> np.ndarray:
    """All numbers of the first input that take part."""
    (block,) = (block for at, block in cell.seen if at == 0)
    assert block.axes is not None
    return cell.numbers(0, np.ix_(*map(array, block.axes))).reshape(-1)


def _own(cell: Cell, name: Name) -> Operand:
    """The number at the place itself."""
    return Operand(name(0), float(cell.numbers(0, cell.index)))


def _parameter(cell: Cell, at: int) -> float:
    """By which a place is scaled or shifted: one number for all, for its channel, or its own."""
    shape, index = cell.shape(at), cell.index
    if len(shape) == 1 and cell.node.op_type in _BY_CHANNEL:
        # Of groups there are fewer than channels.
        return float(cell.numbers(at, (index[1] * shape[0] // cell.shape(0)[1],)))
    own = index[len(index) - len(shape) :]
    return float(cell.numbers(at, tuple(min(one, size - 1) for one, size in zip(own, shape, strict=True))))


def _mean(row: np.ndarray) -> Operation:
    total = Operand(f"sum of {len(row):,} numbers", float(row.sum()))
    return Operation("mean", (total,), float(row.mean()))


def _variance(row: np.ndarray) -> Operation:
    distances = float(((row - row.mean()) ** 2).sum())
    return Operation("variance", (Operand("sum of squared distances", distances),), distances / len(row))


def _scaled(cell: Cell, name: Name, found: list[Operation], scale: int, bias: int) -> list[Operation]:
    """What has been normalised, scaled and shifted."""
    for at, operator, become in ((scale, "Mul", np.multiply), (bias, "Add", np.add)):
        if cell.given(at):
            last, by = found[-1], Operand(name(at), _parameter(cell, at))
            result = float(become(last.result, by.value))
            found.append(Operation(operator, (Operand(last.operator, last.result), by), result))
    return found


def _standardised(
    cell: Cell, name: Name, mean: Operand, variance: Operand, epsilon: float
) -> list[Operation]:
    deviation, own = float(np.sqrt(variance.value + epsilon)), _own(cell, name)
    result = (own.value - mean.value) / deviation
    return [
        Operation("deviation", (variance, Operand("epsilon", epsilon)), deviation),
        Operation("normalised", (own, mean, Operand("deviation", deviation)), result),
    ]


def _by_mean_and_variance(epsilon: float) -> Spell:
    def spell(cell: Cell, name: Name) -> list[Operation]:
        row = _row(cell)
        mean, variance = _mean(row), _variance(row)
        added = cell.node.attributes.get_float("epsilon", epsilon)
        first, second = (Operand(one.operator, one.result) for one in (mean, variance))
        found = [mean, variance, *_standardised(cell, name, first, second, added)]
        return _scaled(cell, name, found, 1, 2)

    return spell


def _batch_normalization(cell: Cell, name: Name) -> list[Operation]:
    """Mean and variance are those of the training."""
    mean, variance = (Operand(name(at), _parameter(cell, at)) for at in (3, 4))
    found = _standardised(cell, name, mean, variance, cell.node.attributes.get_float("epsilon", 1e-5))
    return _scaled(cell, name, found, 1, 2)


def _by_mean_square(cell: Cell, name: Name) -> list[Operation]:
    row, own = _row(cell), _own(cell, name)
    epsilon = cell.node.attributes.get_float("epsilon", 1e-5)
    squares, mean = float((row**2).sum()), float((row**2).mean())
    root = float(np.sqrt(mean + epsilon))
    found = [
        Operation("mean square", (Operand(f"sum of {len(row):,} squares", squares),), mean),
        Operation("root", (Operand("mean square", mean), Operand("epsilon", epsilon)), root),
        Operation("Div", (own, Operand("root", root)), own.value / root),
    ]
    return _scaled(cell, name, found, 1, 2)


def _length(cell: Cell, name: Name) -> list[Operation]:
    row, own, power = _row(cell), _own(cell, name), cell.node.attributes.get_int("p", 2)
    total = float((np.abs(row) ** power).sum())
    length = total ** (1 / power)
    words = "sum of squares" if power == 2 else "sum of amounts"
    return [
        Operation("length", (Operand(words, total),), length),
        Operation("Div", (own, Operand("length", length)), own.value / length if length else 0.0),
    ]


def _local_response(cell: Cell, name: Name) -> list[Operation]:
    row, own, attributes = _row(cell), _own(cell, name), cell.node.attributes
    squares = float((row**2).sum())
    share = attributes.get_float("alpha", 1e-4) / attributes.get_int("size", len(row))
    base = attributes.get_float("bias", 1.0) + share * squares
    divisor = float(base ** attributes.get_float("beta", 0.75))
    return [
        Operation("divisor", (Operand(f"sum of {len(row):,} squares", squares),), divisor),
        Operation("Div", (own, Operand("divisor", divisor)), own.value / divisor),
    ]


def _softmax(cell: Cell, name: Name) -> list[Operation]:
    """Of one number and the exponentials of all that it is compared with."""
    row, own = _row(cell), _own(cell, name)
    total, largest = float(np.exp(row).sum()), float(row.max())
    # Very large numbers have no exponential; their differences have.
    logarithm = largest + float(np.log(np.exp(row - largest).sum()))
    operator, difference = cell.node.op_type, own.value - logarithm
    result = difference if operator == "LogSoftmax" else float(np.exp(difference))
    return [Operation(operator, (own, Operand("sum of exp", total)), result)]


def _reduction(words: str, reduce: Callable[[np.ndarray], object]) -> Spell:
    def spell(cell: Cell, name: Name) -> list[Operation]:
        row = _row(cell)
        total = Operand(f"{words} {len(row):,} numbers of {name(0)}", float(np.asarray(reduce(row))))
        mean = cell.node.op_type == "ReduceMean"
        return [Operation(cell.node.op_type, (total,), total.value / len(row) if mean else total.value)]

    return spell


_BY_CHANNEL = frozenset(("BatchNormalization", "InstanceNormalization", "GroupNormalization"))

ROWS: dict[str, Spell] = {
    "LayerNormalization": _by_mean_and_variance(1e-5),
    "InstanceNormalization": _by_mean_and_variance(1e-5),
    "GroupNormalization": _by_mean_and_variance(1e-5),
    "MeanVarianceNormalization": _by_mean_and_variance(0.0),
    "BatchNormalization": _batch_normalization,
    "RMSNormalization": _by_mean_square,
    "SimplifiedLayerNormalization": _by_mean_square,
    "LpNormalization": _length,
    "LRN": _local_response,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "ReduceMean": _reduction("sum of", np.sum),
    "ReduceSum": _reduction("sum of", np.sum),
    "ReduceMax": _reduction("largest of", np.max),
    "ReduceMin": _reduction("smallest of", np.min),
    "ReduceL2": _reduction("length of", np.linalg.norm),
}
"""Operator to the steps in which it comes to one number, float64.

References
----------
https://onnx.ai/onnx/operators/onnx__LayerNormalization.html, …/onnx__InstanceNormalization.html,
…/onnx__GroupNormalization.html, …/onnx__BatchNormalization.html, …/onnx__LRN.html
"""
