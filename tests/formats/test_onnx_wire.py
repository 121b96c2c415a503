"""Weights are views of the file's bytes, whatever the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from explorer3d.errors import ModelError, RunError
from explorer3d.formats import read_model
from explorer3d.formats.onnx_wire import lighten

_RANDOM = np.random.default_rng(0)
LARGE = _RANDOM.normal(size=(40, 50)).astype(np.float32)
WIDE = _RANDOM.integers(-9, 9, size=(50, 30))
SMALL = np.arange(30, dtype=np.float32)


def _proto() -> onnx.ModelProto:
    nodes = [
        make_node("MatMul", ["x", "large"], ["p"], name="p"),
        make_node("Cast", ["wide"], ["w"], to=TensorProto.FLOAT),
        make_node("MatMul", ["p", "w"], ["q"], name="q"),
        make_node("Add", ["q", "small"], ["y"], name="y"),
    ]
    weights = {"large": LARGE, "small": SMALL, "wide": WIDE}
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", TensorProto.FLOAT, ["N", 40])],
        [make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9, producer_name="me")


CONTENT = _proto().SerializeToString()


def test_large_initialisers_are_views_small_ones_stay() -> None:
    light = lighten(CONTENT)
    assert set(light.data) == {"large", "wide"}
    np.testing.assert_array_equal(light.data["large"].reshape(40, 50), LARGE)
    assert light.data["wide"].dtype == np.int64
    start = np.frombuffer(CONTENT, np.uint8).ctypes.data
    assert start < light.data["large"].ctypes.data < start + len(CONTENT)
    assert len(light.message) < len(CONTENT) - LARGE.nbytes - WIDE.nbytes


def test_the_message_is_otherwise_the_same() -> None:
    found = onnx.ModelProto.FromString(lighten(CONTENT).message)
    expected = _proto()
    for tensor in expected.graph.initializer:
        if tensor.name in ("large", "wide"):
            tensor.ClearField("raw_data")
    assert found == expected


def test_weights_arrive_in_the_layers(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(CONTENT)
    model = read_model(path)
    np.testing.assert_array_equal(model.layer_by_name["p"].weights[0].numpy(), LARGE)
    np.testing.assert_array_equal(model.layer_by_name["q"].weights[0].numpy(), WIDE)
    np.testing.assert_array_equal(model.layer_by_name["y"].weights[0].numpy(), SMALL)
    assert model.layer_by_name["q"].outputs[0].shape == (1, 30)


def test_float_data_instead_of_bytes_stays(tmp_path: Path) -> None:
    proto = _proto()
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.float_data.extend(LARGE.ravel().tolist())
    content = proto.SerializeToString()
    assert set(lighten(content).data) == {"wide"}
    (tmp_path / "m.onnx").write_bytes(content)
    weight = read_model(tmp_path / "m.onnx").layer_by_name["p"].weights[0]
    np.testing.assert_array_equal(weight.numpy(), LARGE)


def test_size_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    proto = _proto()
    proto.graph.initializer[0].dims[0] = 41
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    with pytest.raises(ModelError, match=f"holds {LARGE.nbytes} bytes, its shape needs {41 * 50 * 4}"):
        read_model(tmp_path / "m.onnx")


def test_two_weights_of_one_name_are_refused(tmp_path: Path) -> None:
    proto = _proto()
    proto.graph.initializer.append(proto.graph.initializer[0])
    (tmp_path / "m.onnx").write_bytes(proto.SerializeToString())
    with pytest.raises(ModelError, match="two weights named 'large'"):
        read_model(tmp_path / "m.onnx")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
    from_end=st.booleans(),
    cut=st.one_of(st.just(0), st.integers(0, 600)),
)
@example(changes=[(0, 27)], from_end=True, cut=0)  # an operator set that onnxruntime does not know
def test_damaged_files_open_or_are_refused(
    tmp_path: Path, changes: list[tuple[int, int]], from_end: bool, cut: int
) -> None:
    """Nothing but `ModelError` comes out, however the bytes around the weights are changed.

    A weight that is the result of operators is computed when it is asked for: then it is a `RunError`.
    """
    content = bytearray(CONTENT)
    for position, byte in changes:
        content[-1 - position if from_end else position] = byte
    path = tmp_path / "m.onnx"
    path.write_bytes(content[: len(content) - cut])
    try:
        model = read_model(path)
    except ModelError as error:
        assert str(error).endswith(".")
        assert "\n" not in str(error)
    else:
        for weight in (weight for layer in model.layers for weight in layer.weights):
            try:
                found = weight.numpy()
            except RunError as error:
                assert f"'{weight.name}' cannot be computed" in str(error)
            else:
                assert found.size == weight.size
