"""The words in which recurrent layers are told: a cell, how it is run over a sequence, what comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from explorer3d.formats.keras.emit import Shape, Tensor


@dataclass(frozen=True, eq=False)
class Operator:
    """An ONNX operator that does all steps.

    Attributes
    ----------
    weights : list of Tensor or None
        W, R and B.
    """

    name: str
    units: int
    weights: Sequence[Tensor | None]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Cell:
    """One step of a recurrent layer, with its weights.

    Attributes
    ----------
    states : tuple of shape
        What is carried from step to step, each with the batch first.
    output : int
        Which of the new states is what the layer gives.
    prepare : function of a tensor
        The part that does not depend on states, for one step (N, …) or for all at once (N, T, …).
    step : function of what was prepared for one step, and of the states
        Gives the new states.
    operator : function, or None
        Makes the ONNX operator that computes the same over all steps; None if there is none.
    """

    states: tuple[Shape, ...]
    output: int
    prepare: Callable[[Tensor], Tensor]
    step: Callable[[Tensor, Sequence[Tensor]], Sequence[Tensor]]
    operator: Callable[[], Operator] | None = None


@dataclass(frozen=True)
class Reading:
    """How a layer goes over a sequence.

    Attributes
    ----------
    time : int
        The axis of time, 1 or (``time_major`` of Keras 2) 0; the batch is the other one.
    backwards : bool
        From the last step to the first; results stand in the order in which they are computed.
    sequences : bool
        Whether all outputs are wanted, or the last only.
    zero_masked : bool
        What does not count gives zeros; otherwise the output before it once more.
    """

    time: int
    backwards: bool
    sequences: bool
    zero_masked: bool


@dataclass(frozen=True, eq=False)
class Run:
    """The output, or all of them in a sequence, and the states after the last step."""

    output: Tensor
    states: tuple[Tensor, ...]
