"""Multiply-adds, counted by hand."""

from __future__ import annotations

import onnx_ir as ir
import pytest

from explorer3d.graph.costs import macs


def _node(op: str, attributes: dict[str, int | str], inputs: int) -> ir.Node:
    values = [ir.Value(name=f"in{index}") for index in range(inputs)]
    node = ir.node(op, values, attributes)
    node.outputs[0].name = "out"
    return node


@pytest.mark.parametrize(
    ("op", "attributes", "shapes", "expected"),
    [
        # 28 x 28 x 6 outputs, each the sum over 5 x 5 x 1
        ("Conv", {}, [(1, 1, 28, 28), (6, 1, 5, 5), (1, 6, 28, 28)], 117_600),
        # 2 groups: each of 8 x 3 x 5 outputs sums over 4 / 2 channels and 3 x 2
        ("Conv", {"group": 2}, [(1, 4, 5, 6), (8, 2, 3, 2), (1, 8, 3, 5)], 8 * 3 * 5 * 2 * 3 * 2),
        # each of the 3 x 4 x 5 inputs goes to 7 channels and 2 x 2 places
        ("ConvTranspose", {}, [(1, 3, 4, 5), (3, 7, 2, 2), (1, 7, 8, 10)], 3 * 4 * 5 * 7 * 2 * 2),
        ("Gemm", {}, [(2, 400), (400, 120), (2, 120)], 2 * 400 * 120),
        ("Gemm", {"transB": 1}, [(2, 400), (120, 400), (2, 120)], 2 * 400 * 120),
        ("Gemm", {"transA": 1}, [(400, 2), (400, 120), (2, 120)], 2 * 400 * 120),
        ("MatMul", {}, [(3, 5, 7), (3, 7, 11), (3, 5, 11)], 3 * 5 * 7 * 11),
        ("Relu", {}, [(1, 6, 28, 28), (1, 6, 28, 28)], 0),
        # 9 steps of 2 sequences, 4 gates of 6 places each sum over 5 inputs and 6 states
        ("LSTM", {}, [(9, 2, 5), (1, 24, 5), (1, 24, 6), (9, 1, 2, 6)], 9 * 2 * 4 * 6 * (5 + 6)),
        # both directions, 3 gates
        ("GRU", {}, [(9, 2, 5), (2, 18, 5), (2, 18, 6), (9, 2, 2, 6)], 2 * 9 * 2 * 3 * 6 * (5 + 6)),
        ("RNN", {}, [(9, 2, 5), (1, 6, 5), (1, 6, 6), (9, 1, 2, 6)], 9 * 2 * 6 * (5 + 6)),
        ("LSTM", {}, [(9, None, 5), (1, 24, 5), (1, 24, 6), (9, 1, 2, 6)], None),
        ("LSTM", {}, [(1, 6, 28), (1, 6, 28)], None),
        ("Einsum", {"equation": "abc,cde->abde"}, [(2, 3, 5), (5, 7, 4), (2, 3, 7, 4)], 2 * 3 * 5 * 7 * 4),
        ("Einsum", {"equation": "...c,cd->...d"}, [(2, 3, 5), (5, 7), (2, 3, 7)], None),
        ("Scan", {}, [(2, 3), (2, 3)], None),
    ],
)
def test_count(
    op: str, attributes: dict[str, int | str], shapes: list[tuple[int | None, ...]], expected: int | None
) -> None:
    node = _node(op, attributes, len(shapes) - 1)
    names = [*(f"in{index}" for index in range(len(shapes) - 1)), "out"]
    assert macs(node, dict(zip(names, shapes, strict=True))) == expected


def test_quantised_convolution_has_its_weights_elsewhere() -> None:
    node = _node("QLinearConv", {}, 8)
    assert macs(node, {"in3": (6, 1, 5, 5), "out": (1, 6, 28, 28)}) == 117_600


@pytest.mark.parametrize("shape", [None, (1, 6, None, 28)])
def test_open_shape_has_no_count(shape: tuple[int | None, ...] | None) -> None:
    node = _node("Conv", {}, 2)
    assert macs(node, {"in1": (6, 1, 5, 5), "out": shape}) is None
