"""One input of a model: what it takes, and where that comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QGridLayout, QLineEdit, QWidget

from explorer3d.errors import InputError
from explorer3d.graph.model import Port
from explorer3d.graph.summary import shape_text
from explorer3d.inputs import GENERATORS, Excerpt, Generated, Given, Held, Part, Typed
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain

_AUTO, _TYPED, _FILE, _HELD = "auto", "typed", "file", "held"
_KINDS = "Pictures, arrays, sound (*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.npy *.npz *.csv *.pb *.wav)"
_SHOWN = 6
"""Numbers of an array that are shown where others may be typed."""


class InputRow(QWidget):
    """Name, type and shape; a choice of sources, and a field for what some of them need to know.

    Signals
    -------
    edited()
        A person has changed something.
    """

    edited = Signal()

    def __init__(self, port: Port) -> None:
        super().__init__()
        self.port = port
        self._path: Path | None = None
        self._held: Held | Excerpt | None = None
        self.title, self.about = ElidedLabel(), ElidedLabel()
        self.title.setText(port.value)
        self.title.setObjectName("key")
        self.about.setObjectName("dim")
        self.about.setText(f"{port.dtype}  {shape_text(port.shape)}")
        self.source = QComboBox()
        self.source.setAccessibleName(f"What {port.value} comes from")
        self.source.setToolTip(plain(f"What goes into {port.value}"))
        self.source.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.source.setMinimumContentsLength(8)
        self.source.addItem("Automatic", _AUTO)
        self.source.addItem("Numbers", _TYPED)
        for name, generator in GENERATORS.items():
            self.source.addItem(name.capitalize(), name)
            self.source.setItemData(self.source.count() - 1, generator.tip, Qt.ToolTipRole)
        self.source.addItem("File…", _FILE)
        self.field = QLineEdit()
        self.field.setAcceptDrops(False)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.about, 0, 1)
        grid.addWidget(self.source, 1, 0)
        grid.addWidget(self.field, 1, 1)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.source, self.field)
        self.source.activated.connect(self._chosen)
        self.field.textEdited.connect(lambda: self.edited.emit())
        self._offer_field()

    def value(self) -> Part | None:
        """What was chosen; None if that is left to the program.

        Raises
        ------
        InputError
            What was written makes no sense.
        """
        kind, text = self.source.currentData(), self.field.text().strip()
        if kind == _TYPED:
            return Typed(text) if text else None
        if kind == _FILE:
            return self._path
        if kind == _HELD:
            return self._held
        if kind == _AUTO:
            return None
        try:
            return Generated(kind, tuple(int(word) for word in text.replace(",", " ").split()))
        except ValueError:
            raise InputError(
                f"{GENERATORS[kind].argument.capitalize()} of {self.port.value!r} must be whole numbers."
            ) from None

    def show_value(self, part: Part | None, rest: Given | None, array: NDArray[Any] | None) -> None:
        """Fill the row.

        Parameters
        ----------
        part : Part or None
            What this input comes from.
        rest : Path, Generated, Bitmap or None
            What all inputs come from that have nothing of their own.
        array : ndarray or None
            What goes in now.
        """
        self.source.setItemText(0, "Automatic" if rest is None else rest.name)
        if array is not None:
            self.about.setText(f"{array.dtype}  {shape_text(array.shape)}")
            self.field.setPlaceholderText(_beginning(array))
        try:
            if part == self.value():
                return
        except InputError:
            pass
        self._path = part if isinstance(part, Path) else None
        self._held = part if isinstance(part, Held | Excerpt) else None
        self.field.setText("")
        kind = _AUTO
        if isinstance(part, Path):
            kind = _FILE
        elif isinstance(part, Held | Excerpt):
            kind = _HELD
        elif isinstance(part, Typed):
            kind = _TYPED
            self.field.setText(part.text)
        elif isinstance(part, Generated):
            kind = part.generator
            self.field.setText(", ".join(map(str, part.arguments)))
        self._name(_FILE, "File…" if self._path is None else self._path.name)
        held = self.source.findData(_HELD)
        if held >= 0:
            self.source.removeItem(held)
        if self._held is not None:
            self.source.addItem(self._held.name, _HELD)
        self.source.setCurrentIndex(self.source.findData(kind))
        self._offer_field()

    def _name(self, kind: str, text: str) -> None:
        self.source.setItemText(self.source.findData(kind), text)

    def _chosen(self) -> None:
        kind = self.source.currentData()
        if kind == _FILE:
            found, _ = QFileDialog.getOpenFileName(
                self, f"What goes into {self.port.value}", "", f"{_KINDS};;All files (*)"
            )
            if not found and self._path is None:
                self.source.setCurrentIndex(self.source.findData(_AUTO))
            elif found:
                self._path = Path(found)
                self._name(_FILE, self._path.name)
        self.field.clear()
        self._offer_field()
        if kind == _TYPED:
            self.field.setFocus()
        self.edited.emit()

    def _offer_field(self) -> None:
        kind = self.source.currentData()
        argument = GENERATORS[kind].argument if kind in GENERATORS else ""
        self.field.setEnabled(kind == _TYPED or bool(argument))
        what = (
            argument.capitalize()
            or "Numbers with commas between them, one for all, or lists such as [[1, 2]]"
        )
        self.field.setToolTip(plain(what))
        self.field.setAccessibleName(f"{self.port.value}: {what}")


def _beginning(array: NDArray[Any]) -> str:
    first = array.reshape(-1)[:_SHOWN]
    if array.dtype.kind == "f":
        words = [f"{value:.3g}" for value in first.astype(np.float64)]
    else:
        words = [str(value) for value in first]
    return ", ".join(words + ["…"] * (array.size > _SHOWN)).replace("-", "−")
