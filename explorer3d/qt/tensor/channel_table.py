"""A table of the numbers that sum up each channel."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtWidgets import QHeaderView, QTableView, QWidget

from explorer3d.compute.channels import ChannelTable
from explorer3d.qt.tensor.channel_rows import ChannelRows


class ChannelTableView(QTableView):
    """A row for each channel; a click on a title sorts.

    Signals
    -------
    chosen(int)
        A person went to a channel's row.
    asked(QPoint)
        They asked there what can be done to it, and where that was on the screen.
    """

    chosen = Signal(int)
    asked = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = ChannelRows()
        self._following = False
        self.setModel(self.rows)
        self.setAccessibleName("Channels")
        self.setSortingEnabled(True)
        self.setSelectionBehavior(QTableView.SelectRows)
        self.setSelectionMode(QTableView.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.horizontalHeader().setSortIndicator(0, Qt.AscendingOrder)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.horizontalHeader().setResizeContentsPrecision(0)  # by the rows in sight, not by thousands
        self.selectionModel().currentRowChanged.connect(self._went)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask)

    def show_table(self, table: ChannelTable | None) -> None:
        self._following = True
        self.rows.show_table(table)
        self._following = False

    def follow(self, channel: int | None) -> None:
        """Mark the row of the channel that is pointed at."""
        row = -1 if channel is None else self.rows.row(channel)
        self._following = True
        if row < 0:
            self.clearSelection()
        elif self.isVisible():
            self.selectRow(row)
        self._following = False

    def _went(self) -> None:
        row = self.currentIndex().row()
        if row >= 0 and not self._following:
            self.chosen.emit(self.rows.channel(row))

    def _ask(self, place: QPoint) -> None:
        row = self.rowAt(place.y())
        if row >= 0:
            self.chosen.emit(self.rows.channel(row))
            self.asked.emit(self.viewport().mapToGlobal(place))


def shown_text(shown: int, table: ChannelTable) -> str:
    """How many channels are shown, and how many of all are dead."""
    count, dead = len(table), int(np.count_nonzero(table.dead))
    return f"{shown:,} of {count:,} shown, {dead:,} dead ({dead / count:.1%})"
