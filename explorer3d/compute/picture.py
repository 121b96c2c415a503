"""A tensor as what is drawn of it: equal tiles of colour indices, packed into one texture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer3d.compute.shrinking import Reduction, reduction, resample, signed_root, strengths
from explorer3d.compute.slices import Slices, slices_of
from explorer3d.compute.statistics import Statistics

# Colour indices of a texture. The ends stand next to their neighbours in colour, so that a texture
# may be averaged when it is drawn small.
BELOW, FIRST, LAST, ABOVE, NAN, POSITIVE_INFINITY, NEGATIVE_INFINITY, EMPTY = (
    0,
    1,
    250,
    251,
    252,
    253,
    254,
    255,
)

# What one tensor may take of the graphics memory: more would hold up the window while it is sent there.
MAX_TEXELS = 1 << 20
# A matrix is seen as one tile, so more would only be averaged away again by the graphics driver.
MATRIX_TEXELS = 1 << 19
MAX_BARS = 4096
MAX_TILES = 4096
MAX_WORDS = 12
LARGEST_SIDE = 8192
Limits = tuple[float, float]
TileLimits = Limits | np.ndarray
"""Values that get the first and the last colour: the same in all tiles, or (tiles, 2) floats."""


@dataclass(frozen=True, eq=False)
class TensorPicture:
    """Tiles of one tensor.

    Attributes
    ----------
    kind : str
        ``maps``, ``kernels``, ``colour``, ``matrix``, ``vector`` or ``text``.
    texels : (rows, columns) uint8 array, or (rows, columns, 3) for ``colour``
        Colour indices (see the constants above) or RGB; tiles row by row, the first at the top left.
    count : int
        Number of tiles.
    tile : (int, int)
        Height and width of a tile in texels.
    across : int
        Tiles in a row of the texture.
    total : int
        Number of slices the tensor has; larger than `count` if not all are drawn.
    heights : (count,) float array or None
        For a vector: value of each bar, scaled so that the largest magnitude is 1.
    full : (int, int) or None
        Height and width of a tile that shows every element, if the texture shows less.
    words : tuple of str
        For a text: its lines.
    """

    kind: str
    texels: np.ndarray
    count: int
    tile: tuple[int, int]
    across: int
    total: int
    heights: np.ndarray | None = None
    full: tuple[int, int] | None = None
    words: tuple[str, ...] = ()

    def cells(self) -> np.ndarray:
        """Corners of each tile in the texture.

        Returns
        -------
        (count, 4) int array
            Left, top, right, bottom in texels.
        """
        height, width = self.tile
        row, column = np.divmod(np.arange(self.count), self.across)
        return np.stack([column * width, row * height, (column + 1) * width, (row + 1) * height], axis=1)


def picture_of(
    array: np.ndarray, axes: str, statistics: Statistics, colour: bool = False, room: int = MAX_TEXELS
) -> TensorPicture:
    """Cut a tensor into tiles and give each value its colour index.

    Parameters
    ----------
    array : array
    axes : str
    colour : bool
        As for `slices_of`.
    statistics : Statistics
        Of this tensor; its `limits` set the range.
    room : int
        Most texels to make; a larger tensor is reduced.
    """
    return picture_between(slices_of(array, axes, colour), statistics.limits, room)


def picture_between(slices: Slices, limits: TileLimits, room: int = MAX_TEXELS) -> TensorPicture:
    """Give each value of a tensor its colour index between any limits.

    Parameters
    ----------
    slices : Slices
    limits : TileLimits
        Of a matrix or a vector, which is one tile, only the same for all.
    room : int
        As for `picture_of`.
    """
    if slices.kind == "text":
        return _text(slices.array, slices.array.shape)
    return _PICTURES[slices.kind](slices.array, limits, room)


def indices_of(maps: np.ndarray, limits: TileLimits) -> np.ndarray:
    """Colour index of each value.

    Parameters
    ----------
    maps : (n, …) array
    limits : TileLimits

    Returns
    -------
    uint8 array
        Of the same shape.
    """
    return index_of(*_in_common(maps, limits))


def colours_of(tiles: np.ndarray, limits: TileLimits) -> np.ndarray:
    """(n, …, 3) uint8 array: values of three channels, as of `coloured`."""
    return coloured(*_in_common(tiles, limits))


def _in_common(maps: np.ndarray, limits: TileLimits) -> tuple[np.ndarray, Limits]:
    """Maps brought between limits that hold for all of them, and these."""
    if isinstance(limits, tuple):
        return maps, limits
    low, high = (limits[: len(maps), side].reshape(-1, *[1] * (maps.ndim - 1)) for side in (0, 1))
    with np.errstate(invalid="ignore", over="ignore"):
        return (maps - low) / np.where(high > low, high - low, 1.0), (0.0, 1.0)


def index_of(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Colour index of each value.

    Parameters
    ----------
    values : array
    limits : (float, float)
        Values that get the first and the last colour.

    Returns
    -------
    uint8 array
        Of the same shape.
    """
    low, high = limits
    exact = values.dtype == np.float64 or (values.dtype.kind in "iu" and values.dtype.itemsize > 2)
    values = np.asarray(values, np.float64 if exact else np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = (values - low) * ((LAST - FIRST) / max(high - low, 1e-30))
        index = np.clip(np.rint(scaled) + FIRST, FIRST, LAST)
        finite = bool(np.isfinite(values.min(initial=0) + values.max(initial=0)))
    index = np.asarray(index if finite else np.nan_to_num(index, nan=NAN), np.uint8)
    index[values < low] = BELOW
    index[values > high] = ABOVE
    if not finite:
        index[values == np.inf] = POSITIVE_INFINITY
        index[values == -np.inf] = NEGATIVE_INFINITY
    return index


def grid_columns(count: int, aspect: float = 1.0) -> int:
    """Tiles in a row of a grid whose outline has about the given width to height."""
    return max(1, min(count, int(np.ceil(np.sqrt(count * aspect) - 1e-9))))


def kernel_grid(kernels: tuple[int, ...]) -> tuple[int, int, int]:
    """How the kernels (output, input, height, width) of one output are laid out in its tile.

    Returns
    -------
    rows, columns, gap : int
        Kernels down and across, texels between them.
    """
    _, inputs, height, width = kernels
    columns = grid_columns(inputs)
    # Kernels of a single element need nothing between them.
    return -(-inputs // columns), columns, 1 if height * width > 1 else 0


def coloured(tiles: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """(…, 3) uint8 array: values of three channels as red, green and blue."""
    low, high = limits
    scaled = (np.asarray(tiles, np.float32) - low) / max(high - low, 1e-30)
    return np.asarray(np.nan_to_num(np.clip(scaled, 0.0, 1.0)) * 255.0 + 0.5, np.uint8)


def _maps(maps: np.ndarray, limits: TileLimits, room: int) -> TensorPicture:
    drawn = _fitted(maps[:MAX_TILES], room, reduction("maps", maps.dtype))
    return _packed(indices_of(drawn, limits), "maps", len(maps), maps.shape[1:3])


def _matrix(matrix: np.ndarray, limits: Limits, room: int) -> TensorPicture:
    drawn = _fitted(matrix, min(room, MATRIX_TEXELS), reduction("matrix", matrix.dtype))
    return _packed(index_of(drawn, limits), "matrix", 1, matrix.shape[1:3])


def _colour(tiles: np.ndarray, limits: TileLimits, room: int) -> TensorPicture:
    drawn = tiles[:MAX_TILES]
    count, height, width, _ = drawn.shape
    bands = drawn.transpose(0, 3, 1, 2).reshape(3 * count, height, width)
    bands = _fitted(bands, 3 * room, resample)
    drawn = bands.reshape(count, 3, *bands.shape[1:]).transpose(0, 2, 3, 1)
    return _packed(colours_of(drawn, limits), "colour", len(tiles), (height, width))


def _kernels(kernels: np.ndarray, limits: TileLimits, room: int) -> TensorPicture:
    """One tile per output channel; within it the kernels of all input channels, a texel apart."""
    total, kernels = len(kernels), kernels[:MAX_TILES]
    outputs, inputs, height, width = kernels.shape
    if inputs == 1:
        drawn = _fitted(kernels[:, 0], room, reduction("kernels", kernels.dtype))
        return _packed(indices_of(drawn, limits), "kernels", total, (height, width))
    rows, columns, gap = kernel_grid(kernels.shape)
    full = rows * (height + gap), columns * (width + gap)
    if outputs * full[0] * full[1] > 2 * room:
        return _packed(_coarse_kernels(kernels, limits, room), "kernels", total, full)
    tiles = np.full((outputs, rows * columns, height + gap, width + gap), EMPTY, np.uint8)
    tiles[:, :inputs, :height, :width] = indices_of(kernels, limits)
    tiles = tiles.reshape(outputs, rows, columns, height + gap, width + gap).transpose(0, 1, 3, 2, 4)
    tiles = tiles.reshape(outputs, *full)
    return _packed(tiles[:, : full[0] - gap, : full[1] - gap], "kernels", total)


def _coarse_kernels(kernels: np.ndarray, limits: TileLimits, room: int) -> np.ndarray:
    """One value for each kernel, or for several."""
    outputs, inputs = kernels.shape[:2]
    rows, columns, _ = kernel_grid(kernels.shape)
    grid, there = np.zeros((outputs, rows * columns)), np.zeros((1, rows * columns))
    grid[:, :inputs], there[:, :inputs] = kernel_strengths(kernels), 1.0
    drawn = _fitted(grid.reshape(outputs, rows, columns), room, strengths)
    # The last row of a grid is seldom full, and what is not there must not count as zero.
    share = resample(there.reshape(1, rows, columns), *drawn.shape[1:])
    index = indices_of(drawn / np.sqrt(np.maximum(share, 1e-9)), limits)
    return np.where(share > 0, index, np.uint8(EMPTY))


def kernel_strengths(kernels: np.ndarray) -> np.ndarray:
    """(output, input) float array: `strengths` of each whole kernel (output, input, height, width)."""
    squares = np.einsum("oihw,oihw->oi", kernels, kernels, dtype=np.float64)
    sums = kernels.sum(axis=(2, 3), dtype=np.float64)
    return signed_root(sums, squares / (kernels.shape[2] * kernels.shape[3]))


def _fitted(maps: np.ndarray, texels: int, reduce: Reduction) -> np.ndarray:
    count, height, width = maps.shape
    shrink = max(1.0, np.sqrt(maps.size / texels), height / LARGEST_SIDE, width / LARGEST_SIDE)
    if shrink == 1.0:
        return maps
    # A side of one texel cannot shrink, so that the other one has to do it alone.
    rows = max(1, int(height / shrink))
    columns = max(1, min(int(width / shrink), texels // (count * rows)))
    rows = max(1, min(rows, texels // (count * columns)))
    return reduce(maps, rows, columns)


def _packed(tiles: np.ndarray, kind: str, total: int, full: tuple[int, ...] | None = None) -> TensorPicture:
    """Lay tiles (n, h, w[, 3]) out in one texture that is about square."""
    count, height, width = tiles.shape[:3]
    across = grid_columns(count, height / width)
    rows = -(-count // across)
    padded = np.full((rows * across, *tiles.shape[1:]), EMPTY, np.uint8)
    padded[:count] = tiles
    grid = padded.reshape(rows, across, height, width, *tiles.shape[3:]).swapaxes(1, 2)
    texels = grid.reshape(rows * height, across * width, *tiles.shape[3:])
    more = (full[0], full[1]) if full and full != (height, width) else None
    return TensorPicture(kind, texels, count, (height, width), across, total, full=more)


def _vector(values: np.ndarray, limits: Limits, room: int) -> TensorPicture:
    total = values.size
    drawn = values
    if total > MAX_BARS:
        starts = np.arange(MAX_BARS) * total // MAX_BARS
        top, bottom = (one.reduceat(drawn, starts).astype(np.float64) for one in (np.maximum, np.minimum))
        drawn = np.where(np.abs(top) >= np.abs(bottom), top, bottom)
    packed = _packed(index_of(drawn.reshape(-1, 1, 1), limits), "vector", total)
    finite = np.nan_to_num(drawn.astype(np.float64), nan=0.0, posinf=limits[1], neginf=limits[0])
    largest = float(np.abs(finite).max())
    return replace(packed, heights=finite / largest if largest else finite)


def _text(array: np.ndarray, shape: tuple[int, ...]) -> TensorPicture:
    """Words instead of colours: a number, strings, or that there is nothing."""
    if not array.size:
        words = [f"empty: {'×'.join(str(size) for size in shape)}"]
    else:
        words = [word_of(value) for value in array.reshape(-1)[:MAX_WORDS].tolist()]
        if array.size > MAX_WORDS:
            words[-1] = f"… {array.size - MAX_WORDS + 1:,} more"
    # A tile that shows the ground, so that there is something to point at.
    return TensorPicture("text", np.full((1, 1), EMPTY, np.uint8), 1, (1, 1), 1, 1, words=tuple(words))


def word_of(value: object) -> str:
    """One element as a person would write it."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if value == "":
        return "(empty)"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


_PICTURES: dict[str, Callable[[np.ndarray, Any, int], TensorPicture]] = {
    "maps": _maps,
    "kernels": _kernels,
    "colour": _colour,
    "matrix": _matrix,
    "vector": _vector,
}
