"""Histogram of a tensor with the limits of its colours, which can be dragged."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from explorer3d.compute.histogram import bar_heights
from explorer3d.compute.picture import Limits
from explorer3d.compute.statistics import Statistics
from explorer3d.scene.shade import Shade

_GRIP, _REACH, _EDGE = 7, 10, 8


class RangeHistogram(QWidget):
    """Counts of values in their colours; the two limits are dragged, or moved with the arrow keys.

    Signals
    -------
    limits_dragged(float, float)

    Attributes
    ----------
    continued : bool
        The drag told last goes on from the one before: the mouse has not been let go of.
    """

    limits_dragged = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._statistics: Statistics | None = None
        self._shade = Shade((0.0, 1.0), "gray")
        self._scale = "square root"
        self._held: int | None = None
        self.continued = False
        self._nearest = 0
        self.setFocusPolicy(Qt.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumHeight(110)
        self.setAccessibleName("Histogram and colour range")
        self.setToolTip(
            "Drag the limits of the colours. With the keys: ← → move a limit, ↑ ↓ choose which, Shift further"
        )

    def show_counts(self, statistics: Statistics | None, shade: Shade, scale: str) -> None:
        """
        Parameters
        ----------
        statistics : Statistics or None
        shade : Shade
        scale : str
            Key in `SCALES`.
        """
        self._statistics, self._shade, self._scale = statistics, shade, scale
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 130)

    def _span(self) -> Limits:
        """What the width stands for: all values and both limits."""
        assert self._statistics is not None
        edges, limits = self._statistics.edges, self._shade.limits
        return min(float(edges[0]), limits[0]), max(float(edges[-1]), limits[1])

    def x_of(self, value: float) -> float:
        low, high = self._span()
        return _EDGE + (value - low) / (high - low) * (self.width() - 2 * _EDGE)

    def value_at(self, x: float) -> float:
        low, high = self._span()
        return low + (x - _EDGE) / max(self.width() - 2 * _EDGE, 1) * (high - low)

    def _near(self, x: float) -> int | None:
        distances = [abs(self.x_of(limit) - x) for limit in self._shade.limits]
        nearest = int(np.argmin(distances))
        return nearest if distances[nearest] <= _REACH else None

    def _move(self, which: int, value: float) -> None:
        limits = list(self._shade.limits)
        limits[which] = value
        if limits[0] < limits[1]:
            self.limits_dragged.emit(*limits)
            self.continued = self._held is not None

    def mousePressEvent(self, event: QEvent) -> None:
        if self._statistics is not None and event.button() == Qt.LeftButton:
            self._held = self._near(event.localPos().x())
            self._nearest = self._nearest if self._held is None else self._held

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._statistics is None:
            return
        x = min(max(event.localPos().x(), 0), self.width())
        if self._held is not None:
            self._move(self._held, self.value_at(x))
        else:
            self.setCursor(Qt.ArrowCursor if self._near(x) is None else Qt.SplitHCursor)

    def mouseReleaseEvent(self, event: QEvent) -> None:
        self._held, self.continued = None, False

    def event(self, event: QEvent) -> bool:
        arrows = (Qt.Key_Left, Qt.Key_Right, Qt.Key_Up, Qt.Key_Down)
        if event.type() == QEvent.ShortcutOverride and event.key() in arrows:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QEvent) -> None:
        if event.key() in (Qt.Key_Left, Qt.Key_Right) and self._statistics is not None:
            low, high = self._span()
            step = (high - low) / (20 if event.modifiers() & Qt.ShiftModifier else 200)
            sign = 1 if event.key() == Qt.Key_Right else -1
            self._move(self._nearest, self._shade.limits[self._nearest] + sign * step)
        elif event.key() in (Qt.Key_Up, Qt.Key_Down):
            self._nearest = 1 - self._nearest
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QEvent) -> None:
        found = self._statistics
        if found is None or not found.histogram.any():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        line = painter.fontMetrics().height()
        height = self.height() - line - _GRIP - 4
        heights = bar_heights(found.histogram, self._scale) * (height - 4)
        middles = (found.edges[1:] + found.edges[:-1]) / 2
        table = self._shade.table()
        index = Shade(self._shade.limits, self._shade.colormap).indices(middles, np.zeros(1, int))
        step = self.x_of(float(found.edges[1])) - self.x_of(float(found.edges[0]))
        body = self.palette().color(QPalette.WindowText)
        outline = QColor(body)
        outline.setAlpha(60)
        for place in np.flatnonzero(heights > 0):
            tall = max(heights[place], 1.5)
            left = self.x_of(float(found.edges[place]))
            painter.setPen(outline)
            # The dark end of a colour map would vanish on the dark panel.
            painter.setBrush(QColor(*map(int, np.maximum(table[index[place]][:3], 70))))
            painter.drawRect(QRectF(left, height - tall, max(step - 1, 1), tall))
        for which, limit in enumerate(self._shade.limits):
            x = self.x_of(limit)
            chosen = which == self._nearest and self.hasFocus()
            painter.setPen(QPen(QColor("#ffd166") if chosen else body, 2 if chosen else 1))
            painter.setBrush(body)
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
            grip = [(0, 0), (-_GRIP * 0.8, _GRIP + 2), (_GRIP * 0.8, _GRIP + 2)]
            painter.drawPolygon(QPolygonF([QPointF(x + right, height + down) for right, down in grip]))
        painter.setPen(body)
        box = QRectF(0, self.height() - line, self.width(), line)
        low, high = self._span()
        painter.drawText(box, Qt.AlignLeft | Qt.AlignVCenter, f"{low:.4g}")
        painter.drawText(box, Qt.AlignRight | Qt.AlignVCenter, f"{high:.4g}")
