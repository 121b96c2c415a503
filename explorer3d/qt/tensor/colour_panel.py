"""Which numbers get which colours in a window about a tensor: histogram, limits, colour map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from qtpy.QtCore import QSettings, Signal
from qtpy.QtWidgets import QWidget

from explorer3d.compute.channels import ChannelTable
from explorer3d.compute.colour_range import AUTOMATIC, FIXED, HAND, MAP, TENSOR, ColourRange
from explorer3d.compute.statistics import Statistics
from explorer3d.qt.tensor.colour_choices import OF_MAP, OF_TENSOR, ColourChoices
from explorer3d.scene.shade import Shade

RANGES = {
    TENSOR: ("Of the tensor", OF_TENSOR),
    MAP: ("Of each map", OF_MAP),
    FIXED: ("Fixed", "The same limits for whatever is shown, in all windows where they are fixed"),
}


class ColourPanel(ColourChoices):
    """What colours mean, and how they are chosen; remembered but for the limits.

    Signals
    -------
    limits_fixed(float, float)
        A person set the limits.
    """

    limits_fixed = Signal(float, float)

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(settings, RANGES, parent)
        self._table: ChannelTable | None = None
        self.layout().insertWidget(0, self.histogram)
        for box, key in ((self.colormaps, "colormap"), (self.ranges, "range")):
            place = box.findData(settings.value(f"tensor/{key}", ""))
            # Limits are not remembered, so neither is that they were fixed.
            box.setCurrentIndex(place if place >= 0 and box.itemData(place) != FIXED else 0)
        self.symmetric.setChecked(settings.value("tensor/symmetric", False, type=bool))

    def show_tensor(self, statistics: Statistics | None, table: ChannelTable | None) -> None:
        """
        Parameters
        ----------
        statistics : Statistics or None
        table : ChannelTable or None
            None: not known yet, or there are no channels.
        """
        self._table = table
        self.show_statistics(statistics)

    @property
    def shade(self) -> Shade:
        shade = super().shade
        if self.ranges.currentData() != MAP or self._table is None or self._table.size <= 1:
            return shade
        own = np.nan_to_num(np.stack([self._table.minimum, self._table.maximum]))
        if shade.centred:
            largest = np.abs(own).max(axis=0)
            own = np.stack([-largest, largest])
        return replace(shade, own=own)

    def begin_with(self, wanted: ColourRange, colormap: str) -> None:
        """Take over what has been chosen in the scene, if anything has."""
        if colormap:
            self.colormaps.setCurrentIndex(self.colormaps.findData(colormap))
        if wanted != AUTOMATIC:
            self.show_wanted(replace(wanted, kind=FIXED) if wanted.kind == HAND else wanted)
        if colormap or wanted != AUTOMATIC:
            self._refresh()
            self.changed.emit()

    def take_limits(self, low: float, high: float) -> None:
        """Follow another window in which limits were fixed, if they are fixed here."""
        if self.ranges.currentData() == FIXED:
            self._limits = low, high
            self._refresh()
            self.changed.emit()

    def _fix(self, low: float, high: float) -> None:
        super()._fix(low, high)
        self._tell_limits()

    def _range_chosen(self) -> None:
        super()._range_chosen()
        if self.ranges.currentData() == FIXED:
            self._tell_limits()

    def _tell_limits(self) -> None:
        if self._limits is not None:
            self.limits_fixed.emit(*self._limits)

    def _chosen(self) -> None:
        for box, key in ((self.colormaps, "colormap"), (self.ranges, "range")):
            self._settings.setValue(f"tensor/{key}", box.currentData())
        self._settings.setValue("tensor/symmetric", self.symmetric.isChecked())
        super()._chosen()
