"""The bar that tells which colour stands for which number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, Qt
from qtpy.QtGui import QFont, QFontMetricsF, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from explorer3d.compute.picture import Limits, index_of
from explorer3d.compute.stages import Stage
from explorer3d.qt.stages.drawing import Look
from explorer3d.qt.stages.strip import Strip
from explorer3d.qt.tensor.drawing import picture_of
from explorer3d.scene.shade import Shade, map_for

_BAR, _GAP = 0.9, 0.4  # of a line's height
_STEPS = 256


def has_scale(stages: Sequence[Stage], look: Look) -> bool:
    """Whether all have one range of colours, and not all are red, green and blue."""
    maps = [stage for stage in stages if stage.picture.ndim == 2 and not stage.is_input]
    return look.limits is not None and bool(maps)


def marks_of(limits: Limits) -> tuple[float, ...]:
    """What is written beside the bar: both ends, and between them zero or else the middle."""
    low, high = limits
    return low, 0.0 if low < 0 < high else (low + high) / 2, high


def figure(number: float) -> str:
    """Three digits, with a minus that is as wide as a plus."""
    return f"{number:.3g}".replace("-", "−")


def scale_width(limits: Limits, font: QFont) -> float:
    """Pixels that the bar takes with its numbers."""
    metrics = QFontMetricsF(font)
    widest = max(metrics.horizontalAdvance(figure(mark)) for mark in marks_of(limits))
    return widest + (_BAR + 3 * _GAP) * metrics.height()


def draw_scale(painter: QPainter, left: float, top: float, height: float, font: QFont, look: Look) -> None:
    """Draw the bar, the largest number on top.

    Parameters
    ----------
    painter : QPainter
    left, top, height : float
        Where; `scale_width` tells how wide it is.
    font : QFont
    look : Look
        Its limits are not None.
    """
    assert look.limits is not None
    low, high = look.limits
    line = QFontMetricsF(font).height()
    bar = QRectF(left + _GAP * line, top, _BAR * line, height)
    indices = index_of(np.linspace(high, low, _STEPS)[:, None], look.limits)
    painter.setRenderHint(QPainter.SmoothPixmapTransform, False)
    painter.drawImage(bar, picture_of(indices, Shade(look.limits, map_for(look.colormap, look.limits))))
    painter.setPen(QPen(look.dim, 1))
    painter.setBrush(Qt.NoBrush)
    painter.drawRect(bar)
    painter.setFont(font)
    for mark in marks_of(look.limits):
        middle = top + height * (high - mark) / ((high - low) or 1.0)
        painter.setPen(QPen(look.dim, 1))
        painter.drawLine(QPointF(bar.right(), middle), QPointF(bar.right() + 0.25 * line, middle))
        painter.setPen(look.text)
        # At the ends the number stands beside the bar, not beyond it.
        first = min(max(middle - line / 2, top), top + height - line)
        room = QRectF(bar.right() + _GAP * line, first, 1000, line)
        painter.drawText(room, Qt.AlignLeft | Qt.AlignVCenter, figure(mark))


class Scale(QWidget):
    """The bar beside a strip of stages, as high as their pictures."""

    def __init__(self, strip: Strip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strip = strip
        self.setSizePolicy(QSizePolicy.Fixed, QSizePolicy.Ignored)
        self.setAccessibleName("Scale of colours")
        self.hide()

    def follow(self) -> None:
        """Show the colours the strip has now; nothing where each picture has its own."""
        look = self._strip.look
        told = has_scale(self._strip.stages, look)
        self.setVisible(told)
        if told and look.limits is not None:
            self.setFixedWidth(round(scale_width(look.limits, self._strip.arrangement.font)))
            low, high = look.limits
            self.setAccessibleDescription(f"{figure(low)} to {figure(high)}")
        self.update()

    def paintEvent(self, event: QEvent) -> None:
        arrangement, look = self._strip.arrangement, self._strip.look
        if arrangement.boxes and look.limits is not None:
            box = arrangement.boxes[0]
            draw_scale(QPainter(self), 0, box.top(), box.height(), arrangement.font, look)

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self.follow()
