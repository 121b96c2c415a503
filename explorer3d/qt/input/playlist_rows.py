"""The inputs of a playlist as the rows of a table, with what the network took each for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from explorer3d.inputs import Row
from explorer3d.qt.plain import plain


class PlaylistRows(QAbstractTableModel):
    """A name, and an answer once there is one."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: Sequence[Path | Row] = ()
        self._answers: dict[Path | Row, str] = {}

    def show_paths(self, paths: Sequence[Path | Row]) -> None:
        """Have these rows, without answers."""
        self.beginResetModel()
        self._paths, self._answers = paths, {}
        self.endResetModel()

    def tell(self, path: Path | Row, answer: str) -> None:
        """Put an answer beside a name."""
        if path in self._paths and self._answers.get(path) != answer:
            self._answers[path] = answer
            cell = self.index(self._paths.index(path), 1)
            self.dataChanged.emit(cell, cell)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._paths)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 2

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> object:
        path = self._paths[index.row()]
        if role == Qt.DisplayRole:
            return path.name if index.column() == 0 else self._answers.get(path, "")
        if role == Qt.ToolTipRole:
            return plain("\n".join(filter(None, (path.name, self._answers.get(path)))))
        if role == Qt.TextAlignmentRole and index.column() == 1:
            return int(Qt.AlignRight | Qt.AlignVCenter)
        return None
