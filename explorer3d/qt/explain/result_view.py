"""One explanation: its picture, its colours, and what is said of it."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from explorer3d.qt.explain.request import Explained
from explorer3d.qt.explain.scale import ColourBar
from explorer3d.qt.picture_view import PictureView
from explorer3d.qt.plain import plain
from explorer3d.qt.stages.scale import figure
from explorer3d.scene.heat import laid_over


class ResultView(QWidget):
    """Draws an explanation, and says the number under the pointer.

    Attributes
    ----------
    result : Explained or None
        What is drawn.
    pixels : (H, W, 3) uint8 array or None
        As it is drawn.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.result: Explained | None = None
        self.pixels: np.ndarray | None = None
        self.picture = _Pointed(name)
        self.bar = ColourBar()
        self.readout = QLabel()
        self.readout.setObjectName("dim")
        self.title = QLabel()
        self.title.setTextFormat(Qt.PlainText)
        self.title.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self.picture, self.bar, self.readout, self.title):
            column.addWidget(widget)
        column.addStretch(1)
        self.picture.pointed.connect(self._read)

    def show_result(self, result: Explained | None, opacity: float, threshold: float, said: str = "") -> None:
        """
        Parameters
        ----------
        result : Explained or None
        opacity, threshold : float
            See `laid_over`.
        said : str
            In front of the title.
        """
        self.result = result
        found = result.found if result is not None else None
        heat = result.heat if result is not None else None
        pixels = result.pixels if result is not None else None
        if heat is not None:
            pixels = laid_over(heat, opacity, threshold)
        self.pixels = pixels
        title = found.title if found is not None else ""
        self.picture.setVisible(pixels is not None)
        if pixels is not None:
            self.picture.show_pixels(pixels, title, tip=plain(title))
        self.bar.show_heat(heat, threshold)
        self.readout.setVisible(heat is not None)
        self.title.setText("\n".join(filter(None, [said, title])))
        self._read(-1.0, -1.0)

    def _read(self, x: float, y: float) -> None:
        heat = self.result.heat if self.result is not None else None
        if heat is None or not (0 <= x < 1 and 0 <= y < 1):
            self.readout.setText("Point at the picture to read its numbers")
            return
        self.readout.setText(figure(heat.value_at(x, y)))


class _Pointed(PictureView):
    """Tells where the pointer is.

    Signals
    -------
    pointed(float, float)
        Shares of the picture's width and height; −1 where it is outside.
    """

    pointed = Signal(float, float)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setMouseTracking(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        target = self.target
        if target.isEmpty():
            return
        place = event.localPos() - target.topLeft()
        self.pointed.emit(place.x() / target.width(), place.y() / target.height())

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(-1.0, -1.0)
