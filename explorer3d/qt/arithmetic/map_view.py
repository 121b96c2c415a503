"""A map with the window that slides over it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPalette, QPen
from qtpy.QtWidgets import QWidget

from explorer3d.qt.arithmetic.arrow_keys import ArrowKeys, Place
from explorer3d.qt.pixels import image_from

Sides = tuple[int, int, int, int]
_OUTLINE = QColor("#ffd166")
_SHADOW = QColor(0, 0, 0, 190)
_LEAST = 5.0  # pixels that an outline is wide
_NARROWEST = 24  # pixels that a map is at least wide and high


class MapView(QWidget):
    """A picture of one map, what lies around it as padding, and the places of it that count.

    Signals
    -------
    chosen(int, int)
        Row and column of the map that was clicked.

    Attributes
    ----------
    image : QImage or None
        A pixel for each number.
    """

    chosen = Signal(int, int)
    _keys: ArrowKeys | None = None

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self.image: QImage | None = None
        self._padding: Sides = (0, 0, 0, 0)
        self.rows: Sequence[int] = ()
        self.columns: Sequence[int] = ()
        self.setAccessibleName(name)
        self.setMinimumSize(96, 96)

    def sizeHint(self) -> QSize:
        return QSize(260, 240)

    def show_map(self, title: str, colours: np.ndarray, padding: Sides = (0, 0, 0, 0)) -> None:
        """Show another map.

        Parameters
        ----------
        title : str
        colours : (H, W, 3) uint8 array
        padding : (int, int, int, int)
            Places around it: above, left, below, right.
        """
        self.title, self.image, self._padding = title, image_from(colours), padding
        self.update()

    def let_choose(self, about: str) -> None:
        """A place is chosen by mouse, or by arrow keys once Tab has come here."""
        self.setCursor(Qt.PointingHandCursor)
        self.setFocusPolicy(Qt.TabFocus)
        self.setToolTip(f"{about} (click, drag; arrow keys after Tab)")
        self._keys = ArrowKeys(self, self._middle, self._size, self.chosen.emit)

    def _size(self) -> Place:
        return (self.image.height(), self.image.width()) if self.image is not None else (1, 1)

    def _middle(self) -> Place | None:
        """Row and column in the middle of what is outlined."""
        if self.image is None or not len(self.rows) or not len(self.columns):
            return None
        return (min(self.rows) + max(self.rows)) // 2, (min(self.columns) + max(self.columns)) // 2

    def mark(self, rows: Sequence[int], columns: Sequence[int]) -> None:
        """Outline some rows and columns; those in the padding are below zero or beyond the size."""
        self.rows, self.columns = rows, columns
        self.setAccessibleDescription(_words(rows, columns))
        self.update()

    def where(self, row: int, column: int) -> QPointF:
        """Middle of a place, in pixels."""
        return self._box([row], [column]).center()

    def _frame(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the place at row and column 0, padding beside it.

        Square, but on maps so long that one would not see them: sound is one row.
        """
        assert self.image is not None
        above, left, below, right = self._padding
        head = 2.24 * QFontMetricsF(self.font()).height()
        down, across = self.image.height() + above + below, self.image.width() + left + right
        room = self.width() - 4, self.height() - head - 6
        side = min(room[0] / across, room[1] / down)
        wide, high = (
            min(most / count, max(side, _NARROWEST / count))
            for most, count in zip(room, (across, down), strict=True)
        )
        return (
            (self.width() - wide * across) / 2 + wide * left,
            head + 4 + (room[1] - high * down) / 2 + high * above,
            wide,
            high,
        )

    def _box(self, rows: Sequence[int], columns: Sequence[int]) -> QRectF:
        left, top, wide, high = self._frame()
        return QRectF(
            left + min(columns) * wide,
            top + min(rows) * high,
            (max(columns) - min(columns) + 1) * wide,
            (max(rows) - min(rows) + 1) * high,
        )

    def mousePressEvent(self, event: QEvent) -> None:
        self._choose(event.localPos())

    def mouseMoveEvent(self, event: QEvent) -> None:
        self._choose(event.localPos())

    def _choose(self, at: QPointF) -> None:
        if self.image is None:
            return
        left, top, wide, high = self._frame()
        row, column = int((at.y() - top) // high), int((at.x() - left) // wide)
        if 0 <= row < self.image.height() and 0 <= column < self.image.width():
            self.chosen.emit(row, column)

    def paintEvent(self, event: QEvent) -> None:
        if self.image is None:
            return
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.WindowText))
        head = 2.24 * QFontMetricsF(self.font()).height()
        painter.drawText(
            QRectF(0, 0, self.width(), head), Qt.AlignHCenter | Qt.AlignBottom | Qt.TextWordWrap, self.title
        )
        height, width = self.image.height(), self.image.width()
        above, before, below, after = self._padding
        side = min(self._frame()[2:])
        whole = self._box(range(-above, height + below), range(-before, width + after))
        if any(self._padding):
            painter.fillRect(whole, self.palette().color(QPalette.AlternateBase))
            hatching = QBrush(self.palette().color(QPalette.Disabled, QPalette.WindowText), Qt.BDiagPattern)
            painter.fillRect(whole, hatching)
        painter.setRenderHint(QPainter.SmoothPixmapTransform, side < 1)
        inside = self._box(range(height), range(width))
        painter.drawImage(inside, self.image)
        painter.setPen(QPen(self.palette().color(QPalette.Disabled, QPalette.WindowText), 1))
        painter.drawRect(inside)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.Link), 2))
            painter.drawRect(whole.adjusted(-2, -2, 2, 2))
        if not len(self.rows) or not len(self.columns):
            return
        apart = _has_gaps(self.rows) or _has_gaps(self.columns)
        if apart and len(self.rows) * len(self.columns) <= 400 and side >= 2:
            painter.setPen(QPen(_OUTLINE, 1))
            for row in self.rows:
                for column in self.columns:
                    painter.drawRect(self._box([row], [column]))
        box = self._box(self.rows, self.columns)
        if box.width() < _LEAST:
            box.adjust(-2, -2, 2, 2)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(QPen(_SHADOW, 4))
        painter.drawRect(box)
        painter.setPen(QPen(_OUTLINE, 2))
        painter.drawRect(box)
        if self._keys is not None and self._keys.place is not None:
            draw_cross(painter, self.where(*self._keys.place))


def draw_cross(painter: QPainter, at: QPointF) -> None:
    """Mark the place that arrow keys have come to."""
    for colour, thick in ((_SHADOW, 4), (_OUTLINE, 2)):
        painter.setPen(QPen(colour, thick))
        painter.drawLine(at - QPointF(6, 0), at + QPointF(6, 0))
        painter.drawLine(at - QPointF(0, 6), at + QPointF(0, 6))


def _has_gaps(places: Sequence[int]) -> bool:
    return len(places) > 1 and max(places) - min(places) + 1 > len(places)


def _words(rows: Sequence[int], columns: Sequence[int]) -> str:
    if not len(rows) or not len(columns):
        return ""
    return f"rows {min(rows)} to {max(rows)}, columns {min(columns)} to {max(columns)}"
