"""File: networks and inputs that are chosen, opened before, bundled or converted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QSettings
from qtpy.QtWidgets import QAction, QFileDialog, QMenu, QWidget

from explorer3d.conversion.limits import Limits
from explorer3d.document import Document
from explorer3d.qt.banner import Banner
from explorer3d.qt.convert_form import ConvertForm
from explorer3d.qt.recent import RecentFiles
from explorer3d.qt.welcome import present
from explorer3d.resources import resource

MODELS = "Models (*.onnx *.h5 *.hdf5 *.keras *.json *.index saved_model.pb keras_metadata.pb)"
_PICTURES = "*.png *.jpg *.jpeg *.bmp *.webp *.tif *.tiff *.gif"
INPUTS = f"Pictures, arrays, sound ({_PICTURES} *.npy *.npz *.csv *.pb *.wav)"
CONVERT = "Convert with TensorFlow…"


class Files(QObject):
    """Lets a person say what to open.

    Parameters
    ----------
    document : Document
    banner : Banner
        Over which a conversion is offered.
    settings : QSettings
        Where the folder chosen last and the models opened last are remembered.
    open_models : callable
        Takes the files of a model, one or two, and the file of an input if there is one.
    open_input : callable
        Takes the file of an input.
    window : QWidget
    """

    def __init__(
        self,
        document: Document,
        banner: Banner,
        settings: QSettings,
        open_models: Callable[..., None],
        open_input: Callable[[Path], None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document, self._banner, self._settings = document, banner, settings
        self._open_models, self._open_input, self._window = open_models, open_input, window
        document.model_changed.connect(self._model_changed)
        document.convertible_changed.connect(self._convertible_changed)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer recent models, samples, a conversion; for the parameters see `Journey.add_to`."""
        self.recent = RecentFiles(self._settings, menu.addMenu("Recent models"), self._open_models)
        samples = menu.addMenu("Samples")
        for sample, model, picture in present():
            title = f"{sample.network} · {sample.subject}"
            add(samples, title, (), lambda m=model, p=picture: self._open_models([m], p))
        tip = "Let TensorFlow convert what cannot be opened or run directly"
        self._convert: QAction = add(menu, CONVERT, (), self.ask_to_convert, tip)
        self._convert.setEnabled(False)

    def choose_model(self) -> None:
        """Ask for a model, or for two files that belong together."""
        title = "Open a model, or a configuration and its weights"
        if paths := self._chosen(QFileDialog.getOpenFileNames, title, MODELS):
            self._open_models(paths)

    def choose_input(self) -> None:
        """Ask for something to run through the network."""
        if paths := self._chosen(QFileDialog.getOpenFileName, "Open a picture or array", INPUTS):
            self._open_input(paths[0])

    def ask_to_convert(self) -> None:
        """Say what TensorFlow would do with the model that needs it, and let a person decide."""
        path = self._document.convertible
        if path is not None:
            form = ConvertForm(path, self._window)
            form.wanted.connect(self._do_convert)
            form.show()

    def _do_convert(self, path: Path, limits: Limits) -> None:
        self._banner.hide()
        self._document.convert(path, limits)

    def _chosen(self, ask: Callable[..., tuple[Any, str]], title: str, kinds: str) -> Sequence[Path]:
        folder = str(self._settings.value("folder", str(resource("sample_models"))))
        found, _ = ask(self._window, title, folder, f"{kinds};;All files (*)")
        paths = [Path(name) for name in ([found] if isinstance(found, str) else found) if name]
        if paths:
            self._settings.setValue("folder", str(paths[0].parent))
        return paths

    def _model_changed(self) -> None:
        model = self._document.model
        if model is not None:
            self.recent.add(model.path, model.weights_path)

    def _convertible_changed(self) -> None:
        possible = self._document.convertible is not None
        self._convert.setEnabled(possible)
        if possible:
            self._banner.offer(CONVERT, self.ask_to_convert)
        else:
            self._banner.withdraw()
