"""Saving and copying what a window shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from qtpy.QtCore import QObject, QSettings, Signal
from qtpy.QtWidgets import QApplication, QWidget

from explorer3d.qt.asked_path import ask_where, endings_of
from explorer3d.qt.tensor.axis_names import letters_of
from explorer3d.qt.tensor.canvas import TensorCanvas
from explorer3d.qt.tensor.saving import SaveArray, SaveArrays, SaveMosaic, SaveTable, table_text
from explorer3d.qt.tensor.seen import Cell
from explorer3d.qt.tensor.subject import Subject
from explorer3d.work import Request

ARRAY, ALL, TABLE = "NumPy array (*.npy)", "All open tensors (*.npz)", "Table (*.csv)"
PICTURES = {f"Picture, {side} × {side} pixels a number (*.png)": side for side in (1, 2, 4, 8)}
_MOST_COPIED = 1 << 20


def ask_where_to_keep(
    parent: QWidget, name: str, settings: QSettings, in_colour: bool
) -> tuple[Path, str] | None:
    """Let a person choose a file and its kind; None if they gave up.

    Parameters
    ----------
    parent : QWidget
    name : str
        Of the tensor, for a suggestion.
    settings : QSettings
    in_colour : bool
        There is a picture of it.
    """
    kinds = [ARRAY, ALL, TABLE, *(PICTURES if in_colour else ())]
    last = str(settings.value("tensor/kind", ARRAY))
    last = last if last in kinds else ARRAY
    folder = Path(str(settings.value("tensor/folder", "")))
    # Names are paths, and behind a point in them Qt would put the ending.
    plain = re.sub(r"[^\w-]+", "_", name).strip("_")
    suggested = folder / f"{plain or 'tensor'}{endings_of(last)[0]}"
    asked = ask_where(parent, "Save tensor", str(suggested), kinds, last, exact=True)
    if asked is not None:
        settings.setValue("tensor/kind", asked[1])
        settings.setValue("tensor/folder", str(asked[0].parent))
    return asked


class Keeping(QObject):
    """Saves and copies what a window shows.

    Signals
    -------
    told(str)
        What was done, in words.
    """

    told = Signal(str)

    def __init__(
        self,
        subject: Subject,
        canvas: TensorCanvas,
        settings: QSettings,
        everything: Callable[[], Mapping[str, np.ndarray]],
        window: QWidget,
    ) -> None:
        """
        Parameters
        ----------
        subject : Subject
        canvas : TensorCanvas
        settings : QSettings
            Where kind and folder are remembered.
        everything : callable
            Gives all tensors that are open, by name.
        window : QWidget
        """
        super().__init__(window)
        self._subject, self._canvas, self._settings = subject, canvas, settings
        self._everything, self._window = everything, window

    def save(self) -> None:
        """Ask for a file and write the tensor, all that are open, or its picture."""
        if self._subject.tensor is None:
            return
        seen = self._canvas.seen
        chosen = ask_where_to_keep(self._window, self._subject.title, self._settings, seen is not None)
        if chosen is not None:
            path, kind = chosen
            title = f"Saving {path.name}"
            self._subject.ask(
                "saving", title, self._saving(path, kind), lambda path: self.told.emit(f"Saved {path}")
            )

    def _saving(self, path: Path, kind: str) -> Request:
        tensor, seen = self._subject.tensor, self._canvas.seen
        assert tensor is not None
        if kind == ALL:
            return SaveArrays(self._everything(), path)
        if kind == TABLE:
            return SaveTable(tensor.array, letters_of(tensor.array.shape, tensor.axes), path)
        if kind in PICTURES and seen is not None:
            return SaveMosaic(seen, self._canvas.shade, PICTURES[kind], path)
        return SaveArray(tensor.array, path)

    def copy_picture(self) -> None:
        """Put what is seen on the clipboard."""
        QApplication.clipboard().setPixmap(self._canvas.grab())
        self.told.emit("Picture copied")

    def copy_numbers(self) -> None:
        """Put the numbers of the map pointed at on the clipboard; else those of the first."""
        seen, cell = self._canvas.seen, self._canvas.last_cell or Cell(0, 0, 0, 0)
        if seen is None:
            return
        rows, columns = seen.tile
        if rows * columns > _MOST_COPIED:
            self.told.emit(
                f"{rows * columns:,} numbers are too many to be copied: save them instead (Ctrl+S)."
            )
            return
        QApplication.clipboard().setText(table_text(seen, cell.group, cell.member))
        which = f" of channel {int(seen.channels[cell.group])}" if seen.channel_axis is not None else ""
        self.told.emit(f"Copied {rows} × {columns} numbers{which}")
