"""The panel that says why a network says what it says."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, QSettings, Qt, Signal
from qtpy.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from explorer3d.document import Document
from explorer3d.qt.asked_path import ask_where
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.explain.choices import Choices
from explorer3d.qt.explain.explaining import TOPIC, Explaining
from explorer3d.qt.explain.fault import Fault
from explorer3d.qt.explain.request import Explained
from explorer3d.qt.explain.result_view import ResultView
from explorer3d.qt.explain.saving import KINDS, SaveExplanation
from explorer3d.qt.explain.settings_form import SettingsForm
from explorer3d.qt.input.section import Section
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.tall import Tall
from explorer3d.work import Ticket

_BESIDE = 560
"""Logical pixels from which on two charts stand side by side instead of one below the other."""
_LOOKS = {"opacity": 80, "threshold": 0}


class ExplainPanel(Tall):
    """What is asked, what was found, and how it is drawn.

    Signals
    -------
    looks_changed()
        It is to be drawn in another way.

    Attributes
    ----------
    view, pinned : ResultView
        What was found last, and what it is compared with.
    """

    looks_changed = Signal()

    def __init__(
        self, document: Document, explaining: Explaining, settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._explaining, self._settings = document, explaining, settings
        self._own_keys = OwnKeys(self)
        self._told = ""
        self.choices = Choices(document, explaining)
        self.form = SettingsForm()
        self.options = Section("Settings", self.form, settings, is_open=True)
        self.start = self._own_keys.button("Start", "Find it out for what runs through the network now")
        self.stop = self._own_keys.button("Stop", "Give it up, or end it with what it has come to")
        self.said = ElidedLabel()
        self.said.setObjectName("dim")
        self.fault = Fault()
        self.view, self.pinned = ResultView("Explanation"), ResultView("Explanation to compare with")
        self.sliders = {name: self._slider(name) for name in _LOOKS}
        self.compare = self._own_keys.button("Compare", "Keep this one here, beside those that follow")
        self.compare.setCheckable(True)
        self.same_scale = QCheckBox("Same scale")
        self.same_scale.setToolTip(
            "One colour stands for one number in both, instead of each by its own largest"
        )
        self.same_scale.setChecked(True)
        self._own_keys.keep(self.same_scale)
        self.save = self._own_keys.button("Save…", "Save the picture (.png) or the numbers (.npz)")
        self._lay_out()
        self.form.changed.connect(lambda given: explaining.choose(settings=given))
        self.start.clicked.connect(explaining.start)
        self.stop.clicked.connect(explaining.stop)
        self.compare.toggled.connect(self._pin)
        self.same_scale.toggled.connect(self._rescale)
        self.save.clicked.connect(self.ask_where_to_save)
        self.fault.wanted.connect(self._take_another)
        self.fault.own_layer_wanted.connect(self._take_own_layer)
        explaining.changed.connect(self._show)
        document.faces_changed.connect(self.choices.follow)
        document.answers_changed.connect(self.choices.follow)
        document.model_changed.connect(self._model_changed)
        self._show()

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self.choices)
        column.addWidget(self.options)
        running = QHBoxLayout()
        running.addWidget(self.start)
        running.addWidget(self.stop)
        running.addWidget(self.said, 1)
        column.addLayout(running)
        column.addWidget(self.fault)
        self._beside = QBoxLayout(QBoxLayout.TopToBottom)
        self._beside.setSpacing(10)
        self._beside.addWidget(self.pinned, 1)
        self._beside.addWidget(self.view, 1)
        column.addLayout(self._beside)
        self.looks = QWidget()
        form = QFormLayout(self.looks)
        form.setContentsMargins(0, 0, 0, 0)
        for name, slider in self.sliders.items():
            form.addRow(name.capitalize(), slider)
        column.addWidget(self.looks)
        buttons = QHBoxLayout()
        buttons.addWidget(self.compare)
        buttons.addWidget(self.same_scale)
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(1)
        self.setWidget(content)

    def _slider(self, name: str) -> QSlider:
        slider = QSlider(Qt.Horizontal)
        slider.setRange(0, 100)
        slider.setAccessibleName(name.capitalize())
        try:
            slider.setValue(int(self._settings.value(f"explain/{name}", _LOOKS[name])))
        except (TypeError, ValueError):
            slider.setValue(_LOOKS[name])

        def move(value: int) -> None:
            self._settings.setValue(f"explain/{name}", value)
            self._draw()
            self.looks_changed.emit()

        slider.valueChanged.connect(move)
        self._own_keys.keep(slider)
        return slider

    @property
    def opacity(self) -> float:
        return self.sliders["opacity"].value() / 100

    @property
    def threshold(self) -> float:
        return self.sliders["threshold"].value() / 100

    # What is shown

    def tell(self, ticket: Ticket, fraction: float, message: str) -> None:
        """Say how far it is."""
        if ticket.topic == TOPIC and self._document.awaits(ticket):
            self._told = f"{fraction:.0%}   {message}"
            self.said.setText(self._told)

    def _show(self) -> None:
        explaining, document = self._explaining, self._document
        self.choices.follow()
        given = explaining.settings.get(explaining.method, {})
        self.form.show_method(explaining.method, given)
        self.options.setVisible(bool(self.form.fields))
        self.options.tell(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in given.items()))
        result = explaining.result
        self.start.setEnabled(document.feeds is not None and not explaining.under_way)
        self.stop.setEnabled(explaining.under_way)
        self.fault.show_fault(result if result is not None and result.fault else None, explaining.layer)
        self.said.setText(self._words())
        self._draw()

    def _words(self) -> str:
        explaining, document = self._explaining, self._document
        if document.model is None:
            return "Open a network first"
        if document.feeds is None:
            return "Waiting for an input"
        if explaining.under_way:
            # What grows is seen more often than it is told how far it is.
            return self._told or "Finding out…"
        self._told = ""
        if explaining.result is None:
            return "" if explaining.live else "Start finds it out"
        return "Of the input before" if explaining.outdated else ""

    def _draw(self) -> None:
        result = self._explaining.result
        looks = self._document.model, self.opacity, self.threshold
        full = self._shared_scale(result) if self.same_scale.isChecked() else 0.0
        self.view.show_result(result, *looks, full=full)
        self.pinned.show_result(self.pinned.result, *looks, "Compared with:", full)
        self.pinned.setVisible(self.pinned.result is not None)
        found = result is not None and result.found is not None
        shown = [view.result for view in (self.view, self.pinned) if view.result is not None]
        self.looks.setVisible(any(one.heat is not None for one in shown))
        self.save.setEnabled(found)
        self.same_scale.setVisible(self._shared_scale(result) > 0)
        self._stand()
        self.compare.setEnabled(found or self.pinned.result is not None)

    def _shared_scale(self, result: Explained | None) -> float:
        """The number that gets the full colour in both that are compared; 0: they have no scale in common."""
        both = [one for one in (result, self.pinned.result) if one is not None and one.heat is not None]
        kinds = {(one.method, one.found.layer, one.heat.signed) for one in both if one.found and one.heat}
        return max(one.heat.full for one in both if one.heat) if len(both) == 2 and len(kinds) == 1 else 0.0

    def _model_changed(self) -> None:
        self.compare.setChecked(False)

    # What a person does

    def _pin(self, on: bool) -> None:
        result: Explained | None = self._explaining.result if on else None
        self.pinned.result = result
        self._draw()
        self.looks_changed.emit()

    def _rescale(self) -> None:
        self._draw()
        self.looks_changed.emit()

    def _take_another(self, method: str) -> None:
        self._explaining.choose(method=method)
        self._explaining.start()

    def _take_own_layer(self) -> None:
        self._explaining.choose(of_selected=False)
        self._explaining.start()

    def ask_where_to_save(self) -> None:
        document, result = self._document, self._explaining.result
        if result is None or result.found is None:
            return
        stem = document.model.path.stem if document.model is not None else "network"
        suggestion = f"{stem}_{result.method}.png"
        asked = ask_where(self, "Save explanation", suggestion, KINDS)
        if asked is not None:
            self.save_as(asked[0])

    def save_as(self, path: Path) -> None:
        """Write what was found last: as it is seen, or its numbers."""
        result = self._explaining.result
        if result is not None and result.found is not None:
            request = SaveExplanation(result.found, self.view.drawn, path)
            self._document.ask("explanation", f"Saving {path.name}", request, self._saved)

    def _saved(self, path: Path) -> None:
        self.said.setText(f"Saved {path}")

    # Qt's events

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)
        self._stand()

    def _stand(self) -> None:
        """Side by side, unless it is bars or curves and there is no room for their names."""
        charts = self.pinned.chart.chart is not None or self.view.chart.chart is not None
        wide = self.width() >= _BESIDE or not charts
        self._beside.setDirection(QBoxLayout.LeftToRight if wide else QBoxLayout.TopToBottom)
