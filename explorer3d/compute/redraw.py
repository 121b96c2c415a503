"""The request for a tensor's picture between other limits than its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.compute.picture import MAX_TEXELS, Limits, TensorPicture, TileLimits, picture_between
from explorer3d.compute.slices import slices_of
from explorer3d.progress import Progress, ignore

MANY = frozenset({"maps", "kernels", "colour"})
"""Kinds of picture that have a tile for each of several maps."""


@dataclass(frozen=True, eq=False)
class Redrawn:
    """Answer to `DrawBetween`.

    Attributes
    ----------
    picture : TensorPicture
    limits : TileLimits
        What its colour indices lie between.
    """

    picture: TensorPicture
    limits: TileLimits


@dataclass(frozen=True, eq=False)
class DrawBetween:
    """Draw a tensor between given limits, or each of its maps from its smallest to its largest number.

    Attributes
    ----------
    array : array
    axes : str
    colour : bool
        As for `slices_of`.
    limits : (float, float)
    each : bool
        Each map its own; `limits` then only tell by their symmetry whether zero is in the middle.
    room : int
        As for `picture_of`.
    """

    array: np.ndarray
    axes: str
    colour: bool
    limits: Limits
    each: bool = False
    room: int = MAX_TEXELS

    def __call__(self, progress: Progress = ignore) -> Redrawn:
        slices = slices_of(self.array, self.axes, self.colour)
        limits: TileLimits = self.limits
        if self.each and slices.kind in MANY:
            progress(0.0, "Finding the range of each map")
            limits = own_limits(slices.array)
            if self.limits[0] == -self.limits[1]:
                largest = np.abs(limits).max(axis=1)
                limits = np.stack([-largest, largest], axis=1)
        progress(0.5, "Drawing")
        return Redrawn(picture_between(slices, limits, self.room), limits)


def own_limits(tiles: np.ndarray) -> np.ndarray:
    """(n, 2) float array: smallest and largest finite number of each tile; zeros where there is none."""
    found = np.zeros((len(tiles), 2))
    # Tile by tile: a copy of all without the numbers that are not finite would take the memory twice.
    for place, tile in enumerate(tiles):
        finite = tile
        if tile.dtype.kind == "f" and not np.isfinite(tile.min(initial=0) + tile.max(initial=0)):
            finite = tile[np.isfinite(tile)]
        if finite.size:
            found[place] = finite.min(), finite.max()
    return found
