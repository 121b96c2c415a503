"""How one number of a layer comes about, spelled out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.graph.receptive.region import Region
from explorer3d.graph.receptive.window import Position, Sliding


@dataclass(frozen=True)
class Activation:
    """The last step of a layer that has one built in, or whose channel has been changed.

    Attributes
    ----------
    name : str
        ``relu``, or the operators it is made of; ``muted``, ``relu, ×2``.
    before, after : float
    """

    name: str
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class Weighing:
    """A window of the input, weighed or compared, becomes one number.

    Whatever the layer's own order of axes, channels come first here, then space.

    Attributes
    ----------
    kind : str
        ``sum`` (convolutions, products), ``maximum``, ``average``, ``power``.
    window : (C, K…) float array
        What is seen; zero in the padding. Of a product: (C,), one number per input.
    padding : (K…) bool array
        Which places of the window lie outside the map.
    channels : (C,) int array
        Channels of the operator's input that these are.
    places : tuple of (K,) int array
        By axis of space: where the window's places lie in the map; below zero or beyond it in the padding.
    kernel : (C, K…) float array, or None
        What each is multiplied by; None where all count alike.
    partial : (C,) float array
        Sum over the window, by channel; of a maximum the largest, of a power the sum of the powers.
    bias : float
    scale : float
        What the sum of all is multiplied by before the bias comes on top: one over the number of places of an
        average, ``alpha`` of a Gemm.
    winner : tuple of int, or None
        Place in `window` of the largest.
    power : int
        Of a ``power``: the exponent.
    sliding : Sliding or None
        All positions of the window; None where there is nothing it could slide over.
    """

    kind: str
    window: np.ndarray
    padding: np.ndarray
    channels: np.ndarray
    places: tuple[np.ndarray, ...]
    kernel: np.ndarray | None
    partial: np.ndarray
    bias: float = 0.0
    scale: float = 1.0
    winner: tuple[int, ...] | None = None
    power: int = 1
    sliding: Sliding | None = None

    @property
    def total(self) -> float:
        """The number that the parts make."""
        if self.kind == "maximum":
            return float(self.partial.max())
        if self.kind == "power":
            return float(self.partial.sum() ** (1 / self.power))
        return float(self.scale * self.partial.sum() + self.bias)

    @property
    def ranked(self) -> np.ndarray:
        """Places in `channels` of those that contribute most, largest amount first.

        Returns
        -------
        (C,) int array
        """
        return np.argsort(-np.abs(self.partial), kind="stable")


@dataclass(frozen=True)
class Operand:
    """One number that goes into an operation.

    Attributes
    ----------
    name : str
        What the standard calls it, or the layer's weight.
    value : float
    """

    name: str
    value: float


@dataclass(frozen=True)
class Operation:
    """Numbers at one place become one number.

    Attributes
    ----------
    operator : str
    operands : tuple of Operand
    result : float
        Reckoned from the operands.
    """

    operator: str
    operands: tuple[Operand, ...]
    result: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """Answer to `Explain`.

    Attributes
    ----------
    layer, operator : str
        The operator that does it, of those that the layer is made of.
    index : tuple of int
        In the author's order of axes.
    value : float
        What onnxruntime computes there.
    before : float
        The same before the activation.
    weighing : Weighing or None
        Of convolutions, pools and products.
    operations : tuple of Operation
        Of layers that look at each place by itself: one after the other.
    activation : Activation or None
    seen : mapping of str to Region
        By value: which part of each of the layer's inputs takes part, in the author's order of axes.
    space : tuple of int
        Which axes of `index` are those that the window slides along, in the window's order.
    """

    layer: str
    operator: str
    index: tuple[int, ...]
    value: float
    before: float
    weighing: Weighing | None
    operations: tuple[Operation, ...]
    activation: Activation | None
    seen: dict[str, Region]
    space: tuple[int, ...] = ()

    def at(self, position: Position) -> tuple[int, ...]:
        """The place of the output, of the same channel, that the window makes from another position."""
        index = list(self.index)
        for axis, place in zip(self.space, position.place, strict=True):
            index[axis] = place
        return tuple(index)

    @property
    def total(self) -> float:
        """The number as spelled out, before the activation."""
        return self.weighing.total if self.weighing is not None else self.operations[-1].result
