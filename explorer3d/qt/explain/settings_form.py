"""What a method can be told, as a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QWidget

from explorer3d.attribution import METHODS
from explorer3d.qt.own_keys import OwnKeys


class SettingsForm(QWidget):
    """One row for each setting; what is at fault with a value is said when it is used.

    Signals
    -------
    changed(dict)
        Values by setting, those that differ from what is usual.
    """

    changed = Signal(dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._method = ""
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setVerticalSpacing(3)
        self._own_keys = OwnKeys(self)
        self.fields: dict[str, QLineEdit | QCheckBox | QComboBox] = {}

    def show_method(self, method: str, given: Mapping[str, Any]) -> None:
        """Offer the settings of a method, filled with what is given."""
        if method != self._method:
            self._method = method
            self._build()
        for one in fields(METHODS[method].settings):
            field, value = self.fields[one.name], given.get(one.name, one.default)
            field.blockSignals(True)
            if isinstance(field, QCheckBox):
                field.setChecked(bool(value))
            elif isinstance(field, QComboBox):
                field.setCurrentIndex(field.findData(value))
            elif not field.hasFocus():
                # What the method chooses stands there in words.
                field.setText("" if field.placeholderText() and value == one.default else _text(value))
            field.blockSignals(False)

    def _build(self) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {}
        about = described(METHODS[self._method].settings)
        for one in fields(METHODS[self._method].settings):
            assert one.default is not MISSING
            field: QLineEdit | QCheckBox | QComboBox
            if isinstance(one.default, bool):
                field = QCheckBox()
                field.toggled.connect(self._tell)
            elif "choices" in one.metadata:
                field = QComboBox()
                for word in one.metadata["choices"]:
                    field.addItem(_words(word).capitalize(), word)
                field.currentIndexChanged.connect(self._tell)
            else:
                field = QLineEdit()
                field.setPlaceholderText(one.metadata.get("automatic", ""))
                field.editingFinished.connect(self._tell)
            field.setToolTip(about.get(one.name, ""))
            field.setAccessibleName(_words(one.name))
            self._own_keys.keep(field)
            self.fields[one.name] = field
            self._form.addRow(_words(one.name).capitalize(), field)

    def _tell(self) -> None:
        usual = {one.name: one.default for one in fields(METHODS[self._method].settings)}
        given: dict[str, Any] = {}
        for name, field in self.fields.items():
            if isinstance(field, QCheckBox):
                value: Any = field.isChecked()
            elif isinstance(field, QComboBox):
                value = field.currentData()
            else:
                value = field.text().strip().replace("−", "-")
            if value != usual[name] and value not in ("", _text(usual[name])):
                given[name] = value
        self.changed.emit(given)


def described(kind: type) -> dict[str, str]:
    """What is said of each attribute in the documentation of a class."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in (kind.__doc__ or "").partition("Attributes")[2].splitlines():
        declared = re.fullmatch(r"    (\w+(?:, \w+)*) : .*", line)
        if declared:
            name = declared[1]
        elif name and line.startswith("        "):
            found.setdefault(name, []).append(line.strip().replace("``", "").replace("`", ""))
    return {one: " ".join(lines) for names, lines in found.items() for one in names.split(", ")}


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
