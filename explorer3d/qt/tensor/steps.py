"""From a cell to its neighbour, over the edges of maps."""

from __future__ import annotations

from dataclasses import replace

from explorer3d.qt.tensor.seen import Cell, Seen


def stepped(seen: Seen, cell: Cell | None, right: int, down: int) -> Cell:
    """The next cell in a direction: beyond the edge of a map that of the next or the last one.

    Parameters
    ----------
    seen : Seen
    cell : Cell or None
        None: nothing was pointed at yet.
    right, down : int
    """
    if cell is None:
        return Cell(0, 0, 0, 0)
    height, width = seen.tile
    row, column = cell.row + down, cell.column + right
    if 0 <= row < height and 0 <= column < width:
        return replace(cell, row=row, column=column)
    place = cell.group * seen.members + cell.member + (1 if right + down > 0 else -1)
    if not 0 <= place < seen.groups * seen.members:
        return cell
    group, member = divmod(place, seen.members)
    return Cell(group, member, row % height, column % width)
