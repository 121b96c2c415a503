"""The scene in a widget: paints the stage's pixels, turns mouse and wheel into camera moves and clicks."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QToolTip, QWidget

from explorer3d.qt.pace import Pace
from explorer3d.qt.plain import plain
from explorer3d.scene.camera import Projection
from explorer3d.scene.overlay import Overlay
from explorer3d.scene.pointing import Hit
from explorer3d.scene.smoothing import Smooth
from explorer3d.scene.stage import Stage

_DRAG = 4  # pixels a press may move and still be a click
_FRAME = 15  # milliseconds between frames of an animation
_REST = 100  # milliseconds without a move after which a frame is drawn at its best
_AFTER = 10  # milliseconds between a frame in full detail and what is finer still
_GLANCE = 15  # milliseconds between two looks at what is under the cursor


class View(QWidget):
    """A stage on the screen.

    Signals
    -------
    clicked(Hit or None), double_clicked(Hit or None)
    linked(Hit or None)
        A click with Shift.
    asked(Hit or None, QPoint)
        A click with the right button, and where it was on the screen.
    hovered(Hit or None)
        The cursor is elsewhere.
    moved()
        What is seen is about to change.
    drawn()
        The stage is seen as it is.
    rested()
        Nothing has moved for a moment: time for what is finer.
    jagged(Smooth)
        What is seen at rest has jagged edges, and what helps; `show_smooth` takes the answer.

    Attributes
    ----------
    describe : callable
        Says what the cursor points at, of a Hit.
    over : list of callable
        Each draws over the scene, with a painter.
    """

    clicked = Signal(object)
    double_clicked = Signal(object)
    linked = Signal(object)
    asked = Signal(object, QPoint)
    hovered = Signal(object)
    moved = Signal()
    drawn = Signal()
    rested = Signal()
    jagged = Signal(object)

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self.describe: Callable[[Hit], str] = stage.describe
        self.over: list[Callable[[QPainter], None]] = []
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
        self._pointed = QPoint()
        self._ticks = QTimer(self)
        self._ticks.setTimerType(Qt.PreciseTimer)
        self._ticks.setInterval(_FRAME)
        self._ticks.timeout.connect(self._tick)
        self._then = 0.0
        self._draft = False
        self._asked: Smooth | None = None
        self._pace = Pace()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._refine)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.refresh)
        self._hovered: tuple[QPoint, QPoint] | None = None
        self._glances = QTimer(self)
        self._glances.setSingleShot(True)
        self._glances.setInterval(_GLANCE)
        self._glances.timeout.connect(self._look_again)

    def refresh(self) -> None:
        """Draw the stage anew, and keep drawing while anything moves."""
        if self._soon.isActive():
            return  # what has changed since is drawn along with what has been built anew
        self._redraw(self._dragging or self.stage.moving)
        if self.stage.moving and not self._ticks.isActive():
            self._then = time.perf_counter()
            self._ticks.start()

    @property
    def still(self) -> bool:
        """Whether nothing moves, and the picture is painted at its best."""
        return self._image is not None and not any(
            timer.isActive() for timer in (self._ticks, self._rest, self._soon)
        )

    def refresh_soon(self) -> None:
        """Draw what has been built anew, after what else waits to be done."""
        if self.stage.crowded:
            self._pace.doubt()
        # What has waited since before is done first; with no time at all, it would be a matter of luck.
        self._soon.start(1)

    def refresh_in_passing(self) -> None:
        """Draw what has changed as if it moved: it will be out of date again in a moment."""
        if not self._soon.isActive():
            self._redraw(moving=True)

    def sizeHint(self) -> QSize:
        return QSize(1280, 800)

    def settle(self) -> None:
        """Bring every animation to its end at once."""
        self.stage.settle()
        self._ticks.stop()
        self._soon.stop()
        self.refresh()

    # Painting

    def paintEvent(self, event: QEvent) -> None:
        if self._image is None:
            before = time.perf_counter()
            pixels = self.stage.draft() if self._draft else self.stage.draw(smooth=False)
            seconds = time.perf_counter() - before
            if self._draft:
                self._pace.drafted(seconds)
                # A rest begins when the last move is seen, however long it took to draw.
                self._rest.start(_REST)
            else:
                self._pace.drawn(seconds)
                if not self._rest.isActive():
                    self._rest.start(_AFTER)
            self._show(pixels)
            QTimer.singleShot(0, self._tell)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.SmoothPixmapTransform, self._draft)
        painter.drawImage(QRect(0, 0, self.width(), self.height()), self._image)
        if self._draft and self.stage.legend is not None:
            self._draw_legend(painter, self.stage.legend)
        for draw in self.over:
            draw(painter)
        # Whatever holds this frame, such as a traceback, must not keep it open while the cards are painted.
        painter.end()

    def _tell(self) -> None:
        if self._image is not None:
            self.drawn.emit()

    def _draw_legend(self, painter: QPainter, legend: Overlay) -> None:
        ratio = self.devicePixelRatioF()
        height, width = (side / ratio for side in legend.picture.shape[:2])
        top = self.height() - legend.bottom / ratio - height
        picture = np.ascontiguousarray(legend.picture)
        place = QRectF(legend.left / ratio, top, width, height)
        painter.drawImage(place, _image(picture, QImage.Format_RGB888))

    def resizeEvent(self, event: QEvent) -> None:
        ratio = self.devicePixelRatioF()
        size = (max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
        self.stage.resize(size, ratio)
        self.refresh()

    def _redraw(self, moving: bool) -> None:
        self.moved.emit()
        self._image, self._asked = None, None
        self._draft = moving and self._pace.slow
        self.update()
        self._rest.start(_REST)

    def _refine(self) -> None:
        """Draw once more in full detail, and have that made smooth."""
        if self._ticks.isActive() or self._soon.isActive():
            return
        if self._draft:
            self._image, self._draft = None, False
            self.repaint()
            return
        if self.stage.network is not None and self._image is not None and self._asked is None:
            self._asked = self.stage.smoothing()
            self.jagged.emit(self._asked)
        self.rested.emit()

    def show_smooth(self, asked: Smooth, pixels: np.ndarray) -> None:
        """Show what is seen with smooth edges, unless something else is seen by now."""
        if asked is self._asked:
            self._show(pixels)
            self.update()

    def _show(self, pixels: np.ndarray) -> None:
        # The image lasts as long as its pixels do.
        self._pixels = pixels
        self._image = _image(pixels, QImage.Format_RGBX8888)

    def _tick(self) -> None:
        now = time.perf_counter()
        # A slow frame must not make the next one jump to the end.
        moving = self.stage.advance(min(now - self._then, 0.1))
        self._then = now
        self._redraw(moving)
        if not moving:
            self._ticks.stop()

    # Mouse

    def _pixel(self, point: QPoint) -> tuple[float, float]:
        ratio = self.devicePixelRatioF()
        return point.x() * ratio, point.y() * ratio

    def mousePressEvent(self, event: QEvent) -> None:
        self._press = self._last = event.pos()
        self._hovered = None
        self._dragging = False

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._press is None or self._last is None:
            self._hovered = event.pos(), event.globalPos()
            if not self._glances.isActive():
                self._look_again()
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
        self._dragging = False
        if was_click and event.button() == Qt.RightButton:
            self.asked.emit(self.stage.pick(*self._pixel(event.pos())), event.globalPos())
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
        self._redraw(moving=True)

    def _look_again(self) -> None:
        """Say what is under the cursor, unless that was just done."""
        if self._hovered is not None:
            self._hover(*self._hovered)
            self._hovered = None
            self._glances.start()

    def _hover(self, point: QPoint, on_screen: QPoint) -> None:
        place = self._pixel(point)
        hit = self.stage.pick(*place)
        self._pointed = on_screen
        self.hovered.emit(hit)
        text = self.describe(hit) if hit else self.stage.describe_edge(*place)
        if text != self._said:
            self.setCursor(Qt.PointingHandCursor if hit else Qt.ArrowCursor)
            self.tell(text)

    def tell(self, text: str, place: QPoint | None = None) -> None:
        """Say something about what the cursor points at, or what is at another place."""
        self._said = text
        if place is not None:
            self._pointed = self.mapToGlobal(place)
        QToolTip.showText(self._pointed, plain(text), self)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self.hovered.emit(None)


def _image(pixels: np.ndarray, format: QImage.Format) -> QImage:
    """Pixels as an image that lasts as long as they do."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, pixels.strides[0], format)
