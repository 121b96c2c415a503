"""Histogram of a tensor over the colours it is drawn with."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPalette
from qtpy.QtWidgets import QWidget

from explorer3d.compute.histogram import bar_heights
from explorer3d.compute.picture import FIRST, LAST
from explorer3d.compute.statistics import Statistics
from explorer3d.scene.colormaps import lookup

_BAR = 12
_TEXT = 18


class Histogram(QWidget):
    """Counts of values (square-root scale), above the colour bar that spans the colour range."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._statistics: Statistics | None = None
        self._table = lookup("gray")
        self.setAccessibleName("Histogram")
        self.setMinimumHeight(130)

    def show_tensor(self, statistics: Statistics | None, colormap: str) -> None:
        self._statistics = statistics
        self._table = lookup(colormap)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 130)

    def paintEvent(self, event: QEvent) -> None:
        found = self._statistics
        if found is None or not found.histogram.any():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        width, height = self.width(), self.height() - _BAR - _TEXT
        low, high = found.limits
        middles = (found.edges[1:] + found.edges[:-1]) / 2
        index = np.clip(FIRST + (middles - low) / (high - low) * (LAST - FIRST), FIRST, LAST).astype(int)
        # Feature maps are mostly zeros: on a linear scale one bar would stand alone.
        heights = bar_heights(found.histogram, "square root") * (height - 4)
        step = width / len(heights)
        painter.setPen(Qt.NoPen)
        for place, tall in enumerate(heights):
            if tall > 0:
                # Dark ends of a colour map would vanish on the dark panel.
                colour = np.maximum(self._table[index[place]].astype(int), 70)
                painter.setBrush(QColor(*(int(value) for value in colour)))
                painter.drawRect(
                    QRectF(place * step, height - max(tall, 1.5), max(step - 1, 1), max(tall, 1.5))
                )
        strip = np.ascontiguousarray(self._table[FIRST : LAST + 1])
        image = QImage(strip.tobytes(), len(strip), 1, 3 * len(strip), QImage.Format_RGB888)
        span = float(found.edges[-1] - found.edges[0])
        left = (low - float(found.edges[0])) / span * width
        right = (high - float(found.edges[0])) / span * width
        first, last = QColor(*map(int, strip[0])), QColor(*map(int, strip[-1]))
        painter.fillRect(QRectF(0, height + 2, max(left, 0), _BAR - 2), first)
        painter.fillRect(QRectF(min(right, width), height + 2, max(width - right, 0), _BAR - 2), last)
        painter.setClipRect(QRectF(0, height + 2, width, _BAR - 2))
        painter.drawImage(QRectF(left, height + 2, right - left, _BAR - 2), image)
        painter.setClipping(False)
        painter.setPen(self.palette().color(QPalette.WindowText))
        line = QRectF(0, height + _BAR, width, _TEXT)
        painter.drawText(line, Qt.AlignLeft | Qt.AlignVCenter, f"{found.edges[0]:.4g}")
        painter.drawText(line, Qt.AlignRight | Qt.AlignVCenter, f"{found.edges[-1]:.4g}")
