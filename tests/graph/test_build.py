"""Layers put together from specs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from explorer3d.graph.build import build_model, unique
from explorer3d.graph.model import LayerSpec, Model, Weight


def _model() -> ir.Model:
    """image (N, 1, 6, 5) → Conv 2 3x2 → Relu → y"""
    kernel = onnx.numpy_helper.from_array(np.zeros((2, 1, 3, 2), np.float32), "kernel")
    graph = make_graph(
        [make_node("Conv", ["image", "kernel"], ["c"]), make_node("Relu", ["c"], ["y"])],
        "g",
        [make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 6, 5])],
        [make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2, 4, 4])],
        [kernel],
    )
    return ir.from_proto(make_model(graph, opset_imports=[make_opsetid("", 17)]))


def _build(model: ir.Model, *specs: LayerSpec) -> Model:
    return build_model(Path("m"), "onnx", "me", model, specs, notes=["a note"], metadata={"k": "v"})


@pytest.fixture
def built() -> Model:
    model = _model()
    conv, relu = model.graph
    kernel = model.graph.initializers["kernel"].const_value
    assert kernel is not None
    spec = LayerSpec(
        "block", "Both", ("image",), ("y",), (Weight("kernel", kernel),), nodes=(conv, relu), block="a/b"
    )
    return _build(model, spec)


def test_layer_of_several_nodes_sums_them(built: Model) -> None:
    (layer,) = built.layers
    assert layer.macs == 2 * 4 * 4 * 3 * 2
    assert layer.parameters == 12
    assert (layer.op, layer.block, layer.runnable) == ("Both", "a/b", True)


def test_layer_ports_have_a_batch_of_one_the_models_own_leave_it_open(built: Model) -> None:
    (layer,) = built.layers
    assert layer.inputs[0].shape == (1, 1, 6, 5)
    assert layer.outputs[0].shape == (1, 2, 4, 4)
    assert built.inputs[0].shape == (None, 1, 6, 5)
    assert built.outputs[0].shape == (None, 2, 4, 4)
    assert built.inputs[0].dtype == "float32"


def test_sources_connect_layers(built: Model) -> None:
    assert built.inputs[0].source is None
    assert built.layers[0].inputs[0].source == "image"
    assert built.outputs[0].source == "block"


def test_axes_are_read_off_the_operators_or_given(built: Model) -> None:
    assert built.inputs[0].axes == "NCHW"
    model = _model()
    given = build_model(Path("m"), "f", "", model, [], axes={"image": "NHWC"})
    assert given.inputs[0].axes == "NHWC"
    assert given.outputs[0].axes == ""


def test_the_rest_is_passed_on(built: Model) -> None:
    assert (built.format, built.producer, built.notes, built.metadata) == (
        "onnx",
        "me",
        ("a note",),
        {"k": "v"},
    )
    assert built.node_count == 2


def test_layer_that_cannot_run_is_connected_by_values_the_graph_does_not_have() -> None:
    model = _model()
    conv, relu = model.graph
    built = _build(
        model,
        LayerSpec("first", "F", ("image",), ("y",), nodes=(conv, relu)),
        LayerSpec("odd", "Custom", ("y",), ("odd:0",), reason="'odd' is of an unknown class."),
        LayerSpec("behind", "Dense", ("odd:0",), ("behind:0",), reason="'behind' needs 'odd'."),
    )
    odd, behind = built.layers[1:]
    assert (odd.inputs[0].source, behind.inputs[0].source) == ("first", "odd")
    assert odd.outputs[0].shape is None
    assert (odd.runnable, odd.macs) == (False, None)


def test_unknown_operator_does_not_hide_the_shapes_of_others() -> None:
    graph = make_graph(
        [make_node("Relu", ["x"], ["r"]), make_node("NoSuchThing", ["r"], ["s"])],
        "g",
        [make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])],
        [make_tensor_value_info("s", TensorProto.FLOAT, None)],
    )
    model = ir.from_proto(make_model(graph, opset_imports=[make_opsetid("", 17)]))
    relu, odd = model.graph
    built = _build(
        model,
        LayerSpec("r", "Relu", ("x",), ("r",), nodes=(relu,)),
        LayerSpec("s", "NoSuchThing", ("r",), ("s",), nodes=(odd,)),
    )
    assert built.layers[0].outputs[0].shape == (1, 3)
    assert built.layers[1].outputs[0].shape is None


def test_shape_computed_from_the_batch_is_known() -> None:
    """Shape → Gather → Concat → Reshape, as exporters write a flatten."""
    initializers = [
        onnx.numpy_helper.from_array(np.array([0], np.int64), "zero"),
        onnx.numpy_helper.from_array(np.array([-1], np.int64), "rest"),
    ]
    nodes = [
        make_node("Shape", ["x"], ["shape"]),
        make_node("Gather", ["shape", "zero"], ["batch"]),
        make_node("Concat", ["batch", "rest"], ["target"], axis=0),
        make_node("Reshape", ["x", "target"], ["y"]),
    ]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 4])],
        [make_tensor_value_info("y", TensorProto.FLOAT, ["N", "M"])],
        initializers,
    )
    model = ir.from_proto(make_model(graph, opset_imports=[make_opsetid("", 17)]))
    built = _build(model, LayerSpec("flatten", "Flatten", ("x",), ("y",), nodes=tuple(model.graph)))
    assert built.layers[0].outputs[0].shape == (1, 12)


def test_equal_names_are_told_apart() -> None:
    assert unique(["conv", "relu", "conv", "conv"]) == ["conv", "relu", "conv#2", "conv#3"]


def test_told_apart_names_do_not_take_names_that_exist() -> None:
    assert unique(["a", "a", "a#2"]) == ["a", "a#3", "a#2"]
    assert unique(["x"], taken={"x"}) == ["x#2"]
