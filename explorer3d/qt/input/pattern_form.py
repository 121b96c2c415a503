"""The numbers behind a pattern's name: a seed, the side of a square, a place."""

from __future__ import annotations

import re

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from explorer3d.errors import InputError
from explorer3d.inputs import GENERATORS, Generated
from explorer3d.qt.own_keys import OwnKeys

_RANDOM = "noise"


class PatternForm(QWidget):
    """One field, for the pattern that is fed; hidden where it takes no numbers.

    Signals
    -------
    edited(Generated)
    refused(str)
        What was written makes no sense.
    """

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._made: Generated | None = None
        self.title = QLabel()
        self.field = QLineEdit()
        self.field.setPlaceholderText("auto")
        self.field.setAcceptDrops(False)
        self.title.setBuddy(self.field)
        self.another = QPushButton("Another")
        self.another.setToolTip("Noise of the next seed")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.title)
        row.addWidget(self.field, 1)
        row.addWidget(self.another)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.field, self.another)
        self.field.textEdited.connect(self._edited)
        self.another.clicked.connect(self._next)
        self.show_pattern(None)

    def show_pattern(self, made: Generated | None) -> None:
        """Ask for the numbers of a pattern.

        Parameters
        ----------
        made : Generated or None
            What is fed; None if it is no pattern.
        """
        self._made = made
        about = GENERATORS[made.generator].argument if made else ""
        self.setVisible(bool(about))
        if made is None or not about:
            return
        title = about.split(",")[0].removeprefix("the ").capitalize()
        self.title.setText(title)
        self.field.setAccessibleName(title)
        self.field.setToolTip(f"{made.generator.capitalize()}: {about}")
        self.another.setVisible(made.generator == _RANDOM)
        # Somebody who is writing "1, 2" has written "1," before.
        if _numbers(self.field.text()) != made.arguments:
            self.field.setText(", ".join(map(str, made.arguments)))

    def _edited(self) -> None:
        assert self._made is not None
        numbers = _numbers(self.field.text())
        if numbers is None:
            self.refused.emit("Write whole numbers from 0, with commas between them, or nothing.")
            return
        try:
            self.edited.emit(Generated(self._made.generator, numbers))
        except InputError as error:
            self.refused.emit(str(error))

    def _next(self) -> None:
        assert self._made is not None
        seed = self._made.arguments[0] + 1 if self._made.arguments else 1
        self.edited.emit(Generated(self._made.generator, (seed,)))


def _numbers(text: str) -> tuple[int, ...] | None:
    """None if it is something else."""
    words = [word for word in re.split(r"[\s,;]+", text) if word]
    if not all(re.fullmatch(r"\d{1,9}", word) for word in words):
        return None
    return tuple(map(int, words))
