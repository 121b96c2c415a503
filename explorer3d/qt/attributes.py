"""The table of a layer's attributes; what its file leaves at default is dim."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from explorer3d.graph.operators import Attribute
from explorer3d.qt.plain import plain

_LONGEST = 200


class Attributes(QTableWidget):
    """Name, value and type of each attribute."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setAccessibleName("Attributes")
        self.setHorizontalHeaderLabels(["Attribute", "Value", "Type"])
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeToContents)
        self.setEditTriggers(QTableWidget.NoEditTriggers)

    def show_attributes(self, attributes: Sequence[Attribute]) -> None:
        """Fill the table; without attributes it is hidden."""
        self.setVisible(bool(attributes))
        self.setColumnHidden(2, not any(attribute.type for attribute in attributes))
        self.setRowCount(len(attributes))
        for row, attribute in enumerate(attributes):
            value = attribute.text if attribute.given else f"{attribute.text} (default)"
            tip = f"{attribute.name}: {value[:2000]}" + (f"\n\n{attribute.about}" if attribute.about else "")
            for column, text in enumerate((attribute.name, value, attribute.type)):
                item = QTableWidgetItem(text if len(text) < _LONGEST else text[: _LONGEST - 1] + "…")
                item.setToolTip(plain(tip))
                if not attribute.given:
                    item.setForeground(self.palette().brush(QPalette.Disabled, QPalette.Text))
                self.setItem(row, column, item)
        # All rows, so that one scrolls the panel and not the table in it.
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + self.verticalHeader().length() + 2)
