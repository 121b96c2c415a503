"""How much each channel of the input adds to a number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPalette
from qtpy.QtWidgets import QWidget

from explorer3d.qt.arithmetic.ledger import figure

MOST = 12
POSITIVE, NEGATIVE = QColor("#f2932f"), QColor("#2fa6f2")
"""The colours that the diverging map gives both signs."""


class Contributions(QWidget):
    """Bars to both sides of zero, the largest amount first.

    Signals
    -------
    chosen(int)
        Place in the weighing's channels of the bar that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self._places: Sequence[int] = ()
        self._names: Sequence[str] = ()
        self._parts = np.zeros(0)
        self._picked: int | None = None
        self.setAccessibleName("Largest contributions")
        self.setFocusPolicy(Qt.StrongFocus)
        self.setMinimumSize(200, 80)

    def sizeHint(self) -> QSize:
        return QSize(300, int(1.35 * self.fontMetrics().height() * (MOST + 1)))

    def show_parts(
        self, title: str, places: Sequence[int], names: Sequence[str], parts: np.ndarray, picked: int
    ) -> None:
        """Show other bars.

        Parameters
        ----------
        title : str
        places : sequence of int
            What `chosen` tells for each.
        names : sequence of str
        parts : (n,) float array
        picked : int
            The place of the one that stands out.
        """
        self.title, self._places, self._names = title, list(places)[:MOST], list(names)[:MOST]
        self._parts, self._picked = np.asarray(parts, np.float64)[:MOST], picked
        told = (f"{name} {figure(part)}" for name, part in zip(self._names, self._parts, strict=True))
        self.setAccessibleDescription("; ".join(told))
        self.update()

    @property
    def places(self) -> list[int]:
        """Of the bars that there is room for, from the top."""
        room = self.height() - 1.5 * QFontMetricsF(self.font()).height()
        return list(self._places)[: max(int(room / (1.1 * self.fontMetrics().height())), 1)]

    def where(self, bar: int) -> QPointF:
        """Middle of a bar's line, in pixels."""
        top, line = self._lines()
        return QPointF(self.width() / 2, top + (bar + 0.5) * line)

    def _lines(self) -> tuple[float, float]:
        head = 1.5 * QFontMetricsF(self.font()).height()
        return head, min((self.height() - head - 2) / max(len(self.places), 1), 1.4 * head)

    def mousePressEvent(self, event: QEvent) -> None:
        top, line = self._lines()
        bar = int((event.localPos().y() - top) // line)
        if 0 <= bar < len(self.places):
            self.chosen.emit(self.places[bar])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ShortcutOverride and event.key() in (Qt.Key_Up, Qt.Key_Down):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QEvent) -> None:
        places = self.places
        if event.key() not in (Qt.Key_Up, Qt.Key_Down) or not self._places:
            super().keyPressEvent(event)
            return
        bar = places.index(self._picked) if self._picked in places else -1
        bar += 1 if event.key() == Qt.Key_Down else -1
        self.chosen.emit(places[min(max(bar, 0), len(places) - 1)])

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        metrics, text = QFontMetricsF(self.font()), self.palette().color(QPalette.WindowText)
        top, line = self._lines()
        painter.setPen(text)
        head = QRectF(4, 0, self.width() - 8, top)
        title = metrics.elidedText(self.title, Qt.ElideRight, head.width())
        painter.drawText(head, Qt.AlignLeft | Qt.AlignVCenter, title)
        if not self._places:
            return
        left = 12 + max(metrics.horizontalAdvance(name) for name in self._names)
        count = len(self.places)
        parts, numbers = self._parts[:count], [figure(part) for part in self._parts[:count]]
        right = self.width() - 12 - max(map(metrics.horizontalAdvance, numbers))
        finite = np.nan_to_num(parts, posinf=0, neginf=0)
        low, high = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
        scale = max(right - left, 1) / ((high - low) or 1.0)
        zero = left - low * scale
        for bar, (name, part, number) in enumerate(zip(self._names[:count], finite, numbers, strict=True)):
            box = QRectF(0, top + bar * line, self.width(), line - 1)
            if self._places[bar] == self._picked:
                painter.fillRect(box, self.palette().color(QPalette.Highlight))
            painter.setPen(text)
            place = QRectF(4, box.top(), left - 10, box.height())
            painter.drawText(place, Qt.AlignRight | Qt.AlignVCenter, name)
            painter.drawText(box.adjusted(0, 0, -4, 0), Qt.AlignRight | Qt.AlignVCenter, number)
            length = max(abs(part) * scale, 1)
            start = zero if part >= 0 else zero - length
            thick = max(line * 0.6, 2)
            bar_box = QRectF(start, box.center().y() - thick / 2, length, thick)
            painter.fillRect(bar_box, POSITIVE if part >= 0 else NEGATIVE)
        painter.setPen(text)
        painter.drawLine(QPointF(zero, top), QPointF(zero, top + line * count))
