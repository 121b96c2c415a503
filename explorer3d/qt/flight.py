"""Where the camera stands, by keys and menu; flights to layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QMenu

from explorer3d.document import Document
from explorer3d.qt.view import View

_TURNS = {"Left": (10, 0), "Right": (-10, 0), "Up": (0, 10), "Down": (0, -10)}
"""Degrees to the right and upwards, by arrow key."""


class Flight(QObject):
    """Moves the camera.

    Parameters
    ----------
    document : Document
    view : View
    """

    def __init__(self, document: Document, view: View) -> None:
        super().__init__(view)
        self._document, self._view, self._stage = document, view, view.stage
        self._destination: str | None = None
        document.selection_changed.connect(self._arrive)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer the moves in a menu; for the parameters see `Journey.add_to`."""
        add(menu, "Fit", ("Space", "Home"), self.fit, "Show the whole network")
        add(menu, "Zoom in", ("+", "="), lambda: self._view.zoom(1.25))
        add(menu, "Zoom out", ("-",), lambda: self._view.zoom(0.8))
        for key, turn in _TURNS.items():
            add(menu, f"Turn {key.lower()}", (f"Shift+{key}",), lambda turn=turn: self._turn(*turn))

    def fit(self) -> None:
        """Frame the network."""
        self._stage.fit()
        self._view.refresh()

    def show_whole(self) -> None:
        """Frame the network, nothing selected."""
        self._document.select(None)
        self.fit()

    def visit(self, name: str) -> None:
        """Select a node and fly there."""
        self._destination = name
        self._document.select(name)
        # It may have been selected before.
        self._arrive()

    def to_selected(self) -> None:
        """Fly to the selected node."""
        if self._document.selected:
            self._stage.frame_node(self._document.selected)
            self._view.refresh()

    def _turn(self, right: float, up: float) -> None:
        self._stage.fly(self._stage.pose.orbited(right, up))
        self._view.refresh()

    def _arrive(self) -> None:
        if self._destination is not None and self._destination == self._document.selected:
            self._destination = None
            self.to_selected()
