"""All layers and what they cost as rows, in any order, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

from explorer3d.compute.costs import COSTS, Costs
from explorer3d.compute.whole_file import whole_file
from explorer3d.document import Document
from explorer3d.graph.model import Layer
from explorer3d.graph.summary import shape_text
from explorer3d.progress import Progress, ignore
from explorer3d.qt.plain import plain

_UNITS = {"": "", "B": " (bytes)", "s": " (s)", "%": " (share)"}
TEXTS = ("Layer", "Operator", "Output")


class LayerRows(QAbstractTableModel):
    """One layer a row: its name, operator, output shape, and a column for each cost.

    Parameters
    ----------
    document : Document
    """

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._layers: tuple[Layer, ...] = ()
        self._sorted: tuple[int, Any] = (-1, Qt.AscendingOrder)
        self._places: dict[str, int] = {}
        self._rows = np.zeros(0, np.intp)
        self._put(np.zeros(0, np.intp))
        document.model_changed.connect(self.fill)
        document.costs_changed.connect(self._costs_changed)

    def fill(self) -> None:
        self.beginResetModel()
        self._layers = self._document.model.layers if self._document.model else ()
        self._places = {layer.name: place for place, layer in enumerate(self._layers)}
        self._put(np.arange(len(self._layers)))
        self.endResetModel()
        self.sort(*self._sorted)

    def name(self, row: int) -> str:
        """The layer in a row."""
        return self._layers[self.order[row]].name

    def row(self, name: str | None) -> int:
        """The row of a layer; -1 if there is none."""
        place = self._places.get(name or "")
        return -1 if place is None else int(self._rows[place])

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._layers)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return len(TEXTS) + len(COSTS)

    def headerData(self, section: int, orientation: int, role: int = Qt.DisplayRole) -> Any:
        if orientation != Qt.Horizontal:
            return None
        cost = _cost(section)
        if role == Qt.DisplayRole:
            if cost is None:
                return TEXTS[section]
            return f"{COSTS[cost].title} (B)" if COSTS[cost].unit == "B" else COSTS[cost].title
        if role == Qt.ToolTipRole and cost is not None:
            return COSTS[cost].about
        return None

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        layer, cost = self._layers[self.order[index.row()]], _cost(index.column())
        if role == Qt.TextAlignmentRole:
            return int(Qt.AlignVCenter | (Qt.AlignLeft if cost is None else Qt.AlignRight))
        if role == Qt.DisplayRole:
            if cost is None:
                return _text(layer, index.column())
            value = self._document.costs.get(cost, {}).get(layer.name)
            return "" if value is None else COSTS[cost].exact(value)
        if role == Qt.ToolTipRole and cost is None:
            return plain(_text(layer, index.column()))
        return None

    def sort(self, column: int, order: int = Qt.AscendingOrder) -> None:
        """Order the rows by a column; what is not known comes last either way."""
        self._sorted = column, order
        if not 0 <= column < self.columnCount():
            return
        self.layoutAboutToBeChanged.emit()
        cost = _cost(column)
        if cost is None:
            texts = [_text(layer, column).casefold() for layer in self._layers]
            rows = sorted(range(len(texts)), key=texts.__getitem__, reverse=order == Qt.DescendingOrder)
            self._put(np.array(rows, np.intp))
        else:
            known = self._document.costs.get(cost, {})
            values = np.array([known.get(layer.name, np.nan) for layer in self._layers], float)
            # numpy puts what is no number last.
            self._put(np.argsort(-values if order == Qt.DescendingOrder else values, kind="stable"))
        self.layoutChanged.emit()

    def saving(self, path: Path) -> SaveTable:
        """What writes the rows as they stand."""
        layers = tuple(self._layers[index] for index in self.order)
        return SaveTable(layers, dict(self._document.costs), path)

    def _put(self, order: np.ndarray) -> None:
        """Let the layers stand in another order."""
        self.order, self._rows = order, np.argsort(order)

    def _costs_changed(self) -> None:
        if self._layers:
            self.sort(*self._sorted)
            last = self.index(len(self._layers) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)


@dataclass(frozen=True, eq=False)
class SaveTable:
    """Write layers and what they cost as comma-separated values, numbers unrounded.

    Attributes
    ----------
    layers : tuple of Layer
    costs : mapping of str to mapping of str to float
        By key in `COSTS` and by layer.
    path : Path

    Raises
    ------
    RequestError
        The file cannot be written.
    """

    layers: tuple[Layer, ...]
    costs: Mapping[str, Costs]
    path: Path

    def __call__(self, progress: Progress = ignore) -> Path:
        progress(0.1, f"Writing {self.path.name}")
        text = io.StringIO(newline="")
        lines = csv.writer(text)
        lines.writerow((*TEXTS, *(f"{cost.title}{_UNITS[cost.unit]}" for cost in COSTS.values())))
        for layer in self.layers:
            values = (self.costs.get(cost, {}).get(layer.name) for cost in COSTS)
            lines.writerow((*(_text(layer, place) for place in range(len(TEXTS))), *map(_unrounded, values)))
        with whole_file(self.path) as file:
            file.write(text.getvalue().encode())
        return self.path


def _unrounded(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.9g}" if value % 1 else f"{value:.0f}"


def _cost(column: int) -> str | None:
    return list(COSTS)[column - len(TEXTS)] if column >= len(TEXTS) else None


def _text(layer: Layer, column: int) -> str:
    if column == 2:
        return ", ".join(shape_text(port.shape) for port in layer.outputs)
    return layer.name if column == 0 else layer.op
