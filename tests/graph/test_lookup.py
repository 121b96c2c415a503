"""Layers by name."""

from __future__ import annotations

from pathlib import Path

import onnx_ir as ir
import pytest

from explorer3d.errors import LayerNotFound
from explorer3d.graph.lookup import find_layer
from explorer3d.graph.model import Layer, Model, Port


@pytest.fixture
def model() -> Model:
    image = Port("image", None, (1, 2), "float32")
    layers = tuple(Layer(name, "Relu", (), (), (), {}, 0, 0) for name in ("conv1", "classes"))
    empty = ir.Model(ir.Graph([], [], nodes=[]), ir_version=10)
    return Model(Path("net.h5"), "keras-h5", "", empty, (image,), (), layers, (), {})


def test_layers_and_where_wanted_inputs(model: Model) -> None:
    assert find_layer(model, "classes") is model.layers[1]
    assert find_layer(model, "image", inputs=True) is None
    with pytest.raises(LayerNotFound, match="no layer named 'image'"):
        find_layer(model, "image")


@pytest.mark.parametrize(
    ("name", "inputs", "remedy"),
    [
        ("conv", False, "Did you mean 'conv1'?"),
        ("imagf", True, "Did you mean 'image'?"),
        ("imagf", False, "'explorer3d info net.h5' lists them."),
    ],
)
def test_neighbours_are_named(model: Model, name: str, inputs: bool, remedy: str) -> None:
    with pytest.raises(LayerNotFound) as raised:
        find_layer(model, name, inputs=inputs)
    assert str(raised.value) == f"net.h5 has no layer named '{name}'. {remedy}"
