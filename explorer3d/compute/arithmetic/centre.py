"""The request for which number of an output looks at which place of a map before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.arithmetic.shapes import shapes_of
from explorer3d.compute.requests import runner
from explorer3d.errors import RequestError
from explorer3d.graph.model import Port
from explorer3d.graph.receptive.centring import Centres, centres_of, sampled
from explorer3d.graph.receptive.field import find_value, receptive_field
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True)
class Centring:
    """Answer to `Centre`.

    Attributes
    ----------
    rows, columns : Centres
    """

    rows: Centres
    columns: Centres

    def nearest(self, row: float, column: float) -> tuple[int, int]:
        """Row and column of the output whose window is centred at a place of the map."""
        return self.rows.nearest(row), self.columns.nearest(column)


@dataclass(frozen=True, eq=False)
class Centre:
    """Find how the numbers of an output look at a map before it.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
    output : Port
        Has height and width.
    index : tuple of int
        A place in it: the numbers are those of its map.
    map : Port
        Has height and width too.

    Raises
    ------
    RequestError
        The output does not depend on the map, or has no shape that is known.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    output: Port
    index: tuple[int, ...]
    map: Port

    def __call__(self, progress: Progress = ignore) -> Centring:
        running, value, source = runner(self.key), self.output.value, self.map.value
        shapes, known = shapes_of(running, self.feeds, find_value(running.model, value), progress)
        if value not in shapes:
            raise RequestError(f"The shape of '{value}' is not known, so nothing can be traced from it.")
        axes = [self.output.axes.index(letter) for letter in "HW"]
        sizes = [shapes[value][axis] for axis in axes]
        taken = [sampled(size) for size in sizes]
        seen: list[dict[int, range]] = [{}, {}]
        inputs = [0, 0]
        # Both axes at once: none knows of the other.
        for at in range(max(map(len, taken))):
            places = [one[min(at, len(one) - 1)] for one in taken]
            index = list(self.index)
            for axis, place in zip(axes, places, strict=True):
                index[axis] = place
            field = receptive_field(running.model, value, index, shapes, known, progress=progress)
            region = field.regions.get(source)
            box = region.box if region is not None else None
            if region is None or region.shape is None or box is None:
                raise RequestError(f"'{value}' does not depend on '{source}'.")
            for which, letter in enumerate("HW"):
                axis = self.map.axes.index(letter)
                seen[which][places[which]], inputs[which] = box[axis], region.shape[axis]
        rows, columns = (centres_of(*one) for one in zip(seen, inputs, sizes, strict=True))
        return Centring(rows, columns)
