"""Buttons for everything an input can be made of."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QGridLayout, QMenu, QPushButton, QSizePolicy, QWidget

from explorer3d.inputs import GENERATORS, Generated
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain

_COLUMNS = 3


class Sources(QWidget):
    """A row of buttons.

    Signals
    -------
    file_wanted(), folder_wanted(), paste_wanted()
    draw_wanted(bool)
        The drawing pad is to be opened or closed.
    made(Generated)
        A pattern was chosen.
    """

    file_wanted = Signal()
    folder_wanted = Signal()
    paste_wanted = Signal()
    draw_wanted = Signal(bool)
    made = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file = self._button("File…", "Choose a picture or an array to run through the network (Ctrl+I)")
        self.folder = self._button(
            "Folder…", "Go through the pictures and arrays in a folder (Page Down, Page Up)"
        )
        self.paste = self._button("Paste", "Run the picture or file on the clipboard through it (Ctrl+V)")
        self.draw = self._button("Draw", "Draw the picture by hand (D)")
        self.draw.setCheckable(True)
        self.make = self._button("Pattern", "Make an input of zeros, noise or a pattern")
        self.menu = QMenu(self.make)
        self.menu.setToolTipsVisible(True)
        for name, generator in GENERATORS.items():
            action = self.menu.addAction(name.capitalize())
            action.setToolTip(plain(generator.tip))
            action.triggered.connect(lambda _, name=name: self.made.emit(Generated(name)))
        self.make.setMenu(self.menu)
        self.file.clicked.connect(lambda: self.file_wanted.emit())
        self.folder.clicked.connect(lambda: self.folder_wanted.emit())
        self.paste.clicked.connect(lambda: self.paste_wanted.emit())
        self.draw.clicked.connect(self.draw_wanted)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        grid.setAlignment(Qt.AlignTop)
        buttons = (self.file, self.folder, self.paste, self.make, self.draw)
        for place, button in enumerate(buttons):
            grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(*buttons)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setSizePolicy(QSizePolicy.MinimumExpanding, QSizePolicy.Fixed)
        return button

    def allow(self, model: bool, drawing: bool) -> None:
        """Offer what there is something to do for.

        Parameters
        ----------
        model : bool
            A network is open.
        drawing : bool
            Its input is small enough to be drawn by hand.
        """
        for button in (self.file, self.folder, self.paste, self.make):
            button.setEnabled(model)
        self.draw.setVisible(drawing)
