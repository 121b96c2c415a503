"""Axis letters travel from where they are certain."""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.graph.axes import letters

Sizes = tuple[int | None, ...]


def _chain(*steps: tuple[str, dict[str, object], Sizes], start: Sizes) -> dict[str, str]:
    """Letters in a chain of nodes; values are `v0`, `v1`, …"""
    value = ir.Value(name="v0")
    shapes: dict[str, Sizes | None] = {"v0": start}
    nodes = []
    for index, (op, attributes, shape) in enumerate(steps, 1):
        node = ir.node(op, [value], attributes)
        value = node.outputs[0]
        value.name = f"v{index}"
        shapes[value.name] = shape
        nodes.append(node)
    return letters(ir.Graph([], [], nodes=nodes), shapes)


def test_convolution_fixes_its_input_and_output_by_rank() -> None:
    found = _chain(("Conv", {}, (1, 6, 7, 9)), start=(1, 3, 8, 10))
    assert found == {"v0": "NCHW", "v1": "NCHW"}
    assert _chain(("Conv", {}, (1, 6, 7)), start=(1, 3, 8)) == {"v0": "NCW", "v1": "NCW"}
    assert _chain(("Conv", {}, (1, 6, 2, 7, 9)), start=(1, 3, 4, 8, 10))["v1"] == "NCDHW"


def test_letters_go_both_ways_through_elementwise_operators() -> None:
    found = _chain(
        ("Tanh", {}, (1, 3, 8, 10)),
        ("Conv", {}, (1, 6, 7, 9)),
        ("Relu", {}, (1, 6, 7, 9)),
        ("Sigmoid", {}, (1, 6, 7, 9)),
        start=(1, 3, 8, 10),
    )
    assert found == dict.fromkeys(("v0", "v1", "v2", "v3", "v4"), "NCHW")


def test_transpose_permutes_forwards_and_backwards() -> None:
    found = _chain(
        ("Transpose", {"perm": [0, 3, 1, 2]}, (1, 3, 8, 10)),
        ("Conv", {}, (1, 6, 7, 9)),
        ("Transpose", {"perm": [2, 0, 3, 1]}, (7, 1, 9, 6)),
        start=(1, 8, 10, 3),
    )
    assert found["v0"] == "NHWC"
    assert found["v3"] == "HNWC"


def test_reshape_that_moves_a_single_channel_is_followed() -> None:
    found = _chain(("Reshape", {}, (1, 1, 28, 20)), ("Conv", {}, (1, 6, 24, 16)), start=(1, 28, 20, 1))
    assert found["v0"] == "NHWC"


def test_other_reshapes_stop_the_letters() -> None:
    found = _chain(("Conv", {}, (1, 6, 4, 6)), ("Reshape", {}, (1, 24, 6)), start=(1, 3, 8, 10))
    assert "v2" not in found
    found = _chain(("Conv", {}, (1, 6, 4, 6)), ("Reshape", {}, (1, 4, 6, 6)), start=(1, 3, 8, 10))
    assert "v2" not in found


def test_flatten_leaves_batch_and_channels() -> None:
    found = _chain(("Conv", {}, (1, 6, 4, 6)), ("Flatten", {}, (1, 144)), start=(1, 3, 8, 10))
    assert found["v2"] == "NC"


def test_reduction_keeps_letters_only_with_the_axes() -> None:
    kept = _chain(("Conv", {}, (1, 6, 4, 5)), ("ReduceMean", {}, (1, 6, 1, 1)), start=(1, 3, 8, 10))
    assert kept["v2"] == "NCHW"
    dropped = _chain(("Conv", {}, (1, 6, 4, 5)), ("ReduceMean", {}, (1, 6)), start=(1, 3, 8, 10))
    assert "v2" not in dropped


def test_unknown_rank_has_no_letters() -> None:
    value = ir.Value(name="v0")
    node = ir.node("Conv", [value])
    node.outputs[0].name = "v1"
    assert letters(ir.Graph([], [], nodes=[node]), {"v0": None, "v1": (1, 2, 3, 4)}) == {"v1": "NCHW"}
