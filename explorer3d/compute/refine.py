"""Parts of a tensor at the screen's resolution, where its whole picture is too coarse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.picture import (
    EMPTY,
    Limits,
    TileLimits,
    coloured,
    index_of,
    kernel_grid,
    kernel_strengths,
)
from explorer3d.compute.shrinking import reduction
from explorer3d.compute.slices import Slices, slices_of
from explorer3d.progress import Progress, ignore

MOST_TEXELS = 1 << 22
_WIDEST = 8192
FINEST = {"maps": 0.8, "colour": 0.8, "matrix": 3.0, "kernels": 3.0}
"""Pixels that a texel takes at least: smaller ones of either sign would fade and show as stripes."""


@dataclass(frozen=True)
class Crop:
    """Part of a tile.

    Attributes
    ----------
    tile : int
    top, left, bottom, right : int
        In elements of the tile at its full size (`TensorPicture.full`).
    height, width : int
        Texels wanted; fewer are given where there are fewer elements.
    """

    tile: int
    top: int
    left: int
    bottom: int
    right: int
    height: int
    width: int


@dataclass(frozen=True, eq=False)
class Detail:
    """Answer to `RefineTensor`.

    Attributes
    ----------
    crops : tuple of Crop
    texels : (rows, columns) uint8 array, or (rows, columns, 3)
        As in `TensorPicture`.
    cells : (n, 4) int array
        Left, top, right, bottom of each crop in the texels.
    limits : TileLimits
        What the colour indices lie between.
    """

    crops: tuple[Crop, ...]
    texels: np.ndarray
    cells: np.ndarray
    limits: TileLimits


@dataclass(frozen=True, eq=False)
class RefineTensor:
    """Draw parts of a tensor finer.

    Attributes
    ----------
    array : array
    axes : str
    colour : bool
        As for `slices_of`.
    limits : TileLimits
    crops : tuple of Crop
    """

    array: np.ndarray
    axes: str
    colour: bool
    limits: TileLimits
    crops: tuple[Crop, ...]

    def __call__(self, progress: Progress = ignore) -> Detail:
        slices = slices_of(self.array, self.axes, self.colour)
        wanted = sum(crop.height * crop.width for crop in self.crops)
        share = min(1.0, (MOST_TEXELS / max(wanted, 1)) ** 0.5)
        fine = all(_separate(crop) for crop in self.crops)
        parts = []
        for place, crop in enumerate(self.crops):
            progress(place / len(self.crops), "Sharpening")
            height, width = int(crop.height * share), int(crop.width * share)
            parts.append(_drawn(slices, crop, height, width, self._limits(crop.tile), fine))
        texels, cells = _shelved(parts)
        return Detail(self.crops, texels, cells, self.limits)

    def _limits(self, tile: int) -> Limits:
        if isinstance(self.limits, tuple):
            return self.limits
        low, high = self.limits[tile].tolist()
        return (low, high) if low < high else (low, low + 1.0)


def _drawn(slices: Slices, crop: Crop, height: int, width: int, limits: Limits, fine: bool) -> np.ndarray:
    rows, columns = slice(crop.top, crop.bottom), slice(crop.left, crop.right)
    if slices.kind == "kernels" and slices.array.shape[1] > 1:
        return _kernels(slices.array[crop.tile], crop, height, width, limits, fine)
    if slices.kind == "colour":
        bands = slices.array[crop.tile, rows, columns].transpose(2, 0, 1)
        return coloured(_shrunk(bands, slices.kind, height, width).transpose(1, 2, 0), limits)
    maps = slices.array[:, 0] if slices.kind == "kernels" else slices.array
    part = maps[crop.tile : crop.tile + 1, rows, columns]
    return index_of(_shrunk(part, slices.kind, height, width)[0], limits)


def _shrunk(maps: np.ndarray, kind: str, height: int, width: int) -> np.ndarray:
    # Whole numbers of elements fall together: where two and where one do, by turns, stripes would show.
    height, width = _whole(kind, maps.shape[1], height), _whole(kind, maps.shape[2], width)
    if (height, width) == maps.shape[1:]:
        return maps
    return reduction(kind, maps.dtype)(maps, height, width)


def _whole(kind: str, elements: int, texels: int) -> int:
    together = max(int(np.ceil(elements * FINEST[kind] / max(texels, 1))), 1)
    return -(-elements // together)


def _separate(crop: Crop) -> bool:
    """Whether each element of a crop takes enough pixels to be told apart."""
    largest = max((crop.bottom - crop.top) / crop.height, (crop.right - crop.left) / crop.width)
    return largest * FINEST["kernels"] <= 1


def _kernels(
    kernels: np.ndarray, crop: Crop, height: int, width: int, limits: Limits, fine: bool
) -> np.ndarray:
    """Part of the tile of one output (input, height, width): kernels with gaps, or one value for each."""
    inputs, kernel_height, kernel_width = kernels.shape
    _, columns, gap = kernel_grid((1, *kernels.shape))
    down, across = crop.bottom - crop.top, crop.right - crop.left
    if not fine:
        kernels = kernel_strengths(kernels[None])[0][:, None, None]
        tops = crop.top + _middles(down, min(max(height, 1), down))
        lefts = crop.left + _middles(across, min(max(width, 1), across))
        row, y = tops // (kernel_height + gap), np.zeros(len(tops), int)
        column, x = lefts // (kernel_width + gap), np.zeros(len(lefts), int)
    else:
        row, y = np.divmod(np.arange(crop.top, crop.bottom), kernel_height + gap)
        column, x = np.divmod(np.arange(crop.left, crop.right), kernel_width + gap)
    channel = row[:, None] * columns + column
    inside = (channel < inputs) & (y < kernel_height)[:, None] & (x < kernel_width)
    _, height, width = kernels.shape
    values = kernels[
        np.minimum(channel, inputs - 1), np.minimum(y, height - 1)[:, None], np.minimum(x, width - 1)
    ]
    return np.where(inside, index_of(values, limits), np.uint8(EMPTY))


def _middles(length: int, parts: int) -> np.ndarray:
    return (2 * np.arange(parts) + 1) * length // (2 * parts)


def _shelved(parts: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Lay pictures of any size out in one, left to right in rows."""
    side = max([_WIDEST // 4, *(part.shape[1] for part in parts)])
    cells = []
    left = top = bottom = 0
    for part in parts:
        height, width = part.shape[:2]
        if left + width > side:
            left, top = 0, bottom
        cells.append([left, top, left + width, top + height])
        left, bottom = left + width, max(bottom, top + height)
    right = max((cell[2] for cell in cells), default=1)
    texels = np.full((max(bottom, 1), right, *(parts[0].shape[2:] if parts else ())), EMPTY, np.uint8)
    for part, (x0, y0, x1, y1) in zip(parts, cells, strict=True):
        texels[y0:y1, x0:x1] = part
    return texels, np.array(cells, int).reshape(-1, 4)
