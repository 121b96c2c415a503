"""Outlines of what is pointed at, pinned, or belongs to a place in another tensor."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qtpy.QtCore import QPointF
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from explorer3d.qt.tensor.framing import Framing
from explorer3d.qt.tensor.map_names import visible
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.stack import Stack
from explorer3d.qt.tensor.wall import Wall

CURSOR, PINNED, LINKED = QColor("#ffd166"), QColor("#ff8ac4"), QColor("#5fe3a1")
CHANGED = QColor("#ff7a45")
"""What somebody has changed in the network."""
_MOST_LINKED = 400
_SMALLEST = 5


@dataclass(frozen=True)
class Marks:
    """What is outlined.

    Attributes
    ----------
    cursor : Cell or None
    pins : list of tuple of int
        Places in the tensor.
    linked : (range or None, range or None) or None
        Rows and columns on every map; None: all.
    region : (Cell, Cell) or None
        Corners of a part of a map.
    """

    cursor: Cell | None
    pins: list[tuple[int, ...]]
    linked: tuple[range | None, range | None] | None
    region: tuple[Cell, Cell] | None = None


def paint_marks(
    painter: QPainter, seen: Seen, geometry: Wall | Stack, framing: Framing, marks: Marks
) -> None:
    """Draw outlines over a tensor."""
    if marks.linked is not None:
        rows, columns = (
            range(size) if part is None else part for part, size in zip(marks.linked, seen.tile, strict=True)
        )
        # Of a stack only the map in front can be seen as a whole.
        maps = visible(geometry, framing)[:_MOST_LINKED] if isinstance(geometry, Wall) else [(0, 0)]
        for group, member in maps:
            corners = geometry.outline(
                Cell(group, member, rows.start, columns.start), len(rows), len(columns)
            )
            _outline(painter, framing, LINKED, corners)
    for index in marks.pins:
        cell = seen.cell_of(index)
        if cell is not None:
            _outline(painter, framing, PINNED, geometry.outline(cell))
    if marks.region is not None:
        one, other = marks.region
        first = replace(one, row=min(one.row, other.row), column=min(one.column, other.column))
        extent = abs(one.row - other.row) + 1, abs(one.column - other.column) + 1
        _outline(painter, framing, PINNED, geometry.outline(first, *extent))
    if marks.cursor is not None:
        first = replace(marks.cursor, row=0, column=0)
        _outline(painter, framing, CURSOR, geometry.outline(first, *seen.tile), 1.0)
        _outline(painter, framing, CURSOR, geometry.outline(marks.cursor))


def _outline(
    painter: QPainter,
    framing: Framing,
    colour: QColor,
    corners: list[tuple[float, float]],
    width: float = 2.0,
) -> None:
    outline(painter, QPolygonF([QPointF(*framing.pixel(corner)) for corner in corners]), colour, width)


def outline(
    painter: QPainter, polygon: QPolygonF, colour: QColor, width: float = 2.0, larger: float = 1.0
) -> None:
    """Draw a line around something, to be seen on any ground; larger where it is looked at from afar."""
    box = polygon.boundingRect()
    if min(box.width(), box.height()) < _SMALLEST * larger and width > 1:
        # A cell smaller than its outline would be hidden by it.
        more = 3 * larger
        polygon = QPolygonF(box.adjusted(-more, -more, more, more))
    for ink, wide in ((QColor(0, 0, 0, 170), width + 2), (colour, width)):
        painter.setPen(QPen(ink, wide * larger))
        painter.drawPolygon(polygon)
