"""Whole conversions: TensorFlow in its process, the result against Keras."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import onnxruntime
import pytest

from explorer3d import cli
from explorer3d.compute import requests
from explorer3d.conversion import process, suitable
from explorer3d.conversion.limits import GIGABYTE, Limits
from explorer3d.conversion.request import ConvertModel
from explorer3d.converting import OpenConverted
from explorer3d.errors import Cancelled, ConvertibleError, ModelError
from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.opening import OpenNetwork

MOST = Limits(8 * GIGABYTE, 300.0)


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*words: Any, **more: Any) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", start)


def outputs(model: Path, fed: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    (source,) = session.get_inputs()
    (result,) = session.run(None, {source.name: fed})
    return np.asarray(result)


@pytest.mark.parametrize("name", ["sound.h5", "sound.keras", "sound_saved", "words.keras"])
def test_results_are_those_of_keras(name: str, keras_made: Path, shared_results: Path) -> None:
    steps: list[str] = []
    made = ConvertModel(keras_made / name, MOST)(lambda share, text: steps.append(text))
    assert made.parent == shared_results
    with np.load(keras_made / f"{Path(name).stem.removesuffix('_saved')}.npz") as known:
        fed, expected = known["x"], known["y"]
    result = outputs(made, fed.astype(object) if fed.dtype.kind == "U" else fed)
    assert result.shape == expected.shape
    assert np.abs(result - expected).max() <= 1e-4 * np.abs(expected).max()
    told = " ".join(steps)
    assert all(step in told for step in ("loads the model", "is converted", "is simplified", "is written"))


def test_a_converted_network_keeps_the_file_s_name_and_weights(
    keras_made: Path, shared_results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(KERAS_LAYERS, "STFTSpectrogram", raising=False)
    path = keras_made / "sound.h5"
    native = OpenNetwork(path)()
    requests.close(native.key)
    assert native.convertible
    assert not native.model.layer_by_name["stft"].runnable
    network = OpenConverted(path, MOST)()
    requests.close(network.key)
    assert network.model.path == path
    assert network.fingerprint == native.fingerprint
    assert all(layer.runnable for layer in network.model.layers)
    assert [port.value for port in network.model.inputs] == ["sound"]
    assert any("converted with TensorFlow 2." in note for note in network.notes)
    assert not network.convertible
    held = {weight.name: weight.numpy() for layer in network.model.layers for weight in layer.weights}
    np.testing.assert_array_equal(
        held["conv/kernel"], native.model.layer_by_name["conv"].weights[0].numpy().transpose(3, 2, 0, 1)
    )


def test_a_network_that_runs_needs_no_conversion(samples: Path) -> None:
    network = OpenNetwork(samples / "lenet_fashion.h5")()
    requests.close(network.key)
    assert not network.convertible


def test_a_model_that_cannot_be_opened_may_be_converted(keras_made: Path) -> None:
    with pytest.raises(ConvertibleError):
        OpenNetwork(keras_made / "sound_saved")()


def test_the_second_time_takes_the_result_of_the_first(
    keras_made: Path, shared_results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ConvertModel(keras_made / "sound.h5", MOST)()
    monkeypatch.setattr(process, "command", lambda *_: ["/nonexistent/python"])
    # Wherever the file lies and whatever it is called: its content counts.
    moved = shutil.copy(keras_made / "sound.h5", tmp_path / "other.h5")
    assert ConvertModel(moved, MOST)() == first
    with h5py.File(moved, "r+") as file:
        file.attrs["comment"] = "another file"
    with pytest.raises(OSError, match="nonexistent"):
        ConvertModel(moved, MOST)()


def test_on_the_command_line(
    keras_made: Path, shared_results: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sound.onnx"
    words = ["convert", str(keras_made / "sound.h5"), "--memory", "8", "--minutes", "5", "-o", str(out)]
    assert cli.main(words) == 0
    assert capfd.readouterr() == ("", "")
    onnx.checker.check_model(out, full_check=True)
    assert cli.main(["convert", str(keras_made / "code.h5"), "-o", str(tmp_path / "code.onnx")]) == 1
    said = capfd.readouterr().err
    assert said.startswith("explorer3d: code.h5 is not converted: its layer lambda")
    assert said.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["sound.onnx"]


def test_cancel_ends_the_process_and_leaves_nothing(
    keras_made: Path, no_results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Seen(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            started.append(self)

    def give_up(share: float, text: str, /) -> None:
        if "(1 s)" in text:
            raise Cancelled

    monkeypatch.setattr(subprocess, "Popen", Seen)
    with pytest.raises(Cancelled):
        ConvertModel(keras_made / "sound.keras", MOST)(give_up)
    (worker,) = started
    assert worker.returncode not in (None, 0)
    assert list(no_results.iterdir()) == []


def test_the_process_ends_with_the_program(keras_made: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.onnx"
    words = process.command(keras_made / "sound.keras", made, MOST)
    worker = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=tmp_path
    )
    assert worker.stdin is not None and worker.stdout is not None
    with worker.stdout:
        assert b"Starting TensorFlow" in worker.stdout.readline()
        worker.stdin.close()
        assert worker.wait(60) == 1
    assert not made.exists()


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(GIGABYTE // 8, 300.0), "0.1 GB of memory were not enough for TensorFlow"),
        (Limits(8 * GIGABYTE, 0.5), "minutes TensorFlow was still at work"),
    ],
)
def test_what_takes_too_much_is_ended(
    limits: Limits, sentence: str, keras_made: Path, no_results: Path
) -> None:
    with pytest.raises(ModelError, match=sentence):
        ConvertModel(keras_made / "sound.keras", limits)()
    assert list(no_results.iterdir()) == []


@pytest.mark.parametrize(
    ("complaint", "kind", "text"),
    [
        ("terminate called after throwing an instance of 'std::bad_alloc'", "memory", ""),
        ("F0000 Check failed: Thread tf_Compute creation via pthread_create() failed.", "memory", ""),
        ("OpenBLAS error: Memory allocation still failed after 10 retries, giving up.", "memory", ""),
        (
            "F0000 Check failed: x\n    @ 0x7f call",
            "failed",
            "its process ended early (SIGABRT): F0000 Check failed: x",
        ),
    ],
)
def test_what_a_library_said_last_tells_why_it_ended(
    complaint: str, kind: str, text: str, tmp_path: Path
) -> None:
    code = f"import os, sys; sys.stderr.write({complaint!r}); sys.stderr.flush(); os.abort()"
    words = [sys.executable, "-c", code]
    last = process.follow(words, os.environ, tmp_path, 60.0, lambda share, text: None)
    assert (last.kind, last.text) == (kind, text)


@pytest.mark.parametrize("name", ["code.h5", "code.keras"])
@pytest.mark.usefixtures("nothing_starts")
def test_for_a_file_with_code_nothing_is_even_started(name: str, keras_made: Path, no_results: Path) -> None:
    with pytest.raises(ModelError, match="Python code hidden in the file, which is never run"):
        ConvertModel(keras_made / name, MOST)()
    assert not (keras_made / "canary").exists()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("code.h5", "safe_mode|Lambda|lambda"),
        ("code.keras", "safe_mode|Lambda|lambda"),
        ("writes", "its operation WriteFile reaches outside the model"),
        ("hash.keras", "TensorFlow's operation StringToHashBucketFast has no counterpart in ONNX"),
        ("unknown.h5", "Keras [0-9.]+ does not know its class NoSuchLayer"),
    ],
)
def test_refused_by_the_process(
    name: str, sentence: str, keras_made: Path, no_results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if a file had found its way past the first look: Keras' safe mode stands behind it.
    monkeypatch.setattr(suitable, "refusal", lambda path: None)
    if name == "unknown.h5":
        shutil.copy(keras_made / "sound.h5", keras_made / name)
        with h5py.File(keras_made / name, "r+") as file:
            text = file.attrs["model_config"].replace("STFTSpectrogram", "NoSuchLayer")
            file.attrs["model_config"] = text.replace('"module": "keras.layers", ', "")
    with pytest.raises(ModelError, match=sentence):
        ConvertModel(keras_made / name, MOST)()
    assert not (keras_made / "canary").exists()
    assert list(no_results.iterdir()) == []


@pytest.mark.parametrize("module", ["tensorflow", "tf2onnx"])
def test_what_is_missing_is_named_with_the_command_that_installs_it(
    module: str, keras_made: Path, no_results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = f"raise ModuleNotFoundError('no', name={module!r})"
    (tmp_path / f"{module}.py").write_text(error)
    if module == "tf2onnx":
        (tmp_path / "tensorflow.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ModelError) as refused:
        ConvertModel(keras_made / "sound.keras", MOST)()
    shown = {"tensorflow": "TensorFlow"}.get(module, module)
    assert f"sound.keras cannot be converted: {shown} is not installed." in str(refused.value)
    assert f"{sys.executable} -m pip install 'tensorflow>=" in str(refused.value)
