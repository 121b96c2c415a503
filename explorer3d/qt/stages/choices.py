"""The row of choices above the stages."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import QSettings, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QPushButton, QSpinBox, QWidget

from explorer3d.compute.stages import NORM, NUMBERED, Wanted
from explorer3d.qt.own_keys import OwnKeys

MAPS = {
    "varied": "Most varied map",
    "strongest": "Strongest map",
    NORM: "Norm over all maps",
    "one": "Map number",
    "three": "Three maps as RGB",
}
"""Titles of the keys in `CHOICES`, and of `NORM`."""
EVERY, WORKING, RESIZED = "every", "working", "resized"
LAYERS = {EVERY: "Every layer", WORKING: "Conv, activation, pooling", RESIZED: "Where the size changes"}
END, SELECTED = "end", "selected"
ENDS = {END: "Up to the end", SELECTED: "Up to the selected layer"}
_MOST = 9_999
_NARROWEST = 90


class Choices(QWidget):
    """Which stages there are, which of their maps are drawn, and how.

    Attributes
    ----------
    looks : QWidget
        Those choices that change nothing but the looks, for a place of their own.

    Signals
    -------
    changed()
        Others are to be drawn.
    looks_changed()
        The same are to be drawn in another way.
    """

    changed = Signal()
    looks_changed = Signal()

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._own_keys = OwnKeys(self)
        self._row = _row_of(self)
        self._row.setContentsMargins(8, 4, 8, 4)
        self.looks = QWidget()
        self._looks_row = _row_of(self.looks)
        self.maps = self._choice("maps", MAPS, "varied", "Which map of each layer is shown")
        self.numbers = [self._number(place) for place in range(3)]
        for number in self.numbers:
            self._row.addWidget(number)
        self.layers = self._choice("layers", LAYERS, EVERY, "Which layers have a picture here")
        self.end = self._choice("end", ENDS, END, "Where the way through the network ends")
        self.common = self._tick("common", "Same colours for all", True)
        self.common.setToolTip("One colour range for all stages; else each has its own")
        self.smooth = self._tick("smooth", "Smooth", False)
        self.smooth.setToolTip("Numbers pass into each other; else each is a square")
        self.save = QPushButton("Save…")
        self.save.setToolTip("Save all stages side by side as one picture")
        self._own_keys.keep(self.save)
        self._looks_row.addWidget(self.save)
        self._row.addStretch(1)
        self._show_numbers()

    @property
    def wanted(self) -> Wanted:
        """Numbers of the maps."""
        red, green, blue = (number.value() for number in self.numbers)
        return red, green, blue

    def _choice(self, name: str, titles: Mapping[str, str], first: str, tip: str) -> QComboBox:
        box = QComboBox()
        for key, title in titles.items():
            box.addItem(title, key)
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        box.setCurrentIndex(max(box.findData(str(self._settings.value(f"stages/{name}", first))), 0))
        box.currentIndexChanged.connect(lambda: self._chosen(name, box.currentData()))
        self._own_keys.keep(box)
        # Where there is little room, its text is cut.
        box.setMinimumWidth(_NARROWEST)
        self._row.addWidget(box)
        return box

    def _number(self, place: int) -> QSpinBox:
        box = QSpinBox()
        box.setRange(0, _MOST)
        try:
            box.setValue(int(self._settings.value(f"stages/map{place}", place)))
        except (TypeError, ValueError):
            box.setValue(place)
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda value: self._chosen(f"map{place}", value))
        self._own_keys.keep(box)
        return box

    def _tick(self, name: str, title: str, first: bool) -> QCheckBox:
        box = QCheckBox(title)
        box.setChecked(self._settings.value(f"stages/{name}", first, type=bool))

        def tick(on: bool) -> None:
            self._settings.setValue(f"stages/{name}", on)
            self.looks_changed.emit()

        box.toggled.connect(tick)
        self._own_keys.keep(box)
        self._looks_row.addWidget(box)
        return box

    def _chosen(self, name: str, value: object) -> None:
        self._settings.setValue(f"stages/{name}", value)
        self._show_numbers()
        self.changed.emit()

    def _show_numbers(self) -> None:
        by = self.maps.currentData()
        count = NUMBERED.get(by, 0)
        for place, number in enumerate(self.numbers):
            number.setVisible(place < count)
            name = "Number of the map" if count == 1 else f"Map in {('red', 'green', 'blue')[place]}"
            number.setToolTip(f"{name}; a layer with fewer shows its last")
            number.setAccessibleName(name)


def _row_of(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    return row
