"""Says what a conversion by TensorFlow does and takes, and asks how much it may take."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer3d.conversion.limits import GIGABYTE, Limits

_MOST_GIGABYTES = 4096
_MOST_MINUTES = 24 * 60


class ConvertForm(QDialog):
    """A window beside the others: nothing waits for it.

    Signals
    -------
    wanted(Path, Limits)
        The person has agreed.
    """

    wanted = Signal(object, object)

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Convert with TensorFlow")
        self.setAttribute(Qt.WA_DeleteOnClose)
        self._path = path
        usual = Limits()
        self.memory = _number(max(usual.memory // GIGABYTE, 1), _MOST_GIGABYTES, " GB")
        self.memory.setAccessibleName("Memory it may take, in gigabytes")
        self.minutes = _number(round(usual.seconds / 60), _MOST_MINUTES, " minutes")
        self.minutes.setAccessibleName("Time it may take, in minutes")
        about = QLabel(
            f"TensorFlow will read {path.name} in a process of its own and convert it to ONNX: some seconds "
            "for a small model, minutes and many times its size in memory for a large one. The window can be "
            "used meanwhile, Cancel ends it at once, and the result is kept for the next time. "
            "Code in a file is not run."
        )
        about.setTextFormat(Qt.PlainText)
        about.setWordWrap(True)
        form = QFormLayout()
        form.addRow("At most", self.memory)
        form.addRow("", self.minutes)
        buttons = QDialogButtonBox(QDialogButtonBox.Cancel)
        self.convert = buttons.addButton("Convert", QDialogButtonBox.AcceptRole)
        self.convert.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(about)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.setMinimumWidth(460)

    def accept(self) -> None:
        limits = Limits(self.memory.value() * GIGABYTE, self.minutes.value() * 60.0)
        self.wanted.emit(self._path, limits)
        super().accept()


def _number(value: int, most: int, unit: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, most)
    box.setValue(value)
    box.setSuffix(unit)
    return box
