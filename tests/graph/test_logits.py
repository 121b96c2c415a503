"""Logits found behind whatever comes after the softmax."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info

from explorer3d.graph.logits import logits


def _value(nodes: Sequence[onnx.NodeProto], name: str = "y") -> ir.Value:
    graph = make_graph(
        nodes, "g", [make_tensor_value_info("x", 1, [1, 2, 3])], [onnx.ValueInfoProto(name="y")]
    )
    made = ir.from_proto(make_model(graph)).graph
    values = [*made.inputs, *(value for node in made for value in node.outputs)]
    return next(value for value in values if value.name == name)


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax", "Sigmoid"])
def test_what_goes_into_it(op: str) -> None:
    found = logits(_value([make_node("Relu", ["x"], ["r"]), make_node(op, ["r"], ["y"])]))
    assert (found.value, found.squeezed, found.arranged) == ("r", op, ())


def test_the_output_itself_where_nothing_squeezes_it() -> None:
    nodes = [
        make_node("Softmax", ["x"], ["s"]),
        make_node("Relu", ["s"], ["r"]),
        make_node("Identity", ["r"], ["y"]),
    ]
    assert logits(_value(nodes)).value == "y"
    assert logits(_value(nodes, "x")).value == "x"


def test_of_another_domain_nothing_is_known() -> None:
    assert logits(_value([make_node("Softmax", ["x"], ["y"], domain="own")])).value == "y"


def test_through_what_only_arranges() -> None:
    nodes = [
        make_node("Softmax", ["x"], ["s"]),  # (2, 3, 4)
        make_node("Transpose", ["s"], ["t"], perm=[2, 0, 1]),  # (4, 2, 3)
        make_node("Reshape", ["t", "shape"], ["f"]),  # (24,)
        make_node("Cast", ["f"], ["c"], to=1),
        make_node("Identity", ["c"], ["y"]),
    ]
    found = logits(_value(nodes))
    assert (found.value, found.squeezed) == ("x", "Softmax")
    shapes = {"x": (2, 3, 4), "s": (2, 3, 4), "t": (4, 2, 3), "f": (24,), "c": (24,)}
    # Place 21 of 24 is [3, 1, 0] of (4, 2, 3), and so [1, 0, 3] of (2, 3, 4).
    assert np.argwhere(found.back(np.eye(24)[21], shapes)).tolist() == [[1, 0, 3]]


def test_through_the_rounding_of_quantised_networks() -> None:
    nodes = [
        make_node("Softmax", ["x"], ["s"]),
        make_node("QuantizeLinear", ["s", "scale"], ["q"]),
        make_node("DequantizeLinear", ["q", "scale"], ["y"]),
    ]
    found = logits(_value(nodes))
    assert (found.value, found.squeezed) == ("x", "Softmax")
    shapes = dict.fromkeys(("x", "s", "q"), (2, 3))
    assert np.argwhere(found.back(np.array([[0, 0, 0], [0, 1, 0]]), shapes)).tolist() == [[1, 1]]


def test_a_transpose_without_order_turns_axes_round() -> None:
    nodes = [make_node("Softmax", ["x"], ["s"]), make_node("Transpose", ["s"], ["y"])]
    found = logits(_value(nodes))
    place = np.zeros((3, 2, 1))
    place[2, 0, 0] = 1
    assert np.argwhere(found.back(place, {"x": (1, 2, 3), "s": (1, 2, 3)})).tolist() == [[0, 0, 2]]
