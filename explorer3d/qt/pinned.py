"""The number that is pinned in the scene, told where it does not go away."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget


class Pinned(QWidget):
    """A line about a number, and a button that lets go of it; nothing at all if none is pinned.

    Signals
    -------
    released()
    """

    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel()
        self.label.setTextFormat(Qt.PlainText)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.label.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Preferred)
        self.label.setAccessibleName("Pinned number")
        self.release = QToolButton()
        self.release.setText("×")
        self.release.setAccessibleName("Unpin")
        self.release.setToolTip("Let go of the pinned number")
        self.release.clicked.connect(self.released)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.release, 0, Qt.AlignTop)
        self.tell("")

    def tell(self, text: str) -> None:
        """Say what is pinned; empty: nothing is."""
        self.label.setText(text)
        self.setVisible(bool(text))
