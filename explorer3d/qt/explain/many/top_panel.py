"""The panel with the inputs that excite the features of a layer most."""

from __future__ import annotations

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer3d.document import Document
from explorer3d.qt.asked_path import ask_where
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.explain.many.listed import Listed
from explorer3d.qt.explain.many.source_row import SourceRow
from explorer3d.qt.explain.many.tile_grid import TileGrid
from explorer3d.qt.explain.many.top_search import BY_ITSELF, TILES, TOPIC, TopSearch
from explorer3d.qt.explain.saving import KINDS
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tall import Tall
from explorer3d.work import Ticket

_SEVERAL = (4, 9, 16)


class TopInputsPanel(Tall):
    """Which inputs, layer and channel, and what was found."""

    def __init__(
        self, document: Document, search: TopSearch, listed: Listed, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self.search, self._listed = document, search, listed
        self._own_keys = OwnKeys(self)
        self.source = SourceRow(listed)
        self.layer = ElidedLabel()
        self.channel = QSpinBox()
        self.channel.setAccessibleName("Channel")
        self.channel.setKeyboardTracking(False)
        self.channel.setWrapping(True)
        self.channel.setToolTip("Or pin a number of one of the layer's maps in the scene")
        self.features = QComboBox()
        self.features.setAccessibleName("Features")
        self.features.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.features.setMinimumContentsLength(8)
        self.features.addItem("One channel", 1)
        for count in _SEVERAL:
            self.features.addItem(f"The {count} strongest", count)
        self._own_keys.keep(self.channel, self.features)
        button = self._own_keys.button
        self.start = button("Start", "Look at the inputs one by one, for all channels of the layer")
        self.stop = button("Stop", "End it with what is known so far")
        self.said = ElidedLabel()
        self.said.setObjectName("dim")
        self.fault = QLabel()
        self.fault.setObjectName("fault")
        self.fault.setTextFormat(Qt.PlainText)
        self.fault.setWordWrap(True)
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.PlainText)
        self.skipped = QLabel()
        self.skipped.setObjectName("dim")
        self.skipped.setTextFormat(Qt.PlainText)
        self.skipped.setWordWrap(True)
        self.grids: list[TileGrid] = []
        self.save = button("Save…", "Save what is seen as a picture (.png) or its numbers (.npz)")
        self._lay_out()
        self.channel.valueChanged.connect(lambda channel: search.choose(channel=channel, features=1))
        self.features.currentIndexChanged.connect(lambda: search.choose(features=self.features.currentData()))
        self.start.clicked.connect(search.start)
        self.stop.clicked.connect(search.stop)
        self.save.clicked.connect(self.ask_where_to_save)
        search.changed.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        content = QWidget()
        self._column = column = QVBoxLayout(content)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.addRow("Inputs", self.source)
        form.addRow("Layer", self.layer)
        shown = QHBoxLayout()
        shown.addWidget(self.channel)
        shown.addWidget(self.features, 1)
        form.addRow("Channel", shown)
        column.addLayout(form)
        running = QHBoxLayout()
        running.addWidget(self.start)
        running.addWidget(self.stop)
        running.addWidget(self.said, 1)
        column.addLayout(running)
        for widget in (self.fault, self.hint, self.skipped):
            column.addWidget(widget)
        self._grids = QVBoxLayout()
        self._grids.setSpacing(12)
        column.addLayout(self._grids)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)
        self.setWidget(content)

    # What is shown

    def tell(self, ticket: Ticket, fraction: float, message: str) -> None:
        """Say how far it is."""
        if ticket.topic == TOPIC and self._document.awaits(ticket):
            self.said.setText(f"{fraction:.0%}   {message}")
        elif ticket.topic == TILES and self._document.awaits(ticket) and not self.search.under_way:
            self.said.setText(message)

    def _show(self) -> None:
        search, ranking = self.search, self.search.ranking
        ready = self._document.network is not None and bool(self._listed.sources)
        chosen = search.layer
        name = ranking.layer if ranking is not None else chosen
        self.layer.setText(name or "The last with maps: none is selected")
        self.channel.blockSignals(True)
        self.channel.setEnabled(ranking is not None)
        self.channel.setRange(0, ranking.channels - 1 if ranking is not None else 0)
        self.channel.setSuffix(f"  of 0 … {ranking.channels - 1:,}" if ranking is not None else "")
        self.channel.setValue(search.channel)
        self.channel.blockSignals(False)
        self.features.blockSignals(True)
        self.features.setCurrentIndex(self.features.findData(search.features))
        self.features.blockSignals(False)
        begun = ranking is not None and not search.complete
        self.start.setText("Go on" if begun else "Start")
        self.start.setEnabled(ready and not search.under_way and not search.complete)
        self.stop.setEnabled(search.under_way)
        self.fault.setText(search.fault)
        self.fault.setVisible(bool(search.fault))
        self.hint.setText(self._hint())
        self.hint.setVisible(bool(self.hint.text()))
        self.skipped.setText(self._skipped())
        self.skipped.setVisible(bool(self.skipped.text()))
        if not search.under_way:
            self.said.setText(self._words())
        self.save.setEnabled(ranking is not None and any(map(ranking.best, search.channels)))
        self._show_grids()

    def _hint(self) -> str:
        if self._document.model is None:
            return "Open a network first."
        if not self._listed.sources:
            return (
                "Choose a folder of pictures, or drop one here: what in them excites a feature of the "
                "selected layer most is shown."
            )
        search = self.search
        waiting = search.ranking is None and not search.under_way and not search.fault
        if waiting and len(self._listed.sources) > BY_ITSELF:
            return "Start looks at all of them once, for all channels of the layer."
        return ""

    def _words(self) -> str:
        ranking = self.search.ranking
        if ranking is None:
            return ""
        if not ranking.complete:
            return f"The first {ranking.read:,} of {ranking.count:,}"
        return "Projecting…" if self.search.drawing else ""

    def _skipped(self) -> str:
        ranking = self.search.ranking
        if ranking is None or not ranking.skipped:
            return ""
        number, why = next(iter(ranking.skipped.items()))
        if len(ranking.skipped) == 1:
            return f"Skipped: {why}"
        return f"{len(ranking.skipped):,} skipped, first {self._listed.inputs().name(number)}: {why}"

    def _show_grids(self) -> None:
        search, ranking = self.search, self.search.ranking
        channels = search.channels
        while len(self.grids) > len(channels):
            grid = self.grids.pop()
            self._grids.removeWidget(grid)
            grid.deleteLater()
        while len(self.grids) < len(channels):
            grid = TileGrid()
            grid.chosen.connect(search.feed)
            self._grids.addWidget(grid)
            self.grids.append(grid)
        fed = search.number_of_fed()
        for grid, channel in zip(self.grids, channels, strict=True):
            assert ranking is not None
            best = ranking.best(channel)
            tiles = [(number, search.tiles.get((channel, number))) for number in best]
            none = ": active with none of these inputs" if not best else ""
            grid.show_tiles(f"Channel {channel}{none}", tiles, fed)

    # What a person does

    def ask_where_to_save(self) -> None:
        model, ranking = self._document.model, self.search.ranking
        if model is None or ranking is None:
            return
        asked = ask_where(self, "Save top inputs", f"{model.path.stem}_top_inputs.png", KINDS)
        if asked is not None:
            self.search.save(asked[0], lambda path: self.said.setText(f"Saved {path}"))

    # Qt's events

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._show()
