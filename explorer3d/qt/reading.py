"""Brings maps so close that their numbers can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QMenu

from explorer3d.document import Document
from explorer3d.manners import BOTH, MANNERS
from explorer3d.qt.scene_pointing import ScenePointing
from explorer3d.qt.view import View
from explorer3d.scene.pointing import Hit

HINT = "Zoom in to read the numbers, or click a map (or press Z), and it comes close."


class Reading(QObject):
    """Flies to a map that is clicked, or asked for by a key, where its numbers are too small.

    Parameters
    ----------
    document : Document
    view : View
    pointing : ScenePointing
        Knows the number pointed at, and the one pinned.
    say : callable
        Tells the person a sentence.
    """

    def __init__(
        self, document: Document, view: View, pointing: ScenePointing, say: Callable[[str], object]
    ) -> None:
        super().__init__(view)
        self._document, self._view, self._pointing, self._say = document, view, pointing, say
        self._mode = document.mode
        view.clicked.connect(self._clicked)
        document.view_changed.connect(self._view_changed)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer it in a menu; for the parameters see `Journey.add_to`."""
        tip = (
            "Fly so close to the map pointed at, or to the selected layer's first, that its numbers are read"
        )
        add(menu, "Read numbers", ("Z",), self.read, tip)

    def read(self) -> None:
        """Write numbers, and fly to where they can be read."""
        document = self._document
        hit = self._pointing.here or self._first()
        if hit is None:
            self._say("Open a layer first: then the numbers of its maps can be read.")
            return
        if not MANNERS[document.mode].numbers:
            # The hint how to come close would be late.
            self._mode = BOTH
            document.set_view(mode=BOTH)
        self._approach(hit)

    def _first(self) -> Hit | None:
        """The first map of what the selected layer makes, or of the layer opened last."""
        opened = self._view.stage.opened
        for name in (self._document.selected or "", *list(opened)[::-1]):
            panels = (
                [panel for panel in opened[name].panels if panel.cells is not None] if name in opened else []
            )
            for panel in sorted(panels, key=lambda panel: panel.tensor.role != "output")[:1]:
                return Hit(name, panel.tensor.role, panel.tensor.name, 0, 0.0, 0.0)
        return None

    def _approach(self, hit: Hit) -> None:
        self._view.stage.approach(hit)
        self._view.refresh()

    def _clicked(self, hit: Hit | None) -> None:
        if hit is not None and self._view.stage.too_small(hit):
            self._approach(hit)

    def _view_changed(self) -> None:
        mode, before = self._document.mode, self._mode
        self._mode = mode
        stage = self._view.stage
        if mode != before and MANNERS[mode].numbers and stage.opened and not stage.readable:
            self._say(HINT)
