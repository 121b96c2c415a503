"""The scene in a widget: paints the stage's pixels, turns mouse and wheel into camera moves and clicks."""

from __future__ import annotations

import time

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QToolTip, QWidget

from explorer3d.qt.plain import plain
from explorer3d.scene.camera import Projection
from explorer3d.scene.stage import Stage

_DRAG = 4  # pixels a press may move and still be a click
_FRAME = 15  # milliseconds between frames of an animation
_REST = 180  # milliseconds without a move after which a frame is drawn at its best
_PATIENCE = 0.09  # seconds that such a frame may take


class View(QWidget):
    """A stage on the screen.

    Signals
    -------
    clicked(Hit or None), double_clicked(Hit or None)
    linked(Hit or None)
        A click with Shift.
    rested()
        Nothing has moved for a moment: time for what is finer.
    """

    clicked = Signal(object)
    double_clicked = Signal(object)
    linked = Signal(object)
    rested = Signal()

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setAccessibleName("Network in 3D")
        self.setMinimumSize(320, 240)
        self._image: QImage | None = None
        self._pixels = np.zeros(0, np.uint8)
        self._press: QPoint | None = None
        self._last: QPoint | None = None
        self._dragging = False
        self._said = ""
        self._ticks = QTimer(self)
        self._ticks.setTimerType(Qt.PreciseTimer)
        self._ticks.setInterval(_FRAME)
        self._ticks.timeout.connect(self._tick)
        self._then = 0.0
        self._smooth = False
        self._smooth_cost = 0.0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._refine)

    def refresh(self) -> None:
        """Draw the stage anew, and keep drawing while anything moves."""
        self._redraw()
        if self.stage.moving and not self._ticks.isActive():
            self._then = time.perf_counter()
            self._ticks.start()

    def sizeHint(self) -> QSize:
        return QSize(1280, 800)

    def settle(self) -> None:
        """Bring every animation to its end at once."""
        self.stage.settle()
        self._ticks.stop()
        self.refresh()

    # Painting

    def paintEvent(self, event: QEvent) -> None:
        if self._image is None:
            before = time.perf_counter()
            pixels = self.stage.draw(self._smooth)
            if self._smooth:
                self._smooth_cost = time.perf_counter() - before
            height, width = pixels.shape[:2]
            # A copy, since the stage overwrites its buffer with the next frame.
            self._pixels = pixels.copy()
            self._image = QImage(self._pixels.data, width, height, 4 * width, QImage.Format_RGBX8888)
        QPainter(self).drawImage(QRect(0, 0, self.width(), self.height()), self._image)

    def resizeEvent(self, event: QEvent) -> None:
        ratio = self.devicePixelRatioF()
        size = (max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
        self.stage.resize(size, ratio)
        self._smooth_cost = 0.0
        self.refresh()

    def _redraw(self) -> None:
        self._image, self._smooth = None, False
        self.update()
        self._rest.start()

    def _refine(self) -> None:
        """Draw once more with smooth edges, where that does not hold up the window."""
        if self._ticks.isActive():
            return
        if self._smooth_cost < _PATIENCE:
            self._image, self._smooth = None, True
            self.update()
        self.rested.emit()

    def _tick(self) -> None:
        now = time.perf_counter()
        # A slow frame must not make the next one jump to the end.
        moving = self.stage.advance(min(now - self._then, 0.1))
        self._then = now
        self._redraw()
        if not moving:
            self._ticks.stop()

    # Mouse

    def _pixel(self, point: QPoint) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return point.x() * ratio, point.y() * ratio

    def mousePressEvent(self, event: QEvent) -> None:
        self._press = self._last = event.pos()
        self._dragging = False

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._press is None or self._last is None:
            self._hover(event.pos(), event.globalPos())
            return
        if not self._dragging and (event.pos() - self._press).manhattanLength() < _DRAG:
            return
        self._dragging = True
        step = event.pos() - self._last
        self._last = event.pos()
        pose = self.stage.pose
        sideways = (
            event.buttons() & (Qt.RightButton | Qt.MiddleButton) or event.modifiers() & Qt.ShiftModifier
        )
        if sideways:
            scale = self.stage.projection.pixels_per_unit / self.devicePixelRatioF()
            self.stage.move_camera(pose.panned(-step.x() / scale, step.y() / scale))
        else:
            self.stage.move_camera(pose.orbited(-step.x() * 0.3, step.y() * 0.3))
        self.refresh()

    def mouseReleaseEvent(self, event: QEvent) -> None:
        was_click = self._press is not None and not self._dragging
        self._press = self._last = None
        if was_click and event.button() == Qt.LeftButton:
            signal = self.linked if event.modifiers() & Qt.ShiftModifier else self.clicked
            signal.emit(self.stage.pick(*self._pixel(event.pos())))

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        if event.button() == Qt.LeftButton:
            self.double_clicked.emit(self.stage.pick(*self._pixel(event.pos())))

    def wheelEvent(self, event: QEvent) -> None:
        point = event.position().toPoint()
        self.zoom(1.0015 ** event.angleDelta().y(), point)

    def zoom(self, factor: float, point: QPoint | None = None) -> None:
        """Closer by a factor, to a place in the widget (its middle if not given)."""
        projection: Projection = self.stage.projection
        x, y = self._pixel(point if point is not None else self.rect().center())
        self.stage.move_camera(self.stage.pose.zoomed(factor, *projection.offset(x, y)))
        self.refresh()

    def _hover(self, point: QPoint, on_screen: QPoint) -> None:
        place = self._pixel(point)
        hit = self.stage.pick(*place)
        text = self.stage.describe(hit) if hit else self.stage.describe_edge(*place)
        if text != self._said:
            self._said = text
            self.setCursor(Qt.PointingHandCursor if hit else Qt.ArrowCursor)
            QToolTip.showText(on_screen, plain(text), self)
