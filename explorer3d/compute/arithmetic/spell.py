"""The request for one number spelled out, with the maps it comes from and stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.arithmetic.explain import Explain
from explorer3d.compute.arithmetic.parts import Explanation
from explorer3d.compute.requests import runner
from explorer3d.errors import RequestError
from explorer3d.graph.lookup import find_layer
from explorer3d.graph.model import Port
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class SpelledOut:
    """Answer to `SpellOut`.

    Attributes
    ----------
    explanation : Explanation
    input : (C, space…) array or None
        What the window slides over, channels first whatever the author's order; None if there is no window,
        or it is not known which axis is which.
    output : array
        All that the layer makes, in the author's order of axes.
    axes : str
        A letter for each axis of the output; empty if unknown.
    """

    explanation: Explanation
    input: np.ndarray | None
    output: np.ndarray
    axes: str


@dataclass(frozen=True, eq=False)
class SpellOut:
    """Spell out how a layer comes to one number of its first output.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
    layer : str
    index : tuple of int or None
        A place in the output, in the author's order of axes; None: where the largest amount stands.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    layer: str
    index: tuple[int, ...] | None = None

    def __call__(self, progress: Progress = ignore) -> SpelledOut:
        running = runner(self.key)
        layer = find_layer(running.model, self.layer)
        if not layer.outputs:
            raise RequestError(f"'{self.layer}' computes nothing that could be spelled out.")
        made = layer.outputs[0]
        if not made.readable or not layer.runnable:
            raise RequestError(layer.reason or f"'{self.layer}' makes no tensor.")
        output = running.run(self.feeds, [made.value], progress)[made.value]
        if not output.size:
            raise RequestError(f"The output of '{self.layer}' is empty: there is no number to spell out.")
        if output.dtype.kind not in "fiub":
            raise RequestError(f"The output of '{self.layer}' holds no numbers but {made.dtype}.")
        index = strongest(output) if self.index is None else self.index
        explanation = Explain(self.key, self.feeds, self.layer, index)(progress)
        weighing = explanation.weighing
        if weighing is not None and not len(weighing.channels):
            raise RequestError(f"'{self.layer}' takes nothing, so there is nothing to spell out.")
        source = None
        if weighing is not None and weighing.sliding is not None:
            port = next((port for port in layer.inputs if port.value in explanation.seen), None)
            if port is not None:
                array = running.run(self.feeds, [port.value], progress)[port.value]
                source = _channels_first(array, port, explanation.index[0])
            sizes = tuple(window.inputs for window in weighing.sliding.windows)
            if source is not None and source.shape[1:] != sizes:
                # The layer pads or cuts its input itself before the window comes.
                source = None
        return SpelledOut(explanation, source, output, made.axes if len(made.axes) == output.ndim else "")


def strongest(array: np.ndarray) -> tuple[int, ...]:
    """Where the largest finite amount stands; of several the first."""
    amounts = np.abs(array.astype(np.float32, copy=False))
    amounts = np.where(np.isfinite(amounts), amounts, -1)
    return tuple(int(at) for at in np.unravel_index(int(amounts.argmax()), array.shape))


def _channels_first(array: np.ndarray, port: Port, batch: int) -> np.ndarray | None:
    letters = port.axes
    if len(letters) != array.ndim or not {"N", "C"} <= set(letters):
        return None
    array = np.moveaxis(array, (letters.index("N"), letters.index("C")), (0, 1))
    return array[batch] if batch < len(array) else None
