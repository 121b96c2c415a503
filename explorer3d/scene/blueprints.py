"""Blueprints made on other threads, until the thread that draws takes them."""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

from explorer3d.compute.faces import Faces
from explorer3d.graph.folding import Folding
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model
from explorer3d.scene.blueprint import Blueprint, blueprint
from explorer3d.scene.mosaics import Painted
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
        self._painted: Painted | None = None
        self._lock = Lock()

    def prepare(self, response: object) -> None:
        """Work out what an answer will look like, if it is a folded network, or brings one, or faces."""
        stage = self._stage
        folding = getattr(response, "folding", response)
        if isinstance(folding, Folding):
            made = blueprint(folding.model, folding.layout, text=stage.text)
            # Only whoever draws knows whether these faces are still the ones to show.
            painted = Painted(made, stage.mosaics.faces, stage.colormap)
            with self._lock:
                self._made[folding.layout] = made
                self._painted = painted
        elif isinstance(response, Faces) and stage.network is not None:
            self._painted = Painted(stage.network.plan, response.faces, stage.colormap)

    def take(self, model: Model, layout: Layout) -> Blueprint:
        """The blueprint of a network; made now if it has not been."""
        with self._lock:
            made = self._made.pop(layout, None)
        return made or blueprint(model, layout, text=self._stage.text)

    @property
    def painted(self) -> Painted | None:
        """The mosaics coloured last; of what, they know themselves."""
        return self._painted
