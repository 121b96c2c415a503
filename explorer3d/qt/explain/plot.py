"""What is drawn as wide as the panel, in its own type and colours."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent
from qtpy.QtGui import QImage, QPainter, QPalette
from qtpy.QtWidgets import QSizePolicy, QWidget

from explorer3d.qt.pixels import image_from
from explorer3d.scene.charts import ChartLook

_TEXT = 0.72  # of the height of a line of the panel's type


def look_of(widget: QWidget, width: int, ratio: float = 1.0) -> ChartLook:
    """How a chart looks in the type and colours of a widget, at a width in logical pixels."""
    palette, line = widget.palette(), widget.fontMetrics().height()
    colours = (palette.color(role) for role in (QPalette.Window, QPalette.WindowText))
    ground, ink = ((one.red(), one.green(), one.blue()) for one in colours)
    faint = tuple(round(0.75 * one + 0.25 * other) for one, other in zip(ground, ink, strict=True))
    text = max(round(_TEXT * line * ratio), 6)
    return ChartLook(max(round(width * ratio), 20 * text), 0, text, ground, ink, faint)


class Plot(QWidget):
    """Draws itself anew whenever width, type or colours have changed; as high as what is drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def drawn(self, look: ChartLook) -> np.ndarray | None:
        """(H, W, 3) uint8 array: what is seen; None: nothing."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw what has become something else."""
        ratio = self.devicePixelRatioF()
        pixels = self.drawn(look_of(self, self.width(), ratio))
        self._image = None
        if pixels is not None:
            self._image = image_from(pixels)
            self._image.setDevicePixelRatio(ratio)
            self.setFixedHeight(round(len(pixels) / ratio))
        self.update()

    # Qt's events

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.redraw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange, QEvent.StyleChange):
            self.redraw()

    def paintEvent(self, event: QEvent) -> None:
        if self._image is not None:
            painter = QPainter(self)
            painter.drawImage(0, 0, self._image)
            # What is painted over it has a painter of its own.
            painter.end()
