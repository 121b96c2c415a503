"""Where something is to be saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget


def endings_of(kind: str) -> list[str]:
    """``JPEG (*.jpg *.jpeg)`` → ``.jpg``, ``.jpeg``; the first is the usual one."""
    return re.findall(r"\*(\.\w+)", kind)


def ask_where(
    parent: QWidget, title: str, suggestion: str, kinds: Sequence[str], last: str = "", exact: bool = False
) -> tuple[Path, str] | None:
    """Let a person choose a file and its kind; a name without its ending gets it.

    Parameters
    ----------
    parent : QWidget
    title : str
    suggestion : str
    kinds : sequence of str
        Such as ``Picture (*.png)``; the first is the usual one.
    last : str
        The kind that is chosen at first.
    exact : bool
        Only the ending of the chosen kind will do; else that of any of them does.

    Returns
    -------
    (Path, str) or None
        The file and the kind chosen; None if they gave up.
    """
    name, kind = QFileDialog.getSaveFileName(parent, title, suggestion, ";;".join(kinds), last)
    if not name:
        return None
    path, kind = Path(name), kind or last or kinds[0]
    if any(path.suffix.lower() in endings_of(one) for one in ([kind] if exact else kinds)):
        return path, kind
    path = path.with_name(path.name + endings_of(kind)[0])
    # The dialog has only asked about the name as it was typed.
    asked = f"{path.name} is there already. Replace it?"
    if path.exists() and QMessageBox.question(parent, title, asked) != QMessageBox.Yes:
        return None
    return path, kind
