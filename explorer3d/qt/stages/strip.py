"""Large pictures side by side, which scroll to the right and can be walked along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QEvent, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from explorer3d.compute.stages import Stage
from explorer3d.qt.plain import plain
from explorer3d.qt.stages.drawing import Look, arrange, draw_arrow, draw_stage, image_of

_KEYS = frozenset({Qt.Key_Left, Qt.Key_Right, Qt.Key_Home, Qt.Key_End, Qt.Key_Return, Qt.Key_Enter})
_LOWEST = 170
_FRAME = 6


class Strip(QScrollArea):
    """A row of stages.

    Signals
    -------
    chosen(str)
        A person went to a layer.
    opened(str)
        Enter was pressed there, or it was clicked twice.
    retried()
        The words that stand in place of the stages were clicked.

    Attributes
    ----------
    stages : tuple of Stage
    message : str
        What is said in place of them.
    current : str or None
        The layer where one is.
    """

    chosen = Signal(str)
    opened = Signal(str)
    retried = Signal()

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stages: tuple[Stage, ...] = ()
        self.message = ""
        self.current: str | None = None
        self.look = look
        self._captions: Mapping[str, Sequence[str]] = {}
        self._images: dict[str, QImage] = {}
        self.row = _Row(self)
        self.setWidget(self.row)
        self.setFrameShape(QFrame.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAccessibleName("Stages")
        self.setMinimumHeight(_LOWEST)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Expanding)
        self.arrangement = arrange((), _LOWEST, look.font)

    def show_stages(
        self, stages: Sequence[Stage], captions: Mapping[str, Sequence[str]], look: Look, message: str
    ) -> None:
        """Draw these stages from now on; those that are there stay in their place.

        Parameters
        ----------
        stages : sequence of Stage
        captions : mapping of layer to lines
        look : Look
        message : str
            What is said if there are none.
        """
        colours = look.colormap, look.limits
        if self.stages != tuple(stages) or colours != (self.look.colormap, self.look.limits):
            self._images = {}
        self.stages, self._captions, self.look, self.message = tuple(stages), captions, look, message
        self._arrange()

    def go_to(self, layer: str | None) -> None:
        """Mark the stage of a layer and bring it into view."""
        self.current = layer
        place = self._place
        if place is not None:
            cell = self.arrangement.cell(place)
            # With a part of its neighbours, so that one sees that it goes on.
            self.ensureVisible(
                round(cell.center().x()), 0, round(min(cell.width() * 0.8, self.viewport().width() / 2)), 0
            )
        self.row.update()

    def picture(self, stage: Stage) -> QImage:
        """A stage as it is drawn; made when it is first seen."""
        if stage.layer not in self._images:
            self._images[stage.layer] = image_of(stage, self.look)
        return self._images[stage.layer]

    def caption(self, stage: Stage) -> Sequence[str]:
        return self._captions.get(stage.layer, (stage.layer,))

    @property
    def _place(self) -> int | None:
        return next((at for at, stage in enumerate(self.stages) if stage.layer == self.current), None)

    def _arrange(self) -> None:
        bar = self.horizontalScrollBar().sizeHint().height()
        self.arrangement = arrange(self.stages, max(self.height() - bar, 1), self.look.font)
        room = self.viewport().width() if not self.stages else 0
        self.row.resize(max(self.arrangement.size.width(), room), self.arrangement.size.height())
        self.row.update()

    def _step(self, key: int) -> None:
        last, place = len(self.stages) - 1, self._place
        if key in (Qt.Key_Return, Qt.Key_Enter):
            if place is not None:
                self.opened.emit(self.stages[place].layer)
            return
        if last < 0:
            return
        if key == Qt.Key_Home or (place is None and key == Qt.Key_Right):
            place = 0
        elif key == Qt.Key_End or place is None:
            place = last
        else:
            place = min(max(place + (1 if key == Qt.Key_Right else -1), 0), last)
        self.choose(place)

    def choose(self, place: int) -> None:
        """Go to a stage, as a person does."""
        self.go_to(self.stages[place].layer)
        self.chosen.emit(self.stages[place].layer)

    # Qt's events

    def sizeHint(self) -> QSize:
        return QSize(600, 320)

    def event(self, event: QEvent) -> bool:
        # Elsewhere these are shortcuts of the window.
        if event.type() == QEvent.ShortcutOverride and _is_own(event):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QEvent) -> None:
        if _is_own(event):
            self._step(event.key())
        else:
            event.ignore()

    def wheelEvent(self, event: QEvent) -> None:
        turned = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (turned.x() or turned.y()))

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.row.update()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)
        self.row.update()


class _Row(QWidget):
    """What is scrolled."""

    def __init__(self, strip: Strip) -> None:
        super().__init__()
        self._strip = strip
        self.setMouseTracking(True)

    def paintEvent(self, event: QEvent) -> None:
        strip, painter = self._strip, QPainter(self)
        if not strip.stages:
            painter.setFont(strip.arrangement.font)
            painter.setPen(strip.look.dim)
            room = self.rect().adjusted(30, 10, -30, -10)
            painter.drawText(room, Qt.AlignCenter | Qt.TextWordWrap, strip.message)
            return
        seen, arrangement = QRectF(event.rect()), strip.arrangement
        for place, stage in enumerate(strip.stages):
            # A little wider, for the arrow and the frame.
            if arrangement.cell(place).adjusted(-60, -_FRAME, 60, _FRAME).intersects(seen):
                image, lines = strip.picture(stage), strip.caption(stage)
                here = stage.layer == strip.current
                draw_stage(painter, arrangement, place, image, lines, strip.look, here)
                if place + 1 < len(strip.stages):
                    draw_arrow(painter, arrangement, place, strip.look)

    def mousePressEvent(self, event: QEvent) -> None:
        self._strip.setFocus(Qt.MouseFocusReason)
        place = self._under(event)
        if event.button() != Qt.LeftButton:
            event.ignore()
        elif place is not None:
            self._strip.choose(place)
        elif not self._strip.stages:
            self._strip.retried.emit()

    def mouseDoubleClickEvent(self, event: QEvent) -> None:
        place = self._under(event)
        if place is not None and event.button() == Qt.LeftButton:
            self._strip.opened.emit(self._strip.stages[place].layer)

    def mouseMoveEvent(self, event: QEvent) -> None:
        place = self._under(event)
        self.setCursor(Qt.ArrowCursor if place is None else Qt.PointingHandCursor)
        lines = "" if place is None else "\n".join(self._strip.caption(self._strip.stages[place]))
        self.setToolTip(plain(lines))

    def _under(self, event: QEvent) -> int | None:
        cells = map(self._strip.arrangement.cell, range(len(self._strip.stages)))
        return next((place for place, cell in enumerate(cells) if cell.contains(event.pos())), None)


def _is_own(event: QEvent) -> bool:
    return event.key() in _KEYS and not event.modifiers() & ~Qt.KeypadModifier
