"""In which order channels are shown, which of them, and what sums each of them up."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.channel_order import ORDERS, OrderedChannels
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tensor.channel_rows import ChannelRows

TITLES = {
    "index": "As they are numbered",
    "mean": "Largest mean first",
    "max": "Largest value first",
    "variance": "Largest variance first",
    "similarity": "Like beside like",
}


class ChannelsPanel(QWidget):
    """Order, choice and table of channels; the order is remembered.

    Signals
    -------
    changed()
        Another order is wanted.
    chosen(int)
        A person went to a channel's row.
    """

    changed = Signal()
    chosen = Signal(int)

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._following = False
        self.orders = QComboBox()
        self.orders.setAccessibleName("Order of channels")
        for key in ORDERS:
            self.orders.addItem(TITLES[key], key)
        self.orders.setCurrentIndex(max(self.orders.findData(settings.value("tensor/order", "index")), 0))
        self.active = QCheckBox("Active only")
        self.active.setToolTip("Leave out channels that are zero everywhere")
        self.about = QLabel()
        self.about.setObjectName("dim")
        self.about.setWordWrap(True)
        self.rows = ChannelRows()
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setAccessibleName("Channels")
        self.table.setSortingEnabled(True)
        self.table.setSelectionBehavior(QTableView.SelectRows)
        self.table.setSelectionMode(QTableView.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSortIndicator(0, Qt.AscendingOrder)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeToContents)
        self.table.horizontalHeader().setResizeContentsPrecision(0)  # by the rows in sight, not by thousands
        form = QFormLayout()
        form.addRow("Order", self.orders)
        form.addRow("", self.active)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.about)
        layout.addWidget(self.table, 1)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.orders, self.active, self.table)
        self.orders.activated.connect(self._changed)
        self.active.clicked.connect(self._changed)
        self.table.selectionModel().currentRowChanged.connect(self._went)

    @property
    def by(self) -> str:
        """Key in `ORDERS`."""
        return str(self.orders.currentData())

    def show_channels(self, ordered: OrderedChannels | None) -> None:
        """
        Parameters
        ----------
        ordered : OrderedChannels or None
            None: the tensor has none, or they are not known yet.
        """
        self._following = True
        self.rows.show_table(ordered.table if ordered else None)
        self.table.setVisible(ordered is not None)
        self._following = False
        if ordered is None:
            self.about.setText("There is one map only. Axes: choose which axis tells maps apart.")
            return
        count, dead = len(ordered.table), int(np.count_nonzero(ordered.table.dead))
        self.about.setText(
            f"{len(ordered.channels):,} of {count:,} shown, {dead:,} dead ({dead / count:.1%})"
        )

    def follow(self, channel: int | None) -> None:
        """Mark the row of the channel that is pointed at."""
        row = -1 if channel is None else self.rows.row(channel)
        self._following = True
        if row < 0:
            self.table.clearSelection()
        elif self.isVisible():
            self.table.selectRow(row)
        self._following = False

    def _changed(self) -> None:
        self._settings.setValue("tensor/order", self.by)
        self.changed.emit()

    def _went(self) -> None:
        row = self.table.currentIndex().row()
        if row >= 0 and not self._following:
            self.chosen.emit(self.rows.channel(row))
