"""Saving and copying what a window shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QApplication, QFileDialog, QWidget

from explorer3d.qt.tensor.saving import SaveArray, SaveArrays, SaveMosaic, SaveTable, table_text
from explorer3d.qt.tensor.seen import Seen
from explorer3d.qt.tensor.shade import Shade
from explorer3d.work import Request

ARRAY, ALL, TABLE = "NumPy array (*.npy)", "All open tensors (*.npz)", "Table (*.csv)"
PICTURES = {f"Picture, {side} × {side} pixels a number (*.png)": side for side in (1, 2, 4, 8)}
MOST_COPIED = 1 << 20


def ask_where(parent: QWidget, name: str, settings: QSettings, in_colour: bool) -> tuple[Path, str] | None:
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
    folder = Path(str(settings.value("tensor/folder", "")))
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    found, kind = QFileDialog.getSaveFileName(
        parent, "Save tensor", str(folder / plain), ";;".join(kinds), last if last in kinds else ARRAY
    )
    if not found:
        return None
    path, ending = Path(found), kind[kind.rindex("*") + 1 : -1]
    settings.setValue("tensor/kind", kind)
    settings.setValue("tensor/folder", str(path.parent))
    return path if path.suffix.lower() == ending else path.with_name(path.name + ending), kind


def saving(
    path: Path,
    kind: str,
    seen: Seen | None,
    array: np.ndarray,
    letters: str,
    shade: Shade,
    everything: Callable[[], Mapping[str, np.ndarray]],
) -> Request:
    """The request that writes a file of a kind.

    Parameters
    ----------
    path : Path
    kind : str
        As `ask_where` gives it.
    seen : Seen or None
    array : array
    letters : str
        One per axis.
    shade : Shade
    everything : callable
        Gives all tensors that are open, by name.
    """
    if kind == ALL:
        return SaveArrays(everything(), path)
    if kind == TABLE:
        return SaveTable(array, letters, path)
    if kind in PICTURES and seen is not None:
        return SaveMosaic(seen, shade, PICTURES[kind], path)
    return SaveArray(array, path)


def copy_map(seen: Seen, group: int, member: int) -> str:
    """Put the numbers of one map on the clipboard.

    Returns
    -------
    str
        What was done, in words.
    """
    rows, columns = seen.tile
    if rows * columns > MOST_COPIED:
        return f"{rows * columns:,} numbers are too many to be copied: save them instead (Ctrl+S)."
    QApplication.clipboard().setText(table_text(seen, group, member))
    which = f" of channel {int(seen.channels[group])}" if seen.channel_axis is not None else ""
    return f"Copied {rows} × {columns} numbers{which}"
