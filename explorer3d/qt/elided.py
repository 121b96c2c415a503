"""A line of text that gives way: it ends in … where there is no room."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

from explorer3d.qt.plain import plain


class ElidedLabel(QLabel):
    """A label as wide as there is room; the whole text is its tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.PlainText)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(plain(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QEvent) -> None:
        room = self.contentsRect().adjusted(max(self.indent(), 0), 0, 0, 0)
        line = self.fontMetrics().elidedText(self.text(), Qt.ElideRight, room.width())
        QPainter(self).drawText(room, Qt.AlignLeft | Qt.AlignVCenter, line)
