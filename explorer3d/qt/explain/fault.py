"""Why there is no explanation, and what may be had instead."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from explorer3d.qt.explain.offered import OFFERS
from explorer3d.qt.explain.request import Explained
from explorer3d.qt.own_keys import OwnKeys


class Fault(QWidget):
    """A sentence, and buttons.

    Signals
    -------
    wanted(str)
        Another method.
    own_layer_wanted()
        The layer that the method would choose.
    """

    wanted = Signal(str)
    own_layer_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own_keys = OwnKeys(self)
        self.sentence = QLabel()
        self.sentence.setObjectName("fault")
        self.sentence.setTextFormat(Qt.PlainText)
        self.sentence.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self.sentence)
        self.buttons: list[QPushButton] = []

    def show_fault(self, result: Explained | None, layer: str | None) -> None:
        """
        Parameters
        ----------
        result : Explained or None
            One that failed.
        layer : str or None
            The layer that somebody chose.
        """
        for button in self.buttons:
            self._column.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        self.setVisible(result is not None)
        if result is None:
            return
        self.sentence.setText(result.fault)
        if result.found is None and layer is not None and not result.instead:
            self._offer("With the layer the method chooses").clicked.connect(self.own_layer_wanted)
        for name in result.instead:
            button = self._offer(OFFERS[name].title)
            button.clicked.connect(lambda _, name=name: self.wanted.emit(name))

    def _offer(self, title: str) -> QPushButton:
        button = QPushButton(title)
        self._own_keys.keep(button)
        self._column.addWidget(button)
        self.buttons.append(button)
        return button
