"""What is made of weights alone is computed once; numbers by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info

from explorer3d.conversion.converted import Converted


def graph(nodes: list[onnx.NodeProto], weights: dict[str, tuple[int, ...]]) -> onnx.ModelProto:
    inputs = [make_tensor_value_info("x", onnx.TensorProto.FLOAT, [None, 2])]
    inputs += [make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in weights.items()]
    outputs = [make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)]
    return make_model(make_graph(nodes, "g", inputs, outputs))


def written(
    proto: onnx.ModelProto, weights: dict[str, tuple[str, np.ndarray]], path: Path
) -> onnx.ModelProto:
    converted = Converted(proto, weights)
    converted.fold()
    converted.write(path)
    return onnx.load(path)


def test_a_transposed_weight_is_stored_transposed_under_its_own_name(tmp_path: Path) -> None:
    kernel = np.arange(6, dtype=np.float32).reshape(3, 2)
    nodes = [
        make_node("Transpose", ["w0"], ["t"], perm=[1, 0]),
        make_node("MatMul", ["x", "t"], ["h"]),
        make_node("Mul", ["h", "w1"], ["y"], name="StatefulPartitionedCall/PartitionedCall_2/net/mul"),
    ]
    weights = {
        "w0": ("dense/kernel", kernel),
        "w1": ("dense/scale", np.float32([2, 3, 4])),
        "w2": ("unread", kernel),
    }
    model = written(graph(nodes, {"w0": (3, 2), "w1": (3,), "w2": (3, 2)}), weights, tmp_path / "m.onnx")
    held = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert set(held) == {"dense/kernel", "dense/scale"}
    np.testing.assert_array_equal(held["dense/kernel"], kernel.T)
    assert [node.op_type for node in model.graph.node] == ["MatMul", "Mul"]
    assert model.graph.node[1].name == "net/mul"
    assert [entry.name for entry in model.graph.input] == ["x"]


def test_two_tensors_made_of_one_weight_are_told_apart(tmp_path: Path) -> None:
    scale = np.float32([4, 9])
    nodes = [
        make_node("Sqrt", ["w0"], ["r"]),
        make_node("Mul", ["x", "r"], ["h"]),
        make_node("Add", ["h", "w0"], ["y"]),
    ]
    model = written(graph(nodes, {"w0": (2,)}), {"w0": ("bn/variance", scale)}, tmp_path / "m.onnx")
    held = {tensor.name: onnx.numpy_helper.to_array(tensor).tolist() for tensor in model.graph.initializer}
    assert held == {"bn/variance": [4, 9], "bn/variance#2": [2, 3]}
    mul, add = model.graph.node
    assert (mul.input[1], add.input[1]) == ("bn/variance#2", "bn/variance")


def test_what_would_grow_is_left_to_be_computed(tmp_path: Path) -> None:
    nodes = [
        make_node("Mul", ["w0", "w1"], ["table"]),
        make_node("Add", ["x", "table"], ["y"]),
    ]
    weights = {"w0": ("row", np.ones((1, 2), np.float32)), "w1": ("column", np.ones((50, 1), np.float32))}
    model = written(graph(nodes, {"w0": (1, 2), "w1": (50, 1)}), weights, tmp_path / "m.onnx")
    assert [node.op_type for node in model.graph.node] == ["Mul", "Add"]
