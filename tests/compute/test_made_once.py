"""Results are remembered by the array they were made of, and die with it."""

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest
from onnx.helper import make_node

from explorer3d.compute import requests, show
from explorer3d.compute.made_once import MadeOnce
from explorer3d.compute.show import ShowLayer
from explorer3d.graph.model import Model


def test_each_array_has_its_own_results_for_as_long_as_it_lives() -> None:
    made, calls = MadeOnce(), []

    def result(array: np.ndarray, key: str) -> object:
        return made.get(array, key, lambda: calls.append(key) or (key, len(calls)))

    first, second = np.zeros(3), np.zeros(3)
    assert result(first, "a") == ("a", 1)
    assert result(second, "a") == ("a", 2)
    assert result(first, "b") == ("b", 3)
    assert [result(first, "a"), result(second, "a"), result(first, "b")] == [("a", 1), ("a", 2), ("b", 3)]
    assert len(made) == 2
    del first
    gc.collect()
    assert len(made) == 1
    # Another array may well come to lie in the same place.
    for _ in range(20):
        assert result(np.zeros(3), "a") == ("a", len(calls))
    assert result(second, "a") == ("a", 2)


def test_a_second_click_looks_at_nothing_again(
    make: Callable[..., Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [make_node("Relu", ["x"], ["r"], name="r"), make_node("Tanh", ["r"], ["y"], name="t")]
    key = requests.register(make(nodes, {"x": [1, 2, 5, 6]}, ["y"]))
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 6)).astype(np.float32)
    looked: list[tuple[int, ...]] = []
    summarise = show.summarise

    def counted(array: np.ndarray) -> object:
        looked.append(array.shape)
        return summarise(array)

    monkeypatch.setattr(show, "summarise", counted)
    first = ShowLayer(key, {"x": x}, "t")()
    assert len(looked) == 2
    again = ShowLayer(key, {"x": x}, "t")()
    assert len(looked) == 2
    for one, other in zip(first.tensors, again.tensors, strict=True):
        assert one.statistics is other.statistics
        assert one.picture is other.picture
    other = ShowLayer(key, {"x": x - 1}, "t")()
    assert len(looked) == 4
    assert other.tensors[1].statistics.mean == pytest.approx(np.tanh(np.maximum(x - 1, 0)).mean(), rel=1e-5)
    requests.close(key)
