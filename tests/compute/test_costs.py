"""Costs of layers against values counted by hand, and a profile against the model's own layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from explorer3d.compute import requests
from explorer3d.compute.costs import COSTS, MeasureCost, port_bytes
from explorer3d.compute.edit_model import EditModel
from explorer3d.compute.edits import Edit
from explorer3d.errors import InputError
from explorer3d.graph.model import Port
from explorer3d.inputs import feeds_for


@pytest.fixture
def opened() -> Callable[[Path], requests.OpenedModel]:
    keys = []

    def opener(path: Path) -> requests.OpenedModel:
        model = requests.OpenModel(path)()
        keys.append(model.key)
        return model

    yield opener
    for key in keys:
        requests.close(key)


def measured(model: requests.OpenedModel, cost: str) -> dict[str, float]:
    return dict(MeasureCost(model.key, feeds_for(model.model, None).arrays, cost)())


def test_the_sample_network_by_hand(opened: Callable[..., requests.OpenedModel], samples: Path) -> None:
    model = opened(samples / "lenet_fashion.h5")
    # 5 × 5 kernels on 1 and 6 channels; 5 × 5 × 16 values into 120 units, and so on.
    assert measured(model, "parameters") == {
        "conv1": 5 * 5 * 6 + 6, "pool1": 0, "conv2": 5 * 5 * 6 * 16 + 16, "pool2": 0, "flatten": 0,
        "fc1": 400 * 120 + 120, "fc2": 120 * 84 + 84, "classes": 84 * 10 + 10,
    }  # fmt: skip
    macs = measured(model, "macs")
    assert macs["conv1"] == 28 * 28 * 6 * 25 and macs["conv2"] == 10 * 10 * 16 * 150 and macs["pool1"] == 0
    assert measured(model, "activations") == {
        "conv1": 28 * 28 * 6 * 4, "pool1": 14 * 14 * 6 * 4, "conv2": 10 * 10 * 16 * 4,
        "pool2": 5 * 5 * 16 * 4, "flatten": 400 * 4, "fc1": 120 * 4, "fc2": 84 * 4, "classes": 10 * 4,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["lenet_fashion.h5", "lenet_fashion.onnx"])
def test_every_layer_takes_some_time(
    opened: Callable[..., requests.OpenedModel], samples: Path, name: str
) -> None:
    model = opened(samples / name)
    times = measured(model, "time")
    assert set(times) == {layer.name for layer in model.model.layers}
    assert all(0 < seconds < 1 for seconds in times.values())


def written(path: Path, nodes: list[onnx.NodeProto], weights: dict[str, np.ndarray]) -> Path:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 256])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 256])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_nodes_without_a_name_are_told_apart(
    opened: Callable[..., requests.OpenedModel], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    large = rng.normal(size=(256, 4096)).astype(np.float32)
    nodes = [
        helper.make_node("Relu", ["x"], ["a"]),
        helper.make_node("MatMul", ["a", "w"], ["b"]),
        helper.make_node("MatMul", ["b", "v"], ["c"]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    path = written(tmp_path / "net.onnx", nodes, {"w": large, "v": large.T.copy()})
    times = measured(opened(path), "time")
    assert set(times) == {"Relu_0", "MatMul_1", "MatMul_2", "Relu_3"}
    assert min(times["MatMul_1"], times["MatMul_2"]) > max(times["Relu_0"], times["Relu_3"])


def test_a_profile_leaves_no_file_behind(
    opened: Callable[..., requests.OpenedModel],
    samples: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    measured(opened(samples / "lenet_fashion.onnx"), "time")
    assert list(tmp_path.iterdir()) == []


def test_share_of_zeros(opened: Callable[..., requests.OpenedModel], tmp_path: Path) -> None:
    weight = np.ones((256, 256), np.float32)
    weight[:64] = 0  # a quarter
    bias = np.zeros(256, np.float32)
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"], name="fc"),
        helper.make_node("Relu", ["h"], ["y"]),
    ]
    model = opened(written(tmp_path / "net.onnx", nodes, {"w": weight, "b": bias}))
    found = measured(model, "sparsity")
    assert found == {"fc": pytest.approx((64 * 256 + 256) / (256 * 256 + 256))}


def test_a_missing_input_is_said(opened: Callable[..., requests.OpenedModel], samples: Path) -> None:
    model = opened(samples / "lenet_fashion.onnx")
    with pytest.raises(InputError, match="missing"):
        MeasureCost(model.key, {}, "time")()


@pytest.mark.parametrize(
    ("dtype", "shape", "expected"),
    [
        ("float32", (1, 2, 3), 24), ("float16", (5,), 10), ("bfloat16", (5,), 10), ("bool", (1, 7), 7),
        ("int4", (6,), 3), ("float8_e4m3fn", (6,), 6), ("int64", (), 8), ("string", (2,), None),
        ("float32", (1, None), None), ("float32", None, None),
    ],
)  # fmt: skip
def test_bytes_of_a_tensor(dtype: str, shape: tuple[int, ...] | None, expected: float | None) -> None:
    assert port_bytes(Port("v", "l", shape, dtype)) == expected


@pytest.mark.parametrize(
    ("cost", "value", "expected"),
    [
        ("parameters", 0, "0"), ("parameters", 999, "999"), ("parameters", 61_706, "61.7 k"),
        ("macs", 3_870_000_000, "3.87 G"), ("activations", 480, "480 B"), ("activations", 18_816, "18.8 kB"),
        ("time", 0.00125, "1.25 ms"), ("time", 94e-6, "94 µs"), ("time", 2.5, "2.5 s"),
        ("sparsity", 0.125, "12.5 %"), ("sparsity", 1.0, "100 %"),
    ],
)  # fmt: skip
def test_short_amounts(cost: str, value: float, expected: str) -> None:
    assert COSTS[cost].brief(value) == expected


def test_a_change_by_hand(opened: Callable[..., requests.OpenedModel], samples: Path) -> None:
    model = opened(samples / "lenet_fashion.h5")
    assert set(measured(model, "change").values()) == {0.0}
    feeds = feeds_for(model.model, None).arrays
    before = requests.runner(model.key).run(feeds, ["conv1"])["conv1"]
    changed = EditModel(model.key, (Edit("conv1", 2, 3.0),), feeds)()
    found = MeasureCost(changed.key, feeds, "change")()
    assert found["conv1"] == pytest.approx(2 * np.linalg.norm(before[..., 2]) / np.linalg.norm(before))
    assert set(found) == {layer.name for layer in model.model.layers} and min(found.values()) > 0
    unit = int(requests.runner(model.key).run(feeds, ["fc1"])["fc1"].argmax())
    behind = EditModel(model.key, (Edit("fc1", unit, 3.0),), feeds)()
    found = MeasureCost(behind.key, feeds, "change")()
    same = {name for name, share in found.items() if share == 0}
    assert {"conv1", "pool1", "conv2", "flatten"} <= same and "classes" not in same
