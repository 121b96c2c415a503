"""Windows and rows that are weighed: convolutions, pools, products, reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from explorer3d.compute.arithmetic.parts import Weighing
from explorer3d.graph.rearranged import RearrangedTensor
from explorer3d.graph.receptive.indices import array
from explorer3d.graph.receptive.region import Block
from explorer3d.graph.receptive.window import Sliding, Window, windows_of
from explorer3d.graph.skeleton import constant

Key = tuple[int | slice | np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class Cell:
    """One place of what a node makes, with all the numbers it could be made of.

    Attributes
    ----------
    node : onnx_ir.Node
    index : tuple of int
        In the node's own result.
    values : mapping of str to array
        What the network has computed around the node; weights are not among them.
    seen : list of (int, Block)
        What part of which input the place depends on.
    """

    node: ir.Node
    index: tuple[int, ...]
    values: dict[str, np.ndarray]
    seen: list[tuple[int, Block]]

    def given(self, at: int) -> bool:
        return at < len(self.node.inputs) and self.node.inputs[at] is not None

    def input(self, at: int) -> ir.Value:
        value = self.node.inputs[at]
        assert value is not None
        return value

    def numbers(self, at: int, key: Key = ()) -> np.ndarray:
        """Part of an input as float64; of a large weight no more is read than is needed."""
        value = self.input(at)
        tensor = constant(value)
        if tensor is None:
            return np.asarray(self.values[value.name or ""][key], np.float64)
        source = getattr(tensor, "source", None)
        if isinstance(tensor, RearrangedTensor) and source is not None:
            moved = source.numpy().transpose(tensor.order)
            if moved.shape == self.shape(at):
                return np.asarray(moved[key], np.float64)
        return np.asarray(tensor.numpy()[key], np.float64)

    def shape(self, at: int) -> tuple[int, ...]:
        value = self.input(at)
        tensor = constant(value)
        return self.values[value.name or ""].shape if tensor is None else tuple(tensor.shape.numpy())

    @property
    def result(self) -> np.ndarray:
        return self.values[self.node.outputs[0].name or ""]


Weigh = Callable[[Cell], Weighing]


def _taken(
    data: np.ndarray, windows: Sequence[Window], place: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """Cut a window out of maps.

    Parameters
    ----------
    data : (C, space…) array
    windows : sequence of Window
    place : sequence of int

    Returns
    -------
    window : (C, K…) array
    padding : (K…) bool array
    places, taps : tuple of (K,) int array
        Places in the map and in the kernel, by axis.
    """
    pairs = [window.taps(one) for window, one in zip(windows, place, strict=True)]
    places, taps = tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)
    sizes = data.shape[1:]
    outside = [(one < 0) | (one >= size) for one, size in zip(places, sizes, strict=True)]
    padding = np.zeros([len(one) for one in places], bool)
    for axis, one in enumerate(outside):
        padding |= one.reshape([-1 if axis == at else 1 for at in range(len(places))])
    clipped = (np.clip(one, 0, max(size - 1, 0)) for one, size in zip(places, sizes, strict=True))
    window = np.array(data[np.ix_(np.arange(len(data)), *clipped)], np.float64)
    window[:, padding] = 0
    return window, padding, places, taps


def _summed(products: np.ndarray) -> np.ndarray:
    """By channel."""
    return np.asarray(products.reshape(len(products), -1).sum(axis=1), np.float64)


def _convolution(cell: Cell) -> Weighing:
    node = cell.node
    batch, channel, *place = cell.index
    data = cell.values[cell.input(0).name or ""]
    windows = windows_of(node, data.shape, cell.result.shape, cell.shape(1))
    groups = node.attributes.get_int("group", 1)
    per_group = data.shape[1] // groups
    group = channel // (cell.result.shape[1] // groups)
    channels = np.arange(group * per_group, (group + 1) * per_group)
    window, padding, places, taps = _taken(data[batch, channels[0] : channels[-1] + 1], windows, place)
    if node.op_type == "Conv":
        kernel = cell.numbers(1, (channel,))
    else:
        within = channel - group * (cell.result.shape[1] // groups)
        kernel = cell.numbers(1, (slice(int(channels[0]), int(channels[-1]) + 1), within))
    kernel = kernel[np.ix_(np.arange(per_group), *taps)]
    bias = float(cell.numbers(2, (channel,))) if cell.given(2) else 0.0
    return Weighing(
        "sum", window, padding, channels, places, kernel, _summed(window * kernel), bias,
        sliding=Sliding(windows),
    )  # fmt: skip


def _pool(cell: Cell) -> Weighing:
    node = cell.node
    batch, channel, *place = cell.index
    data = cell.values[cell.input(0).name or ""]
    windows = windows_of(node, data.shape, cell.result.shape)
    window, padding, places, _ = _taken(data[batch, channel : channel + 1], windows, place)
    channels, sliding = np.array([channel]), Sliding(windows)
    if node.op_type == "MaxPool":
        return _largest(window, padding, channels, places, sliding)
    if node.op_type == "LpPool":
        power = node.attributes.get_int("p", 2)
        partial = _summed(np.abs(window) ** power)
        return Weighing(
            "power", window, padding, channels, places, None, partial, power=power, sliding=sliding
        )
    count = int(np.count_nonzero(~padding))
    if node.attributes.get_int("count_include_pad", 0):
        # What rounding up lets a window reach beyond the padding is not counted.
        within = [
            np.count_nonzero(one < of.inputs + of.after) for one, of in zip(places, windows, strict=True)
        ]
        count = int(np.prod(within))
    return Weighing(
        "average", window, padding, channels, places, None, _summed(window), scale=1 / max(count, 1),
        sliding=sliding,
    )  # fmt: skip


def _largest(
    window: np.ndarray,
    padding: np.ndarray,
    channels: np.ndarray,
    places: tuple[np.ndarray, ...],
    sliding: Sliding | None = None,
) -> Weighing:
    compared = np.where(padding, -np.inf, window)
    winner = tuple(int(at) for at in np.unravel_index(int(compared.argmax()), compared.shape))
    partial = compared.reshape(len(compared), -1).max(axis=1)
    return Weighing(
        "maximum", window, padding, channels, places, None, partial, winner=winner, sliding=sliding
    )


def _global_pool(cell: Cell) -> Weighing:
    batch, channel = cell.index[:2]
    data = cell.values[cell.input(0).name or ""]
    places = tuple(map(np.arange, data.shape[2:]))
    window = np.array(data[batch, channel : channel + 1], np.float64)
    padding = np.zeros(data.shape[2:], bool)
    return _together(cell.node, window, padding, np.array([channel]), places)


def _together(
    node: ir.Node,
    window: np.ndarray,
    padding: np.ndarray,
    channels: np.ndarray,
    places: tuple[np.ndarray, ...],
) -> Weighing:
    """What becomes of numbers that all count alike."""
    op = node.op_type.removeprefix("Global").removeprefix("Reduce")
    if op in ("MaxPool", "Max"):
        return _largest(window, padding, channels, places)
    if op in ("AveragePool", "Mean"):
        return Weighing(
            "average", window, padding, channels, places, None, _summed(window), scale=1 / window.size
        )
    return Weighing("sum", window, padding, channels, places, None, _summed(window))


def _reduction(cell: Cell) -> Weighing:
    """Over any axes; what stays apart is one channel."""
    (_, block), *_ = cell.seen
    assert block.axes is not None
    data = cell.values[cell.input(0).name or ""]
    given = (
        cell.numbers(1).reshape(-1).tolist() if cell.given(1) else cell.node.attributes.get_ints("axes", ())
    )
    gone = sorted({int(axis) % data.ndim for axis in given}) or list(range(data.ndim))
    apart = [axis for axis in range(data.ndim) if axis not in gone]
    places = tuple(array(block.axes[axis]) for axis in gone)
    window = np.array(data[np.ix_(*map(array, block.axes))], np.float64)
    window = window.reshape([len(one) for one in places])[None]
    channel = block.cell[apart[-1]] if apart else 0
    return _together(cell.node, window, np.zeros(window.shape[1:], bool), np.array([channel]), places)


def _product(row: np.ndarray, column: np.ndarray, bias: float = 0.0, scale: float = 1.0) -> Weighing:
    return Weighing(
        "sum", row, np.zeros((), bool), np.arange(len(row)), (), column, row * column, bias, scale
    )


def _gemm(cell: Cell) -> Weighing:
    attributes = cell.node.attributes
    row, column = cell.index
    left = (slice(None), row) if attributes.get_int("transA", 0) else (row,)
    right = (column,) if attributes.get_int("transB", 0) else (slice(None), column)
    bias = 0.0
    if cell.given(2):
        shape = cell.shape(2)
        own = cell.index[len(cell.index) - len(shape) :]
        place = tuple(0 if size == 1 else one for size, one in zip(shape, own, strict=True))
        bias = float(cell.numbers(2, place)) * attributes.get_float("beta", 1.0)
    return _product(cell.numbers(0, left), cell.numbers(1, right), bias, attributes.get_float("alpha", 1.0))


def _matmul(cell: Cell) -> Weighing:
    first, second = cell.shape(0), cell.shape(1)
    outer = list(cell.index)
    column = outer.pop() if len(second) > 1 else 0
    row = outer.pop() if len(first) > 1 else 0

    def spread(shape: tuple[int, ...]) -> tuple[int, ...]:
        own = outer[len(outer) - (len(shape) - 2) :] if len(shape) > 2 else []
        return tuple(0 if size == 1 else one for size, one in zip(shape[:-2], own, strict=True))

    left: Key = (*spread(first), row) if len(first) > 1 else ()
    right: Key = (*spread(second), slice(None), column) if len(second) > 1 else ()
    return _product(cell.numbers(0, left), cell.numbers(1, right))


WEIGHINGS: dict[str, Weigh] = {
    "Conv": _convolution,
    "ConvTranspose": _convolution,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "LpPool": _pool,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "ReduceMean": _reduction,
    "ReduceMax": _reduction,
    "ReduceSum": _reduction,
    "Gemm": _gemm,
    "MatMul": _matmul,
}
"""Operator to how a place of its result is made up."""

REDUCTIONS = frozenset(("ReduceMean", "ReduceMax", "ReduceSum"))
"""Those of them that also serve as parts of something else, such as a normalisation."""
