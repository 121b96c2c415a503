"""What sums a tensor up: range, moments, zeros, and where the first odd number stands."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QPixmap
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from explorer3d.compute.picture import ABOVE, BELOW, NAN, NEGATIVE_INFINITY, POSITIVE_INFINITY, word_of
from explorer3d.compute.show import ShownTensor
from explorer3d.graph.summary import shape_text
from explorer3d.scene.shade import Shade

FIRST_VALUES = 6
_MANY = 12


class NumbersList(QWidget):
    """Lines about a tensor, or about something else.

    Signals
    -------
    index_wanted(tuple)
        A place in the tensor to go to.

    Attributes
    ----------
    values : dict of str to QLabel or QPushButton
        What stands behind each title.
    """

    index_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setHorizontalSpacing(16)
        self.form.setVerticalSpacing(4)
        self.values: dict[str, QLabel | QPushButton] = {}
        self.jump = QPushButton()

    def clear(self) -> None:
        while self.form.rowCount():
            self.form.removeRow(0)
        self.values = {}

    def show_tensor(self, tensor: ShownTensor | None, shade: Shade | None = None) -> None:
        """
        Parameters
        ----------
        tensor : ShownTensor or None
        shade : Shade, optional
            The colours it is drawn in, if these are to be told too.
        """
        self.clear()
        if tensor is None:
            return
        found = tensor.statistics
        self.tell("Shape", shape_text(tensor.shape))
        self.tell("Type", tensor.dtype)
        if not found.count:
            self.tell("Values", "empty: no elements")
            return
        self.tell("Values", _values(tensor))
        if tensor.is_preview:
            self.tell("Read so far", f"{found.count:,} of {tensor.array.size:,}")
        if found.histogram.any():
            for title, value in (
                ("Min", found.minimum),
                ("Max", found.maximum),
                ("Mean", found.mean),
                ("Std", found.std),
                ("L2", found.l2),
            ):
                if np.isfinite(value):
                    self.tell(title, f"{value:.6g}")
            self.tell("Zeros", f"{found.sparsity:.1%} of {found.count:,}")
        if tensor.dead is not None and 1 < len(tensor.dead) < found.count:
            self.tell("Dead channels", _dead(tensor.dead))
        self._tell_odd(tensor, shade)
        if shade is not None and found.histogram.any():
            self._tell_colours(tensor, shade)

    def tell(self, title: str, text: str, colour: np.ndarray | None = None) -> None:
        """Add a line; with a colour, a sample of it."""
        label = QLabel(text)
        label.setTextFormat(Qt.PlainText)
        label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
        self._add(title, label, colour)

    def _add(self, title: str, value: QLabel | QPushButton, colour: np.ndarray | None = None) -> None:
        self.values[title] = value
        name = QLabel(title)
        name.setTextFormat(Qt.PlainText)
        name.setBuddy(value)
        self.form.addRow(name if colour is None else _beside(colour, name), value)

    def _tell_odd(self, tensor: ShownTensor, shade: Shade | None) -> None:
        found, table = tensor.statistics, shade.table() if shade is not None else None
        for title, count, index in (
            ("NaN", found.nan, NAN),
            ("+∞", found.positive_infinity, POSITIVE_INFINITY),
            ("−∞", found.negative_infinity, NEGATIVE_INFINITY),
        ):
            if count:
                self.tell(title, f"{count:,}", table[index] if table is not None else None)
        if found.first_not_finite is not None:
            place = found.first_not_finite
            self.jump = QPushButton(f"at [{', '.join(map(str, place))}]")
            self.jump.setToolTip("Go to the first number that is NaN or infinite")
            self.jump.clicked.connect(lambda: self.index_wanted.emit(place))
            self._add("First of these", self.jump)

    def _tell_colours(self, tensor: ShownTensor, shade: Shade) -> None:
        found, table = tensor.statistics, shade.table()
        self.tell("Colour range", f"{shade.limits[0]:.4g} … {shade.limits[1]:.4g}")
        if shade.limits == found.limits:
            # Of other limits it has not been counted what lies beyond.
            for title, count, index in (("Below", found.below, BELOW), ("Above", found.above, ABOVE)):
                if count:
                    self.tell(title, f"{count:,}", table[index])


def _beside(colour: np.ndarray, name: QLabel) -> QWidget:
    sample = QLabel()
    pixels = QPixmap(10, 10)
    pixels.fill(QColor(*(int(value) for value in colour[:3])))
    sample.setPixmap(pixels)
    sample.setToolTip(f"{name.text()}: drawn in this colour")
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(sample)
    layout.addWidget(name, 1)
    return row


def _values(tensor: ShownTensor) -> str:
    first = [word_of(value) for value in np.asarray(tensor.array.flat[:FIRST_VALUES]).tolist()]
    return ", ".join(first) + (", …" if tensor.array.size > FIRST_VALUES else "")


def _dead(dead: np.ndarray) -> str:
    numbers = np.flatnonzero(dead)
    share = f"{len(numbers) / len(dead):.1%} of {len(dead):,}"
    if not len(numbers):
        return share
    return f"{share}: {', '.join(map(str, numbers[:_MANY]))}" + (", …" if len(numbers) > _MANY else "")
