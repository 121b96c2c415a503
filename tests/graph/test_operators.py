"""What the standard says of operators, checked against the standard's own text (operators 1 to 17)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer3d.formats import read_model
from explorer3d.graph import properties
from explorer3d.graph.model import Model
from explorer3d.graph.operators import attributes_of, operator_of, opsets, parameters_of


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
        # Other operators than the model's: so it stays a node.
        [helper.make_opsetid("", 14)],
    )
    twice.doc_string = "Adds"
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
    found = attributes_of(model, layer, operator_of(model, layer))
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
    assert operator_of(model, model.layer_by_name["foreign"]) is None
    assert told(model, "foreign") == {"tilt": ("0.5", True, "float")}


def names(model: Model, layer: str) -> dict[str, str]:
    found = model.layer_by_name[layer]
    parameters = parameters_of(model, found, operator_of(model, found))
    return {tensor: parameter.name for tensor, parameter in parameters.items()}


def test_tensors_are_called_as_in_the_standard(model: Model) -> None:
    assert names(model, "conv") == {"x": "X", "w": "W", "a": "Y"}
    assert names(model, "foreign") == {}


def test_a_function_names_its_own_tensors(model: Model) -> None:
    operator = operator_of(model, model.layer_by_name["function"])
    assert operator is not None
    assert (operator.name, operator.domain, operator.since, operator.about) == ("Twice", "own", None, "Adds")
    assert names(model, "function") == {"d": "i", "e": "o"}


def test_tensors_that_are_many_under_one_name_or_one_under_many(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Add", ["x", "x"], ["a"], name="twice"),
        helper.make_node("Concat", ["x", "a", "x"], ["b"], name="join", axis=0),
        helper.make_node("Clip", ["b", "", "top"], ["c"], name="cut"),
    ]
    float_info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [float_info("x", TensorProto.FLOAT, [3]), float_info("top", TensorProto.FLOAT, [])],
        [float_info("c", TensorProto.FLOAT, [9])],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), tmp_path / "m.onnx")
    model = read_model(tmp_path / "m.onnx")
    assert names(model, "twice") == {"x": "A, B", "a": "C"}
    assert names(model, "join") == {"x": "inputs[0], inputs[2]", "a": "inputs[1]", "b": "concat_result"}
    assert names(model, "cut") == {"b": "input", "top": "max", "c": "output"}


def test_properties_are_what_the_file_says(tmp_path: Path) -> None:
    node = helper.make_node("Relu", ["x"], ["y"], name="relu", doc_string="Cuts")
    node.metadata_props.add(key="scope", value="a/b")
    graph = helper.make_graph(
        [node],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, "a.name.made.up"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 3, "a.name.made.up"])],
        doc_string="Of one layer",
    )
    graph.metadata_props.add(key="range", value="s: 1 … 8")
    graph.metadata_props.add(key="author", value="nobody")
    proto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="by hand",
        producer_version="2",
        model_version=4,
        domain="org.example",
        doc_string="A model",
    )
    proto.metadata_props.add(key="author", value="me")
    onnx.save(proto, tmp_path / "m.onnx")
    model = read_model(tmp_path / "m.onnx")
    assert properties.of_model(model) == [
        ("Format", "onnx"),
        ("Written by", "by hand 2"),
        ("Operator sets", "ai.onnx 17"),
        ("IR version", "8"),
        ("Graph", "small"),
        ("Domain", "org.example"),
        ("Model version", "4"),
        ("About", "A model"),
        ("About the graph", "Of one layer"),
        ("author", "me"),
        ("range", "s: 1 … 8"),
    ]
    assert properties.of_layer(model, model.layers[0]) == [("About", "Cuts"), ("scope", "a/b")]
    assert properties.open_sizes(model) == {"x": "batch × 3 × ?", "y": "batch × 3 × ?"}


def test_a_keras_layer_has_only_its_settings(samples: Path) -> None:
    keras = read_model(samples / "lenet_fashion.h5")
    assert operator_of(keras, keras.layer_by_name["conv1"]) is None
    assert told(keras, "conv1")["strides"] == ("[1,1]", True, "")


def test_operator_sets(model: Model) -> None:
    assert opsets(model) == "ai.onnx 13, com.example 2, own 1"


def test_users_of_a_value_are_named_once(model: Model) -> None:
    assert model.users["x"] == ("conv",)
    assert "e" not in model.users
