"""Asks where and how large to save a picture of the scene."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QSettings
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

WIDTHS = (1280, 1920, 3840, 7680)


class PictureSize(QDialog):
    """Choice of a picture's width; its shape is that of the view.

    Parameters
    ----------
    seen : (int, int)
        Width and height of the view in pixels.
    """

    def __init__(self, seen: tuple[int, int], settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save picture")
        self._settings = settings
        self.sizes = QComboBox()
        self.sizes.setAccessibleName("Size of the picture")
        self.sizes.addItem(f"As seen: {seen[0]} × {seen[1]}", seen)
        for width in WIDTHS:
            size = (width, round(width * seen[1] / seen[0]))
            self.sizes.addItem(f"{size[0]} × {size[1]}", size)
        self.sizes.setCurrentIndex(min(int(settings.value("picture_size", 2)), self.sizes.count() - 1))
        form = QFormLayout()
        form.addRow("Size", self.sizes)
        buttons = QDialogButtonBox(QDialogButtonBox.Save | QDialogButtonBox.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("The scene as it is framed now, without the panels."))
        layout.addLayout(form)
        layout.addWidget(buttons)

    @property
    def size_chosen(self) -> tuple[int, int]:
        width, height = self.sizes.currentData()
        return int(width), int(height)

    def accept(self) -> None:
        self._settings.setValue("picture_size", self.sizes.currentIndex())
        super().accept()


def ask_for_file(parent: QWidget, suggestion: str) -> Path | None:
    """Let a person say where to save; None if they gave up."""
    name, _ = QFileDialog.getSaveFileName(parent, "Save picture", suggestion, "PNG (*.png);;JPEG (*.jpg)")
    if not name:
        return None
    path = Path(name)
    return path if path.suffix else path.with_suffix(".png")
