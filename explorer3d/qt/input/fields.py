"""Everything about an input that is written or chosen in fields."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from qtpy.QtCore import QSettings, QTimer, Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from explorer3d.document import Document
from explorer3d.errors import InputError
from explorer3d.inputs import Generated, Parts
from explorer3d.qt.input.live import Live
from explorer3d.qt.input.rows import InputRows
from explorer3d.qt.input.section import Section
from explorer3d.qt.preprocessing_form import PreprocessingForm
from explorer3d.qt.sizes_form import SizesForm

# Milliseconds without a further change before the network runs again.
_PAUSE = 150


class Fields(QWidget):
    """Preprocessing, open sizes, and what each of several inputs comes from.

    Signals
    -------
    refused(str)
        What was written makes no sense.
    accepted()
        It does now.
    """

    refused = Signal(str)
    accepted = Signal()

    def __init__(
        self, document: Document, live: Live, settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self.form = PreprocessingForm()
        self.rows = InputRows(document, live)
        self.sizes = SizesForm()
        self.preparation = Section("Preprocessing", self.form, settings, is_open=True)
        self.inputs = Section("Inputs", self.rows, settings, is_open=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.preparation, self.inputs, self.sizes):
            layout.addWidget(widget)
        self.pause = QTimer(self)
        self.pause.setSingleShot(True)
        self.pause.setInterval(_PAUSE)
        self.pause.timeout.connect(self._apply)
        for form in (self.form, self.rows, self.sizes):
            form.edited.connect(self.pause.start)

    @property
    def can_reset(self) -> bool:
        """Whether anything is set here."""
        if self._document.network is None:
            return False
        wanted = self._document.wanted_input
        return bool(wanted.preprocessing or wanted.sizes or isinstance(wanted.path, Parts))

    def reset(self) -> None:
        """Forget what was set here for this model."""
        self.pause.stop()
        path = self._document.wanted_input.path
        rest = path.rest if isinstance(path, Parts) else path
        self._document.bring_back_input(rest, {}, {}, self._document.wanted_input.transform)

    def refresh(self) -> None:
        """Show what is set."""
        document, loaded = self._document, self._document.loaded
        takes_pictures = loaded is not None and loaded.port is not None
        self.preparation.setVisible(takes_pictures)
        inputs = document.model.inputs if document.model and not document.place else ()
        self.inputs.setVisible(len(inputs) > 1 or (len(inputs) == 1 and not takes_pictures))
        # Somebody is writing: what they see is newer than what has come back.
        if self.pause.isActive():
            return
        self.rows.refresh()
        if document.network is None:
            self.sizes.show_value(None, {}, None)
            return
        wanted = document.wanted_input
        self.sizes.show_value(document.model, wanted.sizes, document.feeds)
        prepared = loaded is not None and loaded.guessed is not None
        self.form.setEnabled(prepared)
        rest = wanted.path.rest if isinstance(wanted.path, Parts) else wanted.path
        made = rest is None or isinstance(rest, Generated)
        self.sizes.setEnabled(loaded is None or prepared or made)
        if loaded is not None and loaded.port is not None and loaded.guessed is not None:
            preprocessing = replace(loaded.guessed, **wanted.preprocessing)
            self.form.show_value(preprocessing, loaded.port)
            self.preparation.tell(str(preprocessing))

    def _apply(self) -> None:
        document = self._document
        if document.network is None:
            return
        try:
            preprocessing, sizes, named = self._changes(), self.sizes.value(), self.rows.value()
        except InputError as error:
            self.refused.emit(str(error))
            return
        self.accepted.emit()
        wanted = document.wanted_input
        path = wanted.path
        rest = path.rest if isinstance(path, Parts) else path
        if self.inputs.isVisible():
            path = Parts(named, rest) if named else rest
        if (path, preprocessing, sizes) != (wanted.path, wanted.preprocessing, wanted.sizes):
            document.bring_back_input(path, preprocessing, sizes, wanted.transform)

    def _changes(self) -> dict[str, Any]:
        """What differs from the guess; what is set already, where the fields are about nothing."""
        loaded = self._document.loaded
        if loaded is None or loaded.guessed is None:
            return dict(self._document.wanted_input.preprocessing)
        guessed = asdict(loaded.guessed)
        return {name: value for name, value in asdict(self.form.value()).items() if value != guessed[name]}
