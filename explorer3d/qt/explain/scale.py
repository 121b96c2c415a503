"""Which colour stands for which number, as a bar below the picture."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QRectF, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QSizePolicy, QWidget

from explorer3d.compute.picture import FIRST, LAST
from explorer3d.qt.pixels import image_from
from explorer3d.qt.stages.scale import figure
from explorer3d.scene.colormaps import default_map, lookup
from explorer3d.scene.heat import Heat

_BAR, _GAP = 0.6, 0.25  # of a line's height


class ColourBar(QWidget):
    """The colours of a map from one end to the other, with the numbers at the ends and at zero."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heat: Heat | None = None
        self._threshold = 0.0
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        self._fit()

    def show_heat(self, heat: Heat | None, threshold: float) -> None:
        """
        Parameters
        ----------
        heat : Heat or None
        threshold : float
            Share of the full colour below which nothing is laid over the picture.
        """
        self._heat, self._threshold = heat, threshold
        self.setVisible(heat is not None)
        if heat is not None:
            low, high = heat.limits
            self.setAccessibleDescription(f"Colours from {figure(low)} to {figure(high)}")
        self._fit()
        self.update()

    def _fit(self) -> None:
        self.setFixedHeight(round((_BAR + _GAP + 1.1) * self.fontMetrics().height()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.FontChange:
            self._fit()

    def paintEvent(self, event: QEvent) -> None:
        if self._heat is None:
            return
        low, high = self._heat.limits
        shares = np.linspace(0, 1, LAST - FIRST + 1)
        colours = lookup(default_map(self._heat.signed))[FIRST : LAST + 1].copy()
        sizes = np.abs(2 * shares - 1) if self._heat.signed else shares
        painter = QPainter(self)
        line = self.fontMetrics().height()
        bar = QRectF(0, 0, self.width(), _BAR * line)
        painter.drawImage(bar, image_from(colours[None]))
        hidden = np.flatnonzero(sizes < self._threshold)
        if hidden.size:
            # What is not laid over the picture.
            left, right = (place / len(shares) * self.width() for place in (hidden[0], hidden[-1] + 1))
            painter.fillRect(QRectF(left, 0, right - left, bar.height()), self.palette().mid())
        painter.setPen(self.palette().text().color())
        below = QRectF(0, bar.bottom() + _GAP * line, self.width(), 1.1 * line)
        painter.drawText(below, Qt.AlignLeft | Qt.AlignTop, figure(low))
        painter.drawText(below, Qt.AlignRight | Qt.AlignTop, figure(high))
        if low < 0:
            painter.drawText(below, Qt.AlignHCenter | Qt.AlignTop, "0")
