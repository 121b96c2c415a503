"""A small network with a loop and a choice in it, for tests of whatever goes into bodies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

FLOAT, BOOL, INT = TensorProto.FLOAT, TensorProto.BOOL, TensorProto.INT64


def write_looping(path: Path, scope: str = "") -> Path:
    """Write relu(x) → loop of three: state + relu(x) + i, doubled if positive in sum else negated → y.

    Layers: ``rise`` (Relu), ``loop`` (Loop), ``last`` (Neg). In the body: ``move`` (Add), ``count``
    (Add), ``choice`` (If) with ``double`` (Add) in one branch and ``turn`` (Neg) in the other; the first
    two are named behind a scope.
    """

    def info(name: str, kind: int, shape: list[int] | None) -> onnx.ValueInfoProto:
        return make_tensor_value_info(name, kind, shape)

    def branch(name: str, node: onnx.NodeProto) -> onnx.GraphProto:
        return make_graph([node], name, [], [info(node.output[0], FLOAT, None)])

    body = make_graph(
        [
            make_node("Add", ["state", "h"], ["moved"], name=f"{scope}move"),
            make_node("Cast", ["i"], ["number"], name="cast", to=FLOAT),
            make_node("Add", ["moved", "number"], ["counted"], name=f"{scope}count"),
            make_node("ReduceSum", ["counted"], ["sum"], name="sum", keepdims=0),
            make_node("Greater", ["sum", "zero"], ["positive"], name="positive"),
            make_node(
                "If",
                ["positive"],
                ["next"],
                name="choice",
                then_branch=branch("t", make_node("Add", ["counted", "counted"], ["twice"], name="double")),
                else_branch=branch("e", make_node("Neg", ["counted"], ["turned"], name="turn")),
            ),
            make_node("Identity", ["go"], ["on"], name="on"),
        ],
        "body",
        [info("i", INT, []), info("go", BOOL, []), info("state", FLOAT, [2, 5])],
        [info("on", BOOL, []), info("next", FLOAT, [2, 5])],
    )
    graph = make_graph(
        [
            make_node("Relu", ["x"], ["h"], name="rise"),
            make_node("Loop", ["n", "", "x"], ["l"], name="loop", body=body),
            make_node("Neg", ["l"], ["y"], name="last"),
        ],
        "g",
        [info("x", FLOAT, [2, 5])],
        [info("y", FLOAT, [2, 5])],
        [from_array(np.array(3), "n"), from_array(np.array(0, np.float32), "zero")],
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)
    return path


def states(x: np.ndarray) -> list[np.ndarray]:
    """The state at the beginning of each iteration, and what the loop returns."""
    found = [x]
    for number in range(3):
        counted = found[-1] + np.maximum(x, 0) + number
        found.append(counted + counted if counted.sum() > 0 else -counted)
    return found
