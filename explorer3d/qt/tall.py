"""A panel that is higher than its place, perhaps."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QWidget


class Tall(QScrollArea):
    """Scrolls up and down; its contents are as wide with a scroll bar in sight as without.

    What grows higher as it grows wider, such as pictures, would call the bar, be narrowed by it until it is
    not needed, and call it again, until no memory is left for it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOn)
        bar = self.verticalScrollBar()
        # Where nothing is hidden, none is drawn.
        bar.rangeChanged.connect(lambda lowest, highest: bar.setEnabled(highest > lowest))
        bar.setEnabled(False)
