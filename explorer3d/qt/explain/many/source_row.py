"""Which inputs are looked at, and a button for a folder of others."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QHBoxLayout, QWidget

from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.explain.many.listed import Listed
from explorer3d.qt.own_keys import OwnKeys


class SourceRow(QWidget):
    """Says how many inputs there are and where from; takes a folder that is dropped."""

    def __init__(self, listed: Listed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listed = listed
        self.setAcceptDrops(True)
        self.about = ElidedLabel()
        self._own_keys = OwnKeys(self)
        self.folder = self._own_keys.button("Folder…", "Look at the inputs of a folder, or drop one here")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.about, 1)
        row.addWidget(self.folder)
        self.folder.clicked.connect(lambda: listed.choose(self))
        listed.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.about.setText(str(self._listed.inputs()) if self._listed.sources else "None yet")

    def dragEnterEvent(self, event: QEvent) -> None:
        if _folder(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QEvent) -> None:
        folder = _folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self._listed.look_into(folder)


def _folder(event: QEvent) -> Path | None:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and paths[0].is_dir() else None
