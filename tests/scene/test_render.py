"""Pictures without a window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer3d.compute import requests
from explorer3d.errors import InputError, ModelError, RequestError
from explorer3d.scene.render import render


@pytest.fixture
def lenet_file(samples: Path) -> Path:
    return samples / "lenet_fashion.h5"


@pytest.fixture(autouse=True)
def _frees_the_model() -> object:
    before = dict(requests._runners)
    yield
    assert requests._runners == before


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_overview(lenet_file: Path, samples: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    render(lenet_file, out, input_path=samples / "pictures" / "fashion_1_trouser.png", size=(800, 500))
    picture = read(out)
    assert picture.shape == (500, 800, 3)
    assert (picture.max(axis=2) > 90).mean() > 0.02
    # Left and right thirds as well as the middle hold something bright.
    for third in np.array_split(picture, 3, axis=1):
        assert (third.max(axis=2) > 120).sum() > 200


def test_twice_is_the_same(lenet_file: Path, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        render(lenet_file, tmp_path / name, layers=["conv1"], size=(400, 300))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_layers_and_views_differ(lenet_file: Path, tmp_path: Path) -> None:
    pictures = []
    for index, (layers, view) in enumerate([([], "stack"), (["conv1"], "stack"), (["conv1"], "tiles")]):
        out = tmp_path / f"{index}.png"
        render(lenet_file, out, layers=layers, view=view, size=(640, 400))
        pictures.append(read(out))
    for one, other in ((0, 1), (1, 2)):
        assert (np.abs(pictures[one] - pictures[other]).max(axis=2) > 40).mean() > 0.03


def test_several_layers_and_the_input(lenet_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    render(lenet_file, out, layers=["image", "conv1", "classes"], view="tiles", size=(640, 400))
    assert read(out).std() > 10


def test_another_input_makes_another_picture(lenet_file: Path, samples: Path, tmp_path: Path) -> None:
    for name in ("0_t-shirt", "9_ankle_boot"):
        render(
            lenet_file,
            tmp_path / f"{name}.png",
            input_path=samples / "pictures" / f"fashion_{name}.png",
            size=(640, 400),
        )
    one, other = read(tmp_path / "0_t-shirt.png"), read(tmp_path / "9_ankle_boot.png")
    assert (one != other).any(axis=2).mean() > 0.01


@pytest.mark.parametrize("ending", ["png", "jpg", "bmp"])
def test_the_ending_decides_the_format(lenet_file: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    render(lenet_file, out, size=(200, 100))
    assert read(out).shape == (100, 200, 3)


def test_a_layer_that_is_not_there(lenet_file: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no layer named 'conv9'"):
        render(lenet_file, tmp_path / "out.png", layers=["conv9"])
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("name", ["nowhere/out.png", "out", "out.unknown"])
def test_where_nothing_can_be_written(lenet_file: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(RequestError, match="cannot be written"):
        render(lenet_file, tmp_path / name, size=(200, 100))


def test_faults_of_model_and_input(lenet_file: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        render(tmp_path / "nothing.h5", tmp_path / "out.png")
    with pytest.raises(InputError):
        render(lenet_file, tmp_path / "out.png", input_path=tmp_path / "nothing.png")
