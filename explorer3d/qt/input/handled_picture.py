"""The picture that goes in, to be moved, scaled, turned and occluded by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPen, QTransform
from qtpy.QtWidgets import QWidget

from explorer3d.inputs import UNCHANGED, Transform
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.picture_view import PictureView

_CORNER = 6  # pixels
_LEAST, _MOST = 0.1, 10.0
_SMALLEST = 0.02
_KEY_STEP = 0.02
_WAYS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}

Rectangle = tuple[float, float, float, float]


_HANDLING = "Drag: shift. Right drag: turn. Wheel, once clicked: scale. Double click: back."


class HandledPicture(PictureView):
    """A picture that follows the mouse.

    Signals
    -------
    edited(Transform)
        What a person wants done with the picture.
    """

    edited = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._transform = self._drawn = UNCHANGED
        self._part: Rectangle = (0.0, 0.0, 1.0, 1.0)
        self._drag: Callable[[QPointF], Transform] | None = None
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self)
        self.handled = False

    def show_transformed(self, pixels: NDArray[np.uint8] | None, about: str, transform: Transform) -> None:
        """Draw a picture to which a transform was done; see `show_pixels`."""
        self._drawn = transform
        self.show_pixels(pixels, about, f"{about}\n{_HANDLING}" if about else "")

    def show_transform(self, transform: Transform, part: Rectangle, handled: bool) -> None:
        """
        Parameters
        ----------
        transform : Transform
            What is wanted. Until the picture comes, the one that is there is moved.
        part : (float, float, float, float)
            `Feeds.part`.
        handled : bool
            Whether anything can be done to it.
        """
        self._transform, self._part, self.handled = transform, part, handled
        self.setCursor(Qt.OpenHandCursor if handled else Qt.ArrowCursor)
        self.update()

    def place(self, across: float, down: float) -> QPointF:
        """Where in the widget a place of the picture is seen.

        Parameters
        ----------
        across, down : float
            In widths and heights of the whole picture.
        """
        target, (left, top, right, bottom) = self.target, self._part
        x = (across - left) / (right - left) * target.width()
        y = (down - top) / (bottom - top) * target.height()
        return QPointF(target.left() + x, target.top() + y)

    def _share(self, point: QPointF) -> tuple[float, float]:
        """The other way round."""
        target, (left, top, right, bottom) = self.target, self._part
        across = (point.x() - target.left()) / max(target.width(), 1)
        down = (point.y() - target.top()) / max(target.height(), 1)
        return left + across * (right - left), top + down * (bottom - top)

    # Mouse and keys

    def mousePressEvent(self, event: QEvent) -> None:
        if not self.handled or self.image is None:
            return
        point = QPointF(event.pos())
        turning = event.button() == Qt.RightButton or event.modifiers() & Qt.ShiftModifier
        self._drag = self._turn(point) if turning else self._occlusion(point) or self._shift(point)

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._drag is not None:
            self._change(self._drag(QPointF(event.pos())))

    def mouseReleaseEvent(self, event: QEvent) -> None:
        self._drag = None

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        if self.handled:
            self._change(replace(self._transform, shift=(0.0, 0.0), scale=1.0, rotate=0.0))

    def wheelEvent(self, event: QEvent) -> None:
        if not self.handled or self.image is None:
            event.ignore()
            return
        self._scale(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def keyPressEvent(self, event: QEvent) -> None:
        way = _WAYS.get(event.key())
        if not self.handled or way is None:
            super().keyPressEvent(event)
            return
        right, down = self._transform.shift
        self._change(replace(self._transform, shift=(right + way[0] * _KEY_STEP, down + way[1] * _KEY_STEP)))

    def _change(self, transform: Transform) -> None:
        self._transform = transform
        self.update()
        self.edited.emit(transform)

    def _shift(self, start: QPointF) -> Callable[[QPointF], Transform]:
        before, (x, y) = self._transform, self._share(start)

        def moved(point: QPointF) -> Transform:
            across, down = self._share(point)
            shift = (_within(before.shift[0] + across - x), _within(before.shift[1] + down - y))
            return replace(before, shift=shift)

        return moved

    def _turn(self, start: QPointF) -> Callable[[QPointF], Transform]:
        before = self._transform
        middle = self.place(0.5 + before.shift[0], 0.5 + before.shift[1])

        def angle(point: QPointF) -> float:
            return math.degrees(math.atan2(middle.y() - point.y(), point.x() - middle.x()))

        def turned(point: QPointF) -> Transform:
            rotate = before.rotate + angle(point) - angle(start)
            return replace(before, rotate=round((rotate + 180) % 360 - 180))

        return turned

    def _scale(self, factor: float, point: QPointF) -> None:
        """About the place under the pointer."""
        before = self._transform
        scale = min(max(before.scale * factor, _LEAST), _MOST)
        factor = scale / before.scale
        shift = (
            _within(about - 0.5 - factor * (about - 0.5 - by))
            for about, by in zip(self._share(point), before.shift, strict=True)
        )
        across, down = shift
        self._change(replace(before, scale=scale, shift=(across, down)))

    def _occlusion(self, start: QPointF) -> Callable[[QPointF], Transform] | None:
        """Move the rectangle, or one of its corners; None if the place is not in it."""
        before, covered = self._transform, self._transform.occlude
        if covered is None:
            return None
        x, y = self._share(start)
        for i, j in ((0, 1), (2, 1), (0, 3), (2, 3)):
            corner = self.place(covered[i], covered[j]) - start
            if max(abs(corner.x()), abs(corner.y())) <= _CORNER:
                return lambda point: replace(before, occlude=_with_corner(covered, i, j, *self._share(point)))
        if not (covered[0] <= x <= covered[2] and covered[1] <= y <= covered[3]):
            return None

        def moved(point: QPointF) -> Transform:
            across, down = self._share(point)
            by = min(max(across - x, -covered[0]), 1 - covered[2])
            drop = min(max(down - y, -covered[1]), 1 - covered[3])
            left, top, right, bottom = covered
            return replace(before, occlude=(left + by, top + drop, min(right + by, 1), min(bottom + drop, 1)))

        return moved

    # Painting

    def _moved(self) -> QTransform:
        """From the picture that is drawn to what is wanted, as far as that is moving, scaling and turning."""
        back, _ = self._matrix(self._drawn).inverted()
        return back * self._matrix(self._transform)

    def _matrix(self, transform: Transform) -> QTransform:
        middle = self.place(0.5, 0.5)
        end = self.place(0.5 + transform.shift[0], 0.5 + transform.shift[1])
        matrix = QTransform()
        matrix.translate(end.x(), end.y())
        # In a widget, y grows downwards.
        matrix.rotate(-transform.rotate)
        matrix.scale(transform.scale, transform.scale)
        matrix.translate(-middle.x(), -middle.y())
        return matrix

    def paintEvent(self, event: QEvent) -> None:
        if self.image is None or self._transform == self._drawn:
            super().paintEvent(event)
        else:
            painter = QPainter(self)
            painter.fillRect(self.target, QColor(*self._transform.border))
            painter.setClipRect(self.target)
            painter.setTransform(self._moved())
            painter.drawImage(self.target, self.image)
            painter.end()
        painter = QPainter(self)
        if self.hasFocus() and self.handled:
            painter.setPen(QPen(self.palette().link().color(), 1))
            painter.drawRect(self.target.adjusted(0.5, 0.5, -0.5, -0.5))
        covered = self._transform.occlude
        if covered is None or self.image is None:
            return
        frame = QRectF(self.place(*covered[:2]), self.place(*covered[2:]))
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(QPen(QColor("#ffd166"), 1.5))
        painter.drawRect(frame)
        painter.setBrush(QColor("#ffd166"))
        for corner in (frame.topLeft(), frame.topRight(), frame.bottomLeft(), frame.bottomRight()):
            painter.drawEllipse(corner, 3, 3)


def _with_corner(covered: Rectangle, i: int, j: int, x: float, y: float) -> Rectangle:
    """A rectangle one of whose corners is somewhere else, never smaller than can be grabbed again."""
    sides = list(covered)
    for index, value in ((i, x), (j, y)):
        other = sides[(index + 2) % 4]
        sides[index] = (
            min(max(value, 0.0), other - _SMALLEST) if index < 2 else max(min(value, 1.0), other + _SMALLEST)
        )
    return sides[0], sides[1], sides[2], sides[3]


def _within(shift: float) -> float:
    return min(max(shift, -1.0), 1.0)
