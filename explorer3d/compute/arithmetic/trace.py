"""The request for what a number depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.arithmetic.shapes import shapes_of
from explorer3d.compute.requests import runner
from explorer3d.errors import RequestError
from explorer3d.graph.receptive.field import ReceptiveField, find_value, receptive_field
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class TraceBack:
    """Find what one number of a network depends on, back to the inputs.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
        Settle the sizes that the file leaves open.
    value : str
        Any value of the graph: a port of a layer, in whose order of axes the index counts.
    index : tuple of int
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    value: str
    index: tuple[int, ...]

    def __call__(self, progress: Progress = ignore) -> ReceptiveField:
        running = runner(self.key)
        try:
            target = find_value(running.model, self.value)
        except KeyError:
            raise RequestError(f"{running.model.path.name} has no value named '{self.value}'.") from None
        shapes, known = shapes_of(running, self.feeds, target, progress)
        if self.value not in shapes:
            raise RequestError(f"The shape of '{self.value}' is not known, so nothing can be traced from it.")
        try:
            return receptive_field(running.model, self.value, self.index, shapes, known, progress=progress)
        except IndexError as error:
            sizes = list(shapes[self.value])
            raise RequestError(f"'{self.value}' is {sizes}: {list(self.index)} is no place in it.") from error
