"""The command ``explain``: what it writes, and what it says when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from PIL import Image

from explorer3d import cli

CHANNELS = np.array([0.2, 0.4, 0.8])
"""Of the picture, which is of one colour."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """image (1, 3, 10, 8) → each channel 1, −1, 2 times → mean → softmax"""
    nodes = [
        make_node("Conv", ["image", "w"], ["c"], name="c"),
        make_node("GlobalAveragePool", ["c"], ["p"], name="p"),
        make_node("Flatten", ["p"], ["f"], name="f"),
        make_node("Softmax", ["f"], ["y"], name="y"),
    ]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("image", 1, [1, 3, 10, 8])],
        [make_tensor_value_info("y", 1, [1, 3])],
        [onnx.numpy_helper.from_array(np.diag([1, -1, 2]).astype(np.float32).reshape(3, 3, 1, 1), "w")],
    )
    path = tmp_path / "net.onnx"
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)
    path.with_name("net.labels.txt").write_text("red\ngreen\nblue\n")
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "colour.png"
    Image.new("RGB", (8, 10), (51, 102, 204)).save(path)
    return path


def _explain(model: Path, picture: Path, out: Path, *words: str) -> int:
    return cli.main(["explain", str(model), "--input", str(picture), *words, "-o", str(out)])


def test_a_class_activation_map(model: Path, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    assert _explain(model, picture, out, "--method", "grad_cam") == 0
    with np.load(out, allow_pickle=False) as found:
        # The map of blue is 1.6 everywhere, its mean gradient 1/80.
        assert found["attribution"] == pytest.approx(np.full((10, 8), 1.6 / 80))
        assert found["target"] == 2
        assert float(found["score"]) == pytest.approx(1.6)
        assert str(found["title"]) == "Grad-CAM: blue · layer c · score 1.6"
        assert (str(found["method"]), str(found["layer"]), str(found["axes"])) == ("grad_cam", "c", "HW")


def test_filters_side_by_side_in_order(model: Path, picture: Path, tmp_path: Path) -> None:
    out, numbers = tmp_path / "out.png", tmp_path / "out.npz"
    free = (
        "spectrum=0",
        "smoothing=0",
        "decay=0",
        "colour=1",
        "rate=1",
        "start=input",
        "scales=1",
        "steps=1",
    )
    words = ["--method", "activation_maximisation", "--layer", "c", "--channels", "0-1"]
    words += [word for setting in free for word in ("--set", setting)]
    assert _explain(model, picture, out, *words) == _explain(model, picture, numbers, *words) == 0
    with np.load(numbers) as found:
        # Within the range of what is fed the first gets all red it can, the second no green.
        grown = found["attribution"].mean(axis=(2, 3))
        assert grown == pytest.approx(np.array([[0.8, 0.4, 0.8], [0.2, 0.2, 0.8]]), abs=1e-6)
        assert found["channels"].tolist() == [0, 1]
        assert found["scores"] == pytest.approx([0.8, -0.2], abs=1e-6)
    with Image.open(out) as mosaic:
        assert "Activation maximisation: c[0-1]" in mosaic.text["Title"]
        seen = [mosaic.getpixel((round(share * mosaic.width), mosaic.height // 2)) for share in (0.25, 0.75)]
    assert seen == [(204, 102, 204), (51, 51, 204)]


def test_another_target_in_the_shape_of_the_input(model: Path, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    words = ["--method", "saliency", "--target", "green", "--set", "absolute=no", "--seed", "3"]
    assert _explain(model, picture, out, *words) == 0
    with np.load(out) as found:
        expected = np.zeros((1, 3, 10, 8))
        expected[0, 1] = -1 / 80
        assert found["attribution"] == pytest.approx(expected)
        assert (int(found["target"]), float(found["score"])) == (1, pytest.approx(-0.4))
        assert json.loads(str(found["settings"])) == {"absolute": False}
        assert found["seed"] == 3


def test_a_neuron(model: Path, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    assert _explain(model, picture, out, "--method", "gradient_x_input", "--target", "c[2, 9, 0]") == 0
    with np.load(out) as found:
        assert found["attribution"].sum() == pytest.approx(1.6)
        assert np.argwhere(found["attribution"]).tolist() == [[0, 2, 9, 0]]
        assert found["target"].tolist() == [2, 9, 0]


@pytest.mark.parametrize(
    "method", ["grad_cam", "occlusion", "saliency", "deconvnet", "ranked_activations", "invariance"]
)
def test_a_picture(model: Path, picture: Path, tmp_path: Path, method: str) -> None:
    out = tmp_path / "out.png"
    assert _explain(model, picture, out, "--method", method) == 0
    with Image.open(out) as drawn:
        assert drawn.mode == "RGB"
        assert min(drawn.size) >= 400
        assert drawn.info["Title"].startswith(("Grad", "Occl", "Sali", "Deco", "Rank", "Inva"))
        assert ": blue ·" in drawn.info["Title"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--method", "grad_cm"], "There is no method 'grad_cm'. Did you mean 'grad_cam'?"),
        (["--method", "grad_cam", "--layer", "d"], "net.onnx has no layer named 'd'."),
        (["--method", "grad_cam", "--layer", "f"], "The layer 'f' gives no maps"),
        (["--method", "grad_cam", "--target", "blu"], "Did you mean 'blue'?"),
        (["--method", "grad_cam", "--target", "3"], "it tells 3 classes apart, from 0 to 2."),
        (["--method", "occlusion", "--set", "patch=large"], "is a whole number, not 'large'."),
    ],
)
def test_what_there_is_not(
    model: Path,
    picture: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    out = tmp_path / "out.npz"
    assert _explain(model, picture, out, *words) == 1
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert not out.exists()


@pytest.mark.parametrize("words", [["--set", "patch"], ["--seed", "-1"], ["-o", "out.jpg"]])
def test_wrong_usage(model: Path, picture: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        cli.main(["explain", str(model), "--method", "occlusion", "-o", "never.npz", *words])
    assert raised.value.code == 2
