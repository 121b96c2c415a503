"""All keys and mouse moves on one sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QAction,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

COLUMNS = 2
TOGETHER = "together"
"""Property of actions that share one line, which it gives: what they do, and their keys."""

MOUSE = (
    ("Open a layer", "click"),
    ("Open one tensor only", "click a handle"),
    ("Read a number of an open layer", "point at it"),
    ("Pin it, let go of it", "click"),
    ("Mute, boost, replace a map or kernel", "right click"),
    ("Light all paths to a second layer", "Shift+click"),
    ("Name the tensor on an edge", "point at it"),
    ("Fly to a layer", "double click"),
    ("Unfold a block, enter a loop or branch", "double click"),
    ("Turn", "drag"),
    ("Move", "right drag, Shift+drag"),
    ("Zoom to the cursor", "wheel"),
    ("Shift, turn, scale what goes in", "drag, right drag, wheel on its picture"),
)


class KeySheet(QDialog):
    """What every key and every move of the mouse does.

    Parameters
    ----------
    actions : iterable of QAction
        Those without a key are left out.
    mouse : sequence of (str, str)
        What is done with the mouse, and how.
    """

    def __init__(
        self,
        actions: Iterable[QAction],
        parent: QWidget | None = None,
        mouse: Sequence[tuple[str, str]] = MOUSE,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard and mouse")
        entries = [_entry(action) for action in actions if action.shortcuts()]
        self.entries = [*dict.fromkeys(entries), *mouse]
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(5)
        rows = -(-len(self.entries) // COLUMNS)
        for place, (what, how) in enumerate(self.entries):
            column, row = divmod(place, rows)
            keys = QLabel(how)
            keys.setObjectName("key")
            grid.addWidget(QLabel(what), row, 2 * column)
            grid.addWidget(keys, row, 2 * column + 1)
        scroll = QScrollArea()
        scroll.setWidget(sheet)
        scroll.setWidgetResizable(True)
        buttons = QDialogButtonBox(QDialogButtonBox.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll)
        layout.addWidget(buttons)
        if parent is not None:
            room = sheet.sizeHint()
            self.resize(
                min(room.width() + 60, parent.width() - 40), min(room.height() + 100, parent.height() - 40)
            )


def _entry(action: QAction) -> tuple[str, str]:
    together = action.property(TOGETHER)
    if together is not None:
        return tuple(together)
    keys = ", ".join(key.toString(QKeySequence.NativeText) for key in action.shortcuts())
    return action.text().rstrip("…"), keys
