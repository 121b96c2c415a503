"""The command ``explain`` with methods that look at a folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import explorer3d
from explorer3d import cli
from explorer3d.errors import InputError, RequestError


@pytest.fixture
def folder(samples: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "clothes"
    folder.mkdir()
    for name in ("fashion_1_trouser", "fashion_3_dress", "fashion_5_sandal", "fashion_8_bag"):
        (folder / f"{name}.png").write_bytes((samples / "pictures" / f"{name}.png").read_bytes())
    return folder


def _explain(samples: Path, *words: object) -> int:
    return cli.main(["explain", str(samples / "lenet_fashion.h5"), *map(str, words)])


def test_top_inputs_as_numbers(samples: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "top.npz"
    words = ["--method", "top_inputs", "--folder", folder, "--layer", "conv1", "--set", "channel=2,4"]
    assert _explain(samples, *words, "-o", out) == 0
    with np.load(out, allow_pickle=False) as found:
        assert found["attribution"].shape == (2, 9, 28, 28, 1)
        assert found["target"].tolist() == found["channels"].tolist() == [2, 4]
        assert str(found["layer"]) == "conv1"
        assert json.loads(str(found["settings"])) == {"channel": "2,4", "features": 1, "most": 9}
        ranked = found["activations"][0][found["numbers"][0] >= 0]
        assert len(ranked) >= 2 and (np.diff(ranked) <= 0).all()
        assert float(found["score"]) == found["activations"].max()
        assert str(found["title"]).startswith("Top inputs: channels 2,4 of conv1 · 4 inputs of clothes")
        # A kernel of 5 × 5.
        first = found["windows"][0, 0]
        outside = found["attribution"][0, 0].copy()
        outside[tuple(slice(*ends) for ends in first)] = 0
        assert not outside.any() and found["attribution"][0, 0].any()


def test_top_inputs_as_a_picture(
    samples: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "damaged.png").write_bytes((folder / "fashion_3_dress.png").read_bytes()[:50])
    out = tmp_path / "top.png"
    assert _explain(samples, "--method", "top_inputs", "--folder", folder, "--set", "most=3", "-o", out) == 0
    assert capsys.readouterr().err.startswith("explorer3d: 1 input skipped: damaged.png cannot be")
    with Image.open(out) as drawn:
        assert drawn.info["Title"].startswith("Top inputs: channel ")
        pixels = np.asarray(drawn.convert("RGB"), int)
    # Patches of a grey picture on the left, projections in two colours on the right.
    half = pixels.shape[1] // 2
    patches, projections = pixels[100:, :half], pixels[100:, half:]
    assert np.ptp(patches, axis=2).max() < 60 < np.ptp(projections, axis=2).max()


def test_correspondence(samples: Path, folder: Path, tmp_path: Path) -> None:
    parts = {
        "top": {"fashion_1_trouser.png": [0, 0, 1, 0.3], "fashion_3_dress.png": [0, 0, 1, 0.3]},
        "middle": {"fashion_5_sandal.png": [0.2, 0.2, 0.8, 0.8], "fashion_8_bag.png": [0.2, 0.2, 0.8, 0.8]},
    }
    (tmp_path / "parts.json").write_text(json.dumps(parts))
    words = ["--method", "correspondence", "--folder", folder, "--parts", tmp_path / "parts.json"]
    out = tmp_path / "c.npz"
    assert _explain(samples, *words, "--set", "draws=4", "-o", out) == 0
    with np.load(out, allow_pickle=False) as found:
        assert found["parts"].tolist() == ["top", "middle", "random parts"]
        assert found["layers"].tolist()[:3] == ["conv1", "pool1", "conv2"]
        assert found["layers"].tolist()[-1] == "classes"
        assert found["attribution"].shape == found["spread"].shape == (3, len(found["layers"]))
        # One pair has no spread; of the random ones there are four.
        assert not found["spread"][:2].any() and found["spread"][2].any()
        assert json.loads(str(found["boxes"])) == parts
    assert _explain(samples, *words, "-o", tmp_path / "c.png") == 0
    with Image.open(tmp_path / "c.png") as drawn:
        assert drawn.info["Title"] == (
            "Correspondence: top, middle · 4 pictures of clothes · value 0, draws 10 · seed 0"
        )


def test_the_same_from_python(samples: Path, folder: Path) -> None:
    network = explorer3d.open_model(samples / "lenet_fashion.h5")
    top = network.explain_folder(folder, "top_inputs", layer="conv1", channel=2, most=2)
    assert top.array.shape == (1, 2, 28, 28, 1) and top.target.index == (2,)
    names = ("fashion_1_trouser.png", "fashion_3_dress.png")
    parts = {"top": dict.fromkeys(names, (0.0, 0.0, 1.0, 0.3))}
    compared = network.explain_folder(folder, "correspondence", parts=parts, draws=0)
    assert compared.array.shape == (1, 8)
    with pytest.raises(RequestError, match="'top' is marked in 'coat.png', which is not there"):
        network.explain_folder(folder, "correspondence", parts={"top": {"coat.png": (0, 0, 1, 1)}})
    with pytest.raises(InputError, match="is no folder"):
        network.explain_folder(folder / names[0], "top_inputs")
    with pytest.raises(RequestError, match="no method for many inputs 'grad_cam'"):
        network.explain_folder(folder, "grad_cam")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--method", "top_inputs"], "looks at a folder: give --folder"),
        (["--method", "top_input", "--folder", "{folder}"], "Did you mean 'top_inputs'?"),
        (["--method", "top_inputs", "--folder", "nowhere"], "nowhere is no folder"),
        (["--method", "grad_cam", "--folder", "."], "looks at one input: give --input"),
        (["--method", "correspondence", "--folder", "{folder}"], "needs a part that is marked in two"),
        (["--method", "correspondence", "--folder", "{folder}", "--parts", "{other}"], "which is not there"),
        (["--method", "correspondence", "--folder", "{folder}", "--parts", "{broken}"], "are no parts of"),
        (["--method", "top_inputs", "--folder", "{folder}", "--layer", "fc1"], "gives no maps"),
        (["--method", "top_inputs", "--folder", "{folder}", "--set", "most=0"], "between 1 and 25"),
    ],
)
def test_what_there_is_not(
    samples: Path,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    other, broken = tmp_path / "other.json", tmp_path / "broken.json"
    other.write_text('{"eye": {"fashion_1_trousers.png": [0, 0, 1, 1]}}')
    broken.write_text('{"eye": [1, 2]}')
    given = [word.format(folder=folder, other=other, broken=broken) for word in words]
    assert _explain(samples, *given, "-o", tmp_path / "never.npz") == 1
    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "never.npz").exists()
