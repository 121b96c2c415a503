"""Ways into the graphs inside a layer: the branches of an If, the body of a Loop or Scan."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain


class BodyLinks(QWidget):
    """A button for each body of a layer.

    Signals
    -------
    wanted(str)
        A body to go into.
    """

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._keys = OwnKeys(self)
        self.buttons: dict[str, QPushButton] = {}

    def show_bodies(self, bodies: Sequence[str]) -> None:
        """Offer other bodies; without any, nothing is seen."""
        if tuple(bodies) == tuple(self.buttons):
            return
        while self._layout.count():
            widget = self._layout.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self.buttons = {}
        for body in bodies:
            button = QPushButton(f"Enter {body}  ›".replace("&", "&&"))
            button.setObjectName("link")
            button.setFlat(True)
            button.setAutoDefault(True)
            button.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
            button.setCursor(Qt.PointingHandCursor)
            button.setToolTip(
                plain(f"Show {body} as a network of its own (Enter, or double click the layer)")
            )
            button.clicked.connect(lambda _, body=body: self.wanted.emit(body))
            self._keys.keep(button)
            self._layout.addWidget(button)
            self.buttons[body] = button
        self.setVisible(bool(self.buttons))
