"""In which order channels are shown, which of them, and what sums each of them up."""

from __future__ import annotations

from qtpy.QtCore import QSettings, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.channel_order import CONTRIBUTION, ORDERS, OrderedChannels
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tensor.channel_table import ChannelTableView, shown_text

TITLES = {
    "index": "As they are numbered",
    "mean": "Largest mean first",
    "max": "Largest value first",
    "variance": "Largest variance first",
    "similarity": "Like beside like",
    CONTRIBUTION: "What adds most to the first class",
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
        self.orders = QComboBox()
        self.orders.setAccessibleName("Order of channels")
        for key in (*ORDERS, CONTRIBUTION):
            self.orders.addItem(TITLES[key], key)
        self.orders.setCurrentIndex(max(self.orders.findData(settings.value("tensor/order", "index")), 0))
        self.active = QCheckBox("Active only")
        self.active.setToolTip("Leave out channels that are zero everywhere")
        self.about = QLabel()
        self.about.setObjectName("dim")
        self.about.setWordWrap(True)
        self.table = ChannelTableView()
        self.rows = self.table.rows
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
        self.table.chosen.connect(self.chosen)

    @property
    def by(self) -> str:
        """Key in `ORDERS`, or `CONTRIBUTION`."""
        return str(self.orders.currentData())

    def show_channels(self, ordered: OrderedChannels | None) -> None:
        """
        Parameters
        ----------
        ordered : OrderedChannels or None
            None: the tensor has none, or they are not known yet.
        """
        self.table.show_table(ordered.table if ordered else None)
        self.table.setVisible(ordered is not None)
        if ordered is None:
            self.about.setText("There is one map only. Axes: choose which axis tells maps apart.")
            return
        lines = (ordered.remark, shown_text(len(ordered.channels), ordered.table))
        self.about.setText("\n".join(filter(None, lines)))

    def follow(self, channel: int | None) -> None:
        """Mark the row of the channel that is pointed at."""
        self.table.follow(channel)

    def _changed(self) -> None:
        self._settings.setValue("tensor/order", self.by)
        self.changed.emit()
