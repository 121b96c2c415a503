"""The number of its channel on each map that has room for it, and a mark on those that are dead."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter

from explorer3d.qt.tensor.framing import Framing
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.wall import Wall

_LEAST_NAMED, _LEAST_MARKED = 60, 6
_GROUND, _INK, _DEAD = QColor(10, 11, 24, 190), QColor("#f2f3fb"), QColor("#ff6f91")


def name_maps(painter: QPainter, seen: Seen, wall: Wall, framing: Framing, dead: np.ndarray | None) -> None:
    """Write on the maps that are in the window.

    Parameters
    ----------
    painter : QPainter
    seen : Seen
    wall : Wall
    framing : Framing
    dead : (n,) bool array or None
        By channel.
    """
    height, width = wall.tile
    wide, high = (size * side * framing.scale for size, side in zip(wall.cell, (width, height), strict=True))
    named = wide >= _LEAST_NAMED and high >= _LEAST_NAMED / 2
    marked = dead is not None and dead.any() and min(wide, high) >= _LEAST_MARKED
    if seen.groups < 2 or not (named or marked):
        return
    painter.setRenderHint(QPainter.Antialiasing)
    metrics = painter.fontMetrics()
    for group, member in visible(wall, framing):
        channel = int(seen.channels[group])
        is_dead = dead is not None and bool(dead[channel])
        left, top = framing.pixel(wall.corner(Cell(group, member, 0, 0)))
        if is_dead and marked:
            painter.setPen(_DEAD)
            painter.drawLine(QLineF(QPointF(left, top + high), QPointF(left + wide, top)))
        if not named or member:
            continue
        text = f"{channel} dead" if is_dead else str(channel)
        box = QRectF(left, top, metrics.horizontalAdvance(text) + 6, metrics.height())
        painter.fillRect(box, _GROUND)
        painter.setPen(_DEAD if is_dead else _INK)
        painter.drawText(box, Qt.AlignCenter, text)


def visible(wall: Wall, framing: Framing) -> list[tuple[int, int]]:
    """Group and map of all maps of which something is in the window."""
    ends = [(framing.left, framing.top), framing.point(*framing.room)]
    height, width = wall.tile
    across, down = wall.pitch
    columns, rows = (
        np.arange(
            max(int(ends[0][axis] // size // step), 0),
            max(int(ends[1][axis] // size // step), 0) + 1,
        )
        for axis, (size, step) in enumerate(zip(wall.cell, (across, down), strict=True))
    )
    found = []
    for column in columns[columns < wall.columns]:
        start = column * across * wall.cell[0]
        step = (width + wall.gap) * wall.cell[0]
        first = max(int((ends[0][0] - start) // step), 0)
        last = min(int((ends[1][0] - start) // step), wall.members - 1)
        for row in rows:
            group = int(row * wall.columns + column)
            if group < wall.groups:
                found += [(group, member) for member in range(first, last + 1)]
    return found
