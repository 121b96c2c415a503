"""A picture with a line about it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from explorer3d.qt.pixels import image_from

_SIDE = 132
_SMALLEST = 7
_MARK = QColor("#5fe3a1")


class PictureView(QWidget):
    """Draws a picture as large as there is room; small ones pixel by pixel.

    Attributes
    ----------
    image : QImage or None
        What is drawn.
    marked : QRectF or None
        A part of it that is outlined, in shares of its width and height.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image: QImage | None = None
        self.marked: QRectF | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        self._fit()

    def show_pixels(self, pixels: NDArray[np.uint8] | None, about: str, tip: str = "") -> None:
        """
        Parameters
        ----------
        pixels : (H, W, 3) uint8 array or None
        about : str
            For those who cannot see it.
        tip : str
            For the tooltip, if that is something else.
        """
        self.image = None if pixels is None else image_from(pixels)
        self.setToolTip(tip or about)
        self.setAccessibleDescription(about)
        self._fit()
        self.update()

    def mark(self, part: QRectF | None) -> None:
        """Outline a part of the picture; None: nothing."""
        self.marked = part
        self.update()

    @property
    def target(self) -> QRectF:
        """Where in the widget the picture stands."""
        if self.image is None:
            return QRectF()
        size = self.image.size().scaled(self.size(), Qt.KeepAspectRatio)
        return QRectF((self.width() - size.width()) / 2, 0, size.width(), size.height())

    def _fit(self) -> None:
        """No higher than the picture needs, so that the line about it stays close."""
        height = _SIDE
        if self.image is not None:
            most = max(_SIDE, self.width())
            height = max(min(most, self.width() * self.image.height() // self.image.width()), 1)
        self.setFixedHeight(height)

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        if self.image is None:
            painter.setPen(self.palette().mid().color())
            painter.drawRect(0, 0, self.width() - 1, self.height() - 1)
            return
        target = self.target
        painter.setRenderHint(QPainter.SmoothPixmapTransform, target.width() < self.image.width())
        painter.drawImage(target, self.image)
        if self.marked is not None:
            x, y, width, height = self.marked.getRect()
            box = QRectF(
                x * target.width(), y * target.height(), width * target.width(), height * target.height()
            )
            # A part smaller than its outline would be hidden by it.
            more = max((_SMALLEST - min(box.width(), box.height())) / 2, 0)
            box = box.adjusted(-more, -more, more, more)
            for ink, wide in ((QColor(0, 0, 0, 170), 4), (_MARK, 2)):
                painter.setPen(QPen(ink, wide))
                painter.drawRect(box.translated(target.topLeft()))
