"""Where a tensor is seen, pointed at and pinned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFont, QFontDatabase, QPainter, QPalette
from qtpy.QtWidgets import QApplication, QWidget

from explorer3d.qt.tensor.drawing import MANNERS, Draw, Drawn, number_room
from explorer3d.qt.tensor.figures import Figures
from explorer3d.qt.tensor.framing import Framing, fitted
from explorer3d.qt.tensor.marks import Marks, paint_marks
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.shade import Shade
from explorer3d.qt.tensor.stack import Stack, stack_of
from explorer3d.qt.tensor.steps import stepped
from explorer3d.qt.tensor.wall import Wall, wall_of
from explorer3d.resources import resource

_WHEEL = 1.25  # times as large per notch
_PAN = 60
_LITTLE = 2.0  # times: so much closer is no other view
_ARROWS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}

Ask = Callable[[Draw, Callable[[Drawn], None]], None]


class TensorCanvas(QWidget):
    """A tensor in one of several manners. What is drawn is found off the GUI thread.

    Signals
    -------
    pointed()
        The cursor is on another cell.
    pin_wanted()
        The cell under the cursor is to be pinned.

    Attributes
    ----------
    seen : Seen or None
    message : str
        What is said where there is nothing to be seen.
    cursor_cell : Cell or None
        Where the mouse or the arrow keys point.
    last_cell : Cell or None
        Where they pointed last.
    pins : list of tuple of int
        Places in the tensor.
    linked : (range or None, range or None) or None
        Rows and columns, on each map, that belong to a place in another tensor; None: all of them.
    """

    pointed = Signal()
    pin_wanted = Signal()

    def __init__(self, ask: Ask, busy: Callable[[], bool], parent: QWidget | None = None) -> None:
        """
        Parameters
        ----------
        ask : callable
            Has a picture drawn on another thread.
        busy : callable
            Whether one is on its way.
        parent : QWidget, optional
        """
        super().__init__(parent)
        self._ask, self._busy = ask, busy
        self.seen: Seen | None = None
        self.message = ""
        self.manner = "cells"
        self.cursor_cell: Cell | None = None
        self.last_cell: Cell | None = None
        self.pins: list[tuple[int, ...]] = []
        self.linked: tuple[range | None, range | None] | None = None
        self.framing: Framing | None = None
        self.drawn: Drawn | None = None
        self.geometry_seen: Wall | Stack | None = None
        self._shade = Shade((0.0, 1.0), "gray")
        self._figures = Figures(1, str)
        self._dead: np.ndarray | None = None
        self._wanted = False
        self._pressed: QPointF | None = None
        self._dragging = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAccessibleName("Tensor")
        self.setMinimumSize(240, 160)

    # What is shown

    def show_seen(
        self, seen: Seen | None, figures: Figures, shade: Shade, dead: np.ndarray | None = None
    ) -> None:
        """Show another tensor, or the same in another arrangement or order."""
        same = (
            self.seen is not None
            and seen is not None
            and (
                (self.seen.groups, self.seen.members, self.seen.tile)
                == (seen.groups, seen.members, seen.tile)
            )
        )
        self.seen, self._figures, self._shade, self._dead = seen, figures, shade, dead
        if not same:
            self.cursor_cell = self.last_cell = None
        self._arrange(keep=same)

    def set_shade(self, shade: Shade) -> None:
        self._shade = shade
        self.redraw()

    def set_manner(self, manner: str) -> None:
        """Show the tensor in another way; numbers large enough to be read."""
        before = MANNERS[self.manner]
        self.manner = manner
        now = MANNERS[manner]
        self._arrange(keep=(before.stack, before.colour) == (now.stack, now.colour))
        if now.numbers and self.framing is not None and isinstance(self.geometry_seen, Wall):
            self._make_room()

    def _arrange(self, keep: bool) -> None:
        """Lay the maps out for the window as large as it is."""
        seen, manner = self.seen, MANNERS[self.manner]
        if seen is None or not seen.maps.size:
            self.geometry_seen, self.framing, self.drawn = None, None, None
            self.update()
            return
        room = (float(self.width()), float(self.height()))
        least = 0.0
        if manner.stack:
            self.geometry_seen = stack_of(seen, room)
        elif manner.colour:
            self.geometry_seen = wall_of(seen, room)
        else:
            wide, high = number_room(self._figures, self.number_font())
            self.geometry_seen, least = wall_of(seen, room, (wide / high, 1.0)), high
        extent = self.geometry_seen.extent
        if keep and self.framing is not None:
            self.framing = replace(self.framing, least=least).resized(room, extent)
        else:
            self.framing = fitted(room, extent, least)
            self.drawn = None
            if manner.numbers and self._number_scale() < _LITTLE * self.framing.scale:
                self._make_room()
        self.redraw()

    def _make_room(self) -> None:
        """Zoom in until numbers have room in their cells."""
        assert self.framing is not None
        least = self._number_scale()
        if self.framing.scale < least:
            self._frame(self.framing.zoomed(least / self.framing.scale, *self._focus()))

    def number_font(self) -> QFont:
        """Letters of equal width, of the size of all other writing."""
        font = QFont(_monospaced())
        font.setPixelSize(max(self.font().pixelSize() - 2, 9))
        return font

    def _number_scale(self) -> float:
        assert isinstance(self.geometry_seen, Wall)
        room = number_room(self._figures, self.number_font())
        return max(least / size for least, size in zip(room, self.geometry_seen.cell, strict=True))

    def request(self) -> Draw:
        """What is to be drawn."""
        assert self.seen is not None and self.geometry_seen is not None and self.framing is not None
        return Draw(
            self.seen, self.geometry_seen, self.framing, self._shade, MANNERS[self.manner],
            self._figures, self.number_font(), self.palette().color(QPalette.WindowText),
            self.devicePixelRatioF(), self._dead,
        )  # fmt: skip

    def redraw(self) -> None:
        """Have drawn what is to be seen now, once what was asked for before is there."""
        self._wanted = self.framing is not None
        if self._wanted and self.isVisible() and not self._busy():
            self._wanted = False
            self._ask(self.request(), self._accept)
        self.update()

    def _accept(self, drawn: Drawn) -> None:
        self.drawn = drawn if self.framing is not None else None
        self.update()
        if self._wanted:
            self.redraw()

    # Moving about

    def fit(self) -> None:
        """Show all there is."""
        if self.framing is not None:
            self._frame(fitted(self.framing.room, self.framing.extent, self.framing.least))

    def zoom(self, factor: float) -> None:
        """Larger or smaller around the cell under the cursor, or around the middle."""
        if self.framing is not None:
            self._frame(self.framing.zoomed(factor, *self._focus()))

    def _focus(self) -> tuple[float, float]:
        assert self.framing is not None and self.geometry_seen is not None
        if self.cursor_cell is not None:
            corners = [self.framing.pixel(corner) for corner in self.geometry_seen.outline(self.cursor_cell)]
            x, y = (sum(values) / 4 for values in zip(*corners, strict=True))
            if 0 <= x <= self.width() and 0 <= y <= self.height():
                return x, y
        return self.width() / 2, self.height() / 2

    def _frame(self, framing: Framing) -> None:
        self.framing = framing
        self.redraw()

    def go_to(self, cell: Cell) -> None:
        """Point at a cell and bring it into the window."""
        if self.framing is None or self.geometry_seen is None:
            return
        self._point(cell)
        self._frame(self.framing.showing(self.geometry_seen.outline(cell)))

    def show_map(self, group: int) -> None:
        """Point at a map and let it fill a good part of the window."""
        if self.framing is None or self.geometry_seen is None or self.seen is None:
            return
        cell = Cell(group, 0, 0, 0)
        self._point(cell)
        corners = self.geometry_seen.outline(cell, *self.seen.tile)
        wide, high = (max(values) - min(values) for values in zip(*corners, strict=True))
        scale = 0.6 * min(self.width() / wide, self.height() / high)
        larger = self.framing.zoomed(max(scale / self.framing.scale, 1.0), *self._focus())
        self._frame(larger.showing(corners))

    def _point(self, cell: Cell | None) -> None:
        if cell != self.cursor_cell:
            self.cursor_cell = cell
            self.last_cell = cell or self.last_cell
            self.update()
            self.pointed.emit()

    # Qt's events

    def sizeHint(self) -> QSize:
        return QSize(800, 560)

    def resizeEvent(self, event: QEvent) -> None:
        self._arrange(keep=True)

    def showEvent(self, event: QEvent) -> None:
        self._arrange(keep=True)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange):
            self._arrange(keep=True)

    def wheelEvent(self, event: QEvent) -> None:
        if self.framing is not None:
            at = event.position() if hasattr(event, "position") else event.posF()
            notches = event.angleDelta().y() / 120
            self._frame(self.framing.zoomed(_WHEEL**notches, at.x(), at.y()))
            self._point_at(at)
        event.accept()

    def mousePressEvent(self, event: QEvent) -> None:
        self._pressed, self._dragging = event.localPos(), False

    def mouseMoveEvent(self, event: QEvent) -> None:
        at = event.localPos()
        if self._pressed is not None and event.buttons() and self.framing is not None:
            moved = at - self._pressed
            if self._dragging or moved.manhattanLength() >= QApplication.startDragDistance():
                self._dragging = True
                self._pressed = at
                self.setCursor(Qt.ClosedHandCursor)
                self._frame(self.framing.moved(moved.x(), moved.y()))
            return
        self._point_at(at)

    def mouseReleaseEvent(self, event: QEvent) -> None:
        if self._pressed is not None and not self._dragging and event.button() == Qt.LeftButton:
            self._point_at(event.localPos())
            if self.cursor_cell is not None:
                self.pin_wanted.emit()
        self._pressed, self._dragging = None, False
        self.unsetCursor()

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)

    def _point_at(self, at: QPointF) -> None:
        if self.framing is not None and self.geometry_seen is not None:
            self._point(self.geometry_seen.at(*self.framing.point(at.x(), at.y())))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ShortcutOverride and event.key() in _ARROWS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QEvent) -> None:
        key = event.key()
        if self.framing is None or self.seen is None:
            super().keyPressEvent(event)
        elif key in _ARROWS and event.modifiers() & Qt.ShiftModifier:
            right, down = _ARROWS[key]
            self._frame(self.framing.moved(-right * _PAN, -down * _PAN))
        elif key in _ARROWS:
            self.go_to(stepped(self.seen, self.cursor_cell, *_ARROWS[key]))
        elif key in (Qt.Key_PageUp, Qt.Key_PageDown):
            start = self.cursor_cell or Cell(0, 0, 0, 0)
            group = start.group + (1 if key == Qt.Key_PageDown else -1)
            self.go_to(replace(start, group=min(max(group, 0), self.seen.groups - 1)))
        elif key in (Qt.Key_Return, Qt.Key_Enter, Qt.Key_Space) and self.cursor_cell is not None:
            self.pin_wanted.emit()
        elif key == Qt.Key_Home:
            self.fit()
        elif key in (Qt.Key_Plus, Qt.Key_Equal):
            self.zoom(_WHEEL)
        elif key == Qt.Key_Minus:
            self.zoom(1 / _WHEEL)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QEvent) -> None:
        if self._wanted and not self._busy():
            self.redraw()
        painter = QPainter(self)
        if self.framing is None or self.seen is None or self.geometry_seen is None:
            painter.setPen(self.palette().color(QPalette.Disabled, QPalette.WindowText))
            box = self.rect().adjusted(24, 24, -24, -24)
            painter.drawText(box, Qt.AlignCenter | Qt.TextWordWrap, self.message)
            return
        if self.drawn is not None:
            was = self.drawn.framing
            left, top = self.framing.pixel((was.left, was.top))
            larger = self.framing.scale / was.scale
            painter.drawImage(QRectF(left, top, was.room[0] * larger, was.room[1] * larger), self.drawn.image)
        painter.setRenderHint(QPainter.Antialiasing)
        marks = Marks(self.cursor_cell, self.pins, self.linked)
        paint_marks(painter, self.seen, self.geometry_seen, self.framing, marks)


def _monospaced() -> str:
    """Name of the font of the numbers."""
    known = QFontDatabase()
    if "JetBrains Mono" not in known.families():
        QFontDatabase.addApplicationFont(str(resource("assets", "fonts", "JetBrainsMono-Regular.ttf")))
    return "JetBrains Mono"
