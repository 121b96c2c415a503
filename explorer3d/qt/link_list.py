"""Buttons below each other that lead somewhere."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer3d.qt.own_keys import OwnKeys


class LinkButton(QPushButton):
    """A button as wide as there is room, that looks like a link."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("link")
        self.setFlat(True)
        # Enter presses it too.
        self.setAutoDefault(True)
        self.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self.setCursor(Qt.PointingHandCursor)


class LinkList(QWidget):
    """A list of them, to be filled anew.

    Signals
    -------
    wanted(str)
        Where to go.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._keys = OwnKeys(self)

    def _clear(self) -> None:
        while self._layout.count():
            widget = self._layout.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()

    def _append(self, button: LinkButton) -> None:
        self._keys.keep(button)
        self._layout.addWidget(button)
