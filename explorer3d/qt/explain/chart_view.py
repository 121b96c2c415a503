"""Bars and curves in the panel, in its own type and colours."""

from __future__ import annotations

import math

import numpy as np
from qtpy.QtCore import QEvent, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPalette, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from explorer3d.attribution import Attribution
from explorer3d.graph.model import Model
from explorer3d.scene.charts import Chart, ChartLook
from explorer3d.scene.explained import chart_of

_TEXT = 0.72  # of the height of a line of the panel's type


def look_of(widget: QWidget, width: int, ratio: float = 1.0) -> ChartLook:
    """How a chart looks in the type and colours of a widget, at a width in logical pixels."""
    palette, line = widget.palette(), widget.fontMetrics().height()
    colours = (palette.color(role) for role in (QPalette.Window, QPalette.WindowText))
    ground, ink = ((one.red(), one.green(), one.blue()) for one in colours)
    faint = tuple(round(0.75 * one + 0.25 * other) for one, other in zip(ground, ink, strict=True))
    text = max(round(_TEXT * line * ratio), 6)
    return ChartLook(max(round(width * ratio), 20 * text), 0, text, ground, ink, faint)


class ChartView(QWidget):
    """Draws a chart as wide as the panel and as high as it needs.

    Signals
    -------
    pointed(int)
        At which of the amounts on a curve's axis the pointer is, or −1.

    Attributes
    ----------
    chart : Chart or None
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart: Chart | None = None
        self._found: Attribution | None = None
        self._model: Model | None = None
        self._at = -1
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)

    def show_found(self, found: Attribution | None, model: Model | None) -> None:
        """Draw an explanation; None: nothing."""
        if found is not self._found:
            self._found, self._model = found, model
            self._mark(-1)
            self._draw()
        self.setVisible(self.chart is not None)
        if found is not None:
            self.setAccessibleName(found.title)

    def picture(self, width: int, ratio: float = 1.0) -> Chart | None:
        """The chart at a width in logical pixels, with so many pixels for each."""
        if self._found is None or self._model is None:
            return None
        return chart_of(self._found, self._model, "", look_of(self, width, ratio))

    def _draw(self) -> None:
        self.chart = self.picture(self.width(), self.devicePixelRatioF())
        if self.chart is not None:
            self.setFixedHeight(round(len(self.chart.pixels) / self.devicePixelRatioF()))
        self.update()

    def _mark(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self.pointed.emit(at)
            self.update()

    # Qt's events

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.PaletteChange, QEvent.FontChange, QEvent.StyleChange):
            self._draw()

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self.chart is None or self._found is None or self._found.axes != "LT":
            return
        ratio, count = self.devicePixelRatioF(), self._found.array.shape[1]
        place = event.localPos() * ratio
        at = -1
        for left, top, right, bottom in self.chart.frames:
            if left <= place.x() <= right and top <= place.y() <= bottom:
                at = round((place.x() - left) / (right - left) * (count - 1))
        self._mark(at)

    def leaveEvent(self, event: QEvent) -> None:
        self._mark(-1)

    def paintEvent(self, event: QEvent) -> None:
        if self.chart is None or self._found is None:
            return
        painter, pixels = QPainter(self), self.chart.pixels
        ratio = self.devicePixelRatioF()
        height, width, _ = pixels.shape
        image = QImage(np.ascontiguousarray(pixels).data, width, height, 3 * width, QImage.Format_RGB888)
        painter.drawImage(QRectF(0, 0, width / ratio, height / ratio), image)
        if self._at >= 0:
            share = self._at / max(self._found.array.shape[1] - 1, 1)
            painter.setPen(QPen(QColor(self.palette().color(QPalette.WindowText)), 1, Qt.DashLine))
            for left, top, right, bottom in self.chart.frames:
                x = math.floor((left + share * (right - left)) / ratio) + 0.5
                painter.drawLine(round(x), round(top / ratio), round(x), round(bottom / ratio))
