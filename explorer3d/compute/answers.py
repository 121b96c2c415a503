"""What a network says of its input: the vectors and single numbers among its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer3d.compute.requests import runner
from explorer3d.graph.model import Model, Port
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network says.

    Attributes
    ----------
    scores : mapping of str to (n,) float array
        Output vector of each model output that is one, by the layer that makes it.
    numbers : mapping of str to float
        Each model output that is a single number, by its name.
    """

    scores: Mapping[str, np.ndarray] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Predict:
    """Run the model for its outputs alone, as fast as they can be had: for an input that is being moved.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
        Model inputs with their batch axis.

    Raises
    ------
    InputError, RunError
    """

    key: str
    feeds: Mapping[str, np.ndarray]

    def __call__(self, progress: Progress = ignore) -> Answers:
        running = runner(self.key)
        return answers(running.predict(self.feeds), endings(running.model))


def endings(model: Model) -> dict[str, Port]:
    """The outputs that layers make of the whole input, by value name.

    Where the rest of the network cannot run, what it would have taken is no answer.
    """
    cut = {port.value for layer in model.layers if not layer.runnable for port in layer.inputs}
    return {
        port.value: port
        for port in model.outputs
        if port.source in model.layer_by_name and port.value not in cut
    }


def answers(arrays: Mapping[str, np.ndarray], ports: Mapping[str, Port]) -> Answers:
    """Find vectors and numbers.

    Parameters
    ----------
    arrays : mapping of str to array
        By value name; others than those of `ports` are left out.
    ports : mapping of str to Port
        As of `endings`.
    """
    scores: dict[str, np.ndarray] = {}
    numbers: dict[str, float] = {}
    for name, array in arrays.items():
        if name not in ports:
            continue
        vector = _vector(array)
        if vector is not None:
            scores[str(ports[name].source)] = vector
        elif array.size == 1 and array.dtype.kind in "fiu":
            numbers[name] = float(array.reshape(-1)[0])
    return Answers(scores, numbers)


def _vector(array: np.ndarray) -> np.ndarray | None:
    """The first of the batch if it is a vector of class scores."""
    vector = array[:1] if array.ndim > 1 else array
    if array.dtype.kind != "f" or vector.size < 2 or vector.size != max(vector.shape):
        return None
    if array.ndim > 2 and array.shape[1] != vector.size:
        return None  # a recurrent layer's state, (layers, batch, units), is no answer
    return vector.reshape(-1)
