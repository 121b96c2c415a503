"""What opening a network finds ahead."""

from __future__ import annotations

from pathlib import Path

from explorer3d.compute import requests
from explorer3d.opening import OpenNetwork


def test_what_the_window_asks_for_is_known_before_it_does(samples: Path) -> None:
    network = OpenNetwork(samples / "lenet_fashion.onnx")()
    found = {"layer_by_name", "users", "node_by_name", "node_count", "parameters"}
    assert found <= vars(network.model).keys()
    requests.close(network.key)
