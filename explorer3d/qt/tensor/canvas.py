"""Where a tensor is pointed at and pinned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from qtpy.QtCore import QEvent, QPointF, Qt, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QApplication, QWidget

from explorer3d.qt.tensor.marks import Marks, paint_marks
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.steps import stepped
from explorer3d.qt.tensor.surface import Ask, Surface
from explorer3d.scene.figures import Figures
from explorer3d.scene.shade import Shade

_WHEEL = 1.25  # times as large per notch
_PAN = 60
_ARROWS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}


class TensorCanvas(Surface):
    """A tensor whose numbers are pointed at with the mouse or the arrow keys.

    Signals
    -------
    pointed()
        The cursor is on another cell.
    pin_wanted()
        The cell under the cursor is to be pinned.
    region_marked(Cell, Cell)
        Two corners of a part of a map.

    Attributes
    ----------
    cursor_cell : Cell or None
        Where the mouse or the arrow keys point.
    last_cell : Cell or None
        Where they pointed last.
    pins : list of tuple of int
        Places in the tensor.
    region : (Cell, Cell) or None
        Corners of the part of a map that was marked last.
    linked : (range or None, range or None) or None
        Rows and columns, on each map, that belong to a place in another tensor; None: all of them.
    """

    pointed = Signal()
    pin_wanted = Signal()
    region_marked = Signal(object, object)

    def __init__(self, ask: Ask, busy: Callable[[], bool], parent: QWidget | None = None) -> None:
        """Parameters as of `Surface`."""
        super().__init__(ask, busy, parent)
        self.cursor_cell: Cell | None = None
        self.last_cell: Cell | None = None
        self.pins: list[tuple[int, ...]] = []
        self.linked: tuple[range | None, range | None] | None = None
        self._pressed: QPointF | None = None
        self._dragging = False
        self._corner: Cell | None = None
        self.region: tuple[Cell, Cell] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAccessibleName("Tensor")

    def show_seen(
        self, seen: Seen | None, figures: Figures, shade: Shade, dead: np.ndarray | None = None
    ) -> None:
        if seen is None or not seen.looks_like(self.seen):
            self.cursor_cell = self.last_cell = self.region = None
        super().show_seen(seen, figures, shade, dead)

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

    def _focus(self) -> tuple[float, float]:
        assert self.framing is not None and self.geometry_seen is not None
        if self.cursor_cell is not None:
            corners = [self.framing.pixel(corner) for corner in self.geometry_seen.outline(self.cursor_cell)]
            x, y = (sum(values) / 4 for values in zip(*corners, strict=True))
            if 0 <= x <= self.width() and 0 <= y <= self.height():
                return x, y
        return super()._focus()

    def _point(self, cell: Cell | None) -> None:
        if cell != self.cursor_cell:
            self.cursor_cell = cell
            self.last_cell = cell or self.last_cell
            self.update()
            self.pointed.emit()

    # Qt's events

    def wheelEvent(self, event: QEvent) -> None:
        if self.framing is not None:
            at = event.position() if hasattr(event, "position") else event.posF()
            notches = event.angleDelta().y() / 120
            self._frame(self.framing.zoomed(_WHEEL**notches, at.x(), at.y()))
            self._point_at(at)
        event.accept()

    def mousePressEvent(self, event: QEvent) -> None:
        self._pressed, self._dragging = event.localPos(), False
        self._point_at(event.localPos())
        marks = event.button() == Qt.LeftButton and event.modifiers() & Qt.ControlModifier
        self._corner = self.cursor_cell if marks else None

    def mouseMoveEvent(self, event: QEvent) -> None:
        at = event.localPos()
        if self._corner is not None:
            self._point_at(at)
            here = self.cursor_cell
            if here is not None and (here.group, here.member) == (self._corner.group, self._corner.member):
                self.region, self._dragging = (self._corner, here), True
                self.update()
            return
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
        if self._corner is not None and self._dragging and self.region is not None:
            self.region_marked.emit(*self.region)
        elif self._pressed is not None and not self._dragging and event.button() == Qt.LeftButton:
            self._point_at(event.localPos())
            if self.cursor_cell is not None:
                self.pin_wanted.emit()
        self._pressed, self._dragging, self._corner = None, False, None
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
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QEvent) -> None:
        super().paintEvent(event)
        if self.seen is not None and self.geometry_seen is not None and self.framing is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.Antialiasing)
            marks = Marks(self.cursor_cell, self.pins, self.linked, self.region)
            paint_marks(painter, self.seen, self.geometry_seen, self.framing, marks)
