"""What opening a network and its input leave to be found later."""

from __future__ import annotations

from pathlib import Path

from explorer3d.compute import requests
from explorer3d.opening import LoadInput, OpenNetwork


def test_what_clicks_ask_for_is_known_once_there_is_an_input(samples: Path) -> None:
    network = OpenNetwork(samples / "lenet_fashion.onnx")()
    found = {"layer_by_name", "users", "node_by_name", "node_count"}
    assert not {"users", "node_by_name"} & vars(network.model).keys()
    LoadInput(network.key, None, {}, {})()
    assert found <= vars(network.model).keys()
    requests.close(network.key)
