"""Goes through the inputs in a folder or a file, and notes what the network takes each for."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QSizePolicy,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer3d.document import Document
from explorer3d.inputs import Given, ListInputs, Playlist, Row, Series
from explorer3d.qt.elided import ElidedLabel
from explorer3d.qt.input.playlist_rows import PlaylistRows
from explorer3d.qt.own_keys import OwnKeys

_SHOWN = 5
_UNREADABLE = "skipped"


class PlaylistBar(QWidget):
    """Which input of how many is on, buttons to go on and back, and the list.

    Signals
    -------
    said(str)
        A sentence for the person.
    listed()
        Other inputs are gone through, or none any more.
    """

    said = Signal(str)
    listed = Signal()

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.playlist: Playlist | None = None
        self._network = document.keys[:1]
        self._waiting, self._following = False, False
        self._direction, self._refused = 1, 0
        self.back = self._button("◀", "Previous input", "Page Up")
        self.on = self._button("▶", "Next input", "Page Down")
        self.away = self._button("✕", "Put the list away")
        self.title = ElidedLabel()
        self.rows = PlaylistRows()
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setAccessibleName("Inputs one after another")
        self.table.setSelectionBehavior(QTableView.SelectRows)
        self.table.setSelectionMode(QTableView.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.table.horizontalHeader().hide()
        self.table.verticalHeader().hide()
        self.table.setTextElideMode(Qt.ElideMiddle)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeToContents)
        # Of what is seen: a folder may hold very many files.
        header.setResizeContentsPrecision(0)
        head = QHBoxLayout()
        head.setSpacing(4)
        for button in (self.back, self.on):
            head.addWidget(button)
        head.addWidget(self.title, 1)
        head.addWidget(self.away)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.table)
        # A table would take whatever room there is.
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Maximum)
        self._own_keys = OwnKeys(self)
        self._own_keys.keep(self.back, self.on, self.away, self.table)
        self.back.clicked.connect(lambda: self.step(-1))
        self.on.clicked.connect(lambda: self.step(1))
        self.away.clicked.connect(self._put_away)
        self.table.selectionModel().currentRowChanged.connect(lambda index: self._went(index.row()))
        self.table.clicked.connect(lambda index: self._went(index.row()))
        document.input_changed.connect(self.refresh)
        document.input_refused.connect(self._input_refused)
        document.faces_changed.connect(self.tell_answer)
        document.model_changed.connect(self._model_changed)
        self.hide()

    def _button(self, text: str, what: str, key: str = "") -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAccessibleName(what)
        button.setToolTip(f"{what} ({key})" if key else what)
        return button

    def play(self, path: Path) -> None:
        """Go through a folder, from its first input or from a file in it."""
        title = f"Reading {path.name}"
        self._document.ask("playlist", title, ListInputs(path), self.play_all)

    def play_all(self, playlist: Playlist) -> None:
        """Go through these inputs."""
        self._lay_out(playlist)
        self._begin(1)

    def _lay_out(self, playlist: Playlist) -> None:
        self.playlist = playlist
        self.rows.show_paths(playlist.paths)
        rows = min(len(playlist), _SHOWN)
        height = self.table.fontMetrics().height() + 8
        self.table.verticalHeader().setDefaultSectionSize(height)
        self.table.setFixedHeight(rows * height + 2)
        self.show()
        self.listed.emit()

    def step(self, by: int) -> None:
        """Go on, or back; from a single file, into the folder it lies in."""
        path = self._document.input_path
        if self.playlist is None and isinstance(path, Path):
            self._document.ask(
                "playlist",
                f"Reading {path.parent.name}",
                ListInputs(path),
                lambda found: self.play_all(found.moved(by)),
            )
        elif self.playlist is None:
            self.said.emit("Choose a folder first (Ctrl+Shift+I): then its inputs come one after another.")
        else:
            # After something else was fed, the list goes on where it was.
            self.playlist = self.playlist.moved(by)
            self._begin(by)

    def _went(self, row: int) -> None:
        """A row was clicked, or gone to by keys."""
        if self.playlist is None or self._following or row < 0:
            return
        if row != self.playlist.place or self._fed != self.playlist.current:
            self.playlist = self.playlist.moved(row - self.playlist.place)
            self._begin(1)

    def _begin(self, direction: int) -> None:
        self._direction, self._refused = direction, 0
        self._feed()

    def _feed(self) -> None:
        assert self.playlist is not None
        self._waiting = True
        self._mark()
        self._document.load_input(self.playlist.current)

    def _mark(self) -> None:
        """Show which one is on."""
        assert self.playlist is not None
        self.title.setText(f"{self.playlist.place + 1:,} of {len(self.playlist):,}")
        self._following = True
        self.table.setCurrentIndex(self.rows.index(self.playlist.place, 0))
        self._following = False

    def _put_away(self) -> None:
        self.playlist = None
        self.rows.show_paths(())
        self.hide()
        self.listed.emit()

    def _model_changed(self) -> None:
        network, before = self._document.keys[:1], self._network
        self._network = network
        # Into a loop's body and back it is still the same network.
        if self.playlist is None or network == before:
            return
        if isinstance(self.playlist.paths, Series):
            # Another network may take more of a file at once, or nothing of it.
            self._put_away()
        else:
            self.rows.show_paths(self.playlist.paths)

    def refresh(self) -> None:
        """Show where among its inputs the one is that is fed."""
        self._waiting = False
        self._refused = 0
        path, feeds = self._fed, self._document.feeds
        known = self.playlist is not None and path in self.playlist.paths
        if feeds is not None and feeds.series is not None and isinstance(path, Row) and not known:
            self._lay_out(Playlist(feeds.series, path.start))
            self._mark()
        elif self.playlist is None or path == self.playlist.current:
            return
        elif isinstance(path, Path | Row) and known:
            # It was come back to.
            self.playlist = self.playlist.moved(self.playlist.paths.index(path) - self.playlist.place)
            self._mark()
        else:
            # Something else was chosen; the list goes on where it was.
            self.table.clearSelection()

    def _input_refused(self) -> None:
        """A file at fault is passed over, unless all of them are."""
        if self.playlist is None or not self._waiting:
            return
        self._waiting = False
        self.rows.tell(self.playlist.current, _UNREADABLE)
        self._refused += 1
        if isinstance(self.playlist.paths, Series):
            # What is wrong with one of its inputs is likely to be wrong with all.
            return
        if self._refused < len(self.playlist):
            self.playlist = self.playlist.moved(self._direction)
            self._feed()
        else:
            self.said.emit("None of these files fits the network.")

    def tell_answer(self) -> None:
        """Put what the network says of what is fed beside it, if it is in the list."""
        path, answer = self._fed, self._document.answer
        if self.playlist is not None and isinstance(path, Path | Row) and answer is not None:
            self.rows.tell(path, "  ".join(answer))

    @property
    def _fed(self) -> Given | None:
        """What is fed; of a file of many inputs, the first, unless that file itself is in the list."""
        path, feeds = self._document.input_path, self._document.feeds
        listed = self.playlist is not None and path in self.playlist.paths
        if isinstance(path, Path) and feeds is not None and feeds.series is not None and not listed:
            return Row(path, 0)
        return path
