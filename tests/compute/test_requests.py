"""Requests are plain data and answer anywhere."""

from __future__ import annotations

import pickle  # noqa: TID251  the point of plain data is that it can travel
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute import requests
from explorer3d.compute.requests import OpenModel, close, runner
from explorer3d.compute.show import ShowLayer
from explorer3d.errors import Cancelled, ModelError, RequestError
from explorer3d.graph.model import Model

Make = Callable[..., Model]


@pytest.fixture
def path(make: Make) -> Path:
    nodes = [make_node("Relu", ["x"], ["r"], name="r"), make_node("Neg", ["r"], ["y"], name="n")]
    return make(nodes, {"x": ["N", 2]}, ["y"]).path


FEEDS = {"x": np.array([[-1, 2]], np.float32)}


def test_open_run_close(path: Path) -> None:
    steps: list[float] = []
    opened = OpenModel(path)(lambda fraction, message: steps.append(fraction))
    assert steps == sorted(steps)
    assert steps[-1] == 1
    assert [layer.name for layer in opened.model.layers] == ["r", "n"]
    assert runner(opened.key).run(FEEDS, ("r", "y"))["r"].tolist() == [[0, 2]]
    assert runner(opened.key).predict(FEEDS)["y"].tolist() == [[0, -2]]
    close(opened.key)
    with pytest.raises(RequestError, match="closed"):
        runner(opened.key)
    close(opened.key)


def test_opening_prepares_no_session(path: Path) -> None:
    opened = OpenModel(path)()
    running = runner(opened.key)
    assert (len(running._quick), len(running._sessions)) == (0, 0)
    close(opened.key)


def test_closing_frees_the_runner(path: Path) -> None:
    before = dict(requests._runners)
    opened = OpenModel(path)()
    assert len(requests._runners) == len(before) + 1
    close(opened.key)
    assert requests._runners == before


def test_a_failed_or_cancelled_open_registers_nothing(path: Path, tmp_path: Path) -> None:
    before = dict(requests._runners)
    with pytest.raises(ModelError):
        OpenModel(tmp_path / "missing")()

    def give_up(fraction: float, message: str) -> None:
        if fraction == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        OpenModel(path)(give_up)
    assert requests._runners == before


def test_requests_travel(path: Path) -> None:
    opened = OpenModel(path)()
    request = pickle.loads(pickle.dumps(ShowLayer(opened.key, FEEDS, "r")))
    shown = {tensor.role: tensor.array.tolist() for tensor in request().tensors}
    assert shown == {"input": [[-1, 2]], "output": [[0, 2]]}
    close(opened.key)


def test_many_threads_get_the_same(path: Path) -> None:
    opened = OpenModel(path)()
    inputs = [{"x": np.array([[index, -index]], np.float32)} for index in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda feeds: runner(opened.key).run(feeds, ("r",))["r"].tolist(), inputs))
        predicted = list(pool.map(lambda feeds: runner(opened.key).predict(feeds)["y"].tolist(), inputs))
    assert found == [[[index, 0]] for index in range(40)]
    assert predicted == [[[-index, 0]] for index in range(40)]
    close(opened.key)
