"""A name in large letters that never makes its panel wider."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QLabel, QSizePolicy

from explorer3d.qt.plain import plain


class Title(QLabel):
    """A name in lines as wide as there is room; names from files are long, and have no spaces.

    What lies below it would be cut off with it where the panel had to be as wide as its longest word.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("name")
        self.setTextFormat(Qt.PlainText)
        self.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(plain(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())
