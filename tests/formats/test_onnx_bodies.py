"""Graphs within a node, and functions a model brings along."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto
from onnx.helper import (
    make_graph,
    make_model,
    make_node,
    make_opsetid,
    make_tensor_value_info,
)
from onnx.numpy_helper import from_array

from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.graph.model import Model

KERNEL = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)


def _open(folder: Path, proto: onnx.ModelProto) -> Model:
    path = folder / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return read_model(path)


def _info(
    name: str, kind: int = TensorProto.FLOAT, shape: list[int | str] | None = None
) -> onnx.ValueInfoProto:
    return make_tensor_value_info(name, kind, shape)


def _branch(name: str, scale: float, *more: onnx.NodeProto) -> onnx.GraphProto:
    nodes = [
        make_node("Constant", [], ["w"], value=from_array(np.full((1, 3, 1, 1), scale, np.float32))),
        make_node("Constant", [], ["axes"], value_ints=[1]),
        make_node("Mul", ["x", "w"], ["scaled"]),
        make_node("ReduceSum", ["scaled", "axes"], ["sum"], keepdims=0),
        *more,
    ]
    return make_graph(nodes, name, [], [_info(nodes[-1].output[0])])


def _conditional() -> onnx.ModelProto:
    deep = make_graph(
        [make_node("Conv", ["x", "kernel"], ["conv"])],
        "deep",
        [],
        [_info("conv")],
        [from_array(KERNEL, "kernel")],
    )
    nested = make_node("If", ["flag"], ["inner"], then_branch=deep, else_branch=deep)
    node = make_node(
        "If",
        ["flag"],
        ["y"],
        name="choice",
        then_branch=_branch("t", 2.0),
        else_branch=_branch("e", 3.0, nested),
    )
    graph = make_graph(
        [node], "g", [_info("x", shape=["N", 3, 4, 5]), _info("flag", TensorProto.BOOL, [])], [_info("y")]
    )
    return make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9)


def test_branches_are_listed_and_their_weights_are_the_layers(tmp_path: Path) -> None:
    (layer,) = _open(tmp_path, _conditional()).layers
    assert (layer.name, layer.op) == ("choice", "If")
    assert [port.value for port in layer.inputs] == ["flag", "x"]
    deep = {"inputs": [], "nodes": ["Conv"], "outputs": ["conv"]}
    assert layer.attributes == {
        "then_branch": {"inputs": [], "nodes": ["Mul", "ReduceSum"], "outputs": ["sum"]},
        "else_branch": {
            "inputs": [],
            "nodes": ["Mul", "ReduceSum", {"If": {"then_branch": deep, "else_branch": deep}}],
            "outputs": ["inner"],
        },
    }
    json.dumps(layer.attributes)
    weights = {weight.name: weight for weight in layer.weights}
    # Both branches call theirs "w", and so do those inside; the axes are a setting.
    assert set(weights) == {
        "then_branch/w",
        "else_branch/w",
        "else_branch/then_branch/kernel",
        "else_branch/else_branch/kernel",
    }
    assert weights["else_branch/w"].numpy().tolist() == [[[[3]], [[3]], [[3]]]]
    kernel = weights["else_branch/then_branch/kernel"]
    assert (kernel.title, kernel.axes, kernel.shape) == ("kernel", "OIHW", (2, 3, 2, 2))
    assert layer.parameters == 3 + 3 + 24 + 24


def test_what_a_body_takes_from_around_it(tmp_path: Path) -> None:
    def branch(op: str) -> onnx.GraphProto:
        nodes = [
            make_node("Conv", ["x", "kernel"], ["c"]),
            make_node("ReduceSum", ["c", "axes"], [op], keepdims=0),
        ]
        return make_graph(nodes, op, [], [_info(op)])

    graph = make_graph(
        [
            make_node("Constant", [], ["axes"], value_ints=[1]),
            make_node("Constant", [], ["kernel"], value=from_array(KERNEL)),
            make_node("If", ["flag"], ["y"], then_branch=branch("a"), else_branch=branch("b")),
        ],
        "g",
        [_info("x", shape=["N", 3, 4, 5]), _info("flag", TensorProto.BOOL, [])],
        [_info("y")],
    )
    model = _open(tmp_path, make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9))
    (layer,) = model.layers
    assert [port.value for port in layer.inputs] == ["flag", "x"]
    assert set(layer.attributes) == {"then_branch", "else_branch"}
    assert [(weight.name, weight.title, weight.axes) for weight in layer.weights] == [
        ("kernel", "kernel", "OIHW")
    ]


def test_a_loop_with_a_weight_of_its_own_name(tmp_path: Path) -> None:
    body = make_graph(
        [make_node("Identity", ["go"], ["on"]), make_node("Add", ["state", "step"], ["next"])],
        "body",
        [_info("i", TensorProto.INT64, []), _info("go", TensorProto.BOOL, []), _info("state")],
        [_info("on", TensorProto.BOOL, []), _info("next")],
        [from_array(np.array([0.5, -1.0], np.float32), "step")],
    )
    graph = make_graph(
        [make_node("Loop", ["n", "", "x"], ["y"], name="loop", body=body)],
        "g",
        [_info("n", TensorProto.INT64, []), _info("x", shape=[2])],
        [_info("y")],
    )
    model = _open(tmp_path, make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9))
    (layer,) = model.layers
    assert layer.attributes["body"]["nodes"] == ["Identity", "Add"]
    assert [(weight.name, weight.size) for weight in layer.weights] == [("step", 2)]
    feeds = {"n": np.array(3), "x": np.array([1, 1], np.float32)}
    assert Runner(model).run(feeds, ["y"])["y"].tolist() == [2.5, -2.0]


def test_a_long_body_is_cut(tmp_path: Path) -> None:
    long = make_graph(
        [make_node("Neg", [f"v{index}" if index else "x"], [f"v{index + 1}"]) for index in range(250)],
        "long",
        [],
        [_info("v250")],
    )
    node = make_node("If", ["flag"], ["y"], then_branch=long, else_branch=_branch("e", 3.0))
    graph = make_graph(
        [node], "g", [_info("x", shape=[1, 3]), _info("flag", TensorProto.BOOL, [])], [_info("y")]
    )
    model = _open(tmp_path, make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9))
    nodes = model.layers[0].attributes["then_branch"]["nodes"]
    assert nodes == ["Neg"] * 200 + ["… 50 more"]
