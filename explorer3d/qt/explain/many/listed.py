"""Which inputs are looked at, where a method looks at many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import QObject, QSettings, Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from explorer3d.document import Document
from explorer3d.inputs import InputSet, Playlist, Row
from explorer3d.qt.input.entrance import LookInto
from explorer3d.qt.input_panel import InputPanel
from explorer3d.resources import resource

_TOPIC = "inputs of many"
_FOLDER = "explain/folder"


class Listed(QObject):
    """The inputs that the Input panel goes through, or those of a folder: whichever was chosen last.

    At first it is the folder chosen the last time, if it is still there.

    Signals
    -------
    changed()
        They are others.

    Attributes
    ----------
    sources : sequence of Path or Row
        None if empty.
    title : str
    turn : int
        How often they have become others.
    """

    changed = Signal()

    def __init__(
        self, document: Document, panel: InputPanel, settings: QSettings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._panel, self._settings = document, panel, settings
        self.sources: Sequence[Path | Row] = ()
        self.title, self.turn = "", 0
        self._recalled = False
        panel.listed.connect(self._follow)
        self._follow()

    def recall(self) -> None:
        """If there are none, take those of the folder chosen the last time; once a model is open."""
        if self.sources or self._recalled or self._document.model is None:
            return
        self._recalled = True
        folder = self._settings.value(_FOLDER)
        if folder:
            self.look_into(Path(str(folder)), asked=False)

    def choose(self, parent: QWidget) -> None:
        """Ask for a folder."""
        start = str(self._settings.value(_FOLDER) or resource("sample_models"))
        found = QFileDialog.getExistingDirectory(parent, "Look at a folder of inputs", start)
        if found:
            self.look_into(Path(found))

    def look_into(self, folder: Path, asked: bool = True) -> None:
        """Take the inputs of a folder; if there are none, say so to those who have asked."""

        def accept(found: Playlist | None) -> None:
            if found is not None:
                self._settings.setValue(_FOLDER, str(folder.absolute()))
                self._take(found)
            elif asked:
                self._document.failed.emit(
                    f"There is no picture, array or table in {folder.name}. Choose another folder."
                )

        self._document.ask(_TOPIC, f"Reading {folder.name}", LookInto(folder), accept)

    def inputs(self) -> InputSet:
        """They, prepared like what runs through the network now."""
        return InputSet(self.sources, self.title, self._document.preprocessing, self._document.sizes)

    def _follow(self) -> None:
        found = self._panel.gone_through
        # A list that is put away leaves its inputs here.
        if found is not None:
            self._take(found)

    def _take(self, found: Playlist) -> None:
        first = found.paths[0]
        if found.paths == self.sources:
            return
        self.sources = found.paths
        self.title = first.source.name if isinstance(first, Row) else first.parent.name
        self.turn += 1
        self.changed.emit()
