"""The colours of that part of a wall of maps which a window shows, as finely as its pixels are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from explorer3d.compute.picture import EMPTY
from explorer3d.qt.tensor.framing import Framing
from explorer3d.qt.tensor.seen import Seen
from explorer3d.qt.tensor.stack import Stack
from explorer3d.qt.tensor.wall import Wall
from explorer3d.scene.shade import Shade

Box = tuple[float, float, float, float]
_MOST_TEXELS = 1 << 20
_NARROWEST = 5  # pixels between maps of a stack, to have a gap between them


@dataclass(frozen=True, eq=False)
class Sample:
    """The numbers behind the texels of a picture, before they are coloured.

    Attributes
    ----------
    seen : Seen
    box : (float, float, float, float)
        Left, top, right and bottom of the texels, in units of the geometry.
    numbers : (rows, columns) array, or (rows, columns, 3) for colours
    group : (rows, columns) int array
    there : (rows, columns) bool array
        As in `Places`.
    """

    seen: Seen
    box: Box
    numbers: np.ndarray
    group: np.ndarray
    there: np.ndarray

    def texels(self, shade: Shade) -> np.ndarray:
        """(rows, columns) uint8 array of colour indices, or (rows, columns, 4): red, green, blue, opacity."""
        channel = channels(self.seen, shade, self.group)
        if not self.seen.colour:
            index = shade.indices(self.numbers, channel)
            index[~self.there] = EMPTY
            return index
        opacity = np.where(self.there, np.uint8(255), np.uint8(0))[..., None]
        return np.concatenate([shade.colours(self.numbers, channel), opacity], axis=2)


def sampled(seen: Seen, geometry: Wall | Stack, framing: Framing, ratio: float) -> Sample:
    """A number for each cell of a wall that is no smaller than a pixel; else one for each pixel.

    Parameters
    ----------
    seen : Seen
    geometry : Wall or Stack
    framing : Framing
    ratio : float
        Pixels per logical pixel.
    """
    finest = _share(framing, ratio) * framing.scale
    if isinstance(geometry, Wall) and finest * min(geometry.cell) >= 1:
        box, points = cells_in(geometry, framing)
    else:
        box, points = _pixels(framing, ratio)
    at = geometry.places(*points)
    height, width = seen.tile
    wide, high = geometry.cell if isinstance(geometry, Wall) else (1.0, 1.0)
    rows, columns = (
        max(1, ceil(size * side * finest)) for size, side in zip(seen.tile, (high, wide), strict=True)
    )
    if rows < height or columns < width:
        numbers = seen.shrunk(at, min(rows, height), min(columns, width))
    else:
        numbers = seen.numbers(at)
    if isinstance(geometry, Stack) and geometry.step * framing.scale > _NARROWEST:
        # A gap between one map and the next.
        place = at.group * seen.members + at.member
        at.there[:, 1:] &= place[:, 1:] == place[:, :-1]
    return Sample(seen, box, numbers, at.group, at.there)


def cells_in(wall: Wall, framing: Framing) -> tuple[Box, tuple[np.ndarray, np.ndarray]]:
    """The middles of the cells that are in the window."""
    ends, middles = [], []
    for axis, size in enumerate(wall.cell):
        start = (framing.left, framing.top)[axis] / size
        first = max(int(np.floor(start)), 0)
        last = min(ceil(start + framing.room[axis] / framing.scale / size), wall.cells[axis])
        ends.append((first * size, max(last, first + 1) * size))
        middles.append((np.arange(first, max(last, first + 1)) + 0.5) * size)
    (left, right), (top, bottom) = ends
    return (left, top, right, bottom), (middles[0], middles[1])


def _pixels(framing: Framing, ratio: float) -> tuple[Box, tuple[np.ndarray, np.ndarray]]:
    """The middles of the window's pixels; of very many, of squares of them."""
    share = _share(framing, ratio)
    points = [
        start + (np.arange(max(round(room * share), 1)) + 0.5) / share / framing.scale
        for start, room in zip((framing.left, framing.top), framing.room, strict=True)
    ]
    end = framing.point(*(len(along) / share for along in points))
    return (framing.left, framing.top, *end), (points[0], points[1])


def _share(framing: Framing, ratio: float) -> float:
    """Texels per logical pixel."""
    width, height = framing.room
    return ratio * min(1.0, (_MOST_TEXELS / max(width * height * ratio * ratio, 1)) ** 0.5)


def smooth(seen: Seen, wall: Wall, framing: Framing, ratio: float) -> Sample:
    """As `sampled`, with smooth passages between the middles of the cells of each map."""
    box, (x, y) = _pixels(framing, ratio)
    at = wall.places(x, y)
    along = x / wall.cell[0], y / wall.cell[1]
    (rows, low), (columns, right) = (
        _between(cells.reshape(-1), places, size)
        for cells, places, size in zip((at.row, at.column), along[::-1], wall.tile, strict=True)
    )
    weight_y, weight_x = low[:, None], right[None]
    if seen.colour:
        weight_y, weight_x = weight_y[..., None], weight_x[..., None]

    def corner(which_row: int, which_column: int) -> np.ndarray:
        found = replace(at, row=rows[which_row][:, None], column=columns[which_column])
        return seen.numbers(found).astype(np.float32)

    numbers = _blended(corner, weight_y, weight_x)
    return Sample(seen, box, numbers, at.group, at.there)


def _blended(at: Callable[[int, int], np.ndarray], down: np.ndarray, across: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        upper = at(0, 0) * (1 - across) + at(0, 1) * across
        lower = at(1, 0) * (1 - across) + at(1, 1) * across
        return np.asarray(upper * (1 - down) + lower * down)


def _between(cells: np.ndarray, places: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The two cells of a map around each place, and the share of the second."""
    inside = places - np.floor(places) - 0.5
    share = np.where(inside < 0, inside + 1, inside).astype(np.float32)
    first = np.where(inside < 0, cells - 1, cells)
    return np.clip(np.stack([first, first + 1]), 0, size - 1), share


def channels(seen: Seen, shade: Shade, group: np.ndarray) -> np.ndarray:
    """Number of the channel of each group, if colours depend on it."""
    if shade.own is None or seen.channel_axis is None:
        return np.zeros((1, 1), int)
    return seen.channels[group]
