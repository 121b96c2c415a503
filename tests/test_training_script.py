"""What of sample_models/train.py can be checked without training."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def train(samples: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("train", samples / "train.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_idx_files_are_read_in_order(train: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "small-idx3-ubyte.gz"
    header = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in (2, 1, 3))
    file.write_bytes(gzip.compress(header + bytes([1, 2, 3, 250, 251, 252])))
    assert train.read_idx(file).tolist() == [[[1, 2, 3]], [[250, 251, 252]]]


def test_other_files_are_refused(train: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "floats-idx1.gz"
    file.write_bytes(gzip.compress(bytes([0, 0, 13, 1, 0, 0, 0, 0])))
    with pytest.raises(ValueError, match="not an idx file of bytes"):
        train.read_idx(file)


def test_first_picture_of_each_class_is_written(train: ModuleType, tmp_path: Path) -> None:
    classes = np.array([9, 3, 3, 0, 1, 2, 4, 5, 6, 7, 8, 9], np.uint8)
    pictures = np.arange(12, dtype=np.uint8)[:, None, None] * np.ones((28, 28), np.uint8)
    train.write_pictures(pictures, classes, tmp_path)
    assert len(list(tmp_path.iterdir())) == 10
    for name, shade in {"9_ankle_boot": 0, "3_dress": 1, "0_t-shirt": 3, "8_bag": 10}.items():
        with Image.open(tmp_path / f"fashion_{name}.png") as picture:
            assert picture.getextrema() == (shade, shade)


def test_networks_have_the_layers_of_the_literature(train: ModuleType) -> None:
    lenet = train.lenet()
    assert lenet.count_params() == 61_706
    assert lenet.input_shape == (None, 28, 28, 1)
    alexnet = train.alexnet()
    assert [tuple(layer.output.shape[1:]) for layer in alexnet.layers] == [
        (54, 54, 96), (26, 26, 96), (26, 26, 256), (12, 12, 256), (12, 12, 384), (12, 12, 384), (12, 12, 256),
        (5, 5, 256), (6400,), (4096,), (4096,), (4096,), (4096,), (10,),
    ]  # fmt: skip
    # By hand: 11*11*3*96+96 + 5*5*96*256+256 + 3*3*(256*384+384*384+384*256)+384+384+256
    # + 6400*4096+4096 + 4096*4096+4096 + 4096*10+10
    assert alexnet.count_params() == 46_787_978
    assert "conv2d_1" in [layer.name for layer in alexnet.layers]
