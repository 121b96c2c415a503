"""Fields for the sizes that a model leaves open."""

from __future__ import annotations

import re

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QLineEdit, QWidget

from explorer3d.errors import InputError
from explorer3d.graph.model import Model, Port
from explorer3d.graph.summary import shape_text
from explorer3d.inputs import Feeds, Sizes, image_axes, sized
from explorer3d.qt.plain import plain


class SizesForm(QWidget):
    """A field for each input that has a shape with open sizes; an empty one leaves the choice to the program.

    Signals
    -------
    edited()
        A person has changed something.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: Model | None = None
        self.fields: dict[str, QLineEdit] = {}
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(12)

    def show_value(self, model: Model | None, sizes: Sizes, feeds: Feeds | None) -> None:
        """Fill the fields.

        Parameters
        ----------
        model : Model or None
        sizes : mapping of str to tuple of int
            What a person has set.
        feeds : Feeds or None
            What the model is fed now; tells the sizes chosen by the program.
        """
        if model is not self._model:
            self._rebuild(model)
        for name, field in self.fields.items():
            array = feeds.arrays.get(name) if feeds else None
            field.setPlaceholderText("" if array is None else shape_text(array.shape))
            try:
                now = _sizes(field)
            except InputError:
                now = ()
            if now != sizes.get(name):
                field.setText(shape_text(sizes[name]) if name in sizes else "")

    def value(self) -> dict[str, tuple[int, ...]]:
        """What the fields say; only what a person has set.

        Raises
        ------
        InputError
            The model takes no such shape.
        """
        sizes = {name: shape for name, field in self.fields.items() if (shape := _sizes(field))}
        if self._model is not None:
            sized(self._model, sizes)
        return sizes

    def _rebuild(self, model: Model | None) -> None:
        self._model = model
        self.fields = {}
        while self._layout.rowCount():
            self._layout.removeRow(0)
        inputs = model.inputs if model else ()
        for port in inputs:
            if not _open(port):
                continue
            field = QLineEdit()
            known = "of any rank" if port.shape is None else shape_text(port.shape)
            field.setAccessibleName(f"Sizes of {port.value}")
            field.setToolTip(plain(f"Sizes of the input {port.value}, which the model leaves open: {known}"))
            field.setAcceptDrops(False)
            field.textEdited.connect(lambda: self.edited.emit())
            title = QLabel("Sizes" if len(inputs) == 1 else f"Size of {port.value}")
            title.setTextFormat(Qt.PlainText)
            title.setBuddy(field)
            self._layout.addRow(title, field)
            self.fields[port.value] = field


def _open(port: Port) -> bool:
    """Whether there is a size to choose other than how many examples go in at once."""
    if port.shape is None:
        return True
    axes = image_axes(port) or port.axes
    return any(size is None and axes[index : index + 1] != "N" for index, size in enumerate(port.shape))


def _sizes(field: QLineEdit) -> tuple[int, ...] | None:
    words = [word for word in re.split(r"[\s,;xX×]+", field.text().strip("() ")) if word]
    if not all(re.fullmatch(r"\d{1,9}", word) for word in words):
        raise InputError("Sizes are whole numbers, one for each axis, such as 1 × 3 × 640 × 480.")
    return tuple(int(word) for word in words) or None
