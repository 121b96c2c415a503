"""A row of bundled pictures to click."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QIcon, QPixmap
from qtpy.QtWidgets import QButtonGroup, QGridLayout, QToolButton, QWidget

from explorer3d.qt.own_keys import OwnKeys

_COLUMNS = 5
_SIDE = 40


class SamplePictures(QWidget):
    """Thumbnails, one of which may be chosen.

    Signals
    -------
    chosen(Path)
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[Path, QToolButton] = {}
        self._own_keys = OwnKeys(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        self._grid.setAlignment(Qt.AlignLeft | Qt.AlignTop)
        self._group = QButtonGroup(self)

    def offer(self, paths: Sequence[Path]) -> None:
        """Show these and no others."""
        if list(self.buttons) == list(paths):
            return
        for button in self.buttons.values():
            self._group.removeButton(button)
            button.deleteLater()
        self.buttons = {}
        for place, path in enumerate(paths):
            button = QToolButton(self)
            button.setCheckable(True)
            button.setIcon(QIcon(_thumbnail(path, self.devicePixelRatioF())))
            button.setIconSize(QSize(_SIDE, _SIDE))
            button.setStyleSheet("padding: 2px;")
            name = path.stem.rpartition("_")[2].replace("-", " ")
            button.setAccessibleName(f"Sample picture: {name}")
            button.setToolTip(f"Show the network {path.name}")
            button.clicked.connect(lambda _, path=path: self.chosen.emit(path))
            self._own_keys.keep(button)
            self._group.addButton(button)
            self._grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
            self.buttons[path] = button

    def mark(self, path: Path | None) -> None:
        """Press the button of a picture; none, if it is no sample."""
        self._group.setExclusive(False)
        wanted = path.resolve() if path else None
        for other, button in self.buttons.items():
            button.setChecked(other.resolve() == wanted)
        self._group.setExclusive(True)


def _thumbnail(path: Path, ratio: float) -> QPixmap:
    side = round(_SIDE * ratio)
    pixmap = QPixmap(str(path))
    mode = Qt.SmoothTransformation if pixmap.width() > side else Qt.FastTransformation
    pixmap = pixmap.scaled(side, side, Qt.KeepAspectRatioByExpanding, mode)
    pixmap = pixmap.copy((pixmap.width() - side) // 2, (pixmap.height() - side) // 2, side, side)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
