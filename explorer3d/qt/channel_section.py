"""A table of the channels of the tensor that the inspector tells of, made when somebody wants to see it."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QEvent, QPoint, Signal
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from explorer3d.compute.channels import ChannelTable, SummariseChannels, channel_axis
from explorer3d.compute.show import ShownTensor
from explorer3d.document import Document
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tensor.channel_table import ChannelTableView, shown_text

_TOPIC = "channels of the inspector"
_ROWS = 10  # that are seen at once


class ChannelSection(QWidget):
    """What sums up each channel; looked at only while it can be seen.

    Signals
    -------
    chosen(int), asked(QPoint)
        As of `ChannelTableView`.
    """

    chosen = Signal(int)
    asked = Signal(QPoint)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._tensor: ShownTensor | None = None
        self._known: np.ndarray | None = None
        self.about = QLabel()
        self.about.setObjectName("dim")
        self.about.setWordWrap(True)
        self.table = ChannelTableView()
        self.table.setFixedHeight((_ROWS + 2) * self.table.verticalHeader().defaultSectionSize())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.about)
        layout.addWidget(self.table)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.table)
        self.table.chosen.connect(self.chosen)
        self.table.asked.connect(self.asked)

    @property
    def axis(self) -> int | None:
        """That of the channels; None if there are none to be told apart."""
        tensor = self._tensor
        if tensor is None or tensor.array.dtype.kind not in "fiub" or not tensor.array.size:
            return None
        axis = channel_axis(tensor.array.shape, tensor.axes)
        # Of channels of a single number the numbers themselves tell as much.
        return axis if axis is not None and tensor.array.size > tensor.array.shape[axis] > 1 else None

    def show_tensor(self, tensor: ShownTensor | None) -> None:
        """Tell of another tensor."""
        self._tensor = tensor
        self._ask()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        tensor, axis = self._tensor, self.axis
        if tensor is not None and tensor.array is self._known:
            return
        self._document.give_up(_TOPIC)
        self._known = None
        self.table.setVisible(axis is not None)
        if tensor is None or axis is None:
            self.about.setText("This tensor has no channels to be told apart.")
            return
        if not self.isVisible():
            return

        def accept(table: ChannelTable) -> None:
            if self._tensor is not None and self._tensor.array is tensor.array:
                self._known = tensor.array
                self.about.setText(shown_text(len(table), table))
                self.table.show_table(table)

        self._document.ask(_TOPIC, "Summing up channels", SummariseChannels(tensor.array, axis), accept)
