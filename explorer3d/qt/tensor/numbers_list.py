"""What sums a tensor up: range, moments, zeros, and where the first odd number stands."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QPushButton, QWidget

from explorer3d.compute.show import ShownTensor
from explorer3d.graph.summary import shape_text


class NumbersList(QWidget):
    """Lines about a tensor.

    Signals
    -------
    index_wanted(tuple)
        A place in the tensor to go to.
    """

    index_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(2)
        self.values: dict[str, QLabel] = {}
        self.jump = QPushButton()
        self.jump.setToolTip("Go to the first number that is NaN or infinite")

    def show_tensor(self, tensor: ShownTensor | None) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.values = {}
        if tensor is None:
            return
        found = tensor.statistics
        self._line("Shape", f"{shape_text(tensor.shape)}   {tensor.dtype}")
        if tensor.is_preview:
            self._line("Read so far", f"{found.count:,} of {tensor.array.size:,}")
        if found.histogram.any():
            for title, value in (
                ("Min", found.minimum),
                ("Max", found.maximum),
                ("Mean", found.mean),
                ("Std", found.std),
                ("L2", found.l2),
            ):
                self._line(title, f"{value:.6g}")
            self._line("Zeros", f"{found.sparsity:.1%} of {found.count:,}")
        if tensor.dead is not None and len(tensor.dead) > 1:
            self._line("Dead channels", f"{tensor.dead.mean():.1%} ({np.count_nonzero(tensor.dead):,})")
        for title, count in (
            ("NaN", found.nan),
            ("+∞", found.positive_infinity),
            ("−∞", found.negative_infinity),
        ):
            if count:
                self._line(title, f"{count:,}")
        if found.first_not_finite is not None:
            index = found.first_not_finite
            self.jump = QPushButton(f"First: {list(index)}")
            self.jump.setToolTip("Go to the first number that is NaN or infinite")
            self.jump.clicked.connect(lambda: self.index_wanted.emit(index))
            self._form.addRow(self.jump)

    def _line(self, title: str, text: str) -> None:
        label = QLabel(text)
        label.setTextFormat(Qt.PlainText)
        label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.values[title] = label
        self._form.addRow(title, label)
