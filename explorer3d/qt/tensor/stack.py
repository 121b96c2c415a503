"""Maps one behind the other, seen from the side; the first stands in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.qt.tensor.seen import Cell, Places, Seen

Point = tuple[float, float]
_SQUEEZE = 0.62  # width of a map seen from the side
_SLOPE = 0.3  # by which its right edge is higher, per width
_CLOSEST, _WIDEST = 0.02, 0.9  # distance of two maps, in widths of a map


@dataclass(frozen=True)
class Stack:
    """Maps in depth.

    Attributes
    ----------
    slices, members : int
        Maps; how many of them make up one group.
    tile : (int, int)
        Rows and columns of a map.
    step : float
        From one map to the next.
    """

    slices: int
    members: int
    tile: tuple[int, int]
    step: float

    @property
    def extent(self) -> Point:
        height, width = self.tile
        return (self.slices - 1) * self.step + width * _SQUEEZE, height + width * _SLOPE

    def corner(self, slice_: int) -> Point:
        """Top left corner of a map."""
        return slice_ * self.step, self.tile[1] * _SLOPE

    def at(self, x: float, y: float) -> Cell | None:
        """The cell at a point that no other one hides."""
        return self.places(np.array([x]), np.array([y])).only()

    def places(self, x: np.ndarray, y: np.ndarray) -> Places:
        """What is seen at the crossings of some columns and rows of points; see `Wall.places`."""
        height, width = self.tile
        across, down = x[None, :], y[:, None]
        # From where to where a map reaches at that height, in its own columns.
        first = np.maximum(0.0, width - down / _SLOPE)
        last = np.minimum(float(width), width - (down - height) / _SLOPE)
        slice_ = np.maximum(np.floor((across - _SQUEEZE * last) / self.step) + 1, 0).astype(int)
        along = (across - slice_ * self.step) / _SQUEEZE
        row = np.floor(down - (width - along) * _SLOPE).astype(int)
        there = (along >= first) & (along < last) & (slice_ < self.slices)
        group, member = np.divmod(np.clip(slice_, 0, max(self.slices - 1, 0)), self.members)
        return Places(
            group,
            member,
            np.clip(row, 0, height - 1),
            np.clip(np.floor(along).astype(int), 0, width - 1),
            there,
        )

    def outline(self, cell: Cell, rows: int = 1, columns: int = 1) -> list[Point]:
        """Corners of a cell, or of several in one map beginning there."""
        x, y = self.corner(cell.group * self.members + cell.member)
        corners = [(0, 0), (columns, 0), (columns, rows), (0, rows)]
        return [
            (x + (cell.column + right) * _SQUEEZE, y + cell.row + down - (cell.column + right) * _SLOPE)
            for right, down in corners
        ]


def stack_of(seen: Seen, room: Point) -> Stack:
    """The stack that fills a window best.

    Parameters
    ----------
    seen : Seen
    room : (float, float)
        Width and height of the window.
    """
    height, width = seen.tile
    slices = max(seen.groups * seen.members, 1)
    wanted = (height + width * _SLOPE) * room[0] / max(room[1], 1.0) - width * _SQUEEZE
    step = float(np.clip(wanted / max(slices - 1, 1), _CLOSEST * width, _WIDEST * width))
    return Stack(seen.groups * seen.members, seen.members, seen.tile, step)
