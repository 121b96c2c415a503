"""The memory that sessions share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute.arena import ArenaSession
from explorer3d.compute.runner import Runner
from explorer3d.graph.model import Model

Make = Callable[..., Model]


def test_what_is_computed_in_it_is_copied_out_of_it(make: Make) -> None:
    runner = Runner(
        make([make_node("Relu", ["x"], ["y"]), make_node("Neg", ["y"], ["z"])], {"x": ["N", 3]}, ["z"])
    )
    found = runner.run({"x": np.array([[1, -2, 3]], np.float32)}, ["y", "z"])
    assert [type(session) for session in runner._sessions.values()] == [ArenaSession]
    assert {name: array.tolist() for name, array in found.items()} == {"y": [[1, 0, 3]], "z": [[-1, 0, -3]]}
    assert all(array.flags.owndata for array in found.values())
    # Another run does not write over it.
    runner.run({"x": np.array([[-4, 5, -6]], np.float32)}, ["y", "z"])
    assert found["y"].tolist() == [[1, 0, 3]]


def test_many_values_are_not_copied(make: Make) -> None:
    runner = Runner(make([make_node("Relu", ["x"], ["y"])], {"x": [1, 5 << 20]}, ["y"]))
    assert runner.run({"x": np.ones((1, 5 << 20), np.float32)}, ["y"])["y"].sum() == 5 << 20
    assert not isinstance(next(iter(runner._sessions.values())), ArenaSession)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="told by Linux only")
def test_all_but_little_goes_back_to_the_system(make: Make) -> None:
    """A hundred megabytes on the way to one number."""
    nodes = [make_node("Expand", ["x", "shape"], ["large"]), make_node("ReduceSum", ["large"], ["y"])]
    runner = Runner(make(nodes, {"x": [1]}, ["y"], shape=np.array([25 << 20])))
    feeds = {"x": np.ones(1, np.float32)}
    before = _resident()
    assert runner.run(feeds, ["y"])["y"].item() == 25 << 20
    assert isinstance(next(iter(runner._sessions.values())), ArenaSession)
    assert _resident() - before < 50 << 20


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
