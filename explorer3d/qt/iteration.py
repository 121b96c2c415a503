"""Which time the body of a loop is looked at, or what is said of a branch."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from explorer3d.document import Document
from explorer3d.entering import LoadedBody
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain

_MOST = 2**31 - 1


class Iteration(QWidget):
    """A number from 0, and how many there are if that is known; of a branch, whether it is taken."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(4)
        self.number = QSpinBox()
        self.number.setAccessibleName("Iteration")
        self.number.setToolTip("Which time the body runs, from 0 (. and , for the next and the previous)")
        self.number.setKeyboardTracking(False)
        self.count = QLabel()
        self.count.setObjectName("dim")
        self.title = QLabel()
        self.title.setObjectName("dim")
        self.title.setTextFormat(Qt.PlainText)
        self.title.setBuddy(self.number)
        for widget in (self.title, self.number, self.count):
            row.addWidget(widget)
        self._keys = OwnKeys(self)
        self._keys.keep(self.number)
        self.number.valueChanged.connect(document.iterate)

    def refresh(self) -> None:
        """Show what is looked at."""
        loaded = self._document.loaded
        self.setVisible(isinstance(loaded, LoadedBody))
        if not isinstance(loaded, LoadedBody):
            return
        repeats = loaded.iteration is not None
        self.number.setVisible(repeats)
        self.count.setVisible(repeats)
        branch = "" if loaded.taken is None else "taken" if loaded.taken else "not taken"
        self.title.setText("iteration" if repeats else branch)
        self.title.setToolTip(plain(loaded.feeds.description))
        if loaded.iteration is not None:
            self.number.blockSignals(True)
            self.number.setRange(0, _MOST if loaded.count is None else min(max(loaded.count - 1, 0), _MOST))
            self.number.setValue(loaded.iteration)
            self.number.blockSignals(False)
            self.count.setText("" if loaded.count is None else f"of 0 … {max(loaded.count - 1, 0):,}")
