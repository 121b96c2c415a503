"""How the middle of what a number sees moves with the number, so that one is found that looks at a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Centres:
    """Along one axis: the middle of what the output's place ``o`` sees lies at ``first + o * step``.

    Attributes
    ----------
    first, step : float
        In places of the map that is looked at.
    outputs : int
        Size of the output's axis.
    """

    first: float
    step: float
    outputs: int

    def nearest(self, place: float) -> int:
        """The place of the output that looks closest at a place of the map; of two the first."""
        wanted = (place - self.first) / self.step
        return int(min(max(np.ceil(wanted - 0.5), 0), self.outputs - 1))


def sampled(outputs: int, count: int = 9) -> list[int]:
    """Evenly spread places of an output, the first and the last among them."""
    return sorted({round(one) for one in np.linspace(0, outputs - 1, min(count, outputs))})


def centres_of(seen: Mapping[int, range], inputs: int, outputs: int) -> Centres:
    """Find the middles from what some places of an output see.

    Where the map ends a window is cut, and its middle is none: edges count only where they lie inside.

    Parameters
    ----------
    seen : mapping of int to range
        By place of the output: the places of the map between which all lies that it sees.
    inputs, outputs : int
        Sizes of both axes.
    """
    firsts = np.array([(place, one.start) for place, one in seen.items() if one.start > 0], float)
    lasts = np.array([(place, one.stop - 1) for place, one in seen.items() if one.stop < inputs], float)
    apart = [edges - edges.mean(axis=0) for edges in (firsts, lasts) if len(edges)]
    spread = sum(float((edges[:, 0] ** 2).sum()) for edges in apart)
    moved = sum(float((edges[:, 0] * edges[:, 1]).sum()) for edges in apart)
    if len(apart) == 2 and spread and moved:
        step = moved / spread
        ends = [(edges[:, 1] - step * edges[:, 0]).mean() for edges in (firsts, lasts)]
        return Centres(float(np.mean(ends)), step, outputs)
    # All see all, or nothing but the ends of the map: each looks at its own share.
    step = inputs / outputs
    return Centres((step - 1) / 2, step, outputs)
