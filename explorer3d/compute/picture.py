"""A tensor as what is drawn of it: equal tiles of colour indices, packed into one texture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np

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

MAX_TEXELS = 1 << 22
# A matrix is seen as one tile, so more would only be averaged away again by the graphics driver.
MATRIX_TEXELS = 1 << 19
Reduction = Callable[[np.ndarray, int, int], np.ndarray]
MAX_BARS = 4096
MAX_TILES = 4096
LARGEST_SIDE = 8192


@dataclass(frozen=True, eq=False)
class TensorPicture:
    """Tiles of one tensor.

    Attributes
    ----------
    kind : str
        ``maps``, ``kernels``, ``colour``, ``matrix`` or ``vector``.
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
    """

    kind: str
    texels: np.ndarray
    count: int
    tile: tuple[int, int]
    across: int
    total: int
    heights: np.ndarray | None = None

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


def picture_of(array: np.ndarray, axes: str, statistics: Statistics, colour: bool = False) -> TensorPicture:
    """Cut a tensor into tiles and give each value its colour index.

    Parameters
    ----------
    array : array
        Activation with its batch axis (the first of the batch is drawn), or a weight.
    axes : str
        A letter per axis as in `Port.axes`; for weights also O (output channel) and I (input
        channel). If empty, guessed from the rank as for channels-first data.
    statistics : Statistics
        Of this tensor; its `limits` set the range.
    colour : bool
        Draw three channels (or three input channels of each kernel) as red, green and blue.
    """
    if not array.size:
        return _packed(np.zeros((0, 1, 1), np.uint8), "maps", 0)
    axes = axes if len(axes) == array.ndim else _guess_axes(array.ndim)
    if "N" in axes:
        array = np.take(array, 0, axis=axes.index("N"))
        axes = axes.replace("N", "")
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        array = array.astype(np.float32)
    limits = statistics.limits
    space = "".join(letter for letter in axes if letter in "DHWT")
    if "O" in axes and "I" in axes and space:
        kernels = _spread(_ordered(array, axes, "OI" + space), 2)
        if colour and len(space) == 2 and kernels.shape[1] == 3:
            drawn = kernels[:MAX_TILES].transpose(0, 2, 3, 1)
            return _packed(_rgb(drawn, limits), "colour", len(kernels))
        return _packed(_kernel_tiles(kernels, limits), "kernels", kernels.shape[0])
    if array.ndim >= 3:
        channel = "C" if "C" in axes else ""
        rest = "".join(letter for letter in axes if letter != channel)
        maps = _spread(_ordered(array, axes, channel + rest), 1)
        if colour and len(rest) == 2 and len(maps) == 3:
            bands = _fitted(maps, 3 * MAX_TEXELS)
            return _packed(_rgb(bands.transpose(1, 2, 0)[None], limits), "colour", 1)
        return _packed(_maps_tiles(maps, limits), "maps", len(maps))
    if array.ndim == 2:
        if "C" in axes and axes.index("C") == 0:
            array = array.T  # time or space runs downwards, channels across
        return _packed(_index(_fitted(array[None], MATRIX_TEXELS, extremes), limits), "matrix", 1)
    return _vector(array.reshape(-1), limits)


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
    if values.dtype != np.float64:
        values = np.asarray(values, np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = (values - low) * ((LAST - FIRST) / max(high - low, 1e-30))
        index = np.clip(np.rint(scaled) + FIRST, FIRST, LAST)
    index = np.asarray(np.nan_to_num(index, nan=NAN), np.uint8)
    index[values < low] = BELOW
    index[values > high] = ABOVE
    infinite = np.isinf(values)
    if infinite.any():
        index[infinite & (values > 0)] = POSITIVE_INFINITY
        index[infinite & (values < 0)] = NEGATIVE_INFINITY
    return index


def resample(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bring maps to another size: the mean where they shrink, the nearest value where they grow.

    Parameters
    ----------
    maps : (n, H, W) float array
    height, width : int
        Size wanted.

    Returns
    -------
    (n, height, width) float32 array
    """
    for axis, size in ((1, height), (2, width)):
        have = maps.shape[axis]
        starts = np.arange(size) * have // size
        if size < have:
            # Only float32 sums: float16 overflows, and integers would be divided.
            sums = np.add.reduceat(maps, starts, axis=axis, dtype=np.float32)
            lengths = np.diff(np.append(starts, have)).astype(np.float32)
            maps = sums / lengths.reshape([-1 if a == axis else 1 for a in range(3)])
        elif size > have:
            maps = np.take(maps, starts, axis=axis)
    return np.asarray(maps, np.float32)


def extremes(maps: np.ndarray, height: int, width: int) -> np.ndarray:
    """Shrink maps, keeping of the values that fall together the one furthest from zero.

    The mean of thousands of weights of either sign is nothing.

    Parameters
    ----------
    maps : (n, H, W) array
    height, width : int
        At most H and W.

    Returns
    -------
    (n, height, width) array
    """
    top = bottom = maps
    for axis, size in ((1, height), (2, width)):
        starts = np.arange(size) * maps.shape[axis] // size
        top = np.maximum.reduceat(top, starts, axis=axis)
        bottom = np.minimum.reduceat(bottom, starts, axis=axis)
    return np.asarray(np.where(np.abs(top) >= np.abs(bottom), top, bottom))


def grid_columns(count: int, aspect: float = 1.0) -> int:
    """Tiles in a row of a grid whose outline has about the given width to height."""
    return max(1, min(count, int(np.ceil(np.sqrt(count * aspect) - 1e-9))))


def _guess_axes(rank: int) -> str:
    return {0: "", 1: "C", 3: "NTC", 4: "NCHW", 5: "NCDHW"}.get(rank, "NC" + ascii_lowercase[: rank - 2])


def _ordered(array: np.ndarray, axes: str, wanted: str) -> np.ndarray:
    return np.transpose(array, [axes.index(letter) for letter in wanted])


def _spread(array: np.ndarray, lead: int) -> np.ndarray:
    """Fold or pad the axes behind the first `lead` ones to exactly two."""
    shape = array.shape
    if len(shape) == lead + 1:
        return array.reshape(*shape[:lead], 1, shape[lead])
    if len(shape) > lead + 2:
        folded = shape[:lead][:-1] + (int(np.prod(shape[lead - 1 : -2])),) if lead else ()
        return array.reshape(*folded, *shape[-2:])
    return array


def _index(tiles: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return index_of(tiles, limits)


def _maps_tiles(maps: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    return _index(_fitted(maps[:MAX_TILES], MAX_TEXELS), limits)


def _fitted(maps: np.ndarray, texels: int, reduce: Reduction | None = None) -> np.ndarray:
    count, height, width = maps.shape
    shrink = max(1.0, np.sqrt(maps.size / texels), height / LARGEST_SIDE, width / LARGEST_SIDE)
    if shrink == 1.0:
        return maps
    # A side of one texel cannot shrink, so that the other one has to do it alone.
    rows = max(1, int(height / shrink))
    columns = max(1, min(int(width / shrink), texels // (count * rows)))
    rows = max(1, min(rows, texels // (count * columns)))
    return (reduce or resample)(maps, rows, columns)


def _kernel_tiles(kernels: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """One tile per output channel; within it the kernels of all input channels, a texel apart."""
    kernels = kernels[:MAX_TILES]
    outputs, inputs, height, width = kernels.shape
    if inputs == 1:
        return _index(kernels[:, 0], limits)
    columns = grid_columns(inputs)
    rows = -(-inputs // columns)
    # Kernels of a single element need nothing between them.
    gap = 1 if height * width > 1 else 0
    if outputs * rows * (height + gap) * columns * (width + gap) > 4 * MAX_TEXELS:
        flat = np.ascontiguousarray(kernels).reshape(outputs, inputs, height * width)
        return _index(_fitted(flat, MAX_TEXELS), limits)
    tiles = np.full((outputs, rows * columns, height + gap, width + gap), EMPTY, np.uint8)
    tiles[:, :inputs, :height, :width] = _index(kernels, limits)
    tiles = tiles.reshape(outputs, rows, columns, height + gap, width + gap).transpose(0, 1, 3, 2, 4)
    tiles = tiles.reshape(outputs, rows * (height + gap), columns * (width + gap))
    return tiles[:, : tiles.shape[1] - gap, : tiles.shape[2] - gap]


def _rgb(tiles: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    low, high = limits
    scaled = (np.asarray(tiles, np.float32) - low) / max(high - low, 1e-30)
    return np.asarray(np.nan_to_num(np.clip(scaled, 0.0, 1.0)) * 255.0 + 0.5, np.uint8)


def _packed(tiles: np.ndarray, kind: str, total: int) -> TensorPicture:
    """Lay tiles (n, h, w[, 3]) out in one texture that is about square."""
    count, height, width = tiles.shape[:3]
    if not tiles.size:
        return TensorPicture(kind, np.full((1, 1), EMPTY, np.uint8), 0, (1, 1), 1, total)
    across = grid_columns(count, height / width)
    rows = -(-count // across)
    padded = np.full((rows * across, *tiles.shape[1:]), EMPTY, np.uint8)
    padded[:count] = tiles
    grid = padded.reshape(rows, across, height, width, *tiles.shape[3:]).swapaxes(1, 2)
    texels = grid.reshape(rows * height, across * width, *tiles.shape[3:])
    return TensorPicture(kind, texels, count, (height, width), across, total)


def _vector(values: np.ndarray, limits: tuple[float, float]) -> TensorPicture:
    total = values.size
    drawn = np.asarray(values, np.float32)
    if total > MAX_BARS:
        starts = np.arange(MAX_BARS) * total // MAX_BARS
        top, bottom = np.maximum.reduceat(drawn, starts), np.minimum.reduceat(drawn, starts)
        drawn = np.where(top >= -bottom, top, bottom)
    finite = np.nan_to_num(drawn, nan=0.0, posinf=limits[1], neginf=limits[0])
    packed = _packed(_index(drawn.reshape(-1, 1, 1), limits), "vector", total)
    largest = float(np.abs(finite).max()) if finite.size else 0.0
    return TensorPicture(
        "vector",
        packed.texels,
        packed.count,
        (1, 1),
        packed.across,
        total,
        finite / largest if largest else finite,
    )
