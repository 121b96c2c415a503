"""All inputs of a model that takes several, or no picture; and the steps of one that has states."""

from __future__ import annotations

from typing import Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer3d.compute.step import Step
from explorer3d.document import Document
from explorer3d.graph.model import Model
from explorer3d.inputs import Excerpt, Given, Held, Part, Parts, states
from explorer3d.qt.input.live import Live
from explorer3d.qt.input.row import InputRow
from explorer3d.qt.own_keys import OwnKeys
from explorer3d.qt.plain import plain

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
        self._coming: tuple[Given | None, int] | None = None
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
        if document.place:
            return
        model = document.model
        if model is not self._model:
            self._rebuild(model)
        if model is None or document.network is None:
            return
        parts = _parts(document.wanted_input.path)
        arrays = document.feeds.arrays if document.feeds else {}
        for name, row in self.rows.items():
            row.show_value(parts.named.get(name), parts.rest, arrays.get(name))
        sources = (*parts.named.values(), parts.rest)
        if not any(isinstance(source, Held | Excerpt) for source in sources):
            self._count = 0
        elif self._coming is not None and document.input_path is self._coming[0]:
            self._count = self._coming[1]
        in_parts = any(isinstance(source, Excerpt) for source in sources)
        goes_on = document.feeds is not None and document.feeds.following is not None
        # What lies in one file is gone through as a playlist.
        listed = document.feeds is not None and document.feeds.series is not None
        self._steps.setVisible((bool(self._states) or in_parts or goes_on) and not listed)
        # What is over does not begin again by itself.
        self.step.setEnabled(goes_on or not in_parts)
        self.counted.setText(f"step {self._count + 1}")
        self.first.setEnabled(self._count > 0)

    def _rebuild(self, model: Model | None) -> None:
        self._model, self._count, self._coming = model, 0, None
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
        said = ", ".join(f"{output} into {name}" for name, output in self._states.items())
        tip = f"Run once more with what came out of the states: {said}" if said else "The next stretch of it"
        self.step.setToolTip(plain(tip))

    def _go_on(self) -> None:
        document = self._document
        if document.network is None or document.feeds is None:
            return
        # What is set now, whatever is written in the meantime.
        following, model = document.feeds.following or document.input_path, document.model

        def accept(found: dict[str, np.ndarray]) -> None:
            if document.model is not model:
                return
            count = self._count + 1
            held = {name: Held(array, f"{self._states[name]}, step {count}") for name, array in found.items()}
            parts = _parts(following)
            path = Parts({**parts.named, **held}, parts.rest) if held else following
            # Only when it has gone in, it is a step.
            self._coming = path, count
            document.load_input(path)

        if self._states:
            request = Step(document.key, document.feeds.arrays, self._states)
            document.ask("step", "Next step", request, accept)
        else:
            accept({})

    def _begin(self) -> None:
        parts = _parts(self._document.wanted_input.path)
        named = {name: _first(part) for name, part in parts.named.items() if not isinstance(part, Held)}
        rest = _first(parts.rest)
        self._document.load_input(Parts(named, rest) if named else rest)


def _parts(path: Given | None) -> Parts:
    return path if isinstance(path, Parts) else Parts({}, path)


def _first(source: Any) -> Any:
    return source.source if isinstance(source, Excerpt) else source
