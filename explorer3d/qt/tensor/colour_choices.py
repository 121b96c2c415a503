"""How the numbers of a tensor are coloured: limits, colour map, gamma; and a histogram to drag limits in."""

from __future__ import annotations

from collections.abc import Mapping

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
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.colour_range import AUTOMATIC, FIXED, HAND, MAP, ColourRange
from explorer3d.compute.histogram import SCALES
from explorer3d.compute.picture import Limits
from explorer3d.compute.statistics import Statistics
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tensor.range_histogram import RangeHistogram
from explorer3d.scene.colormaps import COLORMAPS, SEQUENTIAL
from explorer3d.scene.shade import Shade, shade_of

OF_TENSOR = "From the 0.5 to the 99.5 percentile of all numbers"
OF_MAP = "From the smallest to the largest number of each channel"
_STEPS = 50  # of the gamma slider, from 1 to the end on either side
_FURTHEST = 4.0
_SCALE = "tensor/scale"


class ColourChoices(QWidget):
    """What colours mean, and how they are chosen; the scale of the bars is remembered.

    Signals
    -------
    changed()
        `wanted` or `shade` is another one, since somebody chose it.

    Parameters
    ----------
    settings : QSettings
    ranges : mapping of str to (str, str)
        What can be chosen: title and explanation, by kind as in `ColourRange`.

    Attributes
    ----------
    histogram : RangeHistogram
        To be placed by whoever uses this.
    """

    changed = Signal()

    def __init__(
        self, settings: QSettings, ranges: Mapping[str, tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._statistics: Statistics | None = None
        self._limits: Limits | None = None
        self._by_hand = HAND if HAND in ranges else FIXED
        self.histogram = RangeHistogram()
        self.scales = combo("Scale of the bars", [(name.capitalize(), name) for name in SCALES])
        # Feature maps are mostly zeros: on a linear scale one bar would stand alone.
        self.scales.setCurrentIndex(max(self.scales.findData(settings.value(_SCALE, "log")), 0))
        self.ranges = combo("Colour range", [(title, key) for key, (title, _) in ranges.items()])
        for place, (_, about) in enumerate(ranges.values()):
            self.ranges.setItemData(place, about, Qt.ToolTipRole)
        self.low, self.high = QLineEdit(), QLineEdit()
        for edit, name in ((self.low, "Lower limit"), (self.high, "Upper limit")):
            edit.setAccessibleName(name)
            edit.setToolTip(f"{name} of the colours")
            # As wide as there is room for, not as wide as a long text would be.
            edit.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
            edit.editingFinished.connect(self._typed)
        self.colormaps = combo(
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
        limits, gamma = QHBoxLayout(), QHBoxLayout()
        for widget, stretch in ((self.low, 1), (QLabel("…"), 0), (self.high, 1)):
            limits.addWidget(widget, stretch)
        gamma.addWidget(self.gamma, 1)
        gamma.addWidget(self._gamma_text)
        form = QFormLayout()
        for title, row in (
            ("Bars", self.scales),
            ("Range", self.ranges),
            ("Limits", limits),
            ("Colours", self.colormaps),
            ("Gamma", gamma),
            ("", self.symmetric),
            ("", self.reset),
        ):
            form.addRow(title, row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.scales, self.ranges, self.low, self.high, self.colormaps)
        self._own_keys.keep(self.symmetric, self.gamma, self.reset)
        self.histogram.limits_dragged.connect(self._fix)
        self.ranges.activated.connect(self._range_chosen)
        for box in (self.scales, self.colormaps):
            box.activated.connect(self._chosen)
        self.symmetric.clicked.connect(self._chosen)
        self.gamma.valueChanged.connect(self._chosen)
        self.reset.clicked.connect(self._reset)

    # What is shown

    def show_statistics(self, statistics: Statistics | None) -> None:
        self._statistics = statistics
        self._refresh()

    def show_wanted(self, wanted: ColourRange) -> None:
        """Show what has been chosen before."""
        self._limits = wanted.limits
        self.ranges.setCurrentIndex(max(self.ranges.findData(wanted.kind), 0))
        self.symmetric.setChecked(wanted.symmetric)
        self.gamma.blockSignals(True)
        self.gamma.setValue(round(_STEPS * np.log(wanted.gamma) / np.log(_FURTHEST)))
        self.gamma.blockSignals(False)
        self._refresh()

    @property
    def wanted(self) -> ColourRange:
        """What the colours are to span."""
        kind = str(self.ranges.currentData())
        limits = self._limits if kind in (HAND, FIXED) else None
        return ColourRange(kind, limits, self.symmetric.isChecked(), self._gamma)

    @property
    def shade(self) -> Shade:
        """The colours chosen."""
        colormap = str(self.colormaps.currentData())
        if self._statistics is None:
            return Shade((0.0, 1.0), colormap or SEQUENTIAL, self._gamma)
        return shade_of(self.wanted, self._statistics, colormap)

    @property
    def _gamma(self) -> float:
        return float(_FURTHEST ** (self.gamma.value() / _STEPS))

    # What a person does

    def _fix(self, low: float, high: float) -> None:
        before = self.shade
        if before.limits[0] == -before.limits[1] and (low, high) != before.limits:
            # Zero stays in the middle: the limit that was not moved follows.
            moved = low if low != before.limits[0] else high
            low, high = -abs(moved), abs(moved)
        self._limits = low, high
        if self.ranges.currentData() != FIXED:
            self.ranges.setCurrentIndex(self.ranges.findData(self._by_hand))
        self._chosen()

    def _range_chosen(self) -> None:
        if self.ranges.currentData() in (HAND, FIXED) and self._statistics is not None:
            self._limits = self._limits or self._statistics.limits
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
        self.colormaps.setCurrentIndex(0)
        self.show_wanted(AUTOMATIC)
        self._chosen()

    def _chosen(self) -> None:
        self._settings.setValue(_SCALE, self.scales.currentData())
        self._refresh()
        self.changed.emit()

    def _refresh(self) -> None:
        shade = self.shade
        self._gamma_text.setText(f"{self._gamma:.2f}")
        for edit, limit in zip((self.low, self.high), shade.limits, strict=True):
            edit.setText(f"{limit:.6g}")
            edit.setEnabled(self.ranges.currentData() != MAP)
        self.histogram.show_counts(self._statistics, shade, str(self.scales.currentData()))


def combo(name: str, entries: list[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for title, key in entries:
        box.addItem(title, key)
    return box
