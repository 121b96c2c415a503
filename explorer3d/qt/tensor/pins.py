"""Numbers that were clicked, in a list."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QListWidget, QPushButton, QVBoxLayout, QWidget

from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tensor.readout import index_text
from explorer3d.scene.figures import exact


class Pins(QWidget):
    """Places in a tensor with their numbers, which follow the input.

    Signals
    -------
    changed()
    index_wanted(tuple)
        A place to go to.

    Attributes
    ----------
    indices : list of tuple of int
    """

    changed = Signal()
    index_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.indices: list[tuple[int, ...]] = []
        self._array: np.ndarray | None = None
        self._about = QLabel(
            "Click a number to pin it here. Esc removes the last pin, Delete the chosen one."
        )
        self._about.setObjectName("dim")
        self._about.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Pinned numbers")
        self.list.itemActivated.connect(lambda item: self.index_wanted.emit(item.data(Qt.UserRole)))
        self.list.itemClicked.connect(lambda item: self.index_wanted.emit(item.data(Qt.UserRole)))
        self.list.installEventFilter(self)
        self.clear = QPushButton("Remove all")
        self.clear.clicked.connect(self._remove_all)
        buttons = QHBoxLayout()
        buttons.addWidget(self.clear)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self._about)
        layout.addWidget(self.list, 1)
        layout.addLayout(buttons)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.list, self.clear)
        self._refresh()

    def show_numbers(self, array: np.ndarray | None) -> None:
        """Tell the numbers of another tensor; pins stay where it has the same axes."""
        self._array = array
        shape = array.shape if array is not None else ()
        kept = [
            index
            for index in self.indices
            if len(index) == len(shape) and all(at < size for at, size in zip(index, shape, strict=True))
        ]
        moved, self.indices = kept != self.indices, kept
        self._refresh()
        if moved:
            self.changed.emit()

    def add(self, index: tuple[int, ...]) -> None:
        """Pin a number; one that is pinned already comes loose."""
        if index in self.indices:
            self.indices.remove(index)
        else:
            self.indices.append(index)
        self._refresh()
        self.changed.emit()

    def remove_last(self) -> None:
        if self.indices:
            self.add(self.indices[-1])

    def _remove_all(self) -> None:
        self.indices = []
        self._refresh()
        self.changed.emit()

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:
        if event.type() == QEvent.KeyPress and event.key() in (Qt.Key_Delete, Qt.Key_Backspace):
            row = self.list.currentRow()
            if row >= 0:
                self.add(self.indices[row])
            return True
        return False

    def _refresh(self) -> None:
        self.list.clear()
        for index in self.indices:
            value = exact(self._array[index]) if self._array is not None else ""
            self.list.addItem(f"{index_text(index)} = {value}")
            self.list.item(self.list.count() - 1).setData(Qt.UserRole, index)
        self.clear.setEnabled(bool(self.indices))
