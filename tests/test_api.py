"""The Python interface."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

import explorer3d


@pytest.fixture
def path(tmp_path: Path) -> Path:
    nodes = [
        make_node("Add", ["x", "b"], ["a"], name="add"),
        make_node("Split", ["a"], ["l", "r"], name="split", axis=1),
        make_node("Mul", ["l", "r"], ["y"], name="mul"),
    ]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", 1, ["N", 4])],
        [make_tensor_value_info("y", 1, ["N", 2])],
        [onnx.numpy_helper.from_array(np.array([1, 0, 0, 1], np.float32), "b")],
    )
    path = tmp_path / "m.onnx"
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)
    return path


INPUT = np.array([[1, 2, 3, 4]], np.float32)


def test_layers_by_name(path: Path) -> None:
    run = explorer3d.open_model(path).run(INPUT)
    assert list(run) == ["add", "split", "mul"]
    assert len(run) == 3
    np.testing.assert_array_equal(run["add"].output, [[2, 2, 3, 5]])
    np.testing.assert_array_equal(run["add"].input, INPUT)
    np.testing.assert_array_equal(run["add"].weights["b"], [1, 0, 0, 1])
    assert [array.tolist() for array in run["split"].outputs] == [[[2, 2]], [[3, 5]]]
    assert [array.tolist() for array in run["mul"].inputs] == [[[2, 2]], [[3, 5]]]
    assert run.outputs["y"].tolist() == [[6, 10]]
    assert {name: layer.layer.op for name, layer in run.items()} == {
        "add": "Add",
        "split": "Split",
        "mul": "Mul",
    }


def test_unknown_layer(path: Path) -> None:
    run = explorer3d.open_model(str(path)).run({"x": INPUT})
    with pytest.raises(KeyError) as raised:
        run["ad"]
    assert isinstance(raised.value, explorer3d.ExplorerError)
    assert str(raised.value) == "m.onnx has no layer named 'ad'. Did you mean 'add'?"
    with pytest.raises(KeyError, match="'explorer3d info m.onnx' lists them"):
        run["conv"]
    assert "conv" not in run
    assert run.get("conv") is None


def test_model_inputs_by_name(path: Path) -> None:
    run = explorer3d.open_model(path).run(INPUT)
    np.testing.assert_array_equal(run["x"].output, INPUT)
    assert run["x"].inputs == ()
    assert "x" not in list(run)


def test_noise_is_seeded(path: Path) -> None:
    model = explorer3d.open_model(path)
    first, again, other = (model.run(seed=seed)["add"].output for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_input_from_a_file_and_export(path: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", INPUT[0])
    run = explorer3d.open_model(path).run(tmp_path / "x.npy")
    assert run["mul"].output.tolist() == [[6, 10]]
    run.export(tmp_path / "out.npz", "mul")
    assert set(np.load(tmp_path / "out.npz").files) == {"mul/input", "mul/input1", "mul/output"}


def test_layer_before_a_failing_one_still_has_an_output(tmp_path: Path) -> None:
    nodes = [
        make_node("Relu", ["x"], ["r"], name="first"),
        make_node("Odd", ["r"], ["y"], domain="d", name="odd"),
    ]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", 1, [2])],
        [make_tensor_value_info("y", 1, [2])],
    )
    onnx.save(
        make_model(graph, opset_imports=[make_opsetid("", 17), make_opsetid("d", 1)], ir_version=9),
        tmp_path / "m.onnx",
    )
    run = explorer3d.open_model(tmp_path / "m.onnx").run(np.array([-1, 2], np.float32))
    assert run["first"].output.tolist() == [0, 2]
    with pytest.raises(explorer3d.ExplorerError, match="'odd'"):
        _ = run["odd"].output


def test_budget_too_small_for_everything_goes_layer_by_layer(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer3d.compute.runner.default_budget", lambda: 20)
    run = explorer3d.open_model(path).run(INPUT)
    assert run["mul"].output.tolist() == [[6, 10]]
    assert run["add"].output.tolist() == [[2, 2, 3, 5]]


def test_wrong_file(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_text("nothing")
    with pytest.raises(explorer3d.ExplorerError):
        explorer3d.open_model(tmp_path / "m.onnx")


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, explorer3d; explorer3d.__version__; dir(explorer3d);"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'numpy', 'onnx', 'onnx_ir', 'onnxruntime', 'h5py', 'tensorflow', 'keras', 'PIL', 'qtpy',"
        " 'PyQt5', 'vtkmodules', 'pyvista', 'igraph', 'sympy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = explorer3d.nonsense  # type: ignore[attr-defined]


def test_explain(samples: Path) -> None:
    model = explorer3d.open_model(samples / "lenet_fashion.h5")
    run = model.run(samples / "pictures" / "fashion_1_trouser.png")
    found = run.explain("occlusion", target="dress", patch=14, stride=14)
    assert found.array.shape == (2, 2)
    assert (found.target.index, found.settings["patch"]) == ((3,), 14)
    with pytest.raises(explorer3d.ExplorerError, match="no setting 'pitch'"):
        run.explain("occlusion", pitch=14)
