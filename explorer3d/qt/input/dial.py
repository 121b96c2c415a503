"""A number with a slider."""

from __future__ import annotations

import math

from qtpy.QtCore import QEvent, QLocale, QObject, Qt, Signal
from qtpy.QtWidgets import QDoubleSpinBox, QLabel, QSlider

from explorer3d.qt.own_keys import OwnKeys

_STEPS = 1000


class Dial(QObject):
    """A title, a slider and a field for one number; a double click on the first two sets it back.

    Parameters
    ----------
    title, tip, unit : str
    low, high : float
    rest : float
        What changes nothing.
    decimals : int
    doubling : bool
        Equal ways of the slider multiply rather than add; `low` must be above 0 then.

    Signals
    -------
    edited(float)
        A person has changed it.
    """

    edited = Signal(float)

    def __init__(
        self,
        title: str,
        tip: str,
        unit: str,
        low: float,
        high: float,
        rest: float = 0.0,
        decimals: int = 0,
        doubling: bool = False,
    ) -> None:
        super().__init__()
        self._low, self._high, self._rest, self._doubling = low, high, rest, doubling
        self.title = QLabel(title)
        self.slider = QSlider(Qt.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.slider.setMinimumWidth(60)
        self.field = QDoubleSpinBox()
        self.field.setLocale(QLocale.c())
        self.field.setDecimals(decimals)
        self.field.setRange(low, high)
        self.field.setSingleStep(0.1 if doubling else 1)
        self.field.setSuffix(unit)
        self.field.setButtonSymbols(QDoubleSpinBox.NoButtons)
        self.field.setAlignment(Qt.AlignRight)
        self.title.setBuddy(self.field)
        for widget in (self.title, self.slider, self.field):
            widget.setToolTip(f"{tip} (double click: back to {rest:g}{unit})")
            widget.setAccessibleName(title)
        self.field.setAcceptDrops(False)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.slider, self.field)
        for widget in (self.title, self.slider):
            widget.installEventFilter(self)
        self.show_value(rest)
        self.slider.valueChanged.connect(self._slid)
        self.field.valueChanged.connect(self._written)

    def show_value(self, value: float) -> None:
        """Stand at a number without anybody having moved it there."""
        self.slider.blockSignals(True)
        self.slider.setValue(self._place(value))
        self.slider.blockSignals(False)
        if not math.isclose(self.field.value(), value, abs_tol=0.5 * 10 ** -self.field.decimals()):
            self.field.blockSignals(True)
            self.field.setValue(value)
            self.field.blockSignals(False)

    def _place(self, value: float) -> int:
        low, high = self._low, self._high
        if self._doubling:
            low, high, value = math.log(low), math.log(high), math.log(max(value, low))
        return round((value - low) / (high - low) * _STEPS)

    def _slid(self, place: int) -> None:
        share = place / _STEPS
        if self._doubling:
            value = self._low * (self._high / self._low) ** share
        else:
            value = self._low + (self._high - self._low) * share
        self.field.setValue(value)

    def _written(self, value: float) -> None:
        self.show_value(value)
        self.edited.emit(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.MouseButtonDblClick:
            self.field.setValue(self._rest)
            return True
        return False
