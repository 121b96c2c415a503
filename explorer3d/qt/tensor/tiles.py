"""Where in a tensor a place on a tile of its picture is, and the other way round."""

from __future__ import annotations

import numpy as np

from explorer3d.compute.arrangement import arrangement_of
from explorer3d.compute.picture import TensorPicture, kernel_grid
from explorer3d.compute.show import ShownTensor
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.scene.cells import bar_element

Share = tuple[float, float, float, float]
"""Left, top, right, bottom of a part of a tile, as shares of its sides from the top left."""


def seen_of(tensor: ShownTensor) -> Seen | None:
    """A tensor as its picture in the scene shows it; None if that is writing."""
    kind = tensor.picture.kind
    if kind == "text":
        return None
    arrangement = arrangement_of(tensor.array.shape, tensor.axes)
    return Seen(tensor.array, arrangement, None, kind == "colour")


def cell_at(seen: Seen, picture: TensorPicture, tile: int, across: float, down: float) -> Cell | None:
    """The number at a place of a tile; None between kernels.

    Parameters
    ----------
    seen : Seen
        As of `seen_of`.
    picture : TensorPicture
    tile : int
    across, down : float
        Shares of the tile's sides from its top left.
    """
    if picture.kind == "vector":
        return Cell(0, 0, 0, bar_element(seen.maps[0, 0], picture.count, tile))
    rows, columns = picture.full or picture.tile
    row, column = min(int(down * rows), rows - 1), min(int(across * columns), columns - 1)
    if picture.kind != "kernels":
        return Cell(*divmod(tile, seen.members), row, column)
    (height, width), (grid, gap) = seen.tile, _kernels(seen)
    (below, row), (right, column) = divmod(row, height + gap), divmod(column, width + gap)
    member = below * grid + right
    if row >= height or column >= width or right >= grid or member >= seen.members:
        return None
    return Cell(tile, member, row, column)


def part_of(seen: Seen, picture: TensorPicture, cell: Cell) -> tuple[int, Share] | None:
    """Tile and part of it that show a number; None if it is not drawn."""
    if picture.kind == "vector":
        tile = int(np.searchsorted(_starts(seen, picture), cell.column, side="right")) - 1
        return tile, (0.0, 0.0, 1.0, 1.0)
    rows, columns = picture.full or picture.tile
    top, left = cell.row, cell.column
    tile = cell.group * seen.members + cell.member
    if picture.kind == "kernels":
        grid, gap = _kernels(seen)
        below, right = divmod(cell.member, grid)
        top, left, tile = top + below * (seen.tile[0] + gap), left + right * (seen.tile[1] + gap), cell.group
    if tile >= picture.count:
        return None
    return tile, (left / columns, top / rows, (left + 1) / columns, (top + 1) / rows)


def share_of(seen: Seen, picture: TensorPicture, rows: range | None, columns: range | None) -> Share | None:
    """The part of each map that some rows and columns take (None: all); None if there are no maps."""
    if picture.kind not in ("maps", "colour", "matrix"):
        return None
    height, width = seen.tile
    rows, columns = rows or range(height), columns or range(width)
    return columns.start / width, rows.start / height, columns.stop / width, rows.stop / height


def _kernels(seen: Seen) -> tuple[int, int]:
    """Kernels in a row of a tile, and texels between them."""
    _, columns, gap = kernel_grid((1, seen.members, *seen.tile))
    return columns, gap if seen.members > 1 else 0


def _starts(seen: Seen, picture: TensorPicture) -> np.ndarray:
    """The first element that each bar stands for."""
    return np.asarray(np.arange(picture.count) * seen.tile[1] // picture.count)
