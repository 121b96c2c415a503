"""Graphs without weights, whole and cut."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from explorer3d.graph.skeleton import ancestors, constant, read_values, skeleton

FLOAT = TensorProto.FLOAT


def _model(nodes: list[onnx.NodeProto], **initializers: np.ndarray) -> ir.Model:
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", FLOAT, [4, 300]), make_tensor_value_info("z", FLOAT, [4, 300])],
        [make_tensor_value_info("y", FLOAT, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in initializers.items()],
    )
    return ir.from_proto(make_model(graph, opset_imports=[make_opsetid("", 17)]))


def _output(model: ir.Model, node: int) -> ir.Value:
    return list(model.graph)[node].outputs[0]


def test_large_tensors_are_left_out_small_ones_stay() -> None:
    large, small = np.ones((300, 1), np.float32), np.ones(1, np.float32)
    nodes = [make_node("MatMul", ["x", "large"], ["p"]), make_node("Add", ["p", "small"], ["y"])]
    cut = skeleton(_model(nodes, large=large, small=small))
    assert list(cut.weights) == ["large"]
    by_name = {tensor.name: tensor for tensor in cut.proto.graph.initializer}
    assert by_name["large"].data_location == TensorProto.EXTERNAL
    assert not by_name["large"].raw_data
    assert onnx.numpy_helper.to_array(by_name["small"]) == [1.0]


def test_large_constant_node_is_left_out_like_a_weight() -> None:
    tensor = onnx.numpy_helper.from_array(np.ones((300, 2), np.float32))
    nodes = [make_node("Constant", [], ["k"], value=tensor), make_node("MatMul", ["x", "k"], ["y"])]
    cut = skeleton(_model(nodes))
    assert list(cut.weights) == ["k"]
    assert [node.op_type for node in cut.proto.graph.node] == ["MatMul"]


def test_cut_keeps_what_the_values_need_and_no_more() -> None:
    nodes = [
        make_node("Relu", ["x"], ["a"]),
        make_node("Exp", ["z"], ["b"]),
        make_node("Add", ["a", "b"], ["y"]),
    ]
    model = _model(nodes, unused=np.ones(3, np.float32))
    cut = skeleton(model, [_output(model, 0)])
    assert [node.op_type for node in cut.proto.graph.node] == ["Relu"]
    assert cut.inputs == ("x",)
    assert [output.name for output in cut.proto.graph.output] == ["a"]
    assert not cut.proto.graph.initializer


def test_what_inner_graphs_read_from_around_them_counts() -> None:
    inner = make_graph(
        [make_node("Neg", ["a"], ["i"])], "then", [], [make_tensor_value_info("i", FLOAT, None)]
    )
    other = make_graph(
        [make_node("Abs", ["z"], ["j"])], "else", [], [make_tensor_value_info("j", FLOAT, None)]
    )
    nodes = [
        make_node("Relu", ["x"], ["a"]),
        make_node("If", ["flag"], ["y"], then_branch=inner, else_branch=other),
    ]
    model = _model(nodes, flag=np.array(True))
    branch = list(model.graph)[1]
    first, *captured = [value.name for value in read_values(branch)]
    assert (first, set(captured)) == ("flag", {"a", "z"})
    assert len(ancestors(model.graph, branch.outputs)) == 2


def test_constants_of_every_spelling() -> None:
    nodes = [
        make_node("Constant", [], ["f"], value_float=1.5),
        make_node("Constant", [], ["fs"], value_floats=[1.0, 2.0]),
        make_node("Constant", [], ["i"], value_int=3),
        make_node("Constant", [], ["is"], value_ints=[4, 5]),
        make_node("Relu", ["x"], ["y"]),
    ]
    model = _model(nodes)
    found = [constant(_output(model, index)) for index in range(4)]
    arrays = [tensor.numpy() for tensor in found if tensor is not None]
    assert [array.tolist() for array in arrays] == [1.5, [1.0, 2.0], 3, [4, 5]]
    assert [array.dtype.name for array in arrays] == ["float32", "float32", "int64", "int64"]
    assert constant(_output(model, 4)) is None
