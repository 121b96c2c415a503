"""How tensors are seen in the scene: in which of five manners, and how far apart the slices of a stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QSettings, Qt
from qtpy.QtWidgets import QAction, QActionGroup, QLabel, QMenu, QSlider, QToolBar

from explorer3d.document import Document
from explorer3d.manners import MANNERS, STACK, TILES


class Stacking(QObject):
    """Chooses how tensors are drawn, and remembers it.

    Parameters
    ----------
    document : Document
    settings : QSettings
    """

    def __init__(self, document: Document, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._settings = document, settings
        self._modes: dict[str, QAction] = {}
        document.view_changed.connect(self._view_changed)
        self.spread = QSlider(Qt.Horizontal)
        self.spread.setRange(0, 30)
        self.spread.setFixedWidth(110)
        self.spread.setFocusPolicy(Qt.ClickFocus)
        self.spread.setAccessibleName("Spread of stacks")
        self.spread.setToolTip("Distance between the slices of a stack ([ and ])")
        self.spread.valueChanged.connect(lambda value: self._set_spread(value / 10))

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer the choices in a menu; for the parameters see `Journey.add_to`."""
        document = self._document
        for mode, manner in MANNERS.items():
            action = add(menu, manner.title, (), lambda mode=mode: document.set_view(mode=mode), manner.about)
            action.setCheckable(True)
            self._modes[mode] = action
        group = QActionGroup(self)
        for action in self._modes.values():
            group.addAction(action)
        tip = "Stack, cells, cells with numbers, numbers alone, smooth, and so on"
        add(menu, "Next view of tensors", ("Shift+T",), self._next, tip)
        self._tiles: QAction = add(menu, "Tiles", ("T",), self._toggle, "Unfold stacks into tiles, and back")
        self._tiles.setCheckable(True)
        add(menu, "Spread more", ("]",), lambda: self._set_spread(document.spread + 0.2))
        add(menu, "Spread less", ("[",), lambda: self._set_spread(document.spread - 0.2))

    def add_to_bar(self, bar: QToolBar) -> None:
        """Offer the choices in a tool bar."""
        bar.addActions(list(self._modes.values()))
        bar.addWidget(QLabel("  Spread "))
        bar.addWidget(self.spread)

    def restore(self) -> None:
        """Draw tensors as they were drawn last."""
        mode = self._settings.value("mode", STACK)
        try:
            spread = float(self._settings.value("spread", 1.0))
        except (TypeError, ValueError):
            spread = 1.0
        colormap = str(self._settings.value("colormap", ""))
        self._document.set_view(mode if mode in MANNERS else STACK, spread, colormap)

    def remember(self) -> None:
        """Keep for the next start how tensors are drawn."""
        for name in ("mode", "spread", "colormap"):
            self._settings.setValue(name, getattr(self._document, name))

    def _toggle(self) -> None:
        self._document.set_view(mode=TILES if self._document.mode == STACK else STACK)

    def _next(self) -> None:
        modes = list(MANNERS)
        self._document.set_view(mode=modes[(modes.index(self._document.mode) + 1) % len(modes)])

    def _set_spread(self, spread: float) -> None:
        if abs(spread - self._document.spread) > 1e-6:
            self._document.set_view(spread=round(spread, 1))

    def _view_changed(self) -> None:
        document = self._document
        self._modes[document.mode].setChecked(True)
        self._tiles.setChecked(document.mode != STACK)
        self.spread.blockSignals(True)
        self.spread.setValue(round(document.spread * 10))
        self.spread.blockSignals(False)
