"""Sentences to the person, over the scene, where they look."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

MOST = 4


class Banner(QFrame):
    """A message at the top of another widget, until it is dismissed."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("banner")
        self.setAttribute(Qt.WA_StyledBackground)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        self.text = QLabel()
        self.text.setTextFormat(Qt.PlainText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Dismiss (Esc)")
        close.setAccessibleName("Dismiss message")
        close.clicked.connect(self.hide)
        layout.addWidget(self.text, 1)
        layout.addWidget(close, 0, Qt.AlignTop)
        self._sentences: list[str] = []
        over.installEventFilter(self)
        self.hide()

    def say(self, sentence: str) -> None:
        """Show a sentence, below those that are still there."""
        if not self.isVisible():
            self._sentences = []
        if sentence not in self._sentences:
            self._sentences = [*self._sentences, sentence][-MOST:]
        self.text.setText("\n".join(self._sentences))
        self.show()
        self.raise_()
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Resize:
            self._place()
        return False

    def _place(self) -> None:
        width = min(760, self.parentWidget().width() - 40)
        self.setFixedWidth(max(width, 100))
        self.setFixedHeight(max(self.layout().heightForWidth(self.width()), 40))
        self.move((self.parentWidget().width() - self.width()) // 2, 14)
