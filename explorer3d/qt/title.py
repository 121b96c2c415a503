"""A name in large letters that never makes its panel wider."""

from __future__ import annotations

import math

from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtGui import QTextOption
from qtpy.QtWidgets import QFrame, QSizePolicy, QTextEdit

from explorer3d.qt.plain import plain

LONGEST = 200  # characters; of a longer name both ends are shown


class Title(QTextEdit):
    """A name in lines as wide as there is room; names from files are long, and have no spaces.

    What lies below it would be cut off with it where the panel had to be as wide as its longest word.
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self.setObjectName("name")
        self.setFrameShape(QFrame.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.setWordWrapMode(QTextOption.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def text(self) -> str:
        """The whole name."""
        return self._text

    def setText(self, text: str) -> None:
        self._text = text
        half = LONGEST // 2
        self.setPlainText(text if len(text) <= LONGEST else f"{text[:half]}…{text[-half:]}")
        self.setToolTip(plain(text))
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().height())

    def wheelEvent(self, event: QEvent) -> None:
        # The panel scrolls.
        event.ignore()

    def _fit(self) -> None:
        self.setFixedHeight(math.ceil(self.document().size().height()))
