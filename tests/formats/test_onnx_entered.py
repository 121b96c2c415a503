"""Graphs inside a node as networks of their own, and what goes into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
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
from onnx.reference import ReferenceEvaluator

from explorer3d.compute.bodies import BodyFeeds, body_feeds
from explorer3d.compute.runner import Runner
from explorer3d.errors import Cancelled, RequestError
from explorer3d.formats import read_model
from explorer3d.formats.onnx_entered import read_body
from explorer3d.graph.model import Model

FLOAT, BOOL, INT = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64
X = np.array([[1, -2, 3], [4, 5, -6]], np.float32)
W = np.array([[0.5, -1], [2, 0.25], [-0.75, 1.5]], np.float32)


def info(name: str, kind: int = FLOAT, shape: Sequence[int | str] | None = None) -> onnx.ValueInfoProto:
    return make_tensor_value_info(name, kind, shape)


def save(
    folder: Path,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: str,
    weights: Sequence[onnx.TensorProto] = (),
    functions: Sequence[onnx.FunctionProto] = (),
    opset: int = 17,
) -> Path:
    graph = make_graph(nodes, "g", inputs, [info(name) for name in outputs.split()], list(weights))
    imports = [make_opsetid("", opset), make_opsetid("mine", 1)]
    path = folder / "m.onnx"
    onnx.save(make_model(graph, opset_imports=imports, functions=list(functions), ir_version=9), path)
    return path


def into(
    model: Model, layer: str, body: str, feeds: Mapping[str, Any], iteration: int = 0
) -> tuple[Runner, BodyFeeds]:
    inner = Runner(read_body(model, layer, body))
    return inner, body_feeds(Runner(model), feeds, inner, iteration)


def conditional(folder: Path) -> Model:
    then = make_graph(
        [make_node("Gemm", ["h", "w"], ["t"], name="dense"), make_node("Add", ["t", "h2"], ["then"])],
        "t",
        [],
        [info("then")],
    )
    deeper = make_node(
        "If",
        ["flag"],
        ["e2"],
        name="deeper",
        then_branch=make_graph([make_node("Neg", ["e"], ["n"])], "a", [], [info("n")]),
        else_branch=make_graph([make_node("Sub", ["e", "h"], ["s"])], "b", [], [info("s")]),
    )
    other = make_graph([make_node("Mul", ["h", "k"], ["e"], name="scale"), deeper], "e", [], [info("e2")])
    other.initializer.append(from_array(np.array(3, np.float32), "k"))
    nodes = [
        make_node("Relu", ["x"], ["h"]),
        make_node("Neg", ["c"], ["h2"]),
        make_node("If", ["flag"], ["y"], name="choice", then_branch=then, else_branch=other),
    ]
    inputs = [info("x", shape=["N", 3]), info("c", shape=[2]), info("flag", BOOL, [])]
    return read_model(save(folder, nodes, inputs, "y", [from_array(W, "w")]))


FEEDS = {"x": X, "c": np.array([1, 2], np.float32)}


def test_a_branch_is_a_network_of_what_it_takes_from_around(tmp_path: Path) -> None:
    model = conditional(tmp_path)
    assert model.layer_by_name["choice"].bodies == ("then_branch", "else_branch")
    body = read_body(model, "choice", "then_branch")
    assert [(port.value, port.shape, port.dtype) for port in body.inputs] == [
        ("h", (1, 3), "float32"),
        ("h2", (2,), "float32"),
    ]
    dense, add = body.layers
    assert (dense.name, [weight.name for weight in dense.weights]) == ("dense", ["w"])
    assert dense.outputs[0].shape == (1, 2)
    assert add.inputs[0].source == "dense"
    assert [port.value for port in body.outputs] == ["then"]
    assert body.within is not None
    assert (body.within.title, dict(body.within.captured)) == (
        "choice › then_branch",
        {"h": "h", "h2": "h2"},
    )
    # The network around it is as it was.
    assert [layer.op for layer in model.layers] == ["Relu", "Neg", "If"]
    assert Runner(model).run({**FEEDS, "flag": np.array(True)}, ["y"])["y"].shape == (2, 2)


@pytest.mark.parametrize("flag", [True, False])
def test_both_branches_run_and_one_is_said_to_be_taken(tmp_path: Path, flag: bool) -> None:
    model = conditional(tmp_path)
    feeds = {**FEEDS, "flag": np.array(flag)}
    h = np.maximum(X, 0)
    inner, found = into(model, "choice", "then_branch", feeds)
    assert not found.repeats
    assert found.about == (
        "then_branch is taken" if flag else "else_branch is taken; this is what then_branch would make"
    )
    np.testing.assert_array_equal(inner.run(found.arrays, ["then"])["then"], h @ W - [1, 2])
    inner, found = into(model, "choice", "else_branch", feeds)
    np.testing.assert_array_equal(inner.run(found.arrays, ["e"])["e"], 3 * h)
    # One deeper: what it takes is made in the branch, or around it.
    deepest = Runner(read_body(inner.model, "deeper", "else_branch"))
    deep = body_feeds(inner, found.arrays, deepest)
    assert set(deep.arrays) == {"e", "h"}
    np.testing.assert_array_equal(deepest.run(deep.arrays, ["s"])["s"], 2 * h)


def loop(folder: Path, stop: bool) -> Model:
    """Adds the iteration's number and a row to a state; with `stop`, while its first value is < 9."""
    more = (
        [
            make_node("Slice", ["next", "zero", "one", "zero"], ["cell"]),
            make_node("ReduceSum", ["cell"], ["sum"], keepdims=0),
            make_node("Less", ["sum", "nine"], ["on"]),
        ]
        if stop
        else [make_node("Identity", ["go"], ["on"])]
    )
    nodes = [
        make_node("Cast", ["i"], ["number"], to=FLOAT),
        make_node("Add", ["state", "number"], ["moved"], name="move"),
        make_node("Add", ["moved", "row"], ["next"]),
        make_node("Mul", ["next", "next"], ["scan"]),
        *more,
    ]
    body = make_graph(
        nodes,
        "body",
        [info("i", INT, []), info("go", BOOL, []), info("state")],
        [info("on", BOOL, []), info("next"), info("scan")],
    )
    outer = [
        make_node("Relu", ["x"], ["row"]),
        make_node("Loop", ["n", "yes", "c"], ["y", "z"], name="loop", body=body),
    ]
    constants = [
        from_array(np.array([0], np.int64), "zero"),
        from_array(np.array([1], np.int64), "one"),
        from_array(np.array(9, np.float32), "nine"),
        from_array(np.array(True), "yes"),
    ]
    inputs = [info("x", shape=[3]), info("c", shape=[3]), info("n", INT, [])]
    return read_model(save(folder, outer, inputs, "y z", constants))


ROW, START = np.array([1, -2, 3], np.float32), np.array([0.5, 1, 2], np.float32)


@pytest.mark.parametrize(("stop", "count"), [(False, 6), (True, None)])
def test_the_state_of_a_loop_is_that_of_the_iteration(tmp_path: Path, stop: bool, count: int | None) -> None:
    model = loop(tmp_path, stop)
    feeds = {"x": ROW, "c": START, "n": np.array(6)}
    _, z = ReferenceEvaluator(str(model.path)).run(None, feeds)
    state = START
    for iteration in range(3):
        inner, found = into(model, "loop", "body", feeds, iteration)
        assert (found.iteration, found.count, found.repeats) == (iteration, count, True)
        np.testing.assert_array_equal(found.arrays["i"], iteration)
        np.testing.assert_array_equal(found.arrays["state"], state)
        made = inner.run(found.arrays, ["moved", "next", "scan"])
        np.testing.assert_array_equal(made["moved"], state + iteration)
        np.testing.assert_array_equal(made["scan"], z[iteration])
        state = made["next"]


def test_a_loop_is_left_where_it_ends(tmp_path: Path) -> None:
    model = loop(tmp_path, stop=True)
    feeds = {"x": ROW, "c": START, "n": np.array(100)}
    # 0.5 + 1, + 1 + 1, + 2 + 1, + 3 + 1 is 10.5: the fourth is the last.
    _, found = into(model, "loop", "body", feeds, 50)
    assert (found.iteration, found.count) == (3, 4)
    assert found.about == "iteration 3 of loop (0 … 3)"
    assert found.arrays["state"].tolist() == [6.5, 4, 14]


def test_no_more_iterations_than_the_loop_has(tmp_path: Path) -> None:
    model = loop(tmp_path, stop=False)
    _, found = into(model, "loop", "body", {"x": ROW, "c": START, "n": np.array(4)}, 50)
    assert (found.iteration, found.count) == (3, 4)
    _, found = into(model, "loop", "body", {"x": ROW, "c": START, "n": np.array(0)}, 2)
    assert (found.iteration, found.count) == (0, 0)
    assert found.fault == "loop runs its body not even once: this is what it would make."


def test_many_iterations_can_be_given_up_on_the_way(tmp_path: Path) -> None:
    model = loop(tmp_path, stop=False)
    told: list[float] = []

    def progress(share: float, text: str, /) -> None:
        if text.startswith("Running loop › body"):
            told.append(share)
            if share >= 0.5:
                raise Cancelled

    inner = Runner(read_body(model, "loop", "body"))
    feeds = {"x": ROW, "c": START, "n": np.array(10**12)}
    with pytest.raises(Cancelled):
        body_feeds(Runner(model), feeds, inner, 300, progress)
    assert told[0] == 0
    assert told[-1] < 0.75


def test_shapes_in_a_loop(tmp_path: Path) -> None:
    body = read_body(loop(tmp_path, stop=False), "loop", "body")
    assert [(port.value, port.shape, port.dtype) for port in body.inputs] == [
        ("i", (), "int64"),
        ("go", (), "bool"),
        ("state", (3,), "float32"),
        ("row", (3,), "float32"),
    ]
    assert body.layer_by_name["move"].outputs[0].shape == (3,)


@pytest.mark.parametrize(("axis", "back"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_the_slice_of_a_scan(tmp_path: Path, axis: int, back: int) -> None:
    body = make_graph(
        [make_node("Add", ["state", "part"], ["next"]), make_node("Neg", ["next"], ["out"])],
        "body",
        [info("state"), info("part")],
        [info("next"), info("out")],
    )
    scan = make_node(
        "Scan", ["c", "x"], ["y", "z"], name="scan", body=body, num_scan_inputs=1,
        scan_input_axes=[axis], scan_input_directions=[back],
    )  # fmt: skip
    size = X.shape[1 - axis]
    path = save(tmp_path, [scan], [info("x", shape=[2, 3]), info("c", shape=[size])], "y z")
    model = read_model(path)
    assert [port.shape for port in read_body(model, "scan", "body").inputs] == [(size,), (size,)]
    feeds = {"x": X, "c": np.ones(size, np.float32)}
    # onnx.reference knows no axes and directions.
    _, z = ort.InferenceSession(path).run(None, feeds)
    count = X.shape[axis]
    for iteration in range(count):
        inner, found = into(model, "scan", "body", feeds, iteration)
        assert (found.iteration, found.count, found.fault) == (iteration, count, None)
        place = count - 1 - iteration if back else iteration
        np.testing.assert_array_equal(found.arrays["part"], X.take(place, axis))
        np.testing.assert_array_equal(inner.run(found.arrays, ["out"])["out"], z[iteration])
    _, found = into(model, "scan", "body", feeds, 99)
    assert found.iteration == count - 1


def test_a_function_that_stays_a_call_can_be_entered(tmp_path: Path) -> None:
    total = make_node("ReduceSum", ["a"], ["s"], axes=[1])
    leaky = make_node("LeakyRelu", ["s"], ["l"])
    leaky.attribute.add(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    function = make_function("mine", "Old", ["a"], ["l"], [total, leaky], [make_opsetid("", 11)], ["slope"])
    call = make_node("Old", ["h"], ["y"], name="old", domain="mine", slope=0.5)
    nodes = [make_node("Neg", ["x"], ["h"]), call]
    model = read_model(save(tmp_path, nodes, [info("x", shape=[2, 3])], "y", functions=[function]))
    inner, found = into(model, "old", "body", {"x": X})
    assert inner.model.ir.opset_imports[""] == 11
    assert inner.model.layers[1].attributes == {"alpha": 0.5}
    # Rows of −x add up to −2 and −3.
    assert inner.run(found.arrays, ["s", "l"])["l"].tolist() == [[-1], [-1.5]]


def test_what_passes_through_a_body_is_an_output_of_its_own(tmp_path: Path) -> None:
    body = make_graph(
        [make_node("Identity", ["go"], ["on"])],
        "body",
        [info("i", INT, []), info("go", BOOL, []), info("state")],
        [info("on", BOOL, []), info("state"), info("state")],
    )
    nodes = [make_node("Loop", ["n", "", "x"], ["y", "z"], name="loop", body=body)]
    path = save(tmp_path, nodes, [info("x", shape=[2]), info("n", INT, [])], "y z")
    model = read_model(path)
    feeds = {"x": np.array([1, 2], np.float32), "n": np.array(3)}
    inner, found = into(model, "loop", "body", feeds, 2)
    names = [port.value for port in inner.model.outputs]
    assert names == ["on", "state'", "state'1"]
    assert inner.run(found.arrays, names[1:])["state'1"].tolist() == [1, 2]


def test_sequences_cannot_be_fed_and_the_reason_is_said(tmp_path: Path) -> None:
    body = make_graph(
        [
            make_node("Neg", ["part"], ["n"]),
            make_node("Abs", ["h"], ["a"]),
            make_node("Add", ["n", "a"], ["o"]),
        ],
        "body",
        [info("part")],
        [info("o")],
    )
    nodes = [
        make_node("SequenceConstruct", ["x", "x"], ["all"]),
        make_node("Relu", ["x"], ["h"]),
        make_node("SequenceMap", ["all"], ["mapped"], name="map", body=body),
        make_node("ConcatFromSequence", ["mapped"], ["y"], axis=0),
    ]
    model = read_model(save(tmp_path, nodes, [info("x", shape=[2, 3])], "y"))
    inner, found = into(model, "map", "body", {"x": X})
    assert found.fault is not None
    assert found.fault.startswith(
        "Not all that map › body takes can be computed. The value 'all' is a sequence"
    )
    attempt = inner.attempt(found.arrays, ["n", "a"])
    assert attempt.arrays["a"].tolist() == np.abs(np.maximum(X, 0)).tolist()
    assert attempt.fault == "'part' is missing: it cannot be computed around map › body."


def test_what_is_not_there(tmp_path: Path) -> None:
    model = conditional(tmp_path)
    for layer, body in (("choice", "body"), ("Relu_0", "then_branch"), ("nothing", "body")):
        with pytest.raises(RequestError, match="There is no"):
            read_body(model, layer, body)
