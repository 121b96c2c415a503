"""Layers by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx_ir as ir
import pytest

from explorer3d.errors import LayerNotFound
from explorer3d.graph.lookup import find_layer, find_layer_or_input
from explorer3d.graph.model import Layer, Model, Port


@pytest.fixture
def model() -> Model:
    image = Port("image", None, (1, 2), "float32")
    layers = tuple(Layer(name, "Relu", (), (), (), {}, 0, 0) for name in ("conv1", "classes"))
    empty = ir.Model(ir.Graph([], [], nodes=[]), ir_version=10)
    return Model(Path("net.h5"), "keras-h5", "", empty, (image,), (), layers, (), {})


def test_layers_and_where_wanted_inputs(model: Model) -> None:
    assert find_layer(model, "classes") is model.layers[1]
    assert find_layer_or_input(model, "classes") is model.layers[1]
    assert find_layer_or_input(model, "image") is None
    with pytest.raises(LayerNotFound, match="no layer named 'image'"):
        find_layer(model, "image")


@pytest.mark.parametrize(
    ("find", "name", "remedy"),
    [
        (find_layer, "conv", "Did you mean 'conv1'?"),
        (find_layer_or_input, "imagf", "Did you mean 'image'?"),
        (find_layer, "imagf", "'explorer3d info net.h5' lists them."),
    ],
)
def test_neighbours_are_named(
    model: Model, find: Callable[[Model, str], object], name: str, remedy: str
) -> None:
    with pytest.raises(LayerNotFound) as raised:
        find(model, name)
    assert str(raised.value) == f"net.h5 has no layer named '{name}'. {remedy}"
