"""The colours of that part of a wall of maps which a window shows, as finely as its pixels are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer3d.compute.picture import EMPTY
from explorer3d.qt.tensor.framing import Framing
from explorer3d.qt.tensor.seen import Seen
from explorer3d.qt.tensor.shade import Shade
from explorer3d.qt.tensor.wall import Wall

Box = tuple[float, float, float, float]
_MOST_AVERAGED = 4
_FINEST_SMOOTH = 1 << 20


def sampled(seen: Seen, wall: Wall, framing: Framing, shade: Shade, ratio: float) -> tuple[Box, np.ndarray]:
    """A texel for each cell; where cells are smaller than pixels, one for each pixel: their mean.

    Parameters
    ----------
    seen : Seen
    wall : Wall
    framing : Framing
    shade : Shade
    ratio : float
        Pixels per logical pixel.

    Returns
    -------
    box : (float, float, float, float)
        Left, top, right and bottom of the texels on the wall.
    texels : (rows, columns) uint8 array, or (rows, columns, 4)
        Colour indices, or red, green, blue and opacity.
    """
    sides: list[tuple[np.ndarray, int, float, float]] = []
    for axis in range(2):
        start = (framing.left, framing.top)[axis] / wall.cell[axis]
        cells_per_pixel = 1 / (framing.scale * ratio * wall.cell[axis])
        pixels = round(framing.room[axis] * ratio)
        if cells_per_pixel <= 1:
            first = max(int(np.floor(start)), 0)
            last = min(int(np.ceil(start + pixels * cells_per_pixel)), wall.cells[axis])
            sides.append((np.arange(first, max(last, first + 1)), 1, first, max(last, first + 1)))
        else:
            # Whole numbers have no mean, and of hundreds a few stand for all.
            fine = int(np.ceil(cells_per_pixel))
            fine = 1 if seen.array.dtype.kind in "iub" or fine > _MOST_AVERAGED else fine
            places = start + (np.arange(pixels * fine) + 0.5) / fine * cells_per_pixel
            sides.append((np.floor(places).astype(int), fine, start, start + pixels * cells_per_pixel))
    (across, fine_x, left, right), (down, fine_y, top, bottom) = sides
    group, member, row, column, there = wall.places(across, down)
    numbers = seen.numbers(group, member, row, column)
    channel = channels(seen, shade, group)
    if fine_x * fine_y > 1:
        shape: tuple[int, ...] = (len(down) // fine_y, fine_y, len(across) // fine_x, fine_x)
        shown = there.reshape(shape)
        weight = shown.sum(axis=(1, 3), dtype=np.float32)
        if seen.colour:
            shape, shown = (*shape, 3), shown[..., None]
        wide = np.where(shown, numbers.astype(np.float32).reshape(shape), np.float32(0))
        with np.errstate(over="ignore", invalid="ignore"):
            sums = wide.sum(axis=(1, 3), dtype=np.float32)
            numbers = sums / np.maximum(weight, 1)[(..., None) if seen.colour else ...]
        there = weight > 0
        channel = channel[fine_y // 2 :: fine_y, fine_x // 2 :: fine_x] if channel.size > 1 else channel
    box = (left * wall.cell[0], top * wall.cell[1], right * wall.cell[0], bottom * wall.cell[1])
    return box, _texels(seen, shade, numbers, channel, there)


def smooth(seen: Seen, wall: Wall, framing: Framing, shade: Shade, ratio: float) -> tuple[Box, np.ndarray]:
    """As `sampled`, with smooth passages between the middles of the cells of each map."""
    width, height = framing.room
    share = min(1.0, (_FINEST_SMOOTH / max(width * height * ratio * ratio, 1)) ** 0.5) * ratio
    along = [
        start / size + (np.arange(max(round(room * share), 1)) + 0.5) / share / framing.scale / size
        for start, size, room in zip((framing.left, framing.top), wall.cell, framing.room, strict=True)
    ]
    across, down = (np.floor(places).astype(int) for places in along)
    group, member, row, column, there = wall.places(across, down)
    (rows, low), (columns, right) = (
        _between(cells.reshape(-1), places, size)
        for cells, places, size in zip((row, column), along[::-1], wall.tile, strict=True)
    )
    weight_y, weight_x = low[:, None], right[None]
    if seen.colour:
        weight_y, weight_x = weight_y[..., None], weight_x[..., None]

    def at(which_row: int, which_column: int) -> np.ndarray:
        found = seen.numbers(group, member, rows[which_row][:, None], columns[which_column])
        return found.astype(np.float32)

    numbers = _blended(at, weight_y, weight_x)
    end = framing.point(width, height)
    return (framing.left, framing.top, *end), _texels(
        seen, shade, numbers, channels(seen, shade, group), there
    )


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


def _texels(
    seen: Seen, shade: Shade, numbers: np.ndarray, channel: np.ndarray, there: np.ndarray
) -> np.ndarray:
    if not seen.colour:
        index = shade.indices(numbers, channel)
        index[~there] = EMPTY
        return index
    opacity = np.where(there, np.uint8(255), np.uint8(0))[..., None]
    return np.concatenate([shade.colours(numbers, channel), opacity], axis=2)
