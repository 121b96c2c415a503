"""A configuration and its weights, or a folder, on the command line and in Python."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import explorer3d
from explorer3d.cli import main

FILES = Path(__file__).parent / "formats" / "tf_keras.zip"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    with zipfile.ZipFile(FILES) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "far").mkdir()
    (tmp_path / "outside.weights.h5").rename(tmp_path / "far" / "w.h5")
    return tmp_path


@pytest.mark.parametrize("turned", [False, True])
def test_info(files: Path, capsys: pytest.CaptureFixture[str], turned: bool) -> None:
    pair = [str(files / "outside.json"), str(files / "far" / "w.h5")]
    assert main(["info", *(reversed(pair) if turned else pair), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["format"] == "keras-json"
    assert all(layer["runnable"] for layer in said["layers"])
    assert main(["info", str(files / "saved"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["layers"] == said["layers"]


def test_export(files: Path) -> None:
    expected = np.load(files / "expected.npz")
    np.savez(files / "in.npz", picture=expected["picture"])
    for opened in ([files / "outside.json", files / "far" / "w.h5"], [files / "saved"]):
        out = files / "out.npz"
        given = ["--input", files / "in.npz", "--layer", "last", "-o", out]
        assert main(["export", *map(str, (*opened, *given))]) == 0
        np.testing.assert_allclose(np.load(out)["last/output"], expected["last"], rtol=1e-5, atol=1e-6)


def test_files_that_are_no_pair(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["info", str(files / "outside.keras"), str(files / "far" / "w.h5")])
    assert left.value.code == 2
    assert "are no pair" in capsys.readouterr().err


def test_in_python(files: Path) -> None:
    expected = np.load(files / "expected.npz")
    network = explorer3d.open_model(files / "outside.json", weights=files / "far" / "w.h5")
    run = network.run(expected["picture"])
    np.testing.assert_allclose(run["last"].output, expected["last"], rtol=1e-5, atol=1e-6)


def test_a_folder_is_recognised_again(files: Path) -> None:
    """By what it holds: its preprocessing is remembered wherever it lies."""
    from explorer3d.inputs import fingerprint

    (files / "saved").rename(files / "elsewhere")
    once = fingerprint(files / "elsewhere")
    (files / "elsewhere").rename(files / "again")
    assert fingerprint(files / "again") == once
    with pytest.raises(OSError):
        fingerprint(files / "far")
