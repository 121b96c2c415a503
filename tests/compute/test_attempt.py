"""What runs of a network that cannot run to its end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx.helper import make_graph, make_node

from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, RunError
from explorer3d.graph.model import Model

Make = Callable[..., Model]
X = np.array([[1.0, -2.0, 3.0]], np.float32)


def test_unknown_operators_stop_only_what_depends_on_them(make: Make) -> None:
    nodes = [
        make_node("Relu", ["x"], ["r"], name="r"),
        make_node("Warp", ["r"], ["w"], name="w", domain="acme"),
        make_node("Neg", ["r"], ["n"], name="n"),
        make_node("Add", ["w", "n"], ["a"], name="a"),
        make_node("Warp", ["n"], ["v"], name="v", domain="acme"),
    ]
    runner = Runner(make(nodes, {"x": ["N", 3]}, ["a", "v"], domains=["acme"]))
    attempt = runner.attempt({"x": X}, ["r", "w", "n", "a", "v", "x"])
    assert {name: array.tolist() for name, array in attempt.arrays.items()} == {
        "x": [[1, -2, 3]],
        "r": [[1, 0, 3]],
        "n": [[-1, 0, -3]],
    }
    assert attempt.fault is not None
    assert "'w'" in attempt.fault and "Warp" in attempt.fault and "acme" in attempt.fault
    with pytest.raises(RunError, match="Warp"):
        runner.run({"x": X}, ["a"])
    assert runner.run({"x": X}, ["n"])["n"].tolist() == [[-1, 0, -3]]


@pytest.mark.parametrize("name", ["g", "twin"])
def test_a_node_that_fails_while_running(make: Make, name: str) -> None:
    """The first node of the same name, which onnxruntime itself would refuse, is not the one at fault."""
    nodes = [
        make_node("Gather", ["x", "near"], ["first"], name="twin", axis=1),
        make_node("Gather", ["first", "far"], ["g"], name=name, axis=1),
        make_node("Relu", ["g"], ["end"], name="end"),
    ]
    model = make(
        nodes, {"x": ["N", 3], "far": (TensorProto.INT64, [1])}, ["end"], near=np.array([2, 0], np.int64)
    )
    attempt = Runner(model).attempt({"x": X, "far": np.array([7])}, ["first", "g", "end"])
    assert set(attempt.arrays) == {"first"}
    assert attempt.arrays["first"].tolist() == [[3, 1]]
    assert attempt.fault is not None
    assert f"'{'twin#2' if name == 'twin' else name}' (Gather)" in attempt.fault
    # The next input may be within bounds.
    again = Runner(model).attempt({"x": X, "far": np.array([1])}, ["end"])
    assert again.arrays["end"].tolist() == [[1]]


def test_a_fault_inside_a_body_stops_its_layer(make: Make) -> None:
    def body(op: str) -> onnx.GraphProto:
        return make_graph(
            [make_node(op, ["r"], ["b"], name="within")], op, [], [onnx.ValueInfoProto(name="b")]
        )

    nodes = [
        make_node("Relu", ["x"], ["r"], name="r"),
        make_node("If", ["flag"], ["y"], name="if", then_branch=body("Riddle"), else_branch=body("Neg")),
        make_node("Neg", ["y"], ["z"], name="z"),
    ]
    model = make(nodes, {"x": ["N", 3], "flag": (TensorProto.BOOL, [])}, ["z"])
    attempt = Runner(model).attempt({"x": X, "flag": np.array(False)}, ["r", "y", "z"])
    assert set(attempt.arrays) == {"r"}
    assert attempt.fault is not None and "Riddle" in attempt.fault


def test_a_missing_input(make: Make) -> None:
    nodes = [
        make_node("Relu", ["x"], ["r"], name="r"),
        make_node("Neg", ["free"], ["n"], name="n"),
        make_node("Add", ["r", "n"], ["a"], name="a"),
    ]
    runner = Runner(make(nodes, {"x": ["N", 3], "free": None}, ["a"]))
    attempt = runner.attempt({"x": X}, ["r", "n", "a"])
    assert set(attempt.arrays) == {"r"}
    assert attempt.fault == (
        "The input 'free' is missing. The model does not say its shape: choose one (--shape free=…), "
        "or give an array."
    )
    assert runner.attempt({"x": X}, ["r"]).fault is None


def test_a_sequence_is_left_out_but_not_what_is_made_of_it(make: Make) -> None:
    nodes = [
        make_node("SplitToSequence", ["x"], ["s"], name="s", axis=1),
        make_node("SequenceLength", ["s"], ["count"], name="count"),
    ]
    attempt = Runner(make(nodes, {"x": [1, 3]}, ["count"])).attempt({"x": X}, ["s", "count"])
    assert set(attempt.arrays) == {"count"}
    assert attempt.arrays["count"].item() == 3
    assert attempt.fault is not None and "'s' is a sequence" in attempt.fault


def test_only_values_that_exist(make: Make) -> None:
    runner = Runner(make([make_node("Relu", ["x"], ["r"], name="r")], {"x": ["N", 3]}, ["r"]))
    assert runner.attempt({"x": X}, []).arrays == {}
    with pytest.raises(RequestError, match="no value named 'y'"):
        runner.attempt({"x": X}, ["r", "y"])


@pytest.mark.parametrize("kind", [TensorProto.BFLOAT16, TensorProto.FLOAT8E4M3FN])
def test_types_numpy_does_not_have_come_and_go_as_float32(make: Make, kind: int) -> None:
    nodes = [
        make_node("Cast", ["x"], ["wide"], name="wide", to=TensorProto.FLOAT),
        make_node("Neg", ["wide"], ["negative"], name="negative"),
        make_node("Cast", ["negative"], ["narrow"], name="narrow", to=kind),
    ]
    runner = Runner(make(nodes, {"x": (kind, ["N", 3])}, ["narrow"], opset=19))
    # Eight, and three, bits of mantissa: 1 + 1/16 + 1/256 is rounded to the nearest, twice.
    x = np.array([[1.5, -2.0, 1.06640625]], np.float32)
    rounded = {TensorProto.BFLOAT16: 1.0625, TensorProto.FLOAT8E4M3FN: 1.125}[kind]
    for arrays in (
        runner.run({"x": x}, ["wide", "negative", "narrow"]),
        {"wide": -runner.predict({"x": x})["narrow"]},
    ):
        assert arrays["wide"].dtype == np.float32
        assert arrays["wide"].tolist() == [[1.5, -2.0, rounded]]
    assert runner.run({"x": x}, ["narrow"])["narrow"].tolist() == [[-1.5, 2.0, -rounded]]
