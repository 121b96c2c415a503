"""Where the windows of convolutions and pools lie, axis by axis.

Padding, whether given, chosen by the operator or left over by rounding up, is worked out from the sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import onnx_ir as ir

from explorer3d.graph.receptive.centring import Centres
from explorer3d.graph.receptive.indices import NONE, Indices, array, indices, inside

# No weights are larger; a pool's size is only a number in a file.
_LARGEST = 1 << 16


@dataclass(frozen=True)
class Window:
    """A window along one axis of space.

    Attributes
    ----------
    size : int
        Number of places in it.
    stride, dilation : int
    before, after : int
        Padding; the latter is what is said of it, not what rounding up adds.
    inputs, outputs : int
        Sizes of the axis.
    transposed : bool
        Outputs gather from the inputs whose windows reach them, as in ConvTranspose.
    """

    size: int
    stride: int
    dilation: int
    before: int
    after: int
    inputs: int
    outputs: int
    transposed: bool = False

    def taps(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Which places of the input meet which places of the window, for one place of the output.

        Parameters
        ----------
        place : int

        Returns
        -------
        places, window : (n,) int array
            Places of the input may lie in the padding: below zero, or beyond the size.
        """
        if self.size > _LARGEST:
            raise ValueError(f"a window of {self.size} places")
        window = np.arange(self.size)
        if not self.transposed:
            return place * self.stride - self.before + window * self.dilation, window
        offsets = place + self.before - window * self.dilation
        met = offsets % self.stride == 0
        # Ascending in the input, as people read it.
        return offsets[met][::-1] // self.stride, window[met][::-1]

    @property
    def centres(self) -> Centres:
        """Where the middle of each position lies, the padding counted."""
        middle = (self.size - 1) * self.dilation / 2
        if self.transposed:
            return Centres((self.before - middle) / self.stride, 1 / self.stride, self.outputs)
        return Centres(middle - self.before, self.stride, self.outputs)

    def seen(self, outputs: Indices) -> Indices:
        """All places of the input that some places of the output depend on."""
        if not len(outputs):
            return NONE
        if not self.transposed and isinstance(outputs, range):
            step = outputs.step * self.stride
            first, last = (int(place) * self.stride - self.before for place in (outputs[0], outputs[-1]))
            if len(outputs) == 1:
                reach = range(first, first + self.size * self.dilation, self.dilation)
                return inside(reach, self.inputs)
            if self.size == 1:
                return inside(range(first, last + 1, step), self.inputs)
            if self.dilation == 1 and step <= self.size:
                return inside(range(first, last + self.size), self.inputs)
        if self.size > _LARGEST:
            raise ValueError(f"a window of {self.size} places")
        found = np.zeros(self.inputs, bool)
        outputs = array(outputs)
        for tap in range(self.size):
            if self.transposed:
                offsets = outputs + self.before - tap * self.dilation
                places = offsets[offsets % self.stride == 0] // self.stride
            else:
                places = outputs * self.stride - self.before + tap * self.dilation
            found[places[(places >= 0) & (places < self.inputs)]] = True
        return indices(np.flatnonzero(found))


@dataclass(frozen=True)
class Position:
    """Where a window stands.

    Attributes
    ----------
    place : tuple of int
        Of the output, by axis of space.
    covered : tuple of range
        Places of the input by axis of space; those in the padding are below zero or beyond the size.
    """

    place: tuple[int, ...]
    covered: tuple[range, ...]


@dataclass(frozen=True)
class Sliding(Sequence[Position]):
    """All positions of a window over a map, row by row, to be played or stepped through.

    Attributes
    ----------
    windows : tuple of Window
        One per axis of space.
    """

    windows: tuple[Window, ...]

    def __len__(self) -> int:
        return prod(window.outputs for window in self.windows)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        if isinstance(at, slice):
            return [self[one] for one in range(len(self))[at]]
        places = np.unravel_index(range(len(self))[at], [window.outputs for window in self.windows])
        return self.at(tuple(map(int, places)))

    def __iter__(self) -> Iterator[Position]:
        for place in product(*(range(window.outputs) for window in self.windows)):
            yield self.at(place)

    def at(self, place: tuple[int, ...]) -> Position:
        """The position that makes one place of the output."""
        covered = []
        for window, one in zip(self.windows, place, strict=True):
            found = indices(window.taps(one)[0])
            assert isinstance(found, range)
            covered.append(found)
        return Position(place, tuple(covered))


def windows_of(
    node: ir.Node, before: Sequence[int], after: Sequence[int], kernel: Sequence[int] = ()
) -> tuple[Window, ...]:
    """Read a node's windows.

    Parameters
    ----------
    node : onnx_ir.Node
        A convolution, also a transposed one, or a pool.
    before, after : sequence of int
        Shapes of its input and output: batch, channels, space.
    kernel : sequence of int, optional
        Shape of its weights; gives the window's size where no attribute does.

    Returns
    -------
    tuple of Window
        One per axis of space.

    References
    ----------
    https://onnx.ai/onnx/operators/onnx__Conv.html, …/onnx__ConvTranspose.html, …/onnx__MaxPool.html
    """
    rank = len(before) - 2
    attributes = node.attributes
    ones = [1] * rank
    sizes = list(attributes.get_ints("kernel_shape", kernel[2:]))
    strides = list(attributes.get_ints("strides", ones))
    dilations = list(attributes.get_ints("dilations", ones))
    pads = list(attributes.get_ints("pads", [0] * (2 * rank)))
    rule = attributes.get_string("auto_pad", "NOTSET")
    transposed = node.op_type == "ConvTranspose"
    further = list(attributes.get_ints("output_padding", [0] * rank))
    if not all(len(each) == rank for each in (sizes, strides, dilations, further)) or len(pads) != 2 * rank:
        raise ValueError(f"{node.name} does not give one number for each of {rank} axes")
    wanted = "output_shape" in attributes
    found = []
    for axis in range(rank):
        size, stride, dilation = sizes[axis], strides[axis], dilations[axis]
        inputs, outputs = before[2 + axis], after[2 + axis]
        reach = (size - 1) * dilation + 1
        first, last = pads[axis], pads[rank + axis]
        if transposed and (wanted or rule.startswith("SAME")):
            total = max(stride * (inputs - 1) + further[axis] + reach - outputs, 0)
            first = total // 2 if rule == "SAME_UPPER" else -(-total // 2)
            last = total - first
        elif rule.startswith("SAME"):
            total = max((outputs - 1) * stride + reach - inputs, 0)
            first = total // 2 if rule == "SAME_UPPER" else -(-total // 2)
            last = total - first
        elif rule == "VALID":
            first = last = 0
        found.append(Window(size, stride, dilation, first, last, inputs, outputs, transposed))
    return tuple(found)
