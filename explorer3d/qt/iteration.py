"""Which time the body of a loop is looked at."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from explorer3d.document import Document
from explorer3d.entering import LoadedBody
from explorer3d.qt.own_keys import OwnKeys

_MOST = 2**31 - 1


class Iteration(QWidget):
    """A number from 0, and how many there are if that is known; unseen outside of loops."""

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
        title = QLabel("iteration")
        title.setObjectName("dim")
        title.setBuddy(self.number)
        for widget in (title, self.number, self.count):
            row.addWidget(widget)
        self._keys = OwnKeys(self)
        self._keys.keep(self.number)
        self.number.valueChanged.connect(document.iterate)

    def refresh(self) -> bool:
        """Show what is looked at.

        Returns
        -------
        bool
            Whether there are iterations.
        """
        loaded = self._document.loaded
        there = isinstance(loaded, LoadedBody) and loaded.iteration is not None
        if isinstance(loaded, LoadedBody) and loaded.iteration is not None:
            self.number.blockSignals(True)
            self.number.setRange(0, _MOST if loaded.count is None else max(loaded.count - 1, 0))
            self.number.setValue(loaded.iteration)
            self.number.blockSignals(False)
            self.count.setText("" if loaded.count is None else f"of {loaded.count:,}")
        self.setVisible(there)
        return there
