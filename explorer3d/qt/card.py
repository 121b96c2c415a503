"""Frames that lie over another widget and keep their place in it."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFrame, QWidget


class Card(QFrame):
    """A frame over another widget; `place` is called whenever that one changes its size."""

    def __init__(self, over: QWidget, name: str) -> None:
        super().__init__(over)
        self.setObjectName(name)
        self.setAttribute(Qt.WA_StyledBackground)
        over.installEventFilter(self)

    def place(self) -> None:
        """Choose size and position."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Resize:
            self.place()
        return False
