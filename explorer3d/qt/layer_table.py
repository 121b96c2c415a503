"""The panel with the table of all layers."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, QModelIndex, Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.costs import COSTS
from explorer3d.document import Document
from explorer3d.qt.asked_path import ask_where
from explorer3d.qt.layer_rows import LayerRows
from explorer3d.qt.own_keys import PAGES, OwnKeys

_LEADING = 6  # pixels between the lines
_SPACE = 20  # pixels beside what stands in a column
_NAME = 24  # letters of a name that are seen however narrow the panel is
_SAMPLES = {1: "GlobalAveragePool", 2: "1 × 1024 × 28 × 28"}  # long, but common
_SLOW = ("time", "sparsity", "change")


class LayerTable(QWidget):
    """All layers with their costs; the row of the selected layer is the current one.

    Signals
    -------
    chosen(str)
        A person went to the row of a layer.
    opened(str)
        Enter was pressed there.
    said(str)
        What has been done.
    """

    chosen = Signal(str)
    opened = Signal(str)
    said = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._following = False
        self.rows = LayerRows(document)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setAccessibleName("Layers")
        self.table.setSortingEnabled(True)
        self.table.setSelectionBehavior(QTableView.SelectRows)
        self.table.setSelectionMode(QTableView.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.Fixed)
        # Else it is that of the largest letters there ever were.
        self.table.verticalHeader().setMinimumSectionSize(1)
        header = self.table.horizontalHeader()
        # In bold type, titles would need more room.
        header.setHighlightSections(False)
        header.setSortIndicator(-1, Qt.AscendingOrder)
        self._fit_columns()
        self.measure = QPushButton("Measure run time and zeros")
        self.measure.setToolTip("Run the network once more and count the zeros in its weights")
        self.measure.clicked.connect(self._measure)
        self.save = QPushButton("Save as CSV…")
        self.save.setToolTip("Save the table in the order in which it stands")
        self.save.clicked.connect(self.ask_where_to_save)
        buttons = QHBoxLayout()
        buttons.addWidget(self.measure)
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.addLayout(buttons)
        layout.addWidget(self.table, 1)
        self._own_keys = OwnKeys(self, PAGES)
        self._own_keys.keep(self.table, self.measure, self.save)
        self.table.selectionModel().currentRowChanged.connect(self._went)
        self.table.activated.connect(lambda index: self.opened.emit(self.rows.name(index.row())))
        document.model_changed.connect(self._model_changed)
        document.selection_changed.connect(self._follow)
        self.rows.layoutChanged.connect(self._follow)
        self._model_changed()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._fit_names()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.FontChange:
            self._fit_columns()

    def _fit_columns(self) -> None:
        """Let each row be high enough, and each column wide enough for its title, operators and shapes."""
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _LEADING)
        for column in range(1, self.rows.columnCount()):
            title = self.rows.headerData(column, Qt.Horizontal)
            widest = max(title, _SAMPLES.get(column, ""), key=self.fontMetrics().horizontalAdvance)
            width = self.fontMetrics().horizontalAdvance(f"{widest} ▾")
            self.table.horizontalHeader().resizeSection(column, width + _SPACE)
        self._fit_names()

    def _fit_names(self) -> None:
        """Give names the room that the other columns leave, but never less than names need."""
        header, others = self.table.horizontalHeader(), range(1, self.rows.columnCount())
        room = self.table.viewport().width() - sum(map(header.sectionSize, others))
        header.resizeSection(0, max(room, _NAME * self.fontMetrics().averageCharWidth()))

    def _measure(self) -> None:
        for cost in _SLOW:
            self._document.measure(cost)

    def ask_where_to_save(self) -> None:
        model = self._document.model
        suggestion = f"{model.path.stem}_layers.csv" if model else "layers.csv"
        asked = ask_where(self, "Save the table", suggestion, ("CSV (*.csv)",))
        if asked is not None:
            self.save_as(asked[0])

    def save_as(self, path: Path) -> None:
        """Write the table as it stands."""
        self._document.ask("table", f"Saving {path.name}", self.rows.saving(path), self._saved)

    def _saved(self, path: Path) -> None:
        self.said.emit(f"Saved {path}")

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._count()

    def _model_changed(self) -> None:
        there = self._document.model is not None
        self.measure.setEnabled(there)
        self.save.setEnabled(there)
        if self.isVisible():
            self._count()

    def _count(self) -> None:
        """Ask for what is known without running or reading anything."""
        for cost in COSTS:
            if cost not in _SLOW:
                self._document.measure(cost)

    def _follow(self) -> None:
        """Go to the row of the selected layer."""
        self._following = True
        row = self.rows.row(self._document.selected)
        if row < 0:
            self.table.clearSelection()
            self.table.setCurrentIndex(QModelIndex())
        elif row != self.table.currentIndex().row() or not self.table.selectionModel().hasSelection():
            self.table.setCurrentIndex(self.rows.index(row, 0))
        self._following = False

    def _went(self, index: QModelIndex) -> None:
        if index.isValid() and not self._following:
            self.chosen.emit(self.rows.name(index.row()))
