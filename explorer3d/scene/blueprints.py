"""Blueprints made on other threads, until the thread that draws takes them."""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

from explorer3d.graph.folding import Folding
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model
from explorer3d.scene.blueprint import Blueprint, blueprint
from explorer3d.scene.stage import Stage


class Blueprints:
    """Blueprints of networks that are about to be shown on a stage.

    Parameters
    ----------
    stage : Stage
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._made: WeakKeyDictionary[Layout, Blueprint] = WeakKeyDictionary()
        self._lock = Lock()

    def prepare(self, response: object) -> None:
        """Make the blueprint of what an answer wants shown, if it is a folded network or brings one."""
        folding = getattr(response, "folding", response)
        if isinstance(folding, Folding):
            made = blueprint(folding.model, folding.layout, text=self._stage.text)
            with self._lock:
                self._made[folding.layout] = made

    def take(self, model: Model, layout: Layout) -> Blueprint:
        """The blueprint of a network; made now if it has not been."""
        with self._lock:
            made = self._made.pop(layout, None)
        return made or blueprint(model, layout, text=self._stage.text)
