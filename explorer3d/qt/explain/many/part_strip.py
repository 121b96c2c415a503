"""Pictures in a row, in which parts are marked by mouse or keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QImage, QKeyEvent, QMouseEvent, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from explorer3d.attribution.parts import Box
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.pixels import image_from

MarkedPart = tuple[QColor, bool, Mapping[int, Box]]
"""A part's colour, whether it is the one that is marked, and by number of a picture where it is."""

_GAP = 10
_HEIGHT = 10.0  # of a picture, in lines of text
_STEP = 0.02  # of a picture, by which a key moves or enlarges
_FIRST: Box = (0.35, 0.35, 0.65, 0.65)
_SMALLEST = 0.02
_DIM = 0.65  # of the text's opacity
_CHOSEN = QColor("#ffb662")
_MOVES = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}


class PartStrip(QWidget):
    """As wide as all pictures; only those that are seen are drawn, and asked for.

    Signals
    -------
    marked(int, object)
        A person says where the part is in the picture of that number: a box, or None for nowhere.
    looked(list)
        Numbers of the pictures that are seen.
    went(int)
        The picture that keys go to is another.
    undone()
        What was done last is to be taken back.

    Attributes
    ----------
    place : int
        Number of the picture that keys go to.
    """

    marked = Signal(int, object)
    looked = Signal(list)
    went = Signal(int)
    undone = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = 0
        self._count = 0
        self._name: Callable[[int], str] = str
        self._pictures: Mapping[int, np.ndarray | str] = {}
        self._images: dict[int, QImage] = {}
        self._boxes: list[MarkedPart] = []
        self._drag: tuple[int, QPointF, Box | None] | None = None
        self._sketch: Box | None = None
        self._own_keys = OwnKeys(self, frozenset({Qt.Key_Delete}))
        self._own_keys.keep(self)
        self.setAccessibleName("Pictures to mark parts in")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Fixed, QSizePolicy.Fixed)
        self.setToolTip(
            "Drag a rectangle over the part, or drag the rectangle. ← → another picture, Enter marks, Shift "
            "and arrow keys move, Ctrl and arrow keys enlarge, Delete takes it away, Ctrl+Z undoes"
        )

    def show_pictures(
        self,
        count: int,
        name: Callable[[int], str],
        pictures: Mapping[int, np.ndarray | str],
        boxes: list[MarkedPart],
    ) -> None:
        """
        Parameters
        ----------
        count : int
        name : callable
            What a picture is called: of very many, only those that are seen are asked for.
        pictures : mapping of int to (H, W, 3) uint8 array or str
            By number; those that are there.
        boxes : list of MarkedPart
        """
        if pictures is not self._pictures or not pictures:
            self._images = {}
        self._images = {number: image for number, image in self._images.items() if number in pictures}
        self._count, self._name, self._pictures, self._boxes = count, name, pictures, boxes
        self.place = max(min(self.place, count - 1), 0)
        self._describe()
        self._fit()
        self.update()

    def _describe(self) -> None:
        """For those who cannot see it."""
        if self._count:
            box = self._box(self.place)
            where = "not marked" if box is None else "marked at " + ", ".join(f"{side:.2f}" for side in box)
            self.setAccessibleDescription(f"{self._name(self.place)}: {where}")

    # Where everything stands

    @property
    def _side(self) -> float:
        return _HEIGHT * self.fontMetrics().height()

    def _fit(self) -> None:
        line = self.fontMetrics().height()
        wide = max(self._count, 1) * (self._side + _GAP)
        self.setFixedSize(round(min(wide, 16_000_000)), round(self._side + 1.3 * line + 6))

    def frame_of(self, number: int) -> QRectF:
        """Where a picture may stand."""
        return QRectF(3 + number * (self._side + _GAP), 3, self._side, self._side)

    def target_of(self, number: int) -> QRectF:
        """Where it stands."""
        frame, image = self.frame_of(number), self._image(number)
        if image is None:
            return frame
        size = image.size().scaled(frame.size().toSize(), Qt.KeepAspectRatio)
        target = QRectF(0, 0, size.width(), size.height())
        target.moveCenter(frame.center())
        return target

    def point_of(self, number: int, across: float, down: float) -> QPointF:
        """Where a place in a picture is, in shares of its width and height."""
        target = self.target_of(number)
        return QPointF(target.left() + across * target.width(), target.top() + down * target.height())

    def _share(self, number: int, point: QPointF) -> tuple[float, float]:
        target = self.target_of(number)
        across = (point.x() - target.left()) / target.width()
        down = (point.y() - target.top()) / target.height()
        return min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0)

    def _image(self, number: int) -> QImage | None:
        pixels = self._pictures.get(number)
        if not isinstance(pixels, np.ndarray):
            return None
        if number not in self._images:
            self._images[number] = image_from(pixels)
        return self._images[number]

    def _box(self, number: int) -> Box | None:
        """Where the part is that is being marked."""
        return next((boxes.get(number) for _, active, boxes in self._boxes if active), None)

    # Drawing

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        pitch = self._side + _GAP
        first = max(int(event.rect().left() // pitch), 0)
        last = min(int(event.rect().right() // pitch), self._count - 1)
        for number in range(first, last + 1):
            self._paint_one(painter, number)
        self.looked.emit(list(range(first, last + 1)))

    def _paint_one(self, painter: QPainter, number: int) -> None:
        frame, image, target = self.frame_of(number), self._image(number), self.target_of(number)
        dim = QColor(self.palette().windowText().color())
        dim.setAlphaF(_DIM)
        painter.setPen(QPen(dim, 1, Qt.DotLine))
        painter.setBrush(Qt.NoBrush)
        if image is None:
            painter.drawRect(frame)
            why = self._pictures.get(number)
            if isinstance(why, str):
                painter.drawText(frame.adjusted(8, 8, -8, -8), Qt.AlignCenter | Qt.TextWordWrap, why)
        else:
            smooth = target.width() < 2 * image.width()
            painter.setRenderHint(QPainter.SmoothPixmapTransform, smooth)
            painter.drawImage(target, image)
        dragged = self._drag is not None and self._drag[0] == number
        for colour, active, boxes in self._boxes:
            box = self._sketch if active and dragged else boxes.get(number)
            if box is None:
                continue
            corner, end = self.point_of(number, *box[:2]), self.point_of(number, *box[2:])
            rectangle = QRectF(corner, end)
            for ink, wide in ((QColor(0, 0, 0, 170), 5 if active else 3), (colour, 3 if active else 1.5)):
                painter.setPen(QPen(ink, wide))
                painter.drawRect(rectangle)
        if self.hasFocus() and number == self.place:
            painter.setPen(QPen(_CHOSEN, 2))
            painter.drawRect(frame.adjusted(-2, -2, 2, 2))
        font = QFont(self.font())
        painter.setFont(font)
        painter.setPen(self.palette().windowText().color())
        below = QRectF(frame.left(), frame.bottom() + 3, frame.width(), 1.2 * self.fontMetrics().height())
        name = self.fontMetrics().elidedText(self._name(number), Qt.ElideMiddle, int(frame.width()))
        painter.drawText(below, Qt.AlignHCenter | Qt.AlignVCenter, name)

    # What a person does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = int(event.localPos().x() // (self._side + _GAP))
        if event.button() != Qt.LeftButton or not 0 <= number < self._count:
            return
        self._go(number)
        x, y = self._share(number, event.localPos())
        box = self._box(number)
        inside = box is not None and box[0] <= x <= box[2] and box[1] <= y <= box[3]
        self._drag = number, event.localPos(), box if inside else None
        self._sketch = box
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        number, begin, held = self._drag
        before, now = self._share(number, begin), self._share(number, event.localPos())
        if held is not None:
            self._sketch = _shifted(held, now[0] - before[0], now[1] - before[1])
        elif (event.localPos() - begin).manhattanLength() > 3:
            (left, right), (top, bottom) = (sorted(pair) for pair in zip(before, now, strict=True))
            if right - left >= _SMALLEST and bottom - top >= _SMALLEST:
                self._sketch = left, top, right, bottom
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self.mouseMoveEvent(event)
            number, sketch = self._drag[0], self._sketch
            self._drag, self._sketch = None, None
            if sketch is not None:
                self.marked.emit(number, sketch)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers, box = event.key(), event.modifiers() & ~Qt.KeypadModifier, self._box(self.place)
        if not self._count:
            super().keyPressEvent(event)
        elif key in _MOVES and modifiers == Qt.NoModifier:
            self._go(min(max(self.place + sum(_MOVES[key]), 0), self._count - 1))
        elif key in _MOVES and modifiers in (Qt.ShiftModifier, Qt.ControlModifier):
            across, down = (_STEP * step for step in _MOVES[key])
            change = _shifted if modifiers == Qt.ShiftModifier else _enlarged
            self.marked.emit(self.place, _FIRST if box is None else change(box, across, down))
        elif key in (Qt.Key_Return, Qt.Key_Enter, Qt.Key_Space) and box is None:
            self.marked.emit(self.place, _FIRST)
        elif key in (Qt.Key_Delete, Qt.Key_Backspace):
            self.marked.emit(self.place, None)
        elif key == Qt.Key_Z and modifiers == Qt.ControlModifier:
            self.undone.emit()
        else:
            super().keyPressEvent(event)

    def _go(self, number: int) -> None:
        self.place = number
        self._describe()
        self.went.emit(number)
        self.update()

    # Qt's events

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ShortcutOverride:
            control = event.modifiers() == Qt.ControlModifier
            moving = event.key() in _MOVES and (control or event.modifiers() == Qt.ShiftModifier)
            if moving or (control and event.key() == Qt.Key_Z) or event.key() == Qt.Key_Backspace:
                event.accept()
                return True
        return bool(super().event(event))

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.FontChange:
            self._fit()

    def sizeHint(self) -> QSize:
        return self.size()


def _shifted(box: Box, across: float, down: float) -> Box:
    """Moved, as far as the picture goes."""
    left, top, right, bottom = box
    across = min(max(across, -left), 1 - right)
    down = min(max(down, -top), 1 - bottom)
    return left + across, top + down, min(right + across, 1.0), min(bottom + down, 1.0)


def _enlarged(box: Box, across: float, down: float) -> Box:
    """Right and lower side moved."""
    left, top, right, bottom = box
    return (
        left,
        top,
        min(max(right + across, left + _SMALLEST), 1.0),
        min(max(bottom + down, top + _SMALLEST), 1.0),
    )
