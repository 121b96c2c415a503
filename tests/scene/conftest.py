"""The sample network with a picture run through it, and a stage to put it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from explorer3d.compute import requests
from explorer3d.compute.faces import Faces, ShowFaces
from explorer3d.compute.show import ShowLayer, ShownLayer
from explorer3d.inputs import Feeds, feeds_for
from explorer3d.labels import Guess, top_k
from explorer3d.opening import OpenedNetwork, OpenNetwork
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.stage import Stage

SIZE = (960, 600)


@dataclass(frozen=True)
class Ran:
    """A network and what one input makes of it."""

    network: OpenedNetwork
    feeds: Feeds
    faces: Faces
    best: dict[str, tuple[Guess, ...]]

    def layer(self, name: str) -> ShownLayer:
        return ShowLayer(self.network.key, self.feeds.arrays, name)()


@pytest.fixture(scope="session")
def run() -> Iterator[Callable[[Path, Path | None], Ran]]:
    keys = []

    def runner(model: Path, picture: Path | None = None) -> Ran:
        network = OpenNetwork(model)()
        keys.append(network.key)
        feeds = feeds_for(network.model, picture)
        faces = ShowFaces(network.key, feeds.arrays)()
        best = {name: top_k(scores, network.names).guesses for name, scores in faces.answers.scores.items()}
        return Ran(network, feeds, faces, best)

    yield runner
    for key in keys:
        requests.close(key)


@pytest.fixture(scope="session")
def lenet(run: Callable[..., Ran], samples: Path) -> Ran:
    return run(samples / "lenet_fashion.h5", samples / "pictures" / "fashion_1_trouser.png")


@pytest.fixture(scope="session")
def rows(run: Callable[..., Ran], samples: Path) -> Ran:
    """The same network as ONNX, whose 15 operators stand in several rows."""
    return run(samples / "lenet_fashion.onnx", samples / "pictures" / "fashion_1_trouser.png")


@pytest.fixture
def canvas() -> Iterator[Canvas]:
    canvas = Canvas((320, 200))
    yield canvas
    canvas.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage(SIZE)
    yield stage
    stage.close()
