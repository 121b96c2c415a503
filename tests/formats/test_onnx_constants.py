"""What no input reaches is a weight or a setting of whoever takes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor, make_tensor_value_info
from onnx.reference import ReferenceEvaluator

from explorer3d.compute.runner import Runner
from explorer3d.errors import RunError
from explorer3d.formats import read_model
from explorer3d.graph.model import Model

FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
X = np.array([[1.0, -2.0, 3.0]], np.float32)


def _proto(
    nodes: Sequence[onnx.NodeProto],
    weights: dict[str, Any],
    shape: Sequence[int] = (1, 3),
    outputs: Sequence[str] = ("y",),
) -> onnx.ModelProto:
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", FLOAT, shape)],
        [make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    return make_model(graph, opset_imports=[make_opsetid("", 19)], ir_version=9)


def _open(folder: Path, proto: onnx.ModelProto) -> Model:
    (folder / "m.onnx").write_bytes(proto.SerializeToString())
    return read_model(folder / "m.onnx")


def _filled(name: str, fill: onnx.TensorProto, sizes: str = "sizes") -> onnx.NodeProto:
    return make_node("ConstantOfShape", [sizes], [name], name, value=fill)


UNPACKED = [
    make_node("DequantizeLinear", ["packed", "scale", "zero"], ["unpacked"]),
    make_node("Transpose", ["unpacked"], ["turned"]),
    make_node("MatMul", ["x", "turned"], ["y"], "dense"),
]
PACKED = {"packed": np.array([[3, 1, -1], [5, 1, 2]], np.int8), "scale": np.float32(0.5), "zero": np.int8(1)}


def test_a_weight_that_is_unpacked_and_turned_round(tmp_path: Path) -> None:
    proto = _proto(UNPACKED, PACKED)
    model = _open(tmp_path, proto)
    (layer,) = model.layers
    (weight,) = layer.weights
    assert (layer.name, weight.name, weight.shape, weight.dtype) == ("dense", "turned", (3, 2), "float32")
    assert weight.numpy().tolist() == [[1.0, 2.0], [0.0, 0.0], [-1.0, 0.5]]
    assert layer.parameters == 6
    found = Runner(model).run({"x": X}, ["y", "turned"])
    assert found["y"].tolist() == [[-2.0, 3.5]]
    np.testing.assert_array_equal(found["y"], ReferenceEvaluator(proto).run(None, {"x": X})[0])


def test_a_setting_that_is_computed_is_an_attribute(tmp_path: Path) -> None:
    nodes = [
        make_node("Concat", ["three", "one"], ["sizes"], axis=0),
        make_node("Reshape", ["x", "sizes"], ["y"], "reshape"),
    ]
    model = _open(tmp_path, _proto(nodes, {"three": np.array([3]), "one": np.array([1])}))
    (layer,) = model.layers
    assert layer.attributes["shape"] == [3, 1] and not layer.weights
    assert layer.outputs[0].shape == (3, 1)
    assert Runner(model).run({"x": X}, ["y"])["y"].tolist() == [[1.0], [-2.0], [3.0]]


def test_opening_computes_no_setting_with_a_long_way_to_it(tmp_path: Path) -> None:
    ones = make_tensor("one", INT64, [1], [1])
    nodes = [
        _filled("ones", ones),
        make_node("ReduceSum", ["ones"], ["sum"], keepdims=0),
        make_node("Unsqueeze", ["sum", "zero"], ["count"]),
        make_node("Expand", ["x", "count"], ["y"], "expand"),
    ]
    model = _open(tmp_path, _proto(nodes, {"sizes": np.array([2**18]), "zero": np.array([0])}))
    (layer,) = model.layers
    assert [weight.name for weight in layer.weights] == ["count"]
    assert layer.weights[0].numpy().tolist() == [2**18]


def test_whatever_a_body_takes_from_around_it(tmp_path: Path) -> None:
    def branch(op: str) -> onnx.GraphProto:
        made = make_tensor_value_info("inner", FLOAT, None)
        return make_graph([make_node(op, ["x", "filled"], ["inner"])], op, [], [made])

    nodes = [
        _filled("filled", make_tensor("two", FLOAT, [1], [2.0])),
        make_node("If", ["yes"], ["y"], "if", then_branch=branch("Mul"), else_branch=branch("Add")),
    ]
    model = _open(tmp_path, _proto(nodes, {"sizes": np.array([3]), "yes": np.array(True)}))
    assert [layer.name for layer in model.layers] == ["if"]
    assert Runner(model).run({"x": X}, ["y"])["y"].tolist() == [[2.0, -4.0, 6.0]]


@pytest.mark.parametrize("last", ["Identity", "Bernoulli"])
def test_what_the_graph_returns_and_what_is_drawn_stays(tmp_path: Path, last: str) -> None:
    nodes = [
        make_node(last, ["w"], ["z"], "last"),
        make_node("Add", ["x", "z"], ["y"], "add"),
    ]
    returned = ("y", "z") if last == "Identity" else ("y",)
    model = _open(tmp_path, _proto(nodes, {"w": np.ones(3, np.float32)}, outputs=returned))
    assert [layer.name for layer in model.layers] == ["last", "add"]


def test_of_nothing_but_constants_what_is_returned_stays(tmp_path: Path) -> None:
    graph = make_graph(
        [make_node("Neg", ["w"], ["n"], "neg"), make_node("Abs", ["n"], ["y"], "abs")],
        "g",
        [],
        [make_tensor_value_info("y", FLOAT, [3])],
        [onnx.numpy_helper.from_array(np.ones(3, np.float32), "w")],
    )
    proto = make_model(graph, opset_imports=[make_opsetid("", 19)], ir_version=9)
    model = _open(tmp_path, proto)
    assert [layer.name for layer in model.layers] == ["abs"]
    assert model.layers[0].weights[0].numpy().tolist() == [-1.0, -1.0, -1.0]


def test_more_than_memory_holds_is_not_computed(tmp_path: Path) -> None:
    nodes = [
        _filled("filled", make_tensor("two", FLOAT, [1], [2.0])),
        make_node("Add", ["x", "filled"], ["y"]),
    ]
    model = _open(tmp_path, _proto(nodes, {"sizes": np.array([10**12, 3])}))
    assert [layer.op for layer in model.layers] == ["ConstantOfShape", "Add"]


def test_what_cannot_be_computed_is_said_when_it_is_looked_at(tmp_path: Path) -> None:
    nodes = [make_node("Gather", ["w", "place"], ["row"]), make_node("Add", ["x", "row"], ["y"], "add")]
    weights = {"w": np.ones((2, 3), np.float32), "place": np.array([5])}
    model = _open(tmp_path, _proto(nodes, weights))
    with pytest.raises(RunError, match="^The weight 'row' cannot be computed: indices element out of"):
        model.layers[0].weights[0].numpy()


def test_a_setting_that_cannot_be_computed_leaves_the_rest_to_be_seen(tmp_path: Path) -> None:
    nodes = [
        make_node("Gather", ["w", "place"], ["size"]),
        make_node("Expand", ["x", "size"], ["y"], "expand"),
    ]
    model = _open(tmp_path, _proto(nodes, {"w": np.ones((2, 1), np.int64), "place": np.array(5)}))
    assert [weight.name for weight in model.layers[0].weights] == ["size"]


def test_a_damaged_way_to_a_weight_is_said_as_such(tmp_path: Path) -> None:
    cast = make_node("Cast", ["wide"], ["w"], to=FLOAT)
    cast.attribute[0].type = onnx.AttributeProto.UNDEFINED
    model = _open(
        tmp_path, _proto([cast, make_node("Add", ["x", "w"], ["y"])], {"wide": np.ones(3, np.int64)})
    )
    for weight in (weight for layer in model.layers for weight in layer.weights if weight.name == "w"):
        with pytest.raises(RunError, match="^The weight 'w' cannot be computed: "):
            weight.numpy()
    assert any(weight.name == "w" for layer in model.layers for weight in layer.weights)
