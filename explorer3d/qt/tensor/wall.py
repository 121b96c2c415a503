"""Maps side by side: the grid that suits a window best, and what stands where in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.qt.tensor.seen import Cell, Places, Seen

Point = tuple[float, float]
_LARGEST_GRID = 1 << 16
_LONG = 5.0  # times longer than the window a map may be, until its cells are no longer square
_HIGHEST = 12.0  # times as high as wide, or as wide as high, such cells are at most


@dataclass(frozen=True)
class Wall:
    """A grid of groups of maps; a place in it is counted in cells from the top left.

    Attributes
    ----------
    groups, members : int
        Groups, and maps side by side in each.
    tile : (int, int)
        Rows and columns of a map.
    columns : int
        Groups side by side.
    cell : (float, float)
        Width and height of a cell; a number is wider than high.
    """

    groups: int
    members: int
    tile: tuple[int, int]
    columns: int
    cell: Point = (1.0, 1.0)

    @property
    def gap(self) -> int:
        """Cells between two maps; numbers that stand alone form a table without any."""
        height, width = self.tile
        return 0 if height * width == 1 else max(1, round(max(height, width) / 24))

    @property
    def pitch(self) -> tuple[int, int]:
        """Cells from one group to the next, across and down."""
        height, width = self.tile
        between = self.gap if self.members == 1 else 2 * self.gap
        return self.members * (width + self.gap) - self.gap + between, height + self.gap

    @property
    def cells(self) -> tuple[int, int]:
        """Cells across and down."""
        across, down = self.pitch
        last = self.gap if self.members == 1 else 2 * self.gap
        rows = -(-self.groups // self.columns)
        return max(self.columns * across - last, 1), max(rows * down - self.gap, 1)

    @property
    def extent(self) -> Point:
        """Width and height."""
        return self.cells[0] * self.cell[0], self.cells[1] * self.cell[1]

    def at(self, x: float, y: float) -> Cell | None:
        """The cell at a point; None between maps and beyond them."""
        return self.places(np.array([x]), np.array([y])).only()

    def places(self, x: np.ndarray, y: np.ndarray) -> Places:
        """What stands at the crossings of some columns and rows of points.

        Parameters
        ----------
        x : (m,) array
        y : (n,) array
        """
        height, width = self.tile
        wide, high = self.pitch
        across, down = np.floor(x / self.cell[0]).astype(int), np.floor(y / self.cell[1]).astype(int)
        group_column, within = np.divmod(across, wide)
        member, column = np.divmod(within, width + self.gap)
        group_row, row = np.divmod(down, high)
        fits_across = (member < self.members) & (column < width) & (across >= 0) & (across < self.cells[0])
        fits_down = (row < height) & (down >= 0) & (down < self.cells[1])
        group = group_row[:, None] * self.columns + group_column
        return Places(
            np.clip(group, 0, max(self.groups - 1, 0)),
            np.clip(member, 0, self.members - 1),
            np.clip(row, 0, height - 1)[:, None],
            np.clip(column, 0, width - 1),
            fits_across & fits_down[:, None] & (group < self.groups) & (group >= 0),
        )

    def corner(self, cell: Cell) -> Point:
        """Top left corner of a cell."""
        height, width = self.tile
        across, down = self.pitch
        row, column = divmod(cell.group, self.columns)
        x = column * across + cell.member * (width + self.gap) + cell.column
        return x * self.cell[0], (row * down + cell.row) * self.cell[1]

    def outline(self, cell: Cell, rows: int = 1, columns: int = 1) -> list[Point]:
        """Corners of a cell, or of several in one map beginning there."""
        x, y = self.corner(cell)
        right, bottom = x + columns * self.cell[0], y + rows * self.cell[1]
        return [(x, y), (right, y), (right, bottom), (x, bottom)]


def cell_for(seen: Seen, room: Point) -> Point:
    """Width and height of a cell: square, but of a map so long that it would be hair-thin.

    Parameters
    ----------
    seen : Seen
    room : (float, float)
        Width and height of the window.
    """
    if seen.groups * seen.members != 1 or seen.colour:
        return 1.0, 1.0
    height, width = seen.tile
    longer = (width / height) / (room[0] / max(room[1], 1.0))
    if longer > _LONG:
        return 1.0, min(longer / _LONG, _HIGHEST)
    return (min(1 / (longer * _LONG), _HIGHEST), 1.0) if longer < 1 / _LONG else (1.0, 1.0)


def wall_of(seen: Seen, room: Point, cell: Point = (1.0, 1.0)) -> Wall:
    """The grid that shows all maps as large as a window allows.

    Parameters
    ----------
    seen : Seen
    room : (float, float)
        Width and height of the window.
    cell : (float, float)
    """
    groups, members, tile = max(seen.groups, 1), seen.members, seen.tile
    columns = np.unique(np.geomspace(1, groups, min(groups, _LARGEST_GRID)).astype(int))
    one = Wall(groups, members, tile, 1, cell)
    (across, down), gap = one.pitch, one.gap
    wide = (columns * across - gap) * cell[0]
    high = (-(-groups // columns) * down - gap) * cell[1]
    scale = np.minimum(room[0] / np.maximum(wide, 1), room[1] / np.maximum(high, 1))
    return Wall(seen.groups, members, tile, int(columns[np.argmax(scale)]), cell)
