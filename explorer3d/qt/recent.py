"""The models opened last, in a menu."""

from __future__ import annotations

from collections.abc import Callable
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
    open_model : callable
        Takes a path.
    """

    def __init__(self, settings: QSettings, menu: QMenu, open_model: Callable[[Path], None]) -> None:
        self._settings, self._menu, self._open = settings, menu, open_model
        self._fill()

    @property
    def paths(self) -> list[Path]:
        stored = self._settings.value("recent", [])
        # A list of one comes back from the settings file as a string.
        return [Path(name) for name in ([stored] if isinstance(stored, str) else stored or [])]

    def add(self, path: Path) -> None:
        """Put a model at the top."""
        path = path.absolute()
        paths = [path, *(other for other in self.paths if other != path)][:MOST]
        self._settings.setValue("recent", [str(other) for other in paths])
        self._fill()

    def clear(self) -> None:
        self._settings.remove("recent")
        self._fill()

    def _fill(self) -> None:
        self._menu.clear()
        for path in self.paths:
            action = self._menu.addAction(path.name)
            action.setToolTip(plain(str(path)))
            action.setStatusTip(str(path))
            action.triggered.connect(lambda _, path=path: self._open(path))
        if self.paths:
            self._menu.addSeparator()
            self._menu.addAction("Clear list").triggered.connect(lambda: self.clear())
        self._menu.setEnabled(bool(self.paths))
        self._menu.setToolTipsVisible(True)
