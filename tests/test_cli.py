"""The command line: words, exit codes, and what goes where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from PIL import Image

import explorer3d
from explorer3d import cli
from explorer3d.cli.options import add_info


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """image (N, 3, 10, 8) → Relu 'r' → GlobalAveragePool 'p'"""
    nodes = [
        make_node("Conv", ["image", "w"], ["c"], name="c"),
        make_node("GlobalAveragePool", ["c"], ["y"], name="p"),
    ]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("image", 1, ["N", 3, 10, 8])],
        [make_tensor_value_info("y", 1, ["N", 3, 1, 1])],
        [onnx.numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "w")],
    )
    path = tmp_path / "net.onnx"
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """All of one colour: 51, 102, 204"""
    path = tmp_path / "colour.png"
    Image.new("RGB", (20, 16), (51, 102, 204)).save(path)
    return path


def _fed(arguments: list[str], tmp_path: Path) -> list[float]:
    """What the colour of the picture has become, per channel."""
    out = tmp_path / "out.npz"
    assert cli.main(["export", *arguments, "-o", str(out)]) == 0
    with np.load(out) as archive:
        fed = archive["c/input"]
    assert fed.shape == (1, 3, 10, 8)
    return [round(float(value), 4) for value in fed.mean(axis=(0, 2, 3))]


def test_info_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", str(path), "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert captured.err == ""
    assert found["format"] == "onnx"
    assert found["inputs"] == [{"name": "image", "shape": [None, 3, 10, 8], "dtype": "float32"}]
    assert found["layers"][0]["inputs"] == [
        {"value": "image", "from": "image", "shape": [1, 3, 10, 8], "dtype": "float32"}
    ]
    assert found["totals"] == {"layers": 2, "nodes": 2, "parameters": 9, "macs": 3 * 10 * 8 * 3}


def test_info_for_people(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info", str(path)]) == 0
    assert "GlobalAveragePool" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], [0.2, 0.4, 0.8]),
        (["--invert"], [0.8, 0.6, 0.2]),
        (["--bgr"], [0.8, 0.4, 0.2]),
        (["--mean", "0.1,0.2,0.3", "--std", "0.5"], [0.2, 0.4, 1.0]),
        (["--mean", "0.1", "0.2", "0.3", "--std", "0.5", "0.5", "0.5"], [0.2, 0.4, 1.0]),
        (["--mean=-0.1,-0.2,-0.3"], [0.3, 0.6, 1.1]),
        (["--mean", "-0.1", "--fit", "crop"], [0.3, 0.5, 0.9]),
    ],
)
def test_export_of_a_picture(
    path: Path, picture: Path, tmp_path: Path, options: list[str], expected: list[float]
) -> None:
    assert _fed([*options, str(path), "--input", str(picture)], tmp_path) == expected
    assert _fed([str(path), "--input", str(picture), *options], tmp_path) == expected


def test_export_of_an_input_that_is_made(path: Path, tmp_path: Path) -> None:
    # One pixel of 80 is white.
    assert _fed([str(path), "--input", "generator:impulse:9,7"], tmp_path) == [0.0125] * 3
    assert _fed([str(path), "--input", "generator:ones", "--mean", "0.5"], tmp_path) == [1] * 3


def test_shape_of_what_is_left_open(path: Path, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    words = ["export", str(path), "--input", str(picture), "--shape", "image=3,3,10,8", "-o", str(out)]
    assert cli.main(words) == 0
    with np.load(out) as archive:
        assert archive["c/input"].shape == (3, 3, 10, 8)


def test_shape_that_cannot_be(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", str(path), "--shape", "image=1x3x11x8", "-o", "never.npz"]) == 1
    assert "(?, 3, 10, 8)" in capsys.readouterr().err
    with pytest.raises(SystemExit) as raised:
        cli.main(["export", str(path), "--shape", "1,3,10,8", "-o", "never.npz"])
    assert raised.value.code == 2


def test_export_of_one_layer(path: Path, tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(size=(2, 3, 10, 8)).astype(np.float32)
    np.save(tmp_path / "x.npy", array)
    out = tmp_path / "out.npz"
    words = ["export", str(path), "--input", str(tmp_path / "x.npy"), "--layer", "p", "-o", str(out)]
    assert cli.main(words) == 0
    with np.load(out) as archive:
        assert set(archive.files) == {"p/input", "p/output"}
        np.testing.assert_allclose(archive["p/output"][:, :, 0, 0], array.mean(axis=(2, 3)), atol=1e-6)


def test_layers_are_named_together_or_apart(path: Path, tmp_path: Path) -> None:
    for words in (["--layer", "c", "p"], ["--layer", "c", "--layer", "p"]):
        out = tmp_path / "out.npz"
        assert cli.main(["export", str(path), "-o", str(out), *words]) == 0
        assert set(np.load(out).files) == {"c/input", "c/output", "c/w", "p/input", "p/output"}


@pytest.mark.parametrize(
    "words",
    [
        ["info", "missing.onnx"],
        ["info", "text.onnx", "--json"],
        ["export", "net.onnx", "-o", "no/such/folder/out.npz"],
        ["export", "net.onnx", "--layer", "nothing", "-o", "out.npz"],
        ["export", "net.onnx", "--input", "text.onnx", "-o", "out.npz"],
        ["export", "net.onnx", "--input", "missing.png", "-o", "out.npz"],
        ["render", "net.onnx", "--layer", "nothing", "-o", "out.png"],
        ["render", "net.onnx", "-o", "no/such/folder/out.png"],
        ["render", "net.onnx", "-o", "out.odd"],
        ["export", "net.onnx", "--std", "nan", "-o", "out.npz"],
    ],
)
def test_fault_is_one_line_on_stderr(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    monkeypatch.chdir(tmp_path)
    assert cli.main(words) == 1
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("explorer3d: ")
    assert captured.err.count("\n") == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["net.onnx", "text.onnx"]


@pytest.mark.parametrize(
    "words",
    [
        ["info"],
        ["export", "net.onnx"],
        ["--nonsense"],
        ["a.onnx", "b.onnx"],
        ["export", "net.onnx", "-o", "x", "--fit", "squash"],
        ["export", "net.onnx", "-o", "x", "--mean", "dark"],
        ["export", "net.onnx", "-o", "x", "--input", "generator:plaid"],
        ["render", "net.onnx", "-o", "x", "--size", "0x10"],
        ["render", "net.onnx", "-o", "x", "--size", "big"],
        ["render", "net.onnx", "-o", "x", "--view", "pile"],
    ],
)
def test_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["inof", "net.onnx"], "'inof' is an unknown command or file. Did you mean 'info'?"),
        (
            ["bogus"],
            "'bogus' is an unknown command or file. "
            "The commands are info, export, explain, render, convert, bench.",
        ),
    ],
)
def test_mistyped_commands(
    words: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert cli.main(words) == 2
    assert capsys.readouterr() == ("", f"explorer3d: {sentence}\n")


def test_file_may_be_named_like_a_command_or_have_no_ending(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[Path] = []

    def window(options: Any) -> int:
        opened.append(options.model)
        return 0

    monkeypatch.setattr(cli, "window", window)
    monkeypatch.setattr(cli.bootstrap, "require_graphics", lambda words: None)
    monkeypatch.chdir(tmp_path)
    path.rename(tmp_path / "inof")
    assert cli.main(["inof"]) == 0
    assert cli.main(["missing.onnx"]) == 0
    assert opened == [Path("inof"), Path("missing.onnx")]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("by\nzero"), "info failed unexpectedly: by zero. Please report this."),
        (KeyError(), "info failed unexpectedly: KeyError. Please report this."),
        (
            MemoryError(),
            "There is not enough memory for this. Close other programs, or take something smaller.",
        ),
    ],
)
def test_what_nobody_expected_is_one_line_too(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(options: Any) -> int:
        raise error

    monkeypatch.delenv(cli.DEBUG, raising=False)
    monkeypatch.setitem(cli.COMMANDS, "info", ("", add_info, command))
    assert cli.main(["info", "net.onnx"]) == 1
    assert capsys.readouterr() == ("", f"explorer3d: {said}\n")
    monkeypatch.setenv(cli.DEBUG, "1")
    assert cli.main(["info", "net.onnx"]) == 1
    captured = capsys.readouterr().err
    assert captured.startswith("Traceback (most recent call last):")
    assert captured.endswith(f"explorer3d: {said}\n")


def test_layers_without_values_are_named_beside_a_whole_export(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from explorer3d import formats

    model = formats.read_model(path)
    odd = replace(model.layers[0], reason="The layer 'c' is of an unknown class.")
    cut = replace(model, layers=(odd, replace(model.layers[1], reason="'p' comes after 'c'.")))
    monkeypatch.setattr(formats, "read_model", lambda given, **choices: cut)
    out = tmp_path / "out.npz"
    assert cli.main(["export", str(path), "-o", str(out)]) == 0
    assert capfd.readouterr() == (
        "",
        "explorer3d: The layer 'c' is of an unknown class. Only the weights of 2 such layers are written.\n",
    )
    assert np.load(out).files == ["c/w"]


def test_render_and_export_refuse_a_name_alike(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    said = []
    for command in ("export", "render"):
        out = path.with_name("out.png")
        assert cli.main([command, str(path), "--layer", "pp", "-o", str(out)]) == 1
        said.append(capfd.readouterr().err)
    assert said == ["explorer3d: net.onnx has no layer named 'pp'. Did you mean 'p'?\n"] * 2


def test_help_names_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert all(f"  {name} " in text for name in cli.COMMANDS)


def test_missing_part_of_the_system(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(options: Any) -> int:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(cli, "window", command)
    assert cli.main([]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        "explorer3d: A part of the installation is missing or cannot be loaded: "
        "libGL.so.1: cannot open shared object file.\n"
    )


def _process(*words: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(explorer3d.__file__).parents[1]), **variables}
    return subprocess.run(
        [sys.executable, "-m", "explorer3d", *words],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        cwd=cwd,
    )


def test_version_of_the_module() -> None:
    done = _process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"explorer3d {explorer3d.__version__}\n", "")


@pytest.mark.parametrize("json_option", [[], ["--json"]])
def test_terminal_that_knows_no_umlauts(tmp_path: Path, json_option: list[str]) -> None:
    graph = make_graph(
        [make_node("Relu", ["x"], ["y"], name="größe\x1b[2J")],
        "g",
        [make_tensor_value_info("x", 1, [2])],
        [make_tensor_value_info("y", 1, [2])],
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), tmp_path / "m.onnx")
    done = _process("info", "m.onnx", *json_option, cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    if json_option:
        assert json.loads(done.stdout)["layers"][0]["name"] == "größe\x1b[2J"
    else:
        assert r"gr\xf6\xdfe\x1b[2J" in done.stdout


def test_nothing_of_onnxruntimes_own_reaches_the_terminal(tmp_path: Path) -> None:
    """It warns about unused weights and complains about failing nodes on stderr, past Python's streams."""
    nodes = [make_node("Reshape", ["x", "shape"], ["y"], name="bad")]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", 1, [2])],
        [make_tensor_value_info("y", 1, None)],
        [
            onnx.numpy_helper.from_array(np.array([7]), "shape"),
            onnx.numpy_helper.from_array(np.zeros(4000, np.float32), "unused"),
        ],
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), tmp_path / "m.onnx")
    done = _process("export", "m.onnx", "-o", "out.npz", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("explorer3d: The layer 'bad' (Reshape) failed")
    assert done.stderr.count("\n") == 1


def test_nothing_of_the_libraries_warnings_reaches_the_terminal(tmp_path: Path) -> None:
    """A branch that reads what nobody makes: the graph can be shown all the same."""
    inner = make_graph(
        [make_node("Neg", ["nowhere"], ["i"])], "t", [], [make_tensor_value_info("i", 1, None)]
    )
    node = make_node("If", ["flag"], ["y"], name="branch", then_branch=inner, else_branch=inner)
    graph = make_graph(
        [node], "g", [make_tensor_value_info("flag", 9, [])], [make_tensor_value_info("y", 1, None)]
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), tmp_path / "m.onnx")
    done = _process("info", "m.onnx", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "branch" in done.stdout


def test_reader_that_stops_early_is_no_error(path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(explorer3d.__file__).parents[1])}
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "explorer3d", "info", str(path), "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        timeout=120,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_layer_of_code_is_assumed_to_pass_its_input_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [None, 3]}},
        {"class_name": "Lambda", "config": {"name": "own"}},
        {"class_name": "ReLU", "config": {"name": "end"}},
    ]
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
    np.save(tmp_path / "x.npy", np.array([[1, -2, 3]], np.float32))
    out = tmp_path / "out.npz"
    words = ["export", str(path), "--input", str(tmp_path / "x.npy"), "--layer", "end", "-o", str(out)]
    assert cli.main(words) == 1
    assert "own" in capsys.readouterr().err
    assert cli.main([*words, "--assume", "own=identity"]) == 0
    with np.load(out) as found:
        np.testing.assert_array_equal(found["end/output"], [[1, 0, 3]])
    assert cli.main([*words, "--assume", "onw=identity"]) == 1
    assert "Did you mean 'own'?" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        cli.main([*words, "--assume", "own=3y"])
    assert "neither 'identity' nor a shape" in capsys.readouterr().err
    assert cli.main(["info", str(path), "--json", "--assume", "own=4x5"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [port["shape"] for port in found["inputs"]] == [[None, 3], [None, 4, 5]]


def test_little_memory_for_activations_changes_no_result(path: Path, tmp_path: Path) -> None:
    files = [tmp_path / "usual.npz", tmp_path / "little.npz"]
    for file, words in zip(files, ([], ["--activations", "0.00001"]), strict=True):
        assert cli.main(["export", str(path), *words, "-o", str(file)]) == 0
    with np.load(files[0]) as usual, np.load(files[1]) as little:
        assert usual.files == little.files
        assert all(np.array_equal(usual[name], little[name]) for name in usual.files)
    assert cli._parsed(["render", str(path), "--activations", "64", "-o", "x.png"])[1].activations == 64
    with pytest.raises(SystemExit, match="2"):
        cli.main(["export", str(path), "--activations", "0", "-o", str(files[0])])


@pytest.mark.parametrize(("given", "used"), [(None, "16"), ("26", "26")])
def test_idle_threads_of_numpy_do_not_spin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, used: str
) -> None:
    name = "OPENBLAS_THREAD_TIMEOUT"
    monkeypatch.setenv(name, given or "")
    if given is None:
        monkeypatch.delenv(name)
    assert cli.main(["info", str(tmp_path / "missing.onnx")]) == 1
    assert os.environ[name] == used
