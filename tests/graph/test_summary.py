"""The description scripts depend on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from explorer3d.graph.model import Layer, Model, Port, Weight
from explorer3d.graph.summary import counted, describe, shape_text, table, tuple_text


@pytest.fixture
def model() -> Model:
    kernel = Weight("kernel", ir.tensor(np.zeros((5, 5, 1, 6), np.float32)))
    image = Port("image", "image", (1, 28, 28, 1), "float32")
    conv = Layer(
        name="conv1",
        op="Conv2D",
        inputs=(image,),
        outputs=(Port("c", "conv1", (1, 28, 28, 6), "float32"),),
        weights=(kernel,),
        attributes={"strides": [1, 1]},
        parameters=150,
        macs=117_600,
        block="features",
    )
    twin = Layer(
        name="conv2",
        op="Conv2D",
        inputs=(image,),
        outputs=(Port("d", "conv2", None, "float32"),),
        weights=(kernel,),
        attributes={},
        parameters=150,
        macs=None,
        reason="'conv2' is odd.",
    )
    return Model(
        path=Path("a/net.h5"),
        format="keras-h5",
        producer="keras 3",
        ir=ir.Model(ir.Graph([], [], nodes=[], opset_imports={"": 17}), ir_version=10),
        inputs=(Port("image", None, (None, 28, 28, 1), "float32"),),
        outputs=(Port("c", "conv1", (None, 28, 28, 6), "float32"),),
        layers=(conv, twin),
        notes=("A note.",),
    )


def test_keys_and_values(model: Model) -> None:
    expected = {
        "format": "keras-h5",
        "producer": "keras 3",
        "inputs": [{"name": "image", "shape": [None, 28, 28, 1], "dtype": "float32"}],
        "outputs": [{"name": "c", "shape": [None, 28, 28, 6], "dtype": "float32"}],
        "layers": [
            {
                "name": "conv1",
                "op": "Conv2D",
                "block": "features",
                "inputs": [{"value": "image", "from": "image", "shape": [1, 28, 28, 1], "dtype": "float32"}],
                "outputs": [{"value": "c", "shape": [1, 28, 28, 6], "dtype": "float32"}],
                "weights": [{"name": "kernel", "shape": [5, 5, 1, 6], "dtype": "float32"}],
                "attributes": {"strides": [1, 1]},
                "parameters": 150,
                "macs": 117_600,
                "runnable": True,
            },
            {
                "name": "conv2",
                "op": "Conv2D",
                "block": "",
                "inputs": [{"value": "image", "from": "image", "shape": [1, 28, 28, 1], "dtype": "float32"}],
                "outputs": [{"value": "d", "shape": None, "dtype": "float32"}],
                "weights": [{"name": "kernel", "shape": [5, 5, 1, 6], "dtype": "float32"}],
                "attributes": {},
                "parameters": 150,
                "macs": None,
                "runnable": False,
                "reason": "'conv2' is odd.",
            },
        ],
        # the two layers share one kernel
        "totals": {"layers": 2, "nodes": 0, "parameters": 150, "macs": 117_600},
        "notes": ["A note."],
    }
    assert json.loads(json.dumps(describe(model))) == expected


def test_table_has_a_line_for_each_layer(model: Model) -> None:
    text = table(model)
    (line,) = [line for line in text.splitlines() if line.startswith("conv1")]
    assert line.split("  ")[0] == "conv1"
    assert "1 × 28 × 28 × 6" in line
    assert line.endswith("117,600")
    assert "at least 117,600" in text
    assert text.endswith("A note.")


def test_shapes_in_words() -> None:
    assert shape_text((1, None, 3)) == "1 × ? × 3"
    assert shape_text(()) == "scalar"
    assert shape_text(None) == "?"
    assert shape_text((1, None, 3), "×") == "1×?×3"


def test_shapes_as_numpy_writes_them() -> None:
    assert tuple_text((None, 28)) == "(?, 28)"
    assert tuple_text((5,)) == "(5,)"
    assert tuple_text(()) == "()"


def test_names_cannot_give_orders_to_a_terminal(model: Model) -> None:
    odd = replace(model.layers[0], name="a\x1b[2Jb\nc\u202ed", op="Ü\r")
    port = replace(model.inputs[0], value="i\x07")
    text = table(replace(model, layers=(odd,), inputs=(port,), notes=("n\x9b",)))
    assert all(line.isprintable() for line in text.split("\n"))
    assert r"a\x1b[2Jb\nc\u202ed" in text
    assert r"Ü\r" in text
    assert r"i\x07" in text
    assert r"n\x9b" in text


@pytest.mark.parametrize(("count", "text"), [(0, "0 layers"), (1, "1 layer"), (61_706, "61,706 layers")])
def test_one_is_no_plural(count: int, text: str) -> None:
    assert counted(count, "layer") == text
