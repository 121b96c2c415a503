"""A canvas of a few pixels to draw an input on by hand."""

from __future__ import annotations

import math

from qtpy.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from explorer3d.qt.own_keys import OwnKeys

LARGEST_SIDE = 128
"""Pixels; a larger picture is better drawn elsewhere, and pasted."""

_GROUND = QColor("black")
_MOST_UNDONE = 100
_USUAL, _HIGHEST = 240, 420  # pixels on the screen


class DrawingPad(QWidget):
    """Takes strokes of a round pen, at the resolution of the network's input.

    Signals
    -------
    drawn()
        `image` has changed.

    Attributes
    ----------
    image : QImage
        Never changed, only replaced.
    pen : float
        Width in pixels of the image.
    colour : QColor
    erasing : bool
    """

    drawn = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = _blank(28, 28)
        self.pen, self.colour, self.erasing = 2.0, QColor("white"), False
        self._before: list[QImage] = []
        self._last: QPointF | None = None
        self._cursor: QPointF | None = None
        self._erases = False
        self.setMouseTracking(True)
        self.setCursor(Qt.CrossCursor)
        self.setAccessibleName("Drawing pad")
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Fixed)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self)

    def start(self, width: int, height: int) -> None:
        """Lay out a new canvas."""
        self.image = _blank(width, height)
        self.pen = max(1.0, round(min(width, height) / 14))
        self._before = []
        self.updateGeometry()
        self.update()

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    def undo(self) -> None:
        """Take the last stroke back."""
        if self._before:
            self._set(self._before.pop())

    def clear(self) -> None:
        """Wipe everything off; that can be undone."""
        self._keep()
        self._set(_blank(self.image.width(), self.image.height()))

    def _keep(self) -> None:
        self._before = [*self._before, self.image][-_MOST_UNDONE:]

    def _set(self, image: QImage) -> None:
        self.image = image
        self.update()
        self.drawn.emit()

    # Geometry

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width * self.image.height() // self.image.width(), _HIGHEST)

    def sizeHint(self) -> QSize:
        return QSize(_USUAL, self.heightForWidth(_USUAL))

    @property
    def target(self) -> QRectF:
        """Where in the widget the canvas stands."""
        size = self.image.size().scaled(self.size(), Qt.KeepAspectRatio)
        return QRectF((self.width() - size.width()) / 2, 0, size.width(), size.height())

    def _pixel(self, point: QPointF) -> QPointF:
        target = self.target
        scale = self.image.width() / max(target.width(), 1)
        return (point - target.topLeft()) * scale

    # Mouse and keys

    def mousePressEvent(self, event: QEvent) -> None:
        self._keep()
        self._erases = self.erasing or event.button() == Qt.RightButton
        self._last = self._pixel(QPointF(event.pos()))
        self._stroke(self._last)

    def mouseMoveEvent(self, event: QEvent) -> None:
        self._cursor = QPointF(event.pos())
        if self._last is not None:
            self._stroke(self._pixel(self._cursor))
        self.update()

    def mouseReleaseEvent(self, event: QEvent) -> None:
        self._last = None

    def leaveEvent(self, event: QEvent) -> None:
        self._cursor = None
        self.update()

    def _stroke(self, end: QPointF) -> None:
        assert self._last is not None
        image = self.image.copy()
        painter = QPainter(image)
        painter.setRenderHint(QPainter.Antialiasing)
        colour = _GROUND if self._erases else self.colour
        painter.setPen(QPen(colour, self.pen, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
        if math.isclose(QLineF(self._last, end).length(), 0):
            painter.drawPoint(end)
        else:
            painter.drawLine(self._last, end)
        painter.end()
        self._last = end
        self._set(image)

    # Painting

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        target = self.target
        painter.drawImage(target, self.image)
        painter.setRenderHint(QPainter.Antialiasing)
        edge = self.palette().link().color() if self.hasFocus() else self.palette().mid().color()
        painter.setPen(QPen(edge, 1))
        painter.drawRect(target.adjusted(0.5, 0.5, -0.5, -0.5))
        if self._cursor is not None:
            painter.setClipRect(target)
            radius = self.pen / 2 * target.width() / self.image.width()
            painter.setPen(QPen(QColor("#ffd166"), 1))
            painter.drawEllipse(self._cursor, radius, radius)


def _blank(width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format_RGB32)
    image.fill(_GROUND)
    return image
