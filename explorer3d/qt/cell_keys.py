"""The numbers of opened tensors in the scene, one after the other by keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QMenu

from explorer3d.document import Document
from explorer3d.qt.key_sheet import TOGETHER
from explorer3d.qt.scene_marks import Spot, cell_of, panel_of
from explorer3d.qt.scene_pointing import ScenePointing
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.steps import stepped
from explorer3d.qt.tensor.tiles import seen_of
from explorer3d.scene.panel import Panel
from explorer3d.scene.stage import Stage


class CellKeys(QObject):
    """Moves the cursor over the maps of opened layers, and pins where it is.

    Parameters
    ----------
    document : Document
    stage : Stage
    pointing : ScenePointing
    say : callable
        Tells the person a sentence.
    """

    def __init__(
        self, document: Document, stage: Stage, pointing: ScenePointing, say: Callable[[str], object]
    ) -> None:
        super().__init__(pointing)
        self._document, self._stage, self._pointing, self._say = document, stage, pointing, say

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer it in a menu; for the parameters see `Journey.add_to`."""
        cells = menu.addMenu("Numbers in the scene")
        over = ("Go over the numbers of an open layer", "Ctrl+← → ↑ ↓")
        for title, key, right, down in (
            ("Next number", "Right", 1, 0),
            ("Previous number", "Left", -1, 0),
            ("Number above", "Up", 0, -1),
            ("Number below", "Down", 0, 1),
        ):
            add(cells, title, (f"Ctrl+{key}",), partial(self.step, right, down), title).setProperty(
                TOGETHER, over
            )
        maps = ("Over its maps, its tensors", "Ctrl+Shift+← →, ↓")
        for title, key, act in (
            ("Next map", "Right", partial(self.turn, 1)),
            ("Previous map", "Left", partial(self.turn, -1)),
            ("Next tensor", "Down", self.change),
        ):
            action = add(cells, title, (f"Ctrl+Shift+{key}",), act)
            action.setProperty(TOGETHER, maps)
        tip = "Keep the number marked that is pointed at, or let go of it"
        add(cells, "Pin the number", ("Ctrl+Return", "Ctrl+Enter"), self.pin, tip)

    def step(self, right: int, down: int) -> None:
        """Point at the next number in a direction."""
        self._go(lambda seen, cell: stepped(seen, cell, right, down))

    def turn(self, by: int) -> None:
        """Point at the same place of another map."""

        def other(seen: Seen, cell: Cell) -> Cell:
            return replace(cell, group=min(max(cell.group + by, 0), seen.groups - 1))

        self._go(other)

    def change(self) -> None:
        """Point at another tensor of what is open."""
        tensors = [Spot(name, panel.tensor.name, ()) for name, panel in self._panels()]
        spot = self._pointing.spot
        now = Spot(spot.layer, spot.tensor, ()) if spot is not None else None
        following = tensors[(tensors.index(now) + 1) % len(tensors)] if now in tensors else None
        self._go(lambda seen, cell: cell, following)

    def pin(self) -> None:
        """Pin the number pointed at, or let go of it."""
        if not self._pointing.toggle_pin():
            self._say("Point at a number first: Ctrl and the arrow keys go over those of an open layer.")

    def _panels(self) -> list[tuple[str, Panel]]:
        """Tensors with numbers to be seen: first what the selected layer makes."""
        opened, selected = self._stage.opened, self._document.selected
        names = sorted(opened, key=lambda name: name != selected)
        return [
            (name, panel)
            for name in names
            for panel in sorted(opened[name].panels, key=lambda panel: panel.tensor.role != "output")
            if seen_of(panel.tensor) is not None
        ]

    def _go(self, way: Callable[[Seen, Cell], Cell], tensor: Spot | None = None) -> None:
        """Go on from the number pointed at; from none, or in another tensor, to the first."""
        spot = tensor or self._pointing.spot
        panel = panel_of(self._stage, spot) if spot is not None else None
        if spot is None or panel is None:
            first = next(iter(self._panels()), None)
            if first is None:
                self._say("Open a layer first: Ctrl and the arrow keys go over its numbers.")
                return
            spot, panel = Spot(first[0], first[1].tensor.name, ()), first[1]
        seen = seen_of(panel.tensor)
        if seen is None:
            return
        cell = cell_of(seen, spot)
        where = way(seen, cell) if cell is not None else Cell(0, 0, 0, 0)
        self._pointing.point_at(Spot(spot.layer, spot.tensor, seen.index_of(where)))
