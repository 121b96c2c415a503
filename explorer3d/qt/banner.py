"""Sentences to the person, over the scene, where they look."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from explorer3d.qt.card import Card

MOST = 4


class Banner(Card):
    """A message at the top of another widget, until it is dismissed."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over, "banner")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 8, 8)
        self.text = QLabel()
        self.text.setTextFormat(Qt.PlainText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.remedy = QPushButton()
        self.remedy.hide()
        self.remedy.clicked.connect(lambda: self._do())
        self._do: Callable[[], object] = self.hide
        close = QToolButton()
        close.setText("✕")
        close.setToolTip("Dismiss (Esc)")
        close.setAccessibleName("Dismiss message")
        close.clicked.connect(self.hide)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.remedy, 0, Qt.AlignVCenter)
        layout.addWidget(close, 0, Qt.AlignTop)
        self._sentences: list[str] = []
        self._calm = False
        self.hide()

    def say(self, sentence: str) -> None:
        """Show that something went wrong, below what is still there."""
        self._show(sentence, calm=False)

    def note(self, sentence: str) -> None:
        """Show what is good to know, below what is still there."""
        self._show(sentence, calm=self._calm or not self.isVisible())

    def _show(self, sentence: str, calm: bool) -> None:
        if calm != self._calm:
            self._calm = calm
            self.setProperty("calm", calm)
            for widget in (self, self.text):
                self.style().unpolish(widget)
                self.style().polish(widget)
        if not self.isVisible():
            self._sentences = []
        if sentence not in self._sentences:
            self._sentences = [*self._sentences, sentence][-MOST:]
        self.text.setText("\n".join(self._sentences))
        self.show()
        self.raise_()
        self.place()

    def offer(self, remedy: str, do: Callable[[], object]) -> None:
        """Put a button beside what is said, which goes with it."""
        self._do = do
        self.remedy.setText(remedy)
        self.remedy.setVisible(self.isVisible())
        self.place()

    def withdraw(self) -> None:
        """Take the button away."""
        self.remedy.hide()
        self.place()

    def hideEvent(self, event: QEvent) -> None:
        self.remedy.hide()
        super().hideEvent(event)

    def place(self) -> None:
        width = min(760, self.parentWidget().width() - 40)
        self.setFixedWidth(max(width, 100))
        self.setFixedHeight(max(self.layout().heightForWidth(self.width()), 40))
        self.move((self.parentWidget().width() - self.width()) // 2, 14)
