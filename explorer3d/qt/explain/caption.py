"""What lies over the scene, said there, with a way to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from explorer3d.qt.card import Card
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.plain import plain

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution

_MARGIN = 6
_WIDEST = 34  # heights of a line


class Caption(Card):
    """One line at the top of the scene: method, target, layer, and whether it follows the input.

    Parameters
    ----------
    over : QWidget
    below : QWidget
        What it leaves the place at the very top to.

    Signals
    -------
    end_wanted()
        Nothing is to lie over the scene any more.
    """

    end_wanted = Signal()

    def __init__(self, over: QWidget, below: QWidget) -> None:
        super().__init__(over, "caption")
        self._below = below
        below.installEventFilter(self)
        self.text = ElidedLabel()
        self.text.setAccessibleName("What lies over the scene")
        self.live = QLabel("● live")
        self.live.setObjectName("live")
        self.live.setToolTip("Follows whatever runs through the network")
        self.key = QLabel("O")
        self.key.setObjectName("dim")
        self.end = QToolButton()
        self.end.setText("×")
        self.end.setAccessibleName("Take it away")
        self.end.setToolTip("Take it away (O)")
        self.end.setFocusPolicy(Qt.NoFocus)
        self.end.clicked.connect(self.end_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 2, 2)
        row.setSpacing(8)
        row.addWidget(self.live)
        row.addWidget(self.text, 1)
        row.addWidget(self.key)
        row.addWidget(self.end)
        self.hide()

    def tell(self, method: str, found: Attribution | None, live: bool = False) -> None:
        """Say what lies there; None: nothing does."""
        self.setVisible(found is not None)
        if found is None:
            return
        layer = f"  ·  {found.layer}" if found.layer else ""
        self.text.setText(f"{method}: {found.target.title}{layer}")
        self.text.setToolTip(plain(found.title))
        self.live.setVisible(live)
        self.place()

    def place(self) -> None:
        # Otherwise it is the size of before, in the font of before.
        for label in (self.text, self.live, self.key, self.end):
            label.ensurePolished()
        self.text.setMinimumWidth(0)
        most = min(self.parentWidget().width() - 2 * _MARGIN, _WIDEST * self.fontMetrics().height())
        wanted = self.text.fontMetrics().horizontalAdvance(self.text.text()) + 2
        self.text.setMinimumWidth(max(min(wanted, most - self._width()), 0))
        self.resize(self._width(), self.sizeHint().height())
        top = self._below.geometry().bottom() + 1 if self._below.isVisible() else 0
        self.move(_MARGIN, top + _MARGIN)

    def _width(self) -> int:
        self.layout().invalidate()
        self.layout().activate()
        return int(self.layout().minimumSize().width())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.FontChange:
            self.place()

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:
        if watched is self._below and event.type() in (QEvent.Show, QEvent.Hide, QEvent.Resize):
            self.place()
            return False
        return super().eventFilter(watched, event)
