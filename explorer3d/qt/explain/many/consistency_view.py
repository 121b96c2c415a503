"""How alike layers change where parts are hidden: curves, and the same as a table."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from explorer3d.attribution import Attribution
from explorer3d.attribution.correspondence import RANDOM
from explorer3d.qt.explain.plot import Plot, look_of
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.scene.charts import ChartLook
from explorer3d.scene.consistency_chart import consistency_chart, part_colour

_ROWS = 10  # of the table that are seen at once


class ConsistencyView(QWidget):
    """A chart, and below it a table.

    Signals
    -------
    chosen(str)
        A person went to the row of a layer.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = _Chart()
        self.table = QTableWidget()
        self.table.setAccessibleName("Share of elements that move in different directions")
        self.table.setEditTriggers(QTableWidget.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectRows)
        self.table.setSelectionMode(QTableWidget.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.chart)
        column.addWidget(self.table)
        self.table.cellClicked.connect(lambda row, _: self._go(row))
        self.table.cellActivated.connect(lambda row, _: self._go(row))
        self.hide()

    def show_found(self, found: Attribution | None) -> None:
        """Draw what was found; None: nothing."""
        if found is self.chart.found:
            return
        self.setVisible(found is not None)
        self.chart.show_found(found)
        self.table.setRowCount(0)
        if found is None:
            return
        names = [str(name) for name in found.further["parts"]]
        layers = [str(layer) for layer in found.further["layers"]]
        self.table.setColumnCount(1 + len(names))
        self.table.setHorizontalHeaderLabels(["layer", *names])
        self.table.setRowCount(len(layers))
        look = look_of(self, 100)
        for row, layer in enumerate(layers):
            self.table.setItem(row, 0, QTableWidgetItem(layer))
            for column, name in enumerate(names):
                mean, spread = found.array[column, row], found.further["spread"][column, row]
                item = QTableWidgetItem(f"{mean:.3f} ± {spread:.3f}")
                item.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
                item.setForeground(QColor(*part_colour(look, column, name == RANDOM)))
                self.table.setItem(row, column + 1, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        high = self.fontMetrics().height() + 8
        self.table.verticalHeader().setDefaultSectionSize(high)
        self.table.setFixedHeight((min(len(layers), _ROWS) + 1) * high + 12)

    def _go(self, row: int) -> None:
        self.chosen.emit(self.table.item(row, 0).text())


class _Chart(Plot):
    """Curves, a part each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: Attribution | None = None

    def show_found(self, found: Attribution | None) -> None:
        self.found = found
        self.setAccessibleName(found.title if found is not None else "")
        self.redraw()

    def drawn(self, look: ChartLook) -> np.ndarray | None:
        found = self.found
        if found is None:
            return None
        layers, names = (list(map(str, found.further[key])) for key in ("layers", "parts"))
        return consistency_chart("", layers, names, found.array, found.further["spread"], RANDOM, look)
