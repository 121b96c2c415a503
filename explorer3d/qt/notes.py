"""Titles and texts that a file has for people or tools: of any length, in a panel of any width."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.plain import plain

MOST = 60
_LONGEST_TITLE, _LONGEST, _LONGEST_WORD, _LONGEST_TIP = 15, 300, 24, 3000  # characters


class Notes(QWidget):
    """Titles, and beside or below them texts that can be copied."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.texts: dict[str, QLabel | QLineEdit] = {}

    def show_notes(self, notes: Sequence[tuple[str, str]]) -> None:
        """Show others; without any it is hidden."""
        while self._grid.count():
            widget = self._grid.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        self.texts, row = {}, 0
        for title, text in notes[:MOST]:
            self.texts[title] = _readable(text)
            self.texts[title].setAccessibleName(title)
            if len(title) <= _LONGEST_TITLE:
                name = QLabel(title)
                name.setTextFormat(Qt.PlainText)
                self._grid.addWidget(name, row, 0, Qt.AlignTop)
                self._grid.addWidget(self.texts[title], row, 1)
                row += 1
            else:
                above = ElidedLabel()
                above.setText(title)
                above.setObjectName("dim")
                self._grid.addWidget(above, row, 0, 1, 2)
                self._grid.addWidget(self.texts[title], row + 1, 0, 1, 2)
                row += 2
        if len(notes) > MOST:
            self._grid.addWidget(QLabel(f"and {len(notes) - MOST:,} more"), row, 0, 1, 2)
        self.setVisible(bool(notes))


def _readable(text: str) -> QLabel | QLineEdit:
    """What reads well is broken into lines; paths, traces and the like take one, to scroll in."""
    if len(text) <= _LONGEST and max(map(len, text.split()), default=0) <= _LONGEST_WORD:
        label = QLabel(text)
        label.setTextFormat(Qt.PlainText)
        label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        return label
    line = QLineEdit(" ".join(text.split()))
    line.setReadOnly(True)
    line.setFrame(False)
    line.setCursorPosition(0)
    line.setObjectName("note")
    line.setToolTip(plain(text[:_LONGEST_TIP]))
    line.setFocusPolicy(Qt.ClickFocus)
    line.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
    return line
