"""ONNX files become layers; damaged and hostile ones become one sentence."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx.helper import (
    make_graph,
    make_map_type_proto,
    make_model,
    make_node,
    make_opsetid,
    make_sequence_type_proto,
    make_tensor_type_proto,
    make_tensor_value_info,
    make_value_info,
)

from explorer3d.errors import Cancelled, ModelError
from explorer3d.formats import read_model
from explorer3d.formats.onnx_weights import label_of
from explorer3d.graph.model import Model

FLOAT = TensorProto.FLOAT


def _proto(
    nodes: Sequence[onnx.NodeProto],
    initializers: dict[str, np.ndarray] | None = None,
    inputs: dict[str, Any] | None = None,
    outputs: Sequence[str] = ("y",),
    **options: Any,
) -> onnx.ModelProto:
    graph = make_graph(
        nodes,
        "g",
        [
            make_tensor_value_info(name, FLOAT, shape)
            for name, shape in (inputs or {"x": ["N", 1, 6, 5]}).items()
        ],
        [make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [onnx.numpy_helper.from_array(array, name) for name, array in (initializers or {}).items()],
    )
    return make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9, **options)


def _open(folder: Path, proto: onnx.ModelProto) -> Model:
    path = folder / "m.onnx"
    path.write_bytes(proto.SerializeToString())
    return read_model(path)


def _relu(**changes: Any) -> onnx.ModelProto:
    return _proto([make_node("Relu", ["x"], ["y"])], **changes)


def test_nodes_become_layers_under_their_names(tmp_path: Path) -> None:
    kernel = np.arange(12, dtype=np.float32).reshape(2, 1, 3, 2)
    nodes = [
        make_node("Conv", ["x", "w"], ["c"], name="/layer1/layer1.0/conv1/Conv", strides=[1, 1]),
        make_node("Relu", ["c"], ["r"]),
        make_node("Relu", ["r"], ["s"], name="twin"),
        make_node("Relu", ["s"], ["y"], name="twin"),
    ]
    model = _open(tmp_path, _proto(nodes, {"w": kernel}, producer_name="me", producer_version="2"))
    assert [layer.name for layer in model.layers] == [
        "/layer1/layer1.0/conv1/Conv",
        "Relu_1",
        "twin",
        "twin#2",
    ]
    conv = model.layers[0]
    assert conv.block == "layer1/layer1.0/conv1"
    assert [layer.block for layer in model.layers[1:]] == ["", "", ""]
    assert conv.attributes == {"strides": [1, 1]}
    assert [port.value for port in conv.inputs] == ["x"]
    assert [weight.name for weight in conv.weights] == ["w"]
    np.testing.assert_array_equal(conv.weights[0].numpy(), kernel)
    assert (conv.parameters, conv.macs) == (12, 2 * 4 * 4 * 3 * 2)
    assert [layer.inputs[0].source for layer in model.layers] == ["x", conv.name, "Relu_1", "twin"]
    assert (model.format, model.producer) == ("onnx", "me 2")


def test_constant_nodes_are_weights_or_settings_never_layers(tmp_path: Path) -> None:
    nodes = [
        make_node("Constant", [], ["shape"], value_ints=[1, 30]),
        make_node("Constant", [], ["factor"], value_float=2.0),
        make_node("Reshape", ["x", "shape"], ["r"]),
        make_node("Mul", ["r", "factor"], ["y"]),
    ]
    model = _open(tmp_path, _proto(nodes))
    reshape, mul = model.layers
    assert (reshape.name, reshape.attributes, reshape.weights) == ("Reshape_2", {"shape": [1, 30]}, ())
    assert [(weight.name, weight.numpy().item()) for weight in mul.weights] == [("factor", 2.0)]
    assert [port.value for port in mul.inputs] == ["r"]
    assert mul.outputs[0].shape == (1, 30)


def test_initialisers_listed_as_inputs_are_weights(tmp_path: Path) -> None:
    proto = _proto(
        [make_node("Add", ["x", "b"], ["y"])],
        {"b": np.ones(5, np.float32)},
        {"x": ["N", 1, 6, 5], "b": [5]},
    )
    proto.ir_version = 3
    model = _open(tmp_path, proto)
    assert [port.value for port in model.inputs] == ["x"]
    assert [weight.name for weight in model.layers[0].weights] == ["b"]


def test_omitted_inputs_and_outputs_leave_no_ports(tmp_path: Path) -> None:
    nodes = [make_node("Clip", ["x", "", "top"], ["y"]), make_node("Dropout", ["y"], ["z", ""])]
    model = _open(tmp_path, _proto(nodes, {"top": np.array(6, np.float32)}, outputs=["z"]))
    clip, dropout = model.layers
    assert [port.value for port in clip.inputs] == ["x"]
    assert [port.value for port in dropout.outputs] == ["z"]


def test_attributes_are_plain_json(tmp_path: Path) -> None:
    inner = make_graph([make_node("Neg", ["x"], ["i"])], "t", [], [make_tensor_value_info("i", FLOAT, None)])
    nodes = [
        make_node("LeakyRelu", ["x"], ["a"], alpha=0.5),
        make_node("Odd", ["a"], ["b"], domain="d", mode="m", names=["n", "o"], low=float("-inf")),
        make_node("If", ["flag"], ["y"], then_branch=inner, else_branch=inner),
    ]
    model = _open(tmp_path, _proto(nodes, {"flag": np.array(True)}))
    leaky, odd, branch = model.layers
    assert leaky.attributes == {"alpha": 0.5}
    assert odd.attributes == {"mode": "m", "names": ["n", "o"], "low": "-inf"}
    body = {"inputs": [], "nodes": ["Neg"], "outputs": ["i"]}
    assert branch.attributes == {"then_branch": body, "else_branch": body}
    assert [port.value for port in branch.inputs] == ["x"]


def test_metadata_and_cancel(tmp_path: Path) -> None:
    proto = _relu()
    proto.metadata_props.add(key="classes", value="cat,dog")
    assert _open(tmp_path, proto).metadata == {"classes": "cat,dog"}

    def give_up(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_model(tmp_path / "m.onnx", give_up)


def test_unsorted_nodes_are_sorted(tmp_path: Path) -> None:
    nodes = [make_node("Exp", ["r"], ["y"], name="second"), make_node("Relu", ["x"], ["r"], name="first")]
    assert [layer.name for layer in _open(tmp_path, _proto(nodes)).layers] == ["first", "second"]


def test_sequences_and_maps_open(tmp_path: Path) -> None:
    nodes = [make_node("Relu", ["x"], ["y"]), make_node("ZipMap", ["y"], ["z"], domain="ai.onnx.ml")]
    proto = _proto(nodes, inputs={"x": ["N", 2]})
    kind = make_map_type_proto(TensorProto.INT64, make_tensor_type_proto(FLOAT, None))
    proto.graph.output.append(make_value_info("z", make_sequence_type_proto(kind)))
    proto.graph.node[1].attribute.append(onnx.helper.make_attribute("classlabels_int64s", [0, 1]))
    proto.opset_import.add(domain="ai.onnx.ml", version=1)
    model = _open(tmp_path, proto)
    assert model.layers[1].outputs[0].dtype == "sequence"
    assert not model.outputs[1].readable


def test_model_without_nodes_opens(tmp_path: Path) -> None:
    model = _open(tmp_path, _proto([], outputs=["x"]))
    assert (model.layers, model.outputs[0].source) == ((), "x")


def _external(location: str, **place: str) -> onnx.ModelProto:
    proto = _proto([make_node("Add", ["x", "w"], ["y"])], inputs={"x": [4]})
    tensor = proto.graph.initializer.add(name="w", data_type=FLOAT, dims=[4])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **place}.items():
        tensor.external_data.add(key=key, value=value)
    return proto


def test_weights_beside_the_model(tmp_path: Path) -> None:
    values = np.array([1, 2, 3, 4], np.float32)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/w.data").write_bytes(b"skip" + values.tobytes())
    model = _open(tmp_path, _external("weights/w.data", offset="4", length="16"))
    np.testing.assert_array_equal(model.layers[0].weights[0].numpy(), values)


@pytest.mark.parametrize(
    ("location", "place", "sentence"),
    [
        ("../secret", {}, "outside its own folder"),
        ("sub/../../secret", {}, "outside its own folder"),
        ("/dev/zero", {}, "outside its own folder"),
        ("", {}, "outside its own folder"),
        ("link", {}, "a link out of its own folder"),
        ("folder", {}, "not a regular file"),
        ("pipe", {}, "not a regular file"),
        ("missing", {}, "which is missing"),
        ("twice", {}, "several hard links"),
        ("short", {}, "do not belong together"),
        ("fine", {"offset": "1"}, "do not belong together"),
        ("fine", {"offset": "-4"}, "do not belong together"),
        ("fine", {"length": "12"}, "do not belong together"),
        ("fine", {"offset": "four"}, "is no number"),
    ],
)
def test_external_data_stays_in_the_folder_and_in_the_file(
    tmp_path: Path, location: str, place: dict[str, str], sentence: str
) -> None:
    (tmp_path / "secret").write_bytes(bytes(16))
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    (home / "link").symlink_to(tmp_path / "secret")
    (home / "fine").write_bytes(bytes(16))
    (home / "short").write_bytes(bytes(15))
    (home / "one").write_bytes(bytes(16))
    os.link(home / "one", home / "twice")
    os.mkfifo(home / "pipe")
    with pytest.raises(ModelError, match=sentence):
        _open(home, _external(location, **place))


def _tensor(**fields: Any) -> onnx.ModelProto:
    proto = _proto([make_node("Add", ["x", "w"], ["y"])], inputs={"x": [4]})
    proto.graph.initializer.add(name="w", **fields)
    return proto


@pytest.mark.parametrize(
    ("proto", "sentence"),
    [
        (_tensor(data_type=FLOAT, dims=[1 << 20, 1 << 20], raw_data=bytes(16)), "holds 16 bytes, its shape"),
        (_tensor(data_type=FLOAT, dims=[4], float_data=[1, 2]), "holds 2 values, its shape needs 4"),
        (_tensor(data_type=99, dims=[4], raw_data=bytes(16)), "element type 99"),
        (_tensor(data_type=FLOAT, dims=[-1], raw_data=b""), "negative size"),
        (_proto([make_node("Add", ["x", "nowhere"], ["y"])]), "reads 'nowhere', which nothing makes"),
        (_proto([make_node("Relu", ["x"], ["y"])] * 2), "'y' is made more than once"),
        (_relu(outputs=["z"]), "nothing makes its output 'z'"),
        (_proto([make_node("Add", ["x", "y"], ["b"]), make_node("Relu", ["b"], ["y"])]), "cycle through"),
        (onnx.ModelProto(ir_version=8), "without a graph"),
    ],
)
def test_inconsistent_files_are_refused(tmp_path: Path, proto: onnx.ModelProto, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        _open(tmp_path, proto)


def test_small_types_are_measured_in_bits(tmp_path: Path) -> None:
    proto = _relu()
    proto.graph.initializer.add(name="w", data_type=TensorProto.INT4, dims=[3], raw_data=b"\x21\x03")
    proto.graph.node.append(make_node("DequantizeLinear", ["w", "s"], ["d"]))
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(1), "s"))
    proto.graph.output.append(make_tensor_value_info("d", FLOAT, [3]))
    weights = _open(tmp_path, proto).layers[1].weights
    assert weights[0].numpy().astype(int).tolist() == [1, 2, 3]


def test_truncated_file(tmp_path: Path) -> None:
    content = _proto([make_node("Add", ["x", "w"], ["y"])], {"w": np.ones(5, np.float32)}).SerializeToString()
    path = tmp_path / "m.onnx"
    path.write_bytes(content[:-9])
    with pytest.raises(ModelError, match="damaged or cut short"):
        read_model(path)


def test_graphs_nested_without_end(tmp_path: Path) -> None:
    """Written as bytes, since no library nests that deep: graph → node → attribute → graph → …"""
    graph = b""
    for _ in range(2000):
        attribute = b"\x32" + _varint(len(graph)) + graph
        node = b"\x2a" + _varint(len(attribute)) + attribute
        graph = b"\x0a" + _varint(len(node)) + node
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08\x09\x3a" + _varint(len(graph)) + graph)
    with pytest.raises(ModelError, match="nested too deeply"):
        read_model(path)


def _varint(number: int) -> bytes:
    result = bytearray()
    while number >= 128:
        result.append(number & 127 | 128)
        number >>= 7
    return bytes([*result, number])


def test_large_graph_is_read_without_recursion(tmp_path: Path) -> None:
    count = 3000
    nodes = [make_node("Relu", [f"v{index}"], [f"v{index + 1}"]) for index in range(count)]
    model = _open(tmp_path, _proto(nodes, inputs={"v0": ["N", 3]}, outputs=[f"v{count}"]))
    assert len(model.layers) == count
    assert model.layers[-1].outputs[0].shape == (1, 3)


def test_weights_are_called_what_they_are() -> None:
    assert label_of("Conv", "B") == label_of("Gemm", "C") == label_of("Add", "B") == "bias"
    assert label_of("Gemm", "B") == label_of("MatMul", "B") == "weights"
    assert label_of("Conv", "W") == "kernel"
    assert label_of("Div", "B") == label_of("Mul", "B") == "B"  # no bias, whatever its letter
