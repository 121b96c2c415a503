"""Sliders that move, turn and disturb the picture that goes in."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import QLocale, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer3d.inputs import UNCHANGED, Transform
from explorer3d.qt.input.dial import Dial
from explorer3d.qt.own_keys import OwnKeys

_SQUARE = (0.375, 0.375, 0.625, 0.625)
"""Where a rectangle stands at first that occludes something."""

_LARGEST_SEED = 999_999_999


class TransformForm(QWidget):
    """Shows and takes a `Transform`.

    Signals
    -------
    edited(Transform)
        A person has changed something.
    """

    edited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._transform = UNCHANGED
        self.dials = {
            "right": Dial("Right", "Shift the picture, in its widths", " %", -100, 100),
            "down": Dial("Down", "Shift the picture, in its heights", " %", -100, 100),
            "scale": Dial("Scale", "Size of the picture", " ×", 0.1, 10, 1, 2, doubling=True),
            "rotate": Dial("Turn", "Turn it counter-clockwise", "°", -180, 180),
            "blur": Dial("Blur", "Width of the blur, in shorter sides", " %", 0, 25, decimals=1),
            "noise": Dial("Noise", "Spread of the noise; white is 100 %", " %", 0, 100),
        }
        self.seed, self.another = QSpinBox(), QPushButton("Another")
        self.seed.setLocale(QLocale.c())
        self.seed.setRange(0, _LARGEST_SEED)
        self.seed.setButtonSymbols(QSpinBox.NoButtons)
        self.seed.setAlignment(Qt.AlignRight)
        self.seed.setAcceptDrops(False)
        self.seed.setAccessibleName("Seed of the noise")
        self.seed.setToolTip("Seed of the noise: the same seed, the same noise")
        self.another.setToolTip("Noise of the next seed")
        self.mirror, self.flip, self.occlude = QCheckBox("Mirror"), QCheckBox("Flip"), QCheckBox("Occlude")
        self.mirror.setToolTip("Exchange left and right")
        self.flip.setToolTip("Exchange top and bottom")
        self.occlude.setToolTip("Cover a part: drag the rectangle, or its corners, in the picture")
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Leave the picture as it is")
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (name, dial) in enumerate(self.dials.items()):
            for column, widget in enumerate((dial.title, dial.slider, dial.field)):
                grid.addWidget(widget, row, column)
            dial.edited.connect(lambda value, name=name: self._turned(name, value))
        titled = QLabel("Seed")
        titled.setBuddy(self.seed)
        for column, widget in enumerate((titled, self.seed, self.another)):
            grid.addWidget(widget, len(self.dials), column)
        self.seed.valueChanged.connect(self._sown)
        self.another.clicked.connect(
            lambda: self.seed.setValue((self.seed.value() + 1) % (_LARGEST_SEED + 1))
        )
        switches = QHBoxLayout()
        switches.setSpacing(2)
        for box in (self.mirror, self.flip, self.occlude):
            switches.addWidget(box)
            box.clicked.connect(self._switched)
        switches.addStretch(1)
        switches.addWidget(self.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid)
        layout.addLayout(switches)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.seed, self.another, self.mirror, self.flip, self.occlude, self.reset)
        self.reset.clicked.connect(lambda: self.edited.emit(UNCHANGED))

    def show_value(self, transform: Transform) -> None:
        """Fill the fields."""
        self._transform = transform
        right, down = transform.shift
        for name, value in (
            ("right", 100 * right),
            ("down", 100 * down),
            ("scale", transform.scale),
            ("rotate", (transform.rotate + 180) % 360 - 180 if abs(transform.rotate) != 180 else 180),
            ("blur", 100 * transform.blur),
            ("noise", 100 * transform.noise),
        ):
            self.dials[name].show_value(value)
        self.seed.blockSignals(True)
        self.seed.setValue(transform.seed)
        self.seed.blockSignals(False)
        for widget in (self.seed, self.another):
            widget.setEnabled(transform.noise > 0)
        self.mirror.setChecked(transform.mirror)
        self.flip.setChecked(transform.flip)
        self.occlude.setChecked(transform.occlude is not None)
        self.reset.setEnabled(transform != UNCHANGED)

    def _turned(self, name: str, value: float) -> None:
        right, down = self._transform.shift
        if name == "right":
            changed = replace(self._transform, shift=(value / 100, down))
        elif name == "down":
            changed = replace(self._transform, shift=(right, value / 100))
        elif name == "scale":
            changed = replace(self._transform, scale=value)
        elif name == "rotate":
            changed = replace(self._transform, rotate=value)
        elif name == "blur":
            changed = replace(self._transform, blur=value / 100)
        else:
            changed = replace(self._transform, noise=value / 100)
        self.edited.emit(changed)

    def _sown(self, seed: int) -> None:
        self.edited.emit(replace(self._transform, seed=seed))

    def _switched(self) -> None:
        square = self._transform.occlude or _SQUARE
        self.edited.emit(
            replace(
                self._transform,
                mirror=self.mirror.isChecked(),
                flip=self.flip.isChecked(),
                occlude=square if self.occlude.isChecked() else None,
            )
        )
