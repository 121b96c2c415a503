"""Requests that bring in a body as a network of its own, and what goes into it; see `Document.enter`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from explorer3d.compute import requests
from explorer3d.compute.show import ShownLayer
from explorer3d.graph.folding import Folding
from explorer3d.graph.model import Layer
from explorer3d.inputs import Feeds, Given, Sizes, Transform
from explorer3d.opening import LoadedInput, LoadInput, OpenedNetwork, arranged
from explorer3d.progress import Progress, ignore


@dataclass(frozen=True, eq=False)
class OpenBody:
    """Make a network of a graph inside a layer, and lay it out.

    Attributes
    ----------
    key, fingerprint : str
        Of the network around it.
    layer, body : str
    foldings : mapping of fingerprint to str
        How networks were left, see `folding_text`.

    Raises
    ------
    ModelError, RequestError
    """

    key: str
    fingerprint: str
    layer: str
    body: str
    foldings: Mapping[str, str]

    def __call__(self, progress: Progress = ignore) -> OpenedNetwork:
        # Here, since the window must not wait for it.
        from explorer3d.formats.onnx_entered import read_body

        progress(0.1, f"Entering {self.layer}")
        model = read_body(requests.runner(self.key).model, self.layer, self.body)
        opened = requests.OpenedModel(requests.register(model), model)
        # A key of settings, like that of the file.
        mark = hashlib.sha256("\0".join((self.fingerprint, self.layer, self.body)).encode()).hexdigest()
        return arranged(opened, model.path, progress, self.foldings, mark)


@dataclass(frozen=True, eq=False)
class GoBack:
    """Bring a network back that is laid out already: so it is drawn as one that was opened is."""

    folding: Folding

    def __call__(self, progress: Progress = ignore) -> Folding:
        return self.folding


@dataclass(frozen=True, eq=False)
class LoadedBody(LoadedInput):
    """Answer to `LoadBody`.

    Attributes
    ----------
    iteration : int or None
        Which time the body is run; None if it is run once at most.
    count : int or None
        How often it is run, if that is known.
    taken : bool or None
        Whether a branch is the one that is run, if that is known.
    fault : str or None
        Why some of what goes in is missing.
    """

    iteration: int | None = None
    count: int | None = None
    taken: bool | None = None
    fault: str | None = None


@dataclass(frozen=True, eq=False)
class LoadBody:
    """Compute what goes into a body.

    Attributes
    ----------
    key : str
        Of the body.
    outer : LoadInput or LoadBody
        What goes into the network around it.
    iteration : int

    Raises
    ------
    InputError
    """

    key: str
    outer: LoadInput | LoadBody
    iteration: int = 0

    def __call__(self, progress: Progress = ignore) -> LoadedBody:
        # Here, since a network is seen before onnxruntime is needed.
        from explorer3d.compute.bodies import body_feeds

        around = self.outer(progress)
        runners = requests.runner(self.outer.key), requests.runner(self.key)
        found = body_feeds(runners[0], around.feeds.arrays, runners[1], self.iteration, progress)
        return LoadedBody(
            Feeds(found.arrays, found.about),
            None,
            None,
            None,
            found.iteration if found.repeats else None,
            found.count,
            found.taken,
            found.fault,
        )

    @property
    def path(self) -> Given | None:
        """What goes into the outermost network."""
        return self.outer.path

    @property
    def preprocessing(self) -> Mapping[str, Any]:
        """How it is prepared."""
        return self.outer.preprocessing

    @property
    def sizes(self) -> Sizes:
        """Shapes of the outermost network's inputs."""
        return self.outer.sizes

    @property
    def transform(self) -> Transform:
        """What is done to the outermost network's picture."""
        return self.outer.transform

    def changed(self, **changes: Any) -> LoadBody:
        """The same with other fields of what goes into the outermost network."""
        return replace(self, outer=self.outer.changed(**changes))


def likely_body(layer: Layer, shown: ShownLayer | None) -> str:
    """Which of a layer's bodies is meant when nobody says: of two branches, the one taken."""
    tensors = shown.tensors if shown is not None else ()
    condition = next((tensor.array for tensor in tensors if tensor.name == "input"), None)
    taken = "then_branch"
    if condition is not None and condition.dtype == np.bool_ and condition.size == 1 and not condition.all():
        taken = "else_branch"
    return taken if taken in layer.bodies else layer.bodies[0]
