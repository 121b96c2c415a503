"""Which numbers get which colours: histogram, limits, colour map."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.channels import ChannelTable
from explorer3d.compute.histogram import SCALES
from explorer3d.compute.picture import Limits
from explorer3d.compute.statistics import Statistics
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tensor.range_histogram import RangeHistogram
from explorer3d.scene.colormaps import COLORMAPS, DIVERGING
from explorer3d.scene.shade import Shade, map_for, symmetric

TENSOR, MAP, FIXED = "tensor", "map", "fixed"
RANGES = {
    TENSOR: ("Of the tensor", "From the 0.5 to the 99.5 percentile of all numbers"),
    MAP: ("Of each map", "From the smallest to the largest number of each channel"),
    FIXED: ("Fixed", "The same limits for whatever is shown, in all windows where they are fixed"),
}
_STEPS = 50  # of the gamma slider, from 1 to the end on either side
_FURTHEST = 4.0


class ColourPanel(QWidget):
    """What colours mean, and how they are chosen; remembered but for the limits.

    Signals
    -------
    changed()
        `shade` gives other colours.
    limits_fixed(float, float)
        A person set the limits.
    """

    changed = Signal()
    limits_fixed = Signal(float, float)

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._statistics: Statistics | None = None
        self._table: ChannelTable | None = None
        self._fixed: Limits | None = None
        self.histogram = RangeHistogram()
        self.scales = _combo("Scale of the bars", [(name.capitalize(), name) for name in SCALES])
        self.ranges = _combo("Colour range", [(title, key) for key, (title, _) in RANGES.items()])
        for place, (_, about) in enumerate(RANGES.values()):
            self.ranges.setItemData(place, about, Qt.ToolTipRole)
        self.low, self.high = QLineEdit(), QLineEdit()
        for edit, name in ((self.low, "Lower limit"), (self.high, "Upper limit")):
            edit.setAccessibleName(name)
            edit.setToolTip(f"{name} of the colours")
            edit.editingFinished.connect(self._typed)
        self.colormaps = _combo(
            "Colour map", [("Automatic", ""), *((name.capitalize(), name) for name in COLORMAPS)]
        )
        self.colormaps.setToolTip("Automatic: dark-centred blue–orange for signed numbers, else inferno")
        self.symmetric = QCheckBox("Symmetric around zero")
        self.gamma = QSlider(Qt.Horizontal)
        self.gamma.setRange(-_STEPS, _STEPS)
        self.gamma.setAccessibleName("Gamma")
        self.gamma.setToolTip("Left: small numbers stand out; right: large ones")
        self._gamma_text = QLabel()
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("The range of the tensor, the colour map that suits it, gamma 1")
        limits = QHBoxLayout()
        for widget in (self.low, QLabel("…"), self.high):
            limits.addWidget(widget)
        gamma = QHBoxLayout()
        gamma.addWidget(self.gamma, 1)
        gamma.addWidget(self._gamma_text)
        form = QFormLayout()
        form.addRow("Bars", self.scales)
        form.addRow("Range", self.ranges)
        form.addRow("Limits", limits)
        form.addRow("Colours", self.colormaps)
        form.addRow("Gamma", gamma)
        form.addRow("", self.symmetric)
        form.addRow("", self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.histogram)
        layout.addLayout(form)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.scales, self.ranges, self.colormaps, self.symmetric, self.gamma, self.reset)
        self._recall()
        self.histogram.limits_dragged.connect(self._fix)
        self.ranges.activated.connect(self._range_chosen)
        for box in (self.scales, self.colormaps):
            box.activated.connect(self._chosen)
        self.symmetric.clicked.connect(self._chosen)
        self.gamma.valueChanged.connect(self._chosen)
        self.reset.clicked.connect(self._reset)

    def _recall(self) -> None:
        for box, key in ((self.scales, "scale"), (self.colormaps, "colormap"), (self.ranges, "range")):
            # Feature maps are mostly zeros: on a linear scale one bar would stand alone.
            usual = "log" if box is self.scales else ""
            place = box.findData(self._settings.value(f"tensor/{key}", usual))
            # Limits are not remembered, so neither is that they were fixed.
            box.setCurrentIndex(place if place >= 0 and box.itemData(place) != FIXED else 0)
        self.symmetric.setChecked(self._settings.value("tensor/symmetric", False, type=bool))

    def show_tensor(self, statistics: Statistics | None, table: ChannelTable | None) -> None:
        """
        Parameters
        ----------
        statistics : Statistics or None
        table : ChannelTable or None
            None: not known yet, or there are no channels.
        """
        self._statistics, self._table = statistics, table
        self._refresh()

    @property
    def shade(self) -> Shade:
        """The colours chosen."""
        found = self._statistics
        limits = found.limits if found is not None else (0.0, 1.0)
        if self.ranges.currentData() == FIXED and self._fixed is not None:
            limits = self._fixed
        name = map_for(self.colormaps.currentData(), limits)
        if self.symmetric.isChecked() or name == DIVERGING:
            limits = symmetric(limits)
        own = None
        if self.ranges.currentData() == MAP and self._table is not None and self._table.size > 1:
            own = np.nan_to_num(np.stack([self._table.minimum, self._table.maximum]))
            if limits[0] == -limits[1]:
                largest = np.abs(own).max(axis=0)
                own = np.stack([-largest, largest])
        return Shade(limits, name, self._gamma, limits[0] == -limits[1], own)

    @property
    def _gamma(self) -> float:
        return float(_FURTHEST ** (self.gamma.value() / _STEPS))

    def take_limits(self, low: float, high: float) -> None:
        """Follow another window in which limits were fixed, if they are fixed here."""
        if self.ranges.currentData() == FIXED:
            self._fixed = low, high
            self._refresh()
            self.changed.emit()

    def _fix(self, low: float, high: float) -> None:
        before = self.shade
        if before.limits[0] == -before.limits[1] and (low, high) != before.limits:
            # Zero stays in the middle: the limit that was not moved follows.
            moved = low if low != before.limits[0] else high
            low, high = -abs(moved), abs(moved)
        self._fixed = low, high
        self.ranges.setCurrentIndex(self.ranges.findData(FIXED))
        self._chosen()
        self.limits_fixed.emit(low, high)

    def _range_chosen(self) -> None:
        if self.ranges.currentData() == FIXED and self._statistics is not None:
            self._fixed = self._fixed or self._statistics.limits
            self.limits_fixed.emit(*self._fixed)
        self._chosen()

    def _typed(self) -> None:
        if not (self.low.isModified() or self.high.isModified()):
            return
        try:
            low, high = float(self.low.text()), float(self.high.text())
        except ValueError:
            low, high = float("nan"), float("nan")
        if low < high and np.isfinite(high - low):
            self._fix(low, high)
        else:
            self._refresh()

    def _reset(self) -> None:
        self._fixed = None
        self.ranges.setCurrentIndex(0)
        self.colormaps.setCurrentIndex(0)
        self.symmetric.setChecked(False)
        self.gamma.setValue(0)
        self._chosen()

    def _chosen(self) -> None:
        for box, key in ((self.scales, "scale"), (self.colormaps, "colormap"), (self.ranges, "range")):
            self._settings.setValue(f"tensor/{key}", box.currentData())
        self._settings.setValue("tensor/symmetric", self.symmetric.isChecked())
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        shade = self.shade
        self._gamma_text.setText(f"{self._gamma:.2f}")
        for edit, limit in zip((self.low, self.high), shade.limits, strict=True):
            edit.setText(f"{limit:.6g}")
        per_map = shade.own is not None
        for edit in (self.low, self.high):
            edit.setEnabled(not per_map)
        self.histogram.show_counts(self._statistics, shade, self.scales.currentData())


def _combo(name: str, entries: list[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for title, key in entries:
        box.addItem(title, key)
    return box
