"""Ways for inputs into the window: folders, the clipboard, what is dropped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtpy.QtCore import QMimeData, QObject, QSettings
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QFileDialog, QMenu, QWidget

from explorer3d.document import Document
from explorer3d.errors import InputError
from explorer3d.formats.folder import is_model_folder
from explorer3d.inputs import INPUTS, Bitmap, Playlist, Series, playlist
from explorer3d.label_files import SUFFIXES, ReadNames
from explorer3d.labels import class_count
from explorer3d.progress import Progress, ignore
from explorer3d.qt.banner import Banner
from explorer3d.qt.input.pixels import pixels_of
from explorer3d.qt.input_panel import InputPanel
from explorer3d.resources import resource

_TOPIC = "labels"
_NAMES = "Class names (*.txt *.names *.labels *.json *.csv *.tsv);;All files (*)"


@dataclass(frozen=True)
class LookInto:
    """Find the inputs in a folder; None if there are none, so that it may be a model."""

    path: Path

    def __call__(self, progress: Progress = ignore) -> Playlist | None:
        try:
            return playlist(self.path, progress)
        except InputError:
            return None


class Entrance(QObject):
    """Brings inputs to the network, one or many.

    Parameters
    ----------
    document : Document
    panel : InputPanel
    banner : Banner
        Over which it is said what is missing.
    settings : QSettings
        Where the folder chosen last is remembered.
    show_panel : callable
        Brings the panel forward.
    open_models : callable
        Opens models, with the first of the inputs that came along, if any.
    window : QWidget

    Attributes
    ----------
    folder : Path or None
        What is gone through as soon as the next model is open.
    """

    def __init__(
        self,
        document: Document,
        panel: InputPanel,
        banner: Banner,
        settings: QSettings,
        show_panel: Callable[[], object],
        open_models: Callable[[list[Path], Path | None], object],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._panel, self._banner = document, panel, banner
        self._settings, self._show_panel, self._window = settings, show_panel, window
        self._open_models = open_models
        panel.folder_wanted.connect(self.choose_folder)
        panel.paste_wanted.connect(self.paste)
        panel.said.connect(banner.note)
        panel.names_wanted.connect(self.choose_names)
        self.folder: Path | None = None
        self._told: Series | None = None
        document.model_changed.connect(self._model_changed)
        document.input_changed.connect(self._input_changed)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer all ways in a menu; for the parameters see `Journey.add_to`."""
        tip = "Go through the pictures and arrays in a folder"
        add(menu, "Open folder of inputs…", ("Ctrl+Shift+I",), self.choose_folder, tip)
        add(menu, "Paste input", ("Ctrl+V",), self.paste, "Run the picture or file on the clipboard")
        add(
            menu,
            "Draw input",
            ("D",),
            self.draw,
            "Draw the picture by hand, for networks that take small ones",
        )
        tip = "Call the classes as a file does: one name a line, JSON or a table"
        add(menu, "Open class names…", (), self.choose_names, tip)
        add(menu, "Next input", ("PgDown",), lambda: self.step(1), "The next file in the folder")
        add(menu, "Previous input", ("PgUp",), lambda: self.step(-1), "The file before it")

    def choose_folder(self) -> None:
        """Ask for a folder, and go through it."""
        start = str(self._settings.value("folder", str(resource("sample_models"))))
        found = QFileDialog.getExistingDirectory(self._window, "Go through a folder of inputs", start)
        if found:
            self._settings.setValue("folder", found)
            self.play(Path(found))

    def play(self, path: Path) -> None:
        """Go through a folder, from its first input or from a file in it."""
        if self._ready():
            self._panel.playlist.play(path)

    def step(self, by: int) -> None:
        """The next input, or the one before."""
        if self._ready(show=False):
            self._panel.playlist.step(by)

    def draw(self) -> None:
        """Draw the input by hand, or stop drawing."""
        if self._ready():
            self._panel.drawing.want(self._panel.drawing.isHidden())

    def paste(self) -> None:
        """Take what is on the clipboard: a picture, or files."""
        data = QApplication.clipboard().mimeData()
        if not self.take(data):
            self._banner.say("There is neither a picture nor a file on the clipboard. Copy one first.")

    def name_classes(self, path: Path, otherwise: Callable[[], object] | None = None) -> None:
        """Call the network's classes as a file does, whenever this model is opened.

        Parameters
        ----------
        path : Path
        otherwise : callable, optional
            What to do if there are no names in it; to say so by default.
        """

        document = self._document

        def accept(names: tuple[str, ...] | None) -> None:
            if names is not None and document.network is not None:
                before, remembered = document.network.names, document.remembered(_TOPIC)

                def undo() -> None:
                    document.remember(_TOPIC, remembered)
                    document.name_classes(before)
                    self._banner.hide()

                document.remember(_TOPIC, str(path.absolute()))
                document.name_classes(names)
                self._banner.hide()
                count = class_count(document.network.model)
                though = "" if count in (None, len(names)) else f", though the network tells {count:,} apart"
                self._banner.note(f"{len(names):,} classes are called as in {path.name}{though}.")
                self._banner.offer("Undo", undo)
            elif otherwise is not None:
                otherwise()
            else:
                self._banner.say(f"{path.name} is no list of class names. Give one name a line.")

        document.ask("names", f"Reading {path.name}", ReadNames(path), accept)

    def choose_names(self) -> None:
        """Ask for a file of class names."""
        start = str(self._settings.value("folder", str(resource("sample_models"))))
        found, _ = QFileDialog.getOpenFileName(self._window, "Open class names", start, _NAMES)
        if found:
            self.name_classes(Path(found))

    def _model_changed(self) -> None:
        folder, self.folder = self.folder, None
        if folder is not None:
            self.play(folder)
        # Names given before; a list that is gone since is not missed.
        path = self._document.remembered(_TOPIC)
        if path and not self._document.place:
            self._document.ask("names", "Reading class names", ReadNames(Path(path)), self._take_names)

    def _input_changed(self) -> None:
        series = self._document.feeds.series if self._document.feeds else None
        if series is not None and series != self._told:
            self._banner.note(
                f"{series.path.name} holds {len(series):,} inputs: Page Down goes on to the next."
            )
        self._told = series

    def _take_names(self, names: tuple[str, ...] | None) -> None:
        if names is not None:
            self._document.name_classes(names)

    def take(self, data: QMimeData) -> bool:
        """Take what comes from another program: models, inputs, a folder of these, class names, a picture.

        Returns
        -------
        bool
            Whether there was any of it.
        """
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        image = QImage(data.imageData()) if data.hasImage() else QImage()
        if len(paths) == 1 and paths[0].suffix.lower() in SUFFIXES and self._document.model is not None:
            self.name_classes(paths[0], lambda: self._take_files(paths))
        elif paths:
            self._take_files(paths)
        elif not image.isNull():
            self._banner.hide()
            self._document.load_input(Bitmap(pixels_of(image), "pasted picture"))
        return bool(paths) or not image.isNull()

    def _take_files(self, paths: list[Path]) -> None:
        is_open = self._document.model is not None
        models = [path for path in paths if is_model(path, is_open)]
        inputs = [path for path in paths if path not in models]
        if models:
            self._open_models(models, inputs[0] if inputs else None)
        elif len(paths) == 1 and paths[0].is_dir():
            self._look_into(paths[0])
        elif len(paths) == 1:
            self._banner.hide()
            self._document.load_input(paths[0])
        elif self._ready():
            self._panel.playlist.play_all(Playlist(tuple(paths)))

    def _look_into(self, folder: Path) -> None:
        def accept(found: Playlist | None) -> None:
            if found is None:
                self._open_models([folder], None)
            elif self._ready():
                self._panel.playlist.play_all(found)

        self._document.ask("playlist", f"Reading {folder.name}", LookInto(folder), accept)

    def _ready(self, show: bool = True) -> bool:
        if self._document.model is None:
            self._banner.note("Open a model first, then give it a picture.")
            return False
        self._banner.hide()
        self._panel.build()
        if show:
            self._show_panel()
        return True


def is_model(path: Path, is_open: bool = False) -> bool:
    """Whether what comes from another program is to be opened as a model rather than as an input.

    Parameters
    ----------
    path : Path
    is_open : bool
        Whether a network is there that a folder may hold inputs for.
    """
    if is_open and path.is_dir():
        return is_model_folder(path)
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        return True  # opening it says what is wrong
    return not any(kind.sniff(head) for kind in INPUTS.values())
