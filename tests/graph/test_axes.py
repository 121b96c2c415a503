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


def test_axes_of_size_one_come_and_go() -> None:
    """As TensorFlow's converters write a two-dimensional series without channels."""
    found = _chain(
        ("Reshape", {}, (1, 17, 9)),
        ("Unsqueeze", {}, (1, 17, 9, 1)),
        ("Concat", {}, (1, 17, 9, 1)),
        ("Squeeze", {}, (1, 17, 9)),
        ("Unsqueeze", {}, (1, 1, 17, 9)),
        ("Conv", {}, (1, 5, 17, 9)),
        ("Relu", {}, (1, 5, 17, 9)),
        ("Reshape", {}, (1, 5, 1, 17, 9)),
        start=(1, 1, 17, 9),
    )
    assert [found.get(f"v{k}") for k in range(9)] == [
        "NCHW", "NHW", "NHWC", "NHWC", "NHW", "NCHW", "NCHW", "NCHW", None
    ]  # fmt: skip


def test_a_pooled_value_that_loses_its_space_keeps_its_channels() -> None:
    assert _chain(("Conv", {}, (1, 6, 1, 1)), ("Squeeze", {}, (1, 6)), start=(1, 3, 8, 10))["v2"] == "NC"


def _graph(node: ir.Node, shapes: dict[str, Sizes], entry: str) -> dict[str, str]:
    for place, output in enumerate(node.outputs):
        output.name = f"y{place}"
    inputs = [value for value in node.inputs if value is not None and value.name == entry]
    return letters(ir.Graph(inputs, node.outputs, nodes=[node]), dict(shapes))


def test_rows_of_a_dense_layer_are_a_batch_only_if_the_input_has_as_many() -> None:
    def found(rows: int, batch: int) -> dict[str, str]:
        node = ir.node("Gemm", [ir.Value(name="x"), ir.Value(name="w")])
        return _graph(node, {"x": (batch, 7), "w": (7, 5), "y0": (rows, 5)}, "x")

    assert found(1, 4)["y0"] == found(4, 4)["y0"] == "NC"
    assert "y0" not in found(197, 4)


def test_recurrent_layers_fix_time() -> None:
    shapes: dict[str, Sizes] = {"x": (9, 1, 5), "y0": (9, 2, 1, 6), "y1": (2, 1, 6), "y2": (2, 1, 6)}
    node = ir.node("LSTM", [ir.Value(name="x")], num_outputs=3)
    assert _graph(node, shapes, "x") == {"x": "TNC", "y0": "TDNC", "y1": "DNC", "y2": "DNC"}
    shapes = {"x": (1, 9, 5), "y0": (1, 9, 2, 6), "y1": (1, 2, 6)}
    node = ir.node("GRU", [ir.Value(name="x")], {"layout": 1}, num_outputs=2)
    assert _graph(node, shapes, "x") == {"x": "NTC", "y0": "NTDC", "y1": "NDC"}


def test_a_matrix_from_the_right_leaves_the_other_axes() -> None:
    right, left = ir.Value(name="w"), ir.Value(name="v0")
    convolution = ir.node("Conv", [left])
    turned = ir.node("Transpose", [convolution.outputs[0]], {"perm": [0, 2, 3, 1]})
    product = ir.node("MatMul", [turned.outputs[0], right])
    for place, node in enumerate((convolution, turned, product), 1):
        node.outputs[0].name = f"v{place}"
    shapes = {"v0": (1, 3, 8, 9), "v1": (1, 5, 8, 9), "v2": (1, 8, 9, 5), "v3": (1, 8, 9, 7), "w": (5, 7)}
    graph = ir.Graph([left], [product.outputs[0]], nodes=[convolution, turned, product])
    assert letters(graph, shapes)["v3"] == "NHWC"
    assert "v3" not in letters(graph, shapes | {"w": (1, 8, 5, 7)})


def test_squeeze_drops_the_axis_it_names_among_several_of_size_one() -> None:
    found = _chain(
        ("LSTM", {"hidden_size": 12}, (6, 1, 1, 12)),
        ("Squeeze", {"axes": [1]}, (6, 1, 12)),
        ("Transpose", {"perm": [1, 0, 2]}, (1, 6, 12)),
        start=(6, 1, 16),
    )
    assert found == {"v0": "TNC", "v1": "TDNC", "v2": "TNC", "v3": "NTC"}
    assert (
        _chain(
            ("LSTM", {"hidden_size": 12}, (6, 1, 1, 12)),
            ("Squeeze", {"axes": [-2]}, (6, 1, 12)),
            start=(6, 1, 16),
        )["v2"]
        == "TDC"
    )
