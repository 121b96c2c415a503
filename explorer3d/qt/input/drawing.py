"""The drawing pad with its tools."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QKeySequence, QPixmap
from qtpy.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer3d.document import Document
from explorer3d.inputs import Bitmap, image_axes
from explorer3d.qt.input.drawing_pad import LARGEST_SIDE, DrawingPad
from explorer3d.qt.input.live import Live
from explorer3d.qt.input.pixels import pixels_of
from explorer3d.qt.own_keys import OwnKeys

_COLOURS = {
    "White": "#ffffff",
    "Grey": "#808080",
    "Red": "#e03030",
    "Orange": "#f08020",
    "Yellow": "#f0d020",
    "Green": "#30a040",
    "Blue": "#3060e0",
    "Brown": "#805030",
}
_SWATCH = 16  # pixels
_WIDEST = 12  # pixels of the picture


class Drawing(QWidget):
    """A canvas, a pen of some width and colour, an eraser; the network runs along.

    Signals
    -------
    toggled(bool)
        It was opened or closed.
    said(str)
        A sentence for the person.
    """

    toggled = Signal(bool)
    said = Signal(str)

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._live = document, live
        self._drawn: Bitmap | None = None
        self._count = 0
        self.pad = DrawingPad()
        self.pen_width = QSlider(Qt.Horizontal)
        self.pen_width.setRange(1, _WIDEST)
        self.pen_width.setAccessibleName("Width of the pen")
        self.pen_width.setToolTip("Width of the pen, in pixels of the picture ([ and ])")
        self._pixels = QLabel()
        self._pixels.setObjectName("dim")
        self.eraser = QPushButton("Eraser")
        self.eraser.setCheckable(True)
        self.eraser.setToolTip("Wipe off what is drawn (E, or the right button)")
        self.undo = QPushButton("Undo")
        self.undo.setToolTip("Take the last stroke back (Ctrl+Z)")
        self.clear = QPushButton("Clear")
        self.clear.setToolTip("Wipe everything off (Delete)")
        pen = QLabel("Pen")
        pen.setBuddy(self.pen_width)
        self._colours = QWidget()
        self._choice = QButtonGroup(self)
        swatches = QHBoxLayout(self._colours)
        swatches.setContentsMargins(0, 0, 0, 0)
        swatches.setSpacing(2)
        self._own_keys = OwnKeys(self)
        for name, colour in _COLOURS.items():
            button = self._swatch(name, QColor(colour))
            swatches.addWidget(button)
        swatches.addStretch(1)
        width = QHBoxLayout()
        width.setSpacing(8)
        width.addWidget(pen)
        width.addWidget(self.pen_width, 1)
        width.addWidget(self._pixels)
        tools = QHBoxLayout()
        tools.setSpacing(6)
        for widget in (self.eraser, self.undo, self.clear):
            tools.addWidget(widget, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.pad)
        layout.addWidget(self._colours)
        layout.addLayout(width)
        layout.addLayout(tools)
        self._own_keys.keep(self.pen_width, self.eraser, self.undo, self.clear)
        self.pen_width.valueChanged.connect(self._set_width)
        self.eraser.toggled.connect(self._set_erasing)
        self.undo.clicked.connect(self.pad.undo)
        self.clear.clicked.connect(self._wipe)
        self.pad.drawn.connect(self._show_drawing)
        document.input_changed.connect(self._input_changed)
        document.model_changed.connect(self._close)
        self.hide()

    def _swatch(self, name: str, colour: QColor) -> QToolButton:
        button = QToolButton()
        pixmap = QPixmap(_SWATCH, _SWATCH)
        pixmap.fill(colour)
        button.setIcon(QIcon(pixmap))
        button.setIconSize(QSize(_SWATCH, _SWATCH))
        button.setStyleSheet("padding: 3px;")
        button.setCheckable(True)
        button.setChecked(not self._choice.buttons())
        button.setAccessibleName(name)
        button.setToolTip(f"Draw in {name.lower()}")
        self._choice.addButton(button)
        self._own_keys.keep(button)
        button.clicked.connect(lambda: self._take(colour))
        return button

    @property
    def canvas(self) -> tuple[int, int, bool] | None:
        """Width and height of a picture that can be drawn by hand, and whether it has colours."""
        port = self._document.loaded.port if self._document.loaded else None
        if port is None or port.shape is None:
            return None
        size = dict(zip(image_axes(port), port.shape, strict=True))
        width, height = size["W"] or 0, size["H"] or 0
        return (width, height, size["C"] != 1) if max(width, height) <= LARGEST_SIDE else None

    def want(self, wanted: bool) -> None:
        """Draw the input by hand, if the network's is small enough for that; or stop drawing."""
        canvas = self.canvas
        if not wanted or canvas is None:
            self._close()
            if wanted:
                self.said.emit(
                    f"Only pictures with sides of {LARGEST_SIDE} pixels or less can be drawn here."
                )
            return
        width, height, colours = canvas
        self._count += 1
        self.pad.start(width, height)
        self._colours.setVisible(colours)
        self._choice.buttons()[0].click()
        self.pen_width.setValue(round(self.pad.pen))
        self._set_width(self.pen_width.value())
        self.show()
        self.toggled.emit(True)
        self._show_drawing()
        self.pad.setFocus()

    def _close(self) -> None:
        self.hide()
        self.toggled.emit(False)

    def _input_changed(self) -> None:
        # Something else was chosen than what is being drawn.
        other = self._document.input_path is not self._drawn
        if not self.isHidden() and other and not self._live.waiting:
            self._close()

    def _set_width(self, width: int) -> None:
        self.pad.pen = float(width)
        self._pixels.setText(f"{width} px")
        self.pad.update()

    def _set_erasing(self, wanted: bool) -> None:
        self.pad.erasing = wanted

    def _take(self, colour: QColor) -> None:
        self.pad.colour = colour
        self.eraser.setChecked(False)

    def _wipe(self) -> None:
        # What is drawn now is another picture.
        self._count += 1
        self.pad.clear()

    def _show_drawing(self) -> None:
        self.undo.setEnabled(self.pad.can_undo)
        self._drawn = bitmap = Bitmap(pixels_of(self.pad.image), f"drawing {self._count}", drawn=True)
        self._live.want(lambda: self._document.load_input(bitmap, passing=True))

    # Keys, for the pad and its tools alike

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ShortcutOverride and self._meant(event) is not None:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QEvent) -> None:
        do = self._meant(event)
        if do is None:
            super().keyPressEvent(event)
        else:
            do()

    def _meant(self, event: QEvent) -> Callable[[], object] | None:
        if event.matches(QKeySequence.Undo):
            return self.pad.undo
        if event.modifiers():
            return None
        keys: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key_Delete: self._wipe,
            Qt.Key_E: self.eraser.toggle,
            Qt.Key_BracketLeft: lambda: self.pen_width.setValue(self.pen_width.value() - 1),
            Qt.Key_BracketRight: lambda: self.pen_width.setValue(self.pen_width.value() + 1),
        }
        return keys.get(event.key())
