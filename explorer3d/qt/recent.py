"""The models opened last, in a menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QMenu

from explorer3d.qt.plain import plain

MOST = 10


class RecentFiles:
    """A menu of the models opened last.

    Parameters
    ----------
    settings : QSettings
    menu : QMenu
    open_models : callable
        Takes a model's path and, if structure and weights lie apart, the other file's.
    """

    def __init__(
        self, settings: QSettings, menu: QMenu, open_models: Callable[[Sequence[Path]], None]
    ) -> None:
        self._settings, self._menu, self._open = settings, menu, open_models
        self._fill()

    @property
    def models(self) -> list[tuple[Path, ...]]:
        """One file each, or two."""
        stored = self._settings.value("recent", [])
        # A list of one comes back from the settings file as a string.
        entries = [stored] if isinstance(stored, str) else stored or []
        return [tuple(Path(name) for name in entry.split("\n")) for entry in entries]

    def add(self, path: Path, weights: Path | None = None) -> None:
        """Put a model at the top."""
        model = tuple(one.absolute() for one in (path, weights) if one is not None)
        models = [model, *(other for other in self.models if other != model)][:MOST]
        self._settings.setValue("recent", ["\n".join(map(str, other)) for other in models])
        self._fill()

    def clear(self) -> None:
        self._settings.remove("recent")
        self._fill()

    def _fill(self) -> None:
        self._menu.clear()
        for model in self.models:
            action = self._menu.addAction(" + ".join(path.name for path in model))
            action.setToolTip(plain("\n".join(map(str, model))))
            action.setStatusTip(", ".join(map(str, model)))
            action.triggered.connect(lambda _, model=model: self._open(model))
        if self.models:
            self._menu.addSeparator()
            self._menu.addAction("Clear list").triggered.connect(lambda: self.clear())
        self._menu.setEnabled(bool(self.models))
        self._menu.setToolTipsVisible(True)
