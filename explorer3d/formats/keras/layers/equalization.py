"""Colours spread evenly, tile by tile."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor
from explorer3d.formats.keras.layers.layout import channels_back, channels_second, require_maps
from explorer3d.formats.keras.settings import Unsupported

_COLOURS = 256

# 64 MB of tables.
_LARGEST_TABLE = 1 << 24


def equalization_by_tiles(scope: Scope, x: Tensor) -> Tensor:
    """``ContrastLimitedAdaptiveHistogramEqualization``.

    Each tile counts its colours; a place takes its new colour from the sums of counts of the four tiles
    around it, weighed by how near they are.

    References
    ----------
    https://doi.org/10.1016/S0734-189X(87)80186-X
    """
    require_maps(x, 2)
    first, kind = scope.settings.channels_first(), x.value.dtype
    # Channels before space all the way: each has tables of its own.
    pixels = scope.floating(x) if first else channels_second(scope, scope.floating(x))
    channels, size = pixels.known(1), (pixels.known(2), pixels.known(3))
    grid = scope.settings.sizes("tile_grid_size", 2, 8)
    tile = (-(-size[0] // grid[0]), -(-size[1] // grid[1]))
    whole = (tile[0] * grid[0], tile[1] * grid[1])
    if max((grid[0] + 2) * (grid[1] + 2) * _COLOURS, whole[0] * whole[1]) * channels > _LARGEST_TABLE:
        raise Unsupported("its tiles take too much memory")
    if any(2 * one < all_of_it for one, all_of_it in zip(size, whole, strict=True)):
        raise Unsupported("its tiles are larger than its input")
    coloured = _mirrored(scope, _to_colours(scope, pixels), size, whole)
    colours = scope.cast(
        scope.op("Clip", [coloured, scope.constant(0, "black"), scope.constant(_COLOURS - 1, "white")]),
        ir.DataType.INT64,
    )
    tables = _tables(scope, colours, grid, tile)
    y = _looked_up(scope, tables, colours, grid, tile)
    shape = (*pixels.shape[:2], *size)
    axes = scope.integers([2, 3], "space")
    y = scope.op("Slice", [y, scope.integers([0, 0], "corner"), scope.integers(size, "size"), axes], shape)
    y = _from_colours(scope, y)
    y = y if first else channels_back(scope, y)
    return scope.cast(y, kind) if kind is not None and kind.is_integer() else y


def _range(scope: Scope) -> tuple[float, float]:
    bounds = scope.settings.array("value_range", 0.0).ravel()
    if bounds.size != 2 or bounds[0] == bounds[1]:
        raise Unsupported("its value_range is not made of two numbers")
    return float(bounds[0]), float(bounds[1])


def _to_colours(scope: Scope, x: Tensor) -> Tensor:
    low, high = _range(scope)
    if (low, high) == (0, _COLOURS - 1):
        return x
    share = scope.op(
        "Div", [scope.op("Sub", [x, scope.constant(low, "low")]), scope.constant(high - low, "span")]
    )
    return scope.op("Mul", [share, scope.constant(_COLOURS - 1, "white")])


def _from_colours(scope: Scope, x: Tensor) -> Tensor:
    low, high = _range(scope)
    if (low, high) == (0, _COLOURS - 1):
        return x
    share = scope.op("Div", [x, scope.constant(_COLOURS - 1, "white")])
    return scope.op(
        "Add", [scope.op("Mul", [share, scope.constant(high - low, "span")]), scope.constant(low, "low")]
    )


def _mirrored(scope: Scope, x: Tensor, size: tuple[int, int], whole: tuple[int, int]) -> Tensor:
    """Made larger at the end of both axes of space; the edge itself is repeated as well."""
    for axis, (one, all_of_it) in enumerate(zip(size, whole, strict=True), start=2):
        if all_of_it > one:
            places = np.pad(np.arange(one), (0, all_of_it - one), mode="symmetric")
            shape = (*x.shape[:axis], all_of_it, *x.shape[axis + 1 :])
            x = scope.op("Gather", [x, scope.integers(places.tolist(), f"mirror_{axis}")], shape, axis=axis)
    return x


def _tables(scope: Scope, colours: Tensor, grid: tuple[int, ...], tile: tuple[int, int]) -> Tensor:
    """(N, C, rows + 2, columns + 2, 256) float32: the new colour for each; tiles at the edge stand twice."""
    batch, channels = colours.shape[:2]
    assert channels is not None
    area = tile[0] * tile[1]
    split = scope.integers([0, channels, grid[0], tile[0], grid[1], tile[1]], "split")
    y = scope.op("Reshape", [colours, split], (batch, channels, grid[0], tile[0], grid[1], tile[1]))
    y = scope.transpose(y, (0, 1, 2, 4, 3, 5))
    y = scope.op(
        "Reshape", [y, scope.integers([0, channels, *grid, area], "tiles")], (batch, channels, *grid, area)
    )
    counted: Shape = (batch, channels, *grid, _COLOURS)
    # The batch is known only when the model runs.
    one = scope.op("ReduceMax", [y, scope.integers([-1], "colours")], (batch, channels, *grid, 1))
    none = scope.op("Mul", [scope.floating(one), scope.constant(np.zeros(_COLOURS), "none")], counted)
    ones = scope.op(
        "Add", [scope.op("Mul", [scope.floating(y), scope.constant(0, "zero")]), scope.constant(1, "one")]
    )
    counts = scope.op("ScatterElements", [none, y, ones], counted, axis=-1, reduction="add")
    counts = _limited(scope, counts, area)
    sums = scope.op("CumSum", [counts, scope.constant(-1, "along", np.int64)])
    least = scope.op("ReduceMin", [sums, scope.integers([-1], "colours")], (*counted[:-1], 1))
    rest = scope.op("Sub", [scope.constant(area, "area"), least], least.shape)
    is_zero = scope.op("Equal", [rest, scope.constant(0, "zero")])
    is_zero.value.type = ir.TensorType(ir.DataType.BOOL)
    divisor = scope.op("Where", [is_zero, scope.constant(1, "one"), rest])
    divisor.value.type = rest.value.type
    scaled = scope.op("Mul", [scope.op("Sub", [sums, least]), scope.constant(_COLOURS - 1, "white")])
    y = scope.op("Div", [scaled, divisor])
    y = scope.op("Clip", [y, scope.constant(0, "black"), scope.constant(_COLOURS - 1, "white")])
    for axis, count in zip((2, 3), grid, strict=True):
        places = [0, *range(count), count - 1]
        shape = (*y.shape[:axis], count + 2, *y.shape[axis + 1 :])
        y = scope.op("Gather", [y, scope.integers(places, f"edges_{axis}")], shape, axis=axis)
    return y


def _limited(scope: Scope, counts: Tensor, area: int) -> Tensor:
    """What is counted above the limit is spread over all colours."""
    limit = scope.settings.number("clip_limit", 4.0)
    if not limit > 0:
        return counts
    clipped = scope.op("Min", [counts, scope.constant(limit * area / _COLOURS, "limit")])
    over = scope.op(
        "ReduceSum",
        [scope.op("Sub", [counts, clipped]), scope.integers([-1], "colours")],
        (*counts.shape[:-1], 1),
    )
    return scope.op("Add", [clipped, scope.op("Div", [over, scope.constant(_COLOURS, "count")])])


def _looked_up(
    scope: Scope, tables: Tensor, colours: Tensor, grid: tuple[int, ...], tile: tuple[int, int]
) -> Tensor:
    """(N, C, H, W) float32: between the entries of the four nearest tables."""
    batch, channels = colours.shape[:2]
    assert channels is not None
    flat = scope.op("Reshape", [tables, scope.integers([0, -1], "flat")], (batch, None))
    nearest, shares = zip(*(_neighbours(*one) for one in zip(grid, tile, strict=True)), strict=True)
    rows, columns = (share.astype(np.float32) for share in shares)
    plane = np.arange(channels)[:, None, None] * (grid[0] + 2)

    def corner(down: int, right: int) -> Tensor:
        table = (plane + nearest[0][down][:, None]) * (grid[1] + 2) + nearest[1][right]
        start = scope.constant(table * _COLOURS, f"table_{down}{right}", np.int64)
        places = scope.op(
            "Reshape", [scope.op("Add", [colours, start]), scope.integers([0, -1], "flat")], (batch, None)
        )
        found = scope.op("GatherElements", [flat, places], places.shape, axis=1)
        return scope.op(
            "Reshape", [found, scope.integers([0, *map(int, table.shape)], "picture")], colours.shape
        )

    def between(one: Tensor, other: Tensor, share: np.ndarray, key: str) -> Tensor:
        rest = scope.op("Mul", [one, scope.constant(1 - share, f"{key}_rest")])
        return scope.op("Add", [rest, scope.op("Mul", [other, scope.constant(share, key)])])

    upper, lower = (between(corner(down, 0), corner(down, 1), columns, "right") for down in (0, 1))
    return between(upper, lower, rows[:, None], "below")


def _neighbours(count: int, tile: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """For each place the tiles whose middle lies before and after it, and how near it is to the latter."""
    at = (np.arange(count * tile, dtype=np.float32) - np.float32(tile / 2)) / np.float32(tile) + np.float32(1)
    before = np.floor(at)
    places = [np.clip(one, 0, count + 1).astype(np.int64) for one in (before, before + 1)]
    return (places[0], places[1]), at - before
