"""What an exported file holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import onnx_ir as ir
import pytest
from onnx import TensorProto
from onnx.helper import make_node

from explorer3d.compute.export import export
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError, RunError
from explorer3d.graph.model import Model, Weight

Make = Callable[..., Model]


@pytest.fixture
def model(make: Make) -> Model:
    nodes = [
        make_node("Add", ["x", "z"], ["sum"], name="scope/add"),
        make_node("Split", ["sum"], ["left", "right"], name="split", axis=1),
        make_node("Mul", ["left", "w"], ["y"], name="scale"),
    ]
    return make(nodes, {"x": ["N", 4], "z": ["N", 4]}, ["y"], w=np.array([2, 3], np.float32))


@pytest.fixture
def feeds() -> dict[str, np.ndarray]:
    return {
        "x": np.array([[1, 2, 3, 4], [5, 6, 7, 8]], np.float32),
        "z": np.array([[10, 0, 0, 0], [0, 0, 0, 10]], np.float32),
    }


def _load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


@pytest.mark.parametrize("budget", [2**20, 40])
def test_all_layers(model: Model, feeds: dict[str, np.ndarray], tmp_path: Path, budget: int) -> None:
    out = tmp_path / "out.npz"
    export(Runner(model, budget), feeds, out)
    expected = {
        "scope/add/input": feeds["x"],
        "scope/add/input1": feeds["z"],
        "scope/add/output": [[11, 2, 3, 4], [5, 6, 7, 18]],
        "split/input": [[11, 2, 3, 4], [5, 6, 7, 18]],
        "split/output": [[11, 2], [5, 6]],
        "split/output1": [[3, 4], [7, 18]],
        "scale/input": [[11, 2], [5, 6]],
        "scale/output": [[22, 6], [10, 18]],
        "scale/w": [2, 3],
    }
    found = _load(out)
    assert set(found) == set(expected)
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array)
        assert found[key].dtype == np.float32


def test_named_layers_only(model: Model, feeds: dict[str, np.ndarray], tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    export(Runner(model), feeds, out, ["scale", "scale"])
    assert set(_load(out)) == {"scale/input", "scale/output", "scale/w"}


def test_unknown_layer_leaves_no_file(model: Model, feeds: dict[str, np.ndarray], tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    with pytest.raises(RequestError, match="no layer named 'scal'. Did you mean 'scale'"):
        export(Runner(model), feeds, out, ["scal"])
    with pytest.raises(RequestError, match="cannot be written"):
        export(Runner(model), feeds, tmp_path / "no/such/folder/out.npz")
    assert not out.exists()


def test_failed_run_leaves_the_old_file(make: Make, tmp_path: Path) -> None:
    node = make_node("Reshape", ["x", "shape"], ["y"])
    broken = make([node], {"x": ["N"], "shape": (TensorProto.INT64, ["k"])}, ["y"])
    out = tmp_path / "out.npz"
    out.write_bytes(b"old")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(RunError):
        export(Runner(broken), {"x": np.zeros(3, np.float32), "shape": np.array([7])}, out)
    assert out.read_bytes() == b"old"
    assert sorted(tmp_path.iterdir()) == before


def test_layer_that_cannot_run_gives_its_weights_only(
    model: Model, feeds: dict[str, np.ndarray], tmp_path: Path
) -> None:
    weight = Weight("kernel", ir.tensor(np.array([7.0], np.float32)))
    odd = replace(model.layers[0], name="odd", weights=(weight,), reason="'odd' cannot run.")
    runner = Runner(replace(model, layers=(odd, model.layers[2])))
    out = tmp_path / "out.npz"
    export(runner, feeds, out)
    assert set(_load(out)) == {"odd/kernel", "scale/input", "scale/output", "scale/w"}
    with pytest.raises(RunError, match="'odd' cannot run"):
        export(runner, feeds, out, ["odd"])


def test_types_numpy_does_not_have_are_widened(
    model: Model, feeds: dict[str, np.ndarray], tmp_path: Path
) -> None:
    values = np.array([1.5, -2], ml_dtypes.bfloat16)
    weight = Weight("half", ir.Tensor(values, dtype=ir.DataType.BFLOAT16))
    layer = replace(model.layers[2], weights=(weight,))
    out = tmp_path / "out.npz"
    export(Runner(replace(model, layers=(layer,))), feeds, out)
    half = _load(out)["scale/half"]
    assert (half.dtype, half.tolist()) == (np.float32, [1.5, -2])


def test_strings_need_no_pickle(make: Make, tmp_path: Path) -> None:
    model = make(
        [make_node("Identity", ["x"], ["y"], name="same")], {"x": (TensorProto.STRING, ["N"])}, ["y"]
    )
    out = tmp_path / "out.npz"
    export(Runner(model), {"x": np.array(["a", "longer"], object)}, out)
    assert _load(out)["same/output"].tolist() == ["a", "longer"]


def test_sequences_are_left_out(make: Make, tmp_path: Path) -> None:
    nodes = [
        make_node("SplitToSequence", ["x"], ["s"], name="split"),
        make_node("SequenceLength", ["s"], ["y"], name="count"),
    ]
    out = tmp_path / "out.npz"
    export(Runner(make(nodes, {"x": [3]}, ["y"])), {"x": np.zeros(3, np.float32)}, out)
    assert set(_load(out)) == {"split/input", "count/output"}


def test_tensors_of_one_name_are_told_apart(make: Make, tmp_path: Path) -> None:
    """Weights named like activations, and a/b + c against a + b/c."""
    nodes = [
        make_node("Sum", ["x", "input", "output", "b/c"], ["s"], name="a"),
        make_node("Mul", ["s", "c"], ["y"], name="a/b"),
    ]
    values: dict[str, float] = {"input": 10, "output": 20, "b/c": 30, "c": 2}
    weights = {name: np.array([value], np.float32) for name, value in values.items()}
    out = tmp_path / "out.npz"
    export(Runner(make(nodes, {"x": [1]}, ["y"], **weights)), {"x": np.array([5], np.float32)}, out)
    assert {key: float(array[0]) for key, array in _load(out).items()} == {
        "a/input": 5,
        "a/output": 65,
        "a/input#2": 10,
        "a/output#2": 20,
        "a/b/c": 30,
        "a/b/input": 65,
        "a/b/output": 130,
        "a/b/c#2": 2,
    }
