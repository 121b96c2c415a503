"""What the standard says of operators, checked against the standard's own text (operators 1 to 17)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.graph.operators import attributes_of, operator_of, opsets


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], name="conv", strides=[2, 2]),
        helper.make_node("LeakyRelu", ["a"], ["b"], name="leaky"),
        helper.make_node("Cast", ["b"], ["c"], name="cast", to=TensorProto.FLOAT),
        helper.make_node("Gelu", ["c"], ["d"], name="foreign", domain="com.example", tilt=0.5),
        helper.make_node("Twice", ["d"], ["e"], name="function", domain="own"),
    ]
    twice = helper.make_function(
        "own",
        "Twice",
        ["i"],
        ["o"],
        [helper.make_node("Add", ["i", "i"], ["o"])],
        [helper.make_opsetid("", 13)],
    )
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 8, 9])],
        [helper.make_tensor_value_info("e", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.ones((3, 2, 3, 3), np.float32), "w")],
    )
    sets = [helper.make_opsetid("", 13), helper.make_opsetid("com.example", 2), helper.make_opsetid("own", 1)]
    path = tmp_path_factory.mktemp("operators") / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=sets, ir_version=8, functions=[twice]), path)
    return read_model(path)


def told(model: Model, name: str) -> dict[str, tuple[str, bool, str]]:
    layer = model.layer_by_name[name]
    found = attributes_of(layer, operator_of(model, layer))
    return {entry.name: (entry.text, entry.given, entry.type) for entry in found}


def test_attributes_that_the_file_gives_come_first(model: Model) -> None:
    found = told(model, "conv")
    assert next(iter(found)) == "strides"
    assert found == {
        "strides": ("[2,2]", True, "ints"),
        "auto_pad": ("NOTSET", False, "string"),
        "dilations": ("none", False, "ints"),
        "group": ("1", False, "int"),
        "kernel_shape": ("none", False, "ints"),
        "pads": ("none", False, "ints"),
    }


def test_defaults_are_written_as_in_the_standard(model: Model) -> None:
    assert told(model, "leaky") == {"alpha": ("0.01", False, "float")}
    assert told(model, "cast") == {"to": ("1", True, "int")}


def test_the_text_is_that_of_the_version_asked_for(model: Model) -> None:
    operator = operator_of(model, model.layer_by_name["leaky"])
    assert operator is not None
    # LeakyRelu 16 allows more types; in a model of operator set 13 it is still the one of set 6.
    assert (operator.name, operator.domain, operator.since) == ("LeakyRelu", "ai.onnx", 6)
    assert "f(x) = alpha * x for x < 0" in operator.about


def test_what_is_in_no_standard_has_only_what_the_file_gives(model: Model) -> None:
    for name in ("foreign", "function"):
        assert operator_of(model, model.layer_by_name[name]) is None
    assert told(model, "foreign") == {"tilt": ("0.5", True, "")}


def test_a_keras_layer_has_only_its_settings(samples: Path) -> None:
    keras = read_model(samples / "lenet_fashion.h5")
    assert operator_of(keras, keras.layer_by_name["conv1"]) is None
    assert told(keras, "conv1")["strides"] == ("[1,1]", True, "")


def test_operator_sets(model: Model) -> None:
    assert opsets(model) == "ai.onnx 13, com.example 2, own 1"


def test_users_of_a_value_are_named_once(model: Model) -> None:
    assert model.users["x"] == ("conv",)
    assert "e" not in model.users
