"""Which inputs excite a feature most, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node
from PIL import Image

from explorer3d.attribution import top_inputs
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.inputs import feeds_for
from tests.attribution.conftest import Small, X

PICTURES = [X, -3 * X, np.abs(X), np.zeros((2, 3), np.float32)]


def _feeds(number: int) -> dict[str, np.ndarray]:
    return {"x": PICTURES[number][None, None]}


def test_the_strongest_first(small: Small) -> None:
    # The second channel is -2 times what is negative: 4 at the second place of X; 24 at [1, 1] of -3 X.
    found = top_inputs(small.runner, 4, _feeds, "relu", 1)
    assert [(one.number, one.peak, one.place) for one in found] == [(1, 24, (1, 1)), (0, 4, (0, 1))]
    # Back through the ReLU goes the activation, through the kernel -2 times that.
    expected = np.zeros((1, 1, 2, 3))
    expected[0, 0, 1, 1] = -48
    assert found[0].projection.tolist() == expected.tolist()
    assert found[0].window == (slice(0, 1), slice(0, 1), slice(1, 2), slice(1, 2))


def test_so_many_and_only_those_that_are_active(small: Small) -> None:
    found = top_inputs(small.runner, 4, _feeds, "relu", 0, most=2)
    assert [one.number for one in found] == [1, 0]
    assert top_inputs(small.runner, 1, lambda _: _feeds(3), "relu", 0) == ()
    with pytest.raises(RequestError, match="has 2 channels, from 0; there is no 2"):
        top_inputs(small.runner, 4, _feeds, "relu", 2)


def test_files_of_pictures(samples: Path, tmp_path: Path) -> None:
    runner = Runner(read_model(samples / "lenet_fashion.h5"))
    black = tmp_path / "black.png"
    Image.new("L", (28, 28)).save(black)
    paths = [black, *sorted((samples / "pictures").glob("fashion_*.png"))]

    def feeds(number: int) -> Mapping[str, np.ndarray]:
        return feeds_for(runner.model, paths[number]).arrays

    found = top_inputs(runner, len(paths), feeds, "conv1", 2, most=3)
    assert len(found) == 3
    assert 0 not in [one.number for one in found]
    assert [one.peak for one in found] == sorted((one.peak for one in found), reverse=True)
    # A kernel of 5 × 5 sees no more.
    assert all(part.stop - part.start <= 5 for one in found for part in one.window)


def test_a_layer_that_has_a_number_for_its_name(make: Callable[..., Model]) -> None:
    """As those of files without names: it is no class."""
    kernel = np.ones((2, 1, 1, 1), np.float32)
    runner = Runner(
        make([make_node("Conv", ["x", "k"], ["y"], name="25")], {"x": [1, 1, 2, 3]}, ["y"], k=kernel)
    )
    assert [one.number for one in top_inputs(runner, 3, _feeds, "25", 1)] == [1, 0, 2]
