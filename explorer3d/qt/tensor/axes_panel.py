"""What each axis of a tensor is seen as, in which direction, and where on those that are not seen."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from explorer3d.compute.arrangement import Arrangement
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tensor.axis_names import axis_name
from explorer3d.qt.tensor.seen import colourable, first_arrangement

MAPS, ROWS, COLUMNS, ONE = "maps", "rows", "columns", "one"
ROLES = {MAPS: "Maps", ROWS: "Rows", COLUMNS: "Columns", ONE: "One place"}


class AxesPanel(QWidget):
    """A line for each axis; an axis that takes another one's place gives it its own.

    Signals
    -------
    changed()
        Another arrangement is wanted.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.arrangement = Arrangement(())
        self._shape: tuple[int, ...] = ()
        self._letters, self._colour = "", False
        self.roles: list[QComboBox] = []
        self.flips: list[QCheckBox] = []
        self.places: list[QSpinBox] = []
        self._lines = QWidget()
        self.colour = QCheckBox("Three maps as red, green and blue")
        self.colour.clicked.connect(lambda: self.changed.emit())
        self.transpose = QPushButton("Swap rows and columns")
        self.transpose.clicked.connect(self._transpose)
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("As the kind of tensor suggests")
        self.reset.clicked.connect(self._reset)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.colour, self.transpose, self.reset)
        buttons = QHBoxLayout()
        buttons.addWidget(self.transpose)
        buttons.addWidget(self.reset)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self._lines)
        self._layout.addWidget(self.colour)
        self._layout.addLayout(buttons)
        self._layout.addStretch(1)

    def show_axes(self, shape: tuple[int, ...], letters: str, colour: bool) -> None:
        """Begin with another tensor; one of the same axes stays arranged as it is.

        Parameters
        ----------
        shape : tuple of int
        letters : str
            As for `first_arrangement`.
        colour : bool
            Three channels are colours, as long as nobody says otherwise.
        """
        if (shape, letters, colour) == (self._shape, self._letters, self._colour):
            return
        self._shape, self._letters, self._colour = shape, letters, colour
        self.arrangement = first_arrangement(shape, letters)
        self.colour.setChecked(colour and colourable(shape, self.arrangement))
        self._build()

    def look_at(self, index: tuple[int, ...]) -> None:
        """Move along axes of which one place is seen until a number of the tensor is seen."""
        self._arrange(replace(self.arrangement, at=tuple(index)))

    @property
    def in_colour(self) -> bool:
        return self.colour.isChecked() and colourable(self._shape, self.arrangement)

    def _build(self) -> None:
        self._layout.removeWidget(self._lines)
        self._lines.hide()
        self._lines.deleteLater()
        self._lines = QWidget()
        grid = QGridLayout(self._lines)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        self.roles, self.flips, self.places = [], [], []
        for axis, size in enumerate(self._shape):
            name = QLabel(f"{axis}  {axis_name(self._shape, self._letters, axis)}  × {size:,}")
            role, flip, place, slider = QComboBox(), QCheckBox("Flip"), QSpinBox(), QSlider(Qt.Horizontal)
            for key, title in ROLES.items():
                role.addItem(title, key)
            role.setAccessibleName(f"Axis {axis} as")
            flip.setAccessibleName(f"Axis {axis} backwards")
            flip.setToolTip("Let the axis run backwards")
            place.setAccessibleName(f"Place on axis {axis}")
            for widget in (place, slider):
                widget.setRange(0, max(size - 1, 0))
            self._own_keys.keep(role, flip, place, slider)
            place.valueChanged.connect(slider.setValue)
            slider.valueChanged.connect(place.setValue)
            place.valueChanged.connect(lambda value, axis=axis: self._move(axis, value))
            role.activated.connect(lambda _, axis=axis: self._give(axis))
            flip.clicked.connect(lambda on, axis=axis: self._flip(axis, on))
            along = QWidget()
            line = QHBoxLayout(along)
            line.setContentsMargins(0, 0, 0, 6)
            line.addWidget(slider, 1)
            line.addWidget(place)
            grid.addWidget(name, 2 * axis, 0)
            grid.addWidget(role, 2 * axis, 1)
            grid.addWidget(flip, 2 * axis, 2)
            grid.addWidget(along, 2 * axis + 1, 0, 1, 3)
            self.roles.append(role)
            self.flips.append(flip)
            self.places.append(place)
        self._layout.insertWidget(0, self._lines)
        self._refresh()

    def _role(self, axis: int) -> str:
        arrangement = self.arrangement
        if axis == arrangement.rows:
            return ROWS
        if axis == arrangement.columns:
            return COLUMNS
        return MAPS if axis in arrangement.stack else ONE

    def _refresh(self) -> None:
        for axis, (role, flip, place) in enumerate(zip(self.roles, self.flips, self.places, strict=True)):
            key = self._role(axis)
            role.setCurrentIndex(role.findData(key))
            flip.setChecked(axis in self.arrangement.flipped)
            flip.setEnabled(key != ONE)
            place.blockSignals(True)
            place.setValue(self.arrangement.at[axis])
            place.blockSignals(False)
            place.parentWidget().setVisible(key == ONE and self._shape[axis] > 1)
        self.colour.setVisible(colourable(self._shape, self.arrangement))
        seen = (self.arrangement.rows, self.arrangement.columns)
        self.transpose.setEnabled(seen != (None, None))

    def _arrange(self, arrangement: Arrangement) -> None:
        if arrangement != self.arrangement:
            self.arrangement = arrangement
            self._refresh()
            self.changed.emit()

    def _give(self, axis: int) -> None:
        """Give an axis the role chosen; rows and columns have one axis each."""
        wanted, had = str(self.roles[axis].currentData()), self._role(axis)
        roles = [self._role(at) for at in range(len(self._shape))]
        if wanted in (ROWS, COLUMNS) and wanted in roles:
            roles[roles.index(wanted)] = had
        roles[axis] = wanted
        kept = [at for at in self.arrangement.stack if roles[at] == MAPS]
        new = [at for at, role in enumerate(roles) if role == MAPS and at not in kept]
        self._arrange(
            replace(
                self.arrangement,
                rows=roles.index(ROWS) if ROWS in roles else None,
                columns=roles.index(COLUMNS) if COLUMNS in roles else None,
                stack=(*kept, *new),
            )
        )

    def _flip(self, axis: int, on: bool) -> None:
        flipped = self.arrangement.flipped
        self._arrange(replace(self.arrangement, flipped=flipped | {axis} if on else flipped - {axis}))

    def _move(self, axis: int, place: int) -> None:
        at = list(self.arrangement.at)
        at[axis] = place
        self._arrange(replace(self.arrangement, at=tuple(at)))

    def _transpose(self) -> None:
        arrangement = self.arrangement
        self._arrange(replace(arrangement, rows=arrangement.columns, columns=arrangement.rows))

    def _reset(self) -> None:
        self.colour.setChecked(self._colour)
        self.arrangement = first_arrangement(self._shape, self._letters)
        self._refresh()
        self.changed.emit()
