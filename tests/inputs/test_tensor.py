"""Tensors in files of their own, as in the folders of ONNX's test data."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer3d.errors import InputError
from explorer3d.inputs import feeds_for


def save(path: Path, array: np.ndarray, name: str = "") -> None:
    onnx.save_tensor(numpy_helper.from_array(array, name), path)


def test_each_tensor_goes_into_the_input_of_its_name(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("left", (2, 3)), net.port("right", (4,), "int64"), net.port("rest", (5,)))
    left, right = np.arange(6, dtype=np.float32).reshape(2, 3), np.array([7, 1, 0, 3])
    save(tmp_path / "input_0.pb", right, "right")
    save(tmp_path / "input_1.pb", left, "left")
    for file in ("input_0.pb", "input_1.pb"):
        feeds = feeds_for(model, tmp_path / file, seed=3)
        np.testing.assert_array_equal(feeds.arrays["left"], left)
        np.testing.assert_array_equal(feeds.arrays["right"], right)
        np.testing.assert_array_equal(feeds.arrays["rest"], feeds_for(model, seed=3).arrays["rest"])
    assert feeds.description == (
        "input_1.pb (left 2×3 float32), input_0.pb (right 4 int64); noise (3) for rest"
    )


def test_a_tensor_without_a_known_name_goes_where_its_number_says(
    net: SimpleNamespace, tmp_path: Path
) -> None:
    model = net.model(net.port("a", (2,)), net.port("b", (3,)))
    save(tmp_path / "input_0.pb", np.float32([1, 2]), "something")
    save(tmp_path / "input_1.pb", np.float32([3, 4, 5]))
    feeds = feeds_for(model, tmp_path / "input_1.pb")
    np.testing.assert_array_equal(feeds.arrays["a"], [1, 2])
    np.testing.assert_array_equal(feeds.arrays["b"], [3, 4, 5])
    save(tmp_path / "x.pb", np.float32([1, 2]), "something")
    with pytest.raises(InputError, match="'something', but the model's inputs are 'a', 'b'"):
        feeds_for(model, tmp_path / "x.pb")
    only = net.model(net.port("a", (2,)))
    np.testing.assert_array_equal(feeds_for(only, tmp_path / "x.pb").arrays["a"], [1, 2])


def test_element_types(net: SimpleNamespace, tmp_path: Path) -> None:
    for dtype in ("float16", "float64", "int8", "uint16", "bool"):
        save(tmp_path / "x.pb", np.array([[0, 1, 1]], dtype))
        array = feeds_for(net.model(net.port("x", (1, 3), dtype)), tmp_path / "x.pb").arrays["x"]
        np.testing.assert_array_equal(array, np.array([[0, 1, 1]], dtype))
    save(tmp_path / "scalar.pb", np.array(2.5, np.float32))
    assert feeds_for(net.model(net.port("x", ())), tmp_path / "scalar.pb").arrays["x"] == 2.5
    onnx.save_tensor(helper.make_tensor("x", TensorProto.BFLOAT16, (2,), [1.5, -2.0]), tmp_path / "b.pb")
    array = feeds_for(net.model(net.port("x", (2,), "bfloat16")), tmp_path / "b.pb").arrays["x"]
    np.testing.assert_array_equal(array, np.float32([1.5, -2.0]))
    onnx.save_tensor(helper.make_tensor("x", TensorProto.STRING, (2,), ["tea", "für"]), tmp_path / "s.pb")
    words = feeds_for(net.model(net.port("x", (2,), "string")), tmp_path / "s.pb").arrays["x"]
    assert list(words) == ["tea", "für"]


def test_typed_data_is_read_as_well_as_raw(net: SimpleNamespace, tmp_path: Path) -> None:
    onnx.save_tensor(helper.make_tensor("x", TensorProto.FLOAT, (2, 2), [1, 2, 3, 4]), tmp_path / "x.pb")
    array = feeds_for(net.model(net.port("x", (2, 2))), tmp_path / "x.pb").arrays["x"]
    np.testing.assert_array_equal(array, [[1, 2], [3, 4]])


def test_damaged_tensors(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("x", (2, 3)))
    save(tmp_path / "whole.pb", np.zeros((2, 3), np.float32), "x")
    (tmp_path / "cut.pb").write_bytes((tmp_path / "whole.pb").read_bytes()[:-5])
    with pytest.raises(InputError, match=r"cut\.pb is damaged"):
        feeds_for(model, tmp_path / "cut.pb")
    lying = TensorProto(dims=[2, 10**15], data_type=TensorProto.FLOAT, raw_data=b"\0" * 24)
    onnx.save_tensor(lying, tmp_path / "lying.pb")
    with pytest.raises(InputError, match=r"lying\.pb is damaged: .* holds 24 bytes"):
        feeds_for(model, tmp_path / "lying.pb")
    away = TensorProto(dims=[2, 3], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    away.external_data.add(key="location", value="../../secret")
    onnx.save_tensor(away, tmp_path / "away.pb")
    with pytest.raises(InputError, match="keeps its values in another file"):
        feeds_for(model, tmp_path / "away.pb")
    save(tmp_path / "other.pb", np.zeros((3, 2), np.float32))
    with pytest.raises(InputError, match=r"other\.pb has shape \(3, 2\)"):
        feeds_for(model, tmp_path / "other.pb")
    with (tmp_path / "whole.pb").open("r+b") as file:
        file.truncate(2**28 + 1)
    with pytest.raises(InputError, match="larger than 256 MiB"):
        feeds_for(model, tmp_path / "whole.pb")


def test_a_model_is_no_tensor(net: SimpleNamespace, tmp_path: Path) -> None:
    graph = helper.make_graph([], "g", [], [])
    for producer in ("", "somebody"):
        onnx.save(helper.make_model(graph, producer_name=producer), tmp_path / "model.pb")
        with pytest.raises(InputError, match="neither a picture nor"):
            feeds_for(net.model(net.port("x", (2,))), tmp_path / "model.pb")
