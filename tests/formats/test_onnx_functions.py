"""Functions that a model brings along."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx.helper import (
    make_function,
    make_graph,
    make_model,
    make_node,
    make_opsetid,
    make_tensor_value_info,
)
from onnx.numpy_helper import from_array

from explorer3d.compute.runner import Runner
from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from explorer3d.graph.hierarchy import hierarchy
from explorer3d.graph.model import Model

SHIFT = np.array([1, -5, 0.5], np.float32)


def _info(
    name: str, kind: int = TensorProto.FLOAT, shape: list[int | str] | None = None
) -> onnx.ValueInfoProto:
    return make_tensor_value_info(name, kind, shape)


def _function(
    name: str,
    inputs: list[str],
    outputs: list[str],
    nodes: list[onnx.NodeProto],
    attributes: Sequence[str] = (),
    opset: int = 17,
) -> onnx.FunctionProto:
    imports = [make_opsetid("", opset), make_opsetid("mine", 1)]
    return make_function("mine", name, inputs, outputs, nodes, imports, list(attributes))


def _model(
    functions: Sequence[onnx.FunctionProto], nodes: list[onnx.NodeProto], outputs: str = "y"
) -> onnx.ModelProto:
    graph = make_graph(
        nodes,
        "g",
        [_info("x", shape=["N", 3]), _info("flag", TensorProto.BOOL, [])],
        [_info(name) for name in outputs],
    )
    imports = [make_opsetid("", 17), make_opsetid("mine", 1)]
    return make_model(graph, opset_imports=imports, functions=list(functions), ir_version=9)


def _call(name: str, inputs: list[str], outputs: list[str], title: str = "", **more: float) -> onnx.NodeProto:
    return make_node(name, inputs, outputs, name=title, domain="mine", **more)


def _open(folder: Path, proto: onnx.ModelProto) -> Model:
    path = folder / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return read_model(path)


def _leaky() -> onnx.NodeProto:
    node = make_node("LeakyRelu", ["h"], ["l"])
    node.attribute.add(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    return node


def _inner() -> onnx.FunctionProto:
    nodes = [make_node("Constant", [], ["c"], value=from_array(SHIFT)), make_node("Add", ["a", "c"], ["s"])]
    return _function("Inner", ["a"], ["s"], nodes)


def _outer() -> onnx.FunctionProto:
    return _function("Outer", ["a"], ["l"], [_call("Inner", ["a"], ["h"]), _leaky()], ["slope"])


def _twice() -> onnx.ModelProto:
    calls = [
        _call("Outer", ["x"], ["o"], "net/first", slope=0.25),
        _call("Outer", ["o"], ["y"], "net/second", slope=0.5),
    ]
    return _model([_inner(), _outer()], calls)


def test_what_a_function_does_takes_the_place_of_its_call(tmp_path: Path) -> None:
    model = _open(tmp_path, _twice())
    assert [(layer.name, layer.op, layer.block) for layer in model.layers] == [
        ("net/Outer/Inner/Add_1", "Add", "net/Outer/Inner"),
        ("net/Outer/LeakyRelu_1", "LeakyRelu", "net/Outer"),
        ("net/Outer#2/Inner/Add_1", "Add", "net/Outer#2/Inner"),
        ("net/Outer#2/LeakyRelu_1", "LeakyRelu", "net/Outer#2"),
    ]
    # What the graph itself calls by a name keeps it.
    assert [layer.outputs[0].value for layer in model.layers] == [
        "net/Outer/h",
        "o",
        "net/Outer#2/h",
        "y",
    ]
    assert [layer.attributes for layer in model.layers] == [{}, {"alpha": 0.25}, {}, {"alpha": 0.5}]
    assert [len(layer.weights) for layer in model.layers] == [1, 0, 1, 0]
    assert model.layers[1].outputs[0].shape == (1, 3)


def test_functions_are_blocks_of_their_name(tmp_path: Path) -> None:
    blocks = hierarchy(_open(tmp_path, _twice())).blocks
    assert [(block.title, len(block)) for block in blocks] == [("Outer", 2), ("Outer#2", 2)]


def test_scopes_an_exporter_wrote_down_lie_in_the_block_of_the_function(tmp_path: Path) -> None:
    add = make_node("Neg", ["a"], ["b"], name="n")
    add.metadata_props.add(key="namespace", value=": Net/head: Linear/n: neg")
    model = _open(tmp_path, _model([_function("F", ["a"], ["b"], [add])], [_call("F", ["x"], ["y"])]))
    assert [(layer.name, layer.block) for layer in model.layers] == [("F/n", "F/head")]


def test_functions_compute_what_they_are_worth(tmp_path: Path) -> None:
    x = np.array([[1, 2, -3]], np.float32)
    found = Runner(_open(tmp_path, _twice())).run({"x": x}, ["net/Outer/h", "o", "y"])
    # x + (1, −5, 0.5) = (2, −3, −2.5), its negative part times 0.25; once more with 0.5.
    assert found["net/Outer/h"].tolist() == [[2, -3, -2.5]]
    assert found["o"].tolist() == [[2, -0.75, -0.625]]
    assert found["y"].tolist() == [[3, -2.875, -0.0625]]


def _branching() -> onnx.ModelProto:
    """A function whose branches take its own values, and that hands its input on."""
    then = make_graph([make_node("Mul", ["l", "l"], ["t"])], "t", [], [_info("t")])
    other = make_graph([_call("Inner", ["l"], ["e"])], "e", [], [_info("e")])
    choice = make_node("If", ["flag"], ["r"], then_branch=then, else_branch=other)
    nodes = [_call("Inner", ["a"], ["h"]), _leaky(), choice]
    outer = _function("Outer", ["a", "flag"], ["r", "a", "r"], nodes, ["slope"])
    calls = [
        _call("Outer", ["x", "flag"], ["o", "p", "q"], slope=0.25),
        _call("Outer", ["o", "flag"], ["y", "z"], slope=0.5),
    ]
    return _model([_inner(), outer], calls, "yzpq")


@pytest.mark.parametrize("flag", [True, False])
def test_branches_in_functions_and_functions_in_branches(tmp_path: Path, flag: bool) -> None:
    def outer(a: np.ndarray, slope: float) -> np.ndarray:
        h = a + SHIFT
        leaky = np.where(h < 0, np.float32(slope) * h, h)
        return leaky * leaky if flag else leaky + SHIFT

    x = np.array([[1, 2, -3]], np.float32)
    model = _open(tmp_path, _branching())
    found = Runner(model).run({"x": x, "flag": np.array(flag)}, list("yzpq"))
    expected = {"y": outer(outer(x, 0.25), 0.5), "z": outer(x, 0.25), "p": x, "q": outer(x, 0.25)}
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
    names = [layer.name for layer in model.layers]
    assert len(set(names)) == len(names)
    assert all(layer.runnable for layer in model.layers)


def test_a_default_and_a_missing_input_of_a_function(tmp_path: Path) -> None:
    clip = make_node("Clip", ["a", "low", "high"], ["b"])
    function = _function("Bound", ["a", "low", "high"], ["b"], [clip])
    leaky = _function("Leak", ["h"], ["l"], [_leaky()])
    leaky.attribute_proto.add(name="slope", type=onnx.AttributeProto.FLOAT, f=0.125)
    calls = [_call("Bound", ["x", "", "x1"], ["b"]), _call("Leak", ["b"], ["y"])]
    proto = _model([function, leaky], [make_node("ReduceMax", ["x"], ["x1"], keepdims=0), *calls])
    found = Runner(_open(tmp_path, proto)).run({"x": np.array([[-8, 2, 3]], np.float32)}, ["y"])
    assert found["y"].tolist() == [[-1, 2, 3]]


def test_a_function_for_other_operators_stays_as_it_is(tmp_path: Path) -> None:
    # Until opset 13 the axes of ReduceSum are an attribute.
    old = _function("Old", ["a"], ["s"], [make_node("ReduceSum", ["a"], ["s"], axes=[1])], opset=11)
    same = _function("Same", ["a"], ["s"], [make_node("Neg", ["a"], ["s"])], opset=16)
    calls = [_call("Old", ["x"], ["s"], "old"), _call("Same", ["s"], ["y"], "same")]
    old_layer, same_layer = _open(tmp_path, _model([old, same], calls)).layers
    assert (old_layer.op, old_layer.bodies) == ("Old", ("body",))
    # Neg is the same in both.
    assert (same_layer.op, same_layer.block) == ("Neg", "Same")


def test_functions_that_call_themselves_are_refused(tmp_path: Path) -> None:
    functions = [
        _function("Even", ["a"], ["h"], [_call("Odd", ["a"], ["h"])]),
        _function("Odd", ["a"], ["h"], [_call("Even", ["a"], ["h"])]),
    ]
    with pytest.raises(ModelError, match="functions call themselves: (Even → Odd → Even|Odd → Even → Odd)"):
        _open(tmp_path, _model(functions, [_call("Even", ["x"], ["y"])]))


def _chain(function: str, count: int, inner: str) -> onnx.FunctionProto:
    values = ["a", *(f"v{index}" for index in range(1, count + 1))]
    nodes = [_call(inner, [one], [other]) for one, other in zip(values, values[1:], strict=False)]
    return _function(function, ["a"], [values[-1]], nodes)


def test_functions_that_grow_without_end_are_refused_at_once(tmp_path: Path) -> None:
    base = _function("F0", ["a"], ["b"], [make_node("Neg", ["a"], ["b"])])
    functions = [base, *(_chain(f"F{level}", 10, f"F{level - 1}") for level in range(1, 40))]
    with pytest.raises(ModelError, match="more than 500,000 operators"):
        _open(tmp_path, _model(functions, [_call("F39", ["x"], ["y"])]))


def test_functions_nested_too_deeply_are_refused(tmp_path: Path) -> None:
    base = _function("F0", ["a"], ["b"], [make_node("Neg", ["a"], ["b"])])
    functions = [base, *(_chain(f"F{level}", 1, f"F{level - 1}") for level in range(1, 1500))]
    with pytest.raises(ModelError, match="more than 64 deep"):
        _open(tmp_path, _model(functions, [_call("F1499", ["x"], ["y"])]))


def test_large_constants_of_many_calls_are_refused(tmp_path: Path) -> None:
    large = onnx.TensorProto(data_type=TensorProto.FLOAT, dims=[2**18], raw_data=bytes(2**20))
    nodes = [make_node("Constant", [], ["c"], value=large), make_node("Add", ["a", "c"], ["b"])]
    functions = [
        _function("F0", ["a"], ["b"], nodes),
        *(_chain(f"F{level}", 30, f"F{level - 1}") for level in (1, 2, 3)),
    ]
    with pytest.raises(ModelError, match="more than 8 GB"):
        _open(tmp_path, _model(functions, [_call("F3", ["x"], ["y"])]))


def test_a_function_that_reads_what_is_not_there_is_refused(tmp_path: Path) -> None:
    function = _function("Wrong", ["a"], ["b"], [make_node("Add", ["a", "ghost"], ["b"])])
    with pytest.raises(ModelError, match="its function 'Wrong' reads 'ghost', which nothing makes"):
        _open(tmp_path, _model([function], [_call("Wrong", ["x"], ["y"])]))
