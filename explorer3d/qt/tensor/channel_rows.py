"""The numbers that sum up each channel, as a table that sorts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from explorer3d.compute.channels import ChannelTable

COLUMNS: dict[str, Callable[[ChannelTable], np.ndarray]] = {
    "Channel": lambda table: np.arange(len(table)),
    "Min": lambda table: table.minimum,
    "Max": lambda table: table.maximum,
    "Mean": lambda table: table.mean,
    "Std": lambda table: table.std,
    "L2": lambda table: table.l2,
    "Zeros": lambda table: table.sparsity,
    "NaN, ∞": lambda table: table.not_finite,
}


class ChannelRows(QAbstractTableModel):
    """A row for each channel."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: list[np.ndarray] = []
        self._dead = np.zeros(0, bool)
        self._order = np.zeros(0, int)
        self._sorted = 0, Qt.AscendingOrder

    def show_table(self, table: ChannelTable | None) -> None:
        self.beginResetModel()
        self._columns = [column(table) for column in COLUMNS.values()] if table is not None else []
        self._dead = table.dead if table is not None else np.zeros(0, bool)
        self._put_in_order()
        self.endResetModel()

    def channel(self, row: int) -> int:
        """Number of the channel in a row."""
        return int(self._order[row])

    def row(self, channel: int) -> int:
        """Where a channel stands; -1 if there is none."""
        found = np.flatnonzero(self._order == channel)
        return int(found[0]) if len(found) else -1

    def sort(self, column: int, order: Qt.SortOrder = Qt.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        channels = [self.channel(index.row()) for index in kept]
        self._sorted = max(column, 0), order
        self._put_in_order()
        moved = [self.index(self.row(one), at.column()) for one, at in zip(channels, kept, strict=True)]
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def _put_in_order(self) -> None:
        if not self._columns:
            self._order = np.zeros(0, int)
            return
        column, direction = self._sorted
        values = self._columns[column].astype(np.float64)
        # What has no value comes last, whichever way.
        self._order = np.argsort(values if direction == Qt.AscendingOrder else -values, kind="stable")

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> object:
        channel = self._order[index.row()]
        value = self._columns[index.column()][channel]
        if role == Qt.DisplayRole:
            if list(COLUMNS)[index.column()] == "Channel":
                return f"{value} dead" if self._dead[channel] else str(value)
            if list(COLUMNS)[index.column()] == "Zeros":
                return f"{value:.1%}"
            return f"{value:.4g}"
        if role == Qt.TextAlignmentRole:
            return int(Qt.AlignRight | Qt.AlignVCenter)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> object:
        if role == Qt.DisplayRole and orientation == Qt.Horizontal:
            return list(COLUMNS)[section]
        return None
