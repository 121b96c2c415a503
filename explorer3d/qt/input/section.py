"""A part of a panel under a title that opens and closes it."""

from __future__ import annotations

from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.own_keys import OwnKeys


class Section(QWidget):
    """A title, what it stands for in a word, and a widget below that can be folded away.

    Parameters
    ----------
    title : str
    content : QWidget
    settings : QSettings
        Where is remembered whether it is open.
    is_open : bool
        Whether it is at first.
    """

    def __init__(self, title: str, content: QWidget, settings: QSettings, is_open: bool = False) -> None:
        super().__init__()
        self._settings, self._key = settings, f"sections/{title}"
        self.content = content
        self.button = QToolButton()
        self.button.setObjectName("section")
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.button.setToolTip(f"Open or close: {title}")
        self._told = ""
        self._about = ElidedLabel()
        self._about.setObjectName("dim")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.button)
        head.addWidget(self._about, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(content)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.button)
        self.button.toggled.connect(self._fold)
        is_open = settings.value(self._key, is_open, type=bool)
        self.button.setChecked(is_open)
        self._fold(is_open)

    def tell(self, about: str) -> None:
        """Say beside the title what is set inside, while that is folded away."""
        self._told = about
        self._about.setText("" if self.button.isChecked() else about)

    def _fold(self, is_open: bool) -> None:
        self._settings.setValue(self._key, is_open)
        self.content.setVisible(is_open)
        self.tell(self._told)
        self.button.setArrowType(Qt.DownArrow if is_open else Qt.RightArrow)
