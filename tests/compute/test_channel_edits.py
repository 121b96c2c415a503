"""Channels muted, boosted, replaced, behind a network's back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute.channel_edits import ChannelEdit, run_edited
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.model import Model

# ReLU, sums over the channels with weights 1, 10, 100.
X = np.array([[1, -2], [3, 4], [-5, 6]], np.float32).reshape(1, 3, 2)
FEEDS = {"x": X}


@pytest.fixture
def runner(make: Callable[..., Model]) -> Runner:
    nodes = [
        make_node("Relu", ["x"], ["relu"], name="relu"),
        make_node("Mul", ["relu", "weights"], ["weighed"], name="weighed"),
        make_node("ReduceSum", ["weighed", "axes"], ["y"], name="sum", keepdims=0),
    ]
    weights = np.array([1, 10, 100], np.float32).reshape(3, 1)
    return Runner(make(nodes, {"x": ["N", 3, 2]}, ["y"], weights=weights, axes=np.array([1])))


def _edited(runner: Runner, edit: ChannelEdit) -> Sequence[float]:
    return list(run_edited(runner, FEEDS, edit, ["y"])["y"].reshape(-1).tolist())


def test_one_channel(runner: Runner) -> None:
    assert _edited(runner, ChannelEdit("relu", 1, 1)) == [1, 600]
    assert _edited(runner, ChannelEdit("relu", 1, 1, 2.0)) == [61, 680]
    assert _edited(runner, ChannelEdit("relu", -2, 2, 1.0, 0)) == [131, 40]
    # Three times the second in the place of the third.
    assert _edited(runner, ChannelEdit("relu", 1, 2, 3.0, 1)) == [931, 1240]


def test_what_went_in_stays_and_so_does_the_network(runner: Runner) -> None:
    found = run_edited(runner, FEEDS, ChannelEdit("relu", 1, 1), ["x", "relu", "y"])
    assert (found["x"] == X).all()
    assert found["relu"].tolist() == [[[1, 0], [0, 0], [0, 6]]]
    assert runner.run(FEEDS, ["relu"])["relu"].tolist() == [[[1, 0], [3, 4], [0, 6]]]
    assert runner.predict(FEEDS)["y"].tolist() == [[31, 640]]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (ChannelEdit("relu", 1, 3), "no channel 3: there are 3"),
        (ChannelEdit("relu", 1, 0, 1.0, -1), "no channel -1"),
        (ChannelEdit("relu", 3, 0), "has no channels"),
        (ChannelEdit("nowhere", 1, 0), "no value named 'nowhere'"),
        (ChannelEdit("x", 1, 0), "changes nothing"),
    ],
)
def test_what_cannot_be_changed(runner: Runner, edit: ChannelEdit, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        _edited(runner, edit)
