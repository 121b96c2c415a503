"""Shapes inferred a piece at a time are those of the whole graph, worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer3d.errors import Cancelled
from explorer3d.graph import inference
from explorer3d.graph.inference import infer


def model(nodes: Sequence[onnx.NodeProto], **weights: np.ndarray) -> ir.Model:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 6, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return ir.from_proto(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8))


@pytest.fixture(params=[1, 2, 3, 500])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(inference, "_PIECE", request.param)
    # Of graphs this small, the part that computes sizes is larger than in any that matters.
    monkeypatch.setattr(inference, "_MOST_REPEATED", 100.0)
    return int(request.param)


def test_what_one_piece_makes_the_next_takes(piece: int) -> None:
    large = np.zeros((4, 300), np.float32)  # more than what is held in the graph itself
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("MatMul", ["a", "w"], ["b"]),
        helper.make_node("Transpose", ["b"], ["c"], perm=[2, 0, 1]),
        helper.make_node("ArgMax", ["c"], ["d"], axis=0, keepdims=0),
        helper.make_node("Cast", ["d"], ["y"], to=TensorProto.FLOAT),
    ]
    found = infer(model(nodes, w=large))
    assert found == {
        "x": ((1, 6, 4), "float32"),
        "w": ((4, 300), "float32"),
        "a": ((1, 6, 4), "float32"),
        "b": ((1, 6, 300), "float32"),
        "c": ((300, 1, 6), "float32"),
        "d": ((1, 6), "int64"),
        "y": ((1, 6), "float32"),
    }


def test_sizes_computed_in_one_piece_are_known_in_another(piece: int) -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "second"], ["six"]),
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Mul", ["six", "two"], ["twelve"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Concat", ["one", "twelve", "rest"], ["wanted"], axis=0),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Reshape", ["c", "wanted"], ["y"]),
    ]
    numbers = {"second": [1], "two": [2], "one": [1], "rest": [-1]}
    found = infer(model(nodes, **{name: np.array(value, np.int64) for name, value in numbers.items()}))
    assert found["y"] == ((1, 12, 2), "float32")


def test_operators_nobody_knows_leave_the_others_known(piece: int) -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("Mystery", ["a"], ["b"]),
        helper.make_node("Flatten", ["a"], ["c"]),
        helper.make_node("Relu", ["b"], ["y"]),
    ]
    found = infer(model(nodes))
    assert found["c"] == ((1, 24), "float32")
    assert "b" not in found


def test_sizes_used_all_over_are_not_repeated_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long chain of sizes that every layer adds to: half of all nodes, used at the very end too."""
    monkeypatch.setattr(inference, "_PIECE", 10)
    nodes = [helper.make_node("Shape", ["x"], ["s0"])]
    last = "x"
    for index in range(100):
        nodes.append(helper.make_node("Add", [f"s{index}", "zero"], [f"s{index + 1}"]))
        nodes.append(helper.make_node("Reshape", [last, f"s{index + 1}"], [f"v{index}"]))
        last = f"v{index}"
    nodes.append(helper.make_node("Relu", [last], ["y"]))
    net = model(nodes, zero=np.zeros(1, np.int64))
    assert len(inference._pieces(net.graph)) == 1
    assert infer(net)["y"] == ((1, 6, 4), "float32")


def test_inference_can_be_given_up_between_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "_PIECE", 2)
    nodes = [helper.make_node("Relu", [f"v{i}" if i else "x"], [f"v{i + 1}"]) for i in range(6)]
    nodes.append(helper.make_node("Relu", ["v6"], ["y"]))
    shares: list[float] = []

    def progress(share: float, message: str) -> None:
        shares.append(share)
        if len(shares) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        infer(model(nodes), progress=progress)
    assert shares == [0, 0.25, 0.5]


@pytest.mark.parametrize("pool", ["MaxPool", "AveragePool"])
def test_no_window_begins_behind_the_input(piece: int, pool: str) -> None:
    """Windows of 2 over 4 places and one of padding: rounding up, a third would see the padding only."""
    attributes = {"kernel_shape": [2], "strides": [2], "pads": [0, 1], "ceil_mode": 1}
    nodes = [helper.make_node(pool, ["x"], ["a"], **attributes), helper.make_node("Relu", ["a"], ["y"])]
    found = infer(model(nodes))
    assert found["a"] == found["y"] == ((1, 6, 2), "float32")
