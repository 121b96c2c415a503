"""Pictures of the scene: saved at a size of choice, or copied."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QSettings
from qtpy.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from explorer3d.document import Document
from explorer3d.qt.asked_path import ask_where
from explorer3d.qt.status_line import StatusLine
from explorer3d.qt.view import View
from explorer3d.scene.presentation import Presentation
from explorer3d.scene.snapshot import SavePicture

WIDTHS = (1280, 1920, 3840, 7680)


class Pictures(QObject):
    """Makes pictures of the scene.

    Parameters
    ----------
    document : Document
    view : View
    presentation : Presentation
        What is drawn anew at another size.
    settings : QSettings
        Where the size chosen last is remembered.
    status : StatusLine
        Which tells what has been done.
    """

    def __init__(
        self,
        document: Document,
        view: View,
        presentation: Presentation,
        settings: QSettings,
        status: StatusLine,
    ) -> None:
        super().__init__(view)
        self._document, self._view, self._presentation = document, view, presentation
        self._settings, self._status = settings, status

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer them in a menu; for the parameters see `Journey.add_to`."""
        add(menu, "Save picture…", ("Ctrl+S",), self.save, "Save what the scene shows")
        add(menu, "Copy picture", ("Ctrl+Shift+C",), self.copy)

    def save(self) -> None:
        """Save the scene as it is framed, at a size of choice."""
        window, model = self._view.window(), self._document.model
        dialog = PictureSize(self._view.stage.canvas.size, self._settings, window)
        if dialog.exec_():
            path = ask_for_file(window, f"{model.path.stem if model else 'network'}.png")
            if path is not None:
                self.save_as(path, dialog.size_chosen)

    def save_as(self, path: Path, size: tuple[int, int]) -> None:
        """Draw the scene at a size in pixels and write it; both off the GUI thread."""
        scale = self._view.devicePixelRatioF() * size[0] / self._view.stage.canvas.size[0]
        request = SavePicture(self._presentation.snapshot(size, scale), path)
        self._document.ask("picture", f"Saving {path.name}", request, self._saved)

    def copy(self) -> None:
        """Put the scene as it is seen on the clipboard."""
        QApplication.clipboard().setPixmap(self._view.grab())
        self._status.say("Picture copied")

    def _saved(self, path: Path) -> None:
        self._status.say(f"Saved {path}")


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
    found = ask_where(parent, "Save picture", suggestion, ("PNG (*.png)", "JPEG (*.jpg *.jpeg)"))
    return found[0] if found is not None else None
