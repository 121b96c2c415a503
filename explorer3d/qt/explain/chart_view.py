"""Bars and curves in the panel, in its own type and colours."""

from __future__ import annotations

import math

import numpy as np
from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtGui import QPainter, QPalette, QPen
from qtpy.QtWidgets import QWidget

from explorer3d.attribution import Attribution
from explorer3d.graph.model import Model
from explorer3d.qt.explain.plot import Plot, look_of
from explorer3d.scene.charts import Chart, ChartLook
from explorer3d.scene.explained import chart_of


class ChartView(Plot):
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

    def show_found(self, found: Attribution | None, model: Model | None) -> None:
        """Draw an explanation; None: nothing."""
        if found is not self._found:
            self._found, self._model = found, model
            self._mark(-1)
            self.redraw()
        self.setVisible(self.chart is not None)
        if found is not None:
            self.setAccessibleName(found.title)

    def picture(self, width: int) -> np.ndarray | None:
        """(H, W, 3) uint8 array: the same at a width in pixels."""
        chart = self._chart(look_of(self, width))
        return chart.pixels if chart is not None else None

    def drawn(self, look: ChartLook) -> np.ndarray | None:
        self.chart = self._chart(look)
        return self.chart.pixels if self.chart is not None else None

    def _chart(self, look: ChartLook) -> Chart | None:
        if self._found is None or self._model is None:
            return None
        return chart_of(self._found, self._model, "", look)

    def _mark(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self.pointed.emit(at)
            self.update()

    # Qt's events

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
        super().paintEvent(event)
        if self._at < 0 or self.chart is None or self._found is None:
            return
        painter, ratio = QPainter(self), self.devicePixelRatioF()
        share = self._at / max(self._found.array.shape[1] - 1, 1)
        painter.setPen(QPen(self.palette().color(QPalette.WindowText), 1, Qt.DashLine))
        for left, top, right, bottom in self.chart.frames:
            x = math.floor((left + share * (right - left)) / ratio)
            painter.drawLine(x, round(top / ratio), x, round(bottom / ratio))
