"""File ▸ Memory for activations: how much of what layers gave is kept for the next click."""

from __future__ import annotations

from qtpy.QtCore import QObject, QSettings
from qtpy.QtWidgets import QAction, QActionGroup, QMenu

from explorer3d.compute.cache import default_budget
from explorer3d.document import Document

_MEGABYTE = 2**20
CHOICES = (256, 512, 1024, 2048, 4096)
"""In megabytes."""

_SETTING = "activations_mb"


class ActivationsMenu(QObject):
    """Chooses the memory for activations, and remembers it.

    Parameters
    ----------
    menu : QMenu
        The menu it goes into.
    document : Document
    settings : QSettings
    """

    def __init__(self, menu: QMenu, document: Document, settings: QSettings) -> None:
        super().__init__(menu)
        self._document, self._settings = document, settings
        sub = menu.addMenu("Memory for activations")
        sub.setToolTipsVisible(True)
        group = QActionGroup(self)
        self.actions: dict[int | None, QAction] = {}
        for choice in (None, *CHOICES):
            size = default_budget() if choice is None else choice * _MEGABYTE
            action = QAction(f"Usual: {_said(size)}" if choice is None else _said(size), self)
            action.setToolTip("For what layers gave: the more, the less is computed again at the next click")
            action.setCheckable(True)
            action.triggered.connect(lambda _, choice=choice: self._choose(choice))
            group.addAction(action)
            sub.addAction(action)
            self.actions[choice] = action
        stored = str(settings.value(_SETTING, ""))
        self._apply(next((choice for choice in CHOICES if str(choice) == stored), None))

    def _choose(self, choice: int | None) -> None:
        self._settings.setValue(_SETTING, "" if choice is None else str(choice))
        self._apply(choice)

    def _apply(self, choice: int | None) -> None:
        self.actions[choice].setChecked(True)
        self._document.set_budget(default_budget() if choice is None else choice * _MEGABYTE)


def _said(size: int) -> str:
    megabytes = round(size / _MEGABYTE)
    return f"{megabytes / 1024:g} GB" if megabytes >= 1024 else f"{megabytes} MB"
