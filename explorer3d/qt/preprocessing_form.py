"""Fields for how a picture becomes numbers."""

from __future__ import annotations

import math
import re
from typing import get_args

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from explorer3d.errors import InputError
from explorer3d.graph.model import Port
from explorer3d.inputs import PRESETS, Fit, Preprocessing, check, image_axes
from explorer3d.qt.own_keys import OwnKeys

OWN = "Own values"
_SCALES = {"x / 255": 1 / 255, "x / 127.5": 1 / 127.5, "x": 1.0}


class PreprocessingForm(QWidget):
    """Shows and takes a `Preprocessing`.

    Signals
    -------
    edited()
        A person has changed something.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._port: Port | None = None
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(12)
        layout.setVerticalSpacing(6)
        self.preset = QComboBox()
        self.preset.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.preset.setMinimumContentsLength(10)
        self.fit = QComboBox()
        for fit in get_args(Fit):
            self.fit.addItem(fit.capitalize(), fit)
        self.scale = QComboBox()
        for text, scale in _SCALES.items():
            self.scale.addItem(text, scale)
        self.mean, self.std = QLineEdit(), QLineEdit()
        self.mean.setPlaceholderText("0")
        self.std.setPlaceholderText("1")
        self.bgr, self.invert = QCheckBox("BGR"), QCheckBox("Invert")
        for title, widget, tip in (
            ("Values", self.preset, "Usual ways to turn a picture's bytes into numbers"),
            ("Fit", self.fit, "Stretch to the input's size, cut out the middle, or add grey bars"),
            ("Scale", self.scale, "What becomes of each byte x, 0 to 255, first of all"),
            ("Mean", self.mean, "Subtracted after scaling: one number, or one for each of R, G, B"),
            ("Std", self.std, "Divides what is left: one number, or one for each of R, G, B"),
        ):
            widget.setAccessibleName(title)
            widget.setToolTip(tip)
            layout.addRow(title, widget)
        switches = QHBoxLayout()
        switches.addWidget(self.invert)
        switches.addWidget(self.bgr)
        switches.addStretch(1)
        layout.addRow("", switches)
        self.bgr.setToolTip("Feed the colours as blue, green, red, as OpenCV reads them")
        self.invert.setToolTip("Exchange light and dark, for a photo where the network knows the negative")
        for widget in (self.mean, self.std):
            # A file dropped on the window is an input, wherever it falls.
            widget.setAcceptDrops(False)
            widget.textEdited.connect(self._edited)
        for widget in (self.fit, self.scale):
            widget.activated.connect(self._edited)
        for widget in (self.bgr, self.invert):
            widget.clicked.connect(self._edited)
        self.preset.activated.connect(self._take_preset)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.preset, self.fit, self.scale, self.mean, self.std, self.invert, self.bgr)

    def show_value(self, preprocessing: Preprocessing, port: Port) -> None:
        """Fill the fields.

        Parameters
        ----------
        preprocessing : Preprocessing
        port : Port
            The input it is for, which must take pictures.
        """
        self._port = port
        channels = dict(zip(image_axes(port), port.shape or (), strict=True))["C"]
        whole = not port.dtype.startswith("float")
        for widget in (self.preset, self.scale, self.mean, self.std):
            widget.setDisabled(whole)
        self.bgr.setEnabled(channels != 1)
        self.preset.clear()
        for name, preset in PRESETS.items():
            if preset.channels in (None, channels):
                self.preset.addItem(name, preset)
                self.preset.setItemData(self.preset.count() - 1, preset.tip, Qt.ToolTipRole)
        self.preset.addItem(OWN, None)
        self.fit.setCurrentIndex(self.fit.findData(preprocessing.fit))
        self._set_scale(preprocessing.scale)
        for field, values in ((self.mean, preprocessing.mean), (self.std, preprocessing.std)):
            _set_numbers(field, values)
        self.bgr.setChecked(preprocessing.bgr)
        self.invert.setChecked(preprocessing.invert)
        self._match_preset()

    def value(self) -> Preprocessing:
        """What the fields say.

        Raises
        ------
        InputError
            It makes no sense, or does not suit the input.
        """
        mean, std = _numbers(self.mean, "mean"), _numbers(self.std, "std")
        preprocessing = Preprocessing(
            mean=mean,
            std=std,
            bgr=self.bgr.isChecked(),
            invert=self.invert.isChecked(),
            fit=self.fit.currentData(),
            scale=self.scale.currentData(),
        )
        if self._port is not None:
            check(preprocessing, self._port)
        return preprocessing

    def _edited(self) -> None:
        self._match_preset()
        self.edited.emit()

    def _take_preset(self) -> None:
        preset = self.preset.currentData()
        if preset is not None:
            self._set_scale(preset.scale)
            self.mean.setText(_text(preset.mean))
            self.std.setText(_text(preset.std))
            self.bgr.setChecked(preset.bgr)
            self.edited.emit()

    def _match_preset(self) -> None:
        try:
            now = self.value()
        except InputError:
            now = None
        for index in range(self.preset.count()):
            preset = self.preset.itemData(index)
            if preset is None or (
                now is not None
                and math.isclose(preset.scale, now.scale, rel_tol=1e-6)
                and (preset.mean, preset.std, preset.bgr) == (now.mean, now.std, now.bgr)
            ):
                self.preset.setCurrentIndex(index)
                return

    def _set_scale(self, scale: float) -> None:
        for index in range(self.scale.count()):
            if math.isclose(self.scale.itemData(index), scale, rel_tol=1e-6):
                self.scale.setItemData(index, scale)
                self.scale.setCurrentIndex(index)
                return
        if self.scale.count() > len(_SCALES):
            self.scale.removeItem(len(_SCALES))
        self.scale.addItem(f"{scale:g} · x", scale)
        self.scale.setCurrentIndex(len(_SCALES))


def _set_numbers(field: QLineEdit, values: tuple[float, ...] | None) -> None:
    """Leave alone what somebody is writing if it means the same."""
    try:
        if _numbers(field, "") == values:
            return
    except InputError:
        pass
    field.setText(_text(values))


def _text(values: tuple[float, ...] | None) -> str:
    return ", ".join(repr(float(value)).removesuffix(".0") for value in values or ())


def _numbers(field: QLineEdit, name: str) -> tuple[float, ...] | None:
    words = [word for word in re.split(r"[\s,;]+", field.text().replace("−", "-")) if word]
    try:
        return tuple(float(word) for word in words) or None
    except ValueError:
        raise InputError(
            f"The {name} must be one number, or one for each colour channel, such as 0.485, 0.456, 0.406."
        ) from None
