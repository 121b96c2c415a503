"""One node, as the rules for receptive fields see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from explorer3d.graph.receptive.indices import Indices, single
from explorer3d.graph.receptive.region import Block, everything
from explorer3d.graph.skeleton import constant

Known = Callable[[ir.Value], "np.ndarray | None"]
"""Numbers of a value that does not depend on what the network is fed with, if they are at hand."""

Shapes = Mapping[str, tuple[int, ...]]


# Along an axis as long as that nothing is looked up.
_LONGEST = 1 << 26


class Unmapped(Exception):
    """What a result depends on cannot be told from what is known: then on everything."""


def constants(value: ir.Value) -> np.ndarray | None:
    """The numbers of weights and settings."""
    tensor = constant(value)
    return None if tensor is None else tensor.numpy()


@dataclass(frozen=True, eq=False)
class Step:
    """One node with the shapes around it.

    Attributes
    ----------
    node : onnx_ir.Node
    version : int
        Of the operator set.
    """

    node: ir.Node
    version: int
    shapes: Shapes
    known: Known

    def given(self, at: int) -> bool:
        """Whether there is an input at that position."""
        return at < len(self.node.inputs) and self.node.inputs[at] is not None

    def shape(self, at: int = 0) -> tuple[int, ...]:
        """The shape of an input."""
        value = self.node.inputs[at] if self.given(at) else None
        return self._shape(value)

    def result(self, at: int = 0) -> tuple[int, ...]:
        """The shape of an output."""
        return self._shape(self.node.outputs[at])

    def _shape(self, value: ir.Value | None) -> tuple[int, ...]:
        shape = None if value is None else self.shapes.get(value.name or "")
        if shape is None and value is not None:
            tensor = constant(value)
            shape = None if tensor is None else tuple(tensor.shape.numpy())
        if shape is None or max(shape, default=0) > _LONGEST:
            raise Unmapped
        return shape

    def numbers(self, at: int) -> np.ndarray | None:
        """The values of an input that is fixed; None if there is no such input.

        Raises
        ------
        Unmapped
            It depends on what the network is fed with.
        """
        if not self.given(at):
            return None
        value = self.node.inputs[at]
        assert value is not None
        found = self.known(value)
        if found is None:
            raise Unmapped
        return found

    def integers(self, at: int, attribute: str) -> list[int] | None:
        """A list of numbers that newer operators take as an input, older ones as an attribute."""
        numbers = self.numbers(at)
        if numbers is not None:
            return [int(number) for number in numbers.reshape(-1)]
        if attribute in self.node.attributes:
            return [int(number) for number in self.node.attributes.get_ints(attribute, ())]
        return None

    def axis(self, default: int, rank: int | None = None) -> int:
        """The attribute of that name, counted from the front."""
        rank = len(self.shape()) if rank is None else rank
        return self.node.attributes.get_int("axis", default) % rank


Seen = Iterable[tuple[int, Block]]
"""Positions of inputs, and a part of each: an input may come several times."""

Rule = Callable[[Step, Block, int], Seen]
"""What one block of an output, given by its position, depends on."""


def axes_of(block: Block) -> tuple[Indices, ...]:
    """A block's places.

    Raises
    ------
    Unmapped
        Its shape is not known.
    """
    if block.axes is None:
        raise Unmapped
    return block.axes


def replaced(block: Block, places: Mapping[int, Indices]) -> Block:
    """The block with other places along some axes."""
    axes = list(axes_of(block))
    for axis, one in places.items():
        axes[axis] = one
    return Block(tuple(axes), block.exact)


def whole(step: Step, at: int) -> Block:
    """All of an input, because the operator needs all of it."""
    return Block(tuple(map(range, step.shape(at))))


def broadcast(block: Block, shape: tuple[int, ...]) -> Block:
    """Which part of an operand of that shape goes into a block of the result."""
    axes = axes_of(block)
    if len(shape) > len(axes):
        raise Unmapped
    kept = axes[len(axes) - len(shape) :]
    spread = (single(0) if size == 1 else one for size, one in zip(shape, kept, strict=True))
    return Block(tuple(spread), block.exact)


def unknown(step: Step) -> list[tuple[int, Block]]:
    """All of all inputs, where there is no rule."""
    found = []
    for at, value in enumerate(step.node.inputs):
        if value is not None:
            try:
                found.append((at, everything(step.shape(at))))
            except Unmapped:
                found.append((at, everything(None)))
    return found
