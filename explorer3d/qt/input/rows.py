"""All inputs of a model that takes several, or no picture; and the steps of one that has states."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer3d.compute.step import Step
from explorer3d.document import Document
from explorer3d.graph.model import Model
from explorer3d.inputs import Held, Part, Parts, states
from explorer3d.qt.input.live import Live
from explorer3d.qt.input.row import InputRow
from explorer3d.qt.own_keys import OwnKeys

_MOST = 64


class InputRows(QWidget):
    """A row for each input.

    Signals
    -------
    edited()
        A person has changed something.
    """

    edited = Signal()

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._live = document, live
        self._model: Model | None = None
        self._states: dict[str, str] = {}
        self._count = 0
        self.rows: dict[str, InputRow] = {}
        self.step, self.first = QPushButton("Next step"), QPushButton("First step")
        self.first.setToolTip("Begin again with zeros for the states")
        self.counted = QLabel()
        self.counted.setObjectName("dim")
        self._steps = QWidget()
        row = QHBoxLayout(self._steps)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.step, self.first):
            row.addWidget(widget, 1)
        row.addWidget(self.counted)
        self._list = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._steps)
        layout.addLayout(self._list)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.step, self.first)
        self.step.clicked.connect(lambda: self._live.want(self._go_on))
        self.first.clicked.connect(self._begin)

    def value(self) -> dict[str, Part]:
        """What somebody has chosen, by input name.

        Raises
        ------
        InputError
        """
        found = {name: row.value() for name, row in self.rows.items()}
        return {name: part for name, part in found.items() if part is not None}

    def refresh(self) -> None:
        """Show what goes in, and where it comes from."""
        document = self._document
        model = document.model
        if model is not self._model:
            self._rebuild(model)
        if model is None or document.network is None:
            return
        path = document.wanted_input.path
        parts = path if isinstance(path, Parts) else Parts({}, path)
        arrays = document.feeds.arrays if document.feeds else {}
        for name, row in self.rows.items():
            row.show_value(parts.named.get(name), parts.rest, arrays.get(name))
        if not any(isinstance(part, Held) for part in parts.named.values()):
            self._count = 0
        self.counted.setText(f"step {self._count + 1}")
        self.first.setEnabled(self._count > 0)

    def _rebuild(self, model: Model | None) -> None:
        self._model, self._count = model, 0
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows = {}
        inputs = model.inputs if model else ()
        for port in inputs[:_MOST]:
            row = InputRow(port)
            row.edited.connect(self.edited)
            self._list.addWidget(row)
            self.rows[port.value] = row
        self._states = states(model) if model else {}
        self._steps.setVisible(bool(self._states))
        said = ", ".join(f"{output} into {name}" for name, output in self._states.items())
        self.step.setToolTip(f"Run once more with what came out of the states: {said}")

    def _go_on(self) -> None:
        document = self._document
        if document.network is None or document.feeds is None:
            return
        # What is set now, whatever is written in the meantime.
        wanted, model = document.wanted_input, document.model

        def accept(found: dict[str, np.ndarray]) -> None:
            if document.model is not model:
                return
            self._count += 1
            path = wanted.path
            parts = path if isinstance(path, Parts) else Parts({}, path)
            held = {
                name: Held(array, f"{self._states[name]}, step {self._count}")
                for name, array in found.items()
            }
            document.load_input(Parts({**parts.named, **held}, parts.rest))

        request = Step(document.network.key, document.feeds.arrays, self._states)
        document.ask("step", "Next step", request, accept)

    def _begin(self) -> None:
        path = self._document.wanted_input.path
        if isinstance(path, Parts):
            named = {name: part for name, part in path.named.items() if not isinstance(part, Held)}
            self._document.load_input(Parts(named, path.rest) if named else path.rest)
