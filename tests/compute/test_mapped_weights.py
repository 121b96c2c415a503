"""Weights that onnxruntime maps from the file itself."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from explorer3d.compute import mapped_weights
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from explorer3d.graph.skeleton import skeleton
from tests.formats.keras_files import layer, sequential, write_h5, write_keras


@pytest.fixture(autouse=True)
def _map_small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_weights, "WORTH_MAPPING", 1)


def _network() -> tuple[dict[str, Any], dict[str, dict[str, np.ndarray]]]:
    """Kernels that are mapped as they are, transposed, and transposed and taken together."""
    noise = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return noise.normal(size=shape).astype(np.float32)

    config = sequential(
        layer("InputLayer", "input", batch_input_shape=[None, 9, 11, 17]),
        layer("Conv2D", "conv", filters=19, kernel_size=[3, 3], padding="valid"),
        layer("Dense", "dense", units=23),
        layer("DepthwiseConv2D", "depthwise", kernel_size=[3, 5], depth_multiplier=2, use_bias=False),
    )
    weights = {
        "conv": {"kernel": some(3, 3, 17, 19), "bias": some(19)},
        "dense": {"kernel": some(19, 23), "bias": some(23)},
        "depthwise": {"depthwise_kernel": some(3, 5, 23, 2)},
    }
    return config, weights


def _by_hand(weights: dict[str, dict[str, np.ndarray]], x: np.ndarray) -> np.ndarray:
    def windows(x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))

    y = np.einsum("nhwcij,ijco->nhwo", windows(x, (3, 3)), weights["conv"]["kernel"].astype(np.float64))
    y = (y + weights["conv"]["bias"]) @ weights["dense"]["kernel"] + weights["dense"]["bias"]
    kernel = weights["depthwise"]["depthwise_kernel"]
    y = np.einsum("nhwcij,ijcm->nhwcm", windows(y, (3, 5)), kernel)
    return y.reshape(*y.shape[:3], -1)


def _predicted(model: Model, x: np.ndarray) -> np.ndarray:
    (result,) = Runner(model).predict({model.inputs[0].value: x}).values()
    return result


def _check(model: Model, weights: dict[str, dict[str, np.ndarray]]) -> None:
    x = np.random.default_rng(1).normal(size=(2, 9, 11, 17)).astype(np.float32)
    expected = _by_hand(weights, x)
    assert np.abs(_predicted(model, x) - expected).max() <= 1e-5 * np.abs(expected).max()


def _lent(model: Model) -> set[str]:
    return set(mapped_weights.map_weights(skeleton(model.ir), ort.SessionOptions()))


@pytest.mark.parametrize("linked", [False, True])
def test_all_large_weights_of_an_h5_are_mapped(linked: bool, tmp_path: Path) -> None:
    config, weights = _network()
    path = write_h5(tmp_path / "model.h5", config, weights)
    if linked:
        (tmp_path / "elsewhere").mkdir()
        path = tmp_path / "elsewhere" / "link.h5"
        path.symlink_to("../model.h5")
    model = read_model(path)
    assert set(skeleton(model.ir).weights) == {"conv/kernel", "dense/kernel", "depthwise/depthwise_kernel"}
    assert not _lent(model)
    _check(model, weights)


@pytest.mark.parametrize("shift", range(4))
def test_those_of_an_archive_wherever_they_lie(shift: int, tmp_path: Path) -> None:
    """Nothing is aligned in an archive: the lengths of names decide where its members begin."""
    config, weights = _network()
    config["config"]["name"] += shift * "_"
    groups = {"conv2d": "conv", "dense": "dense", "depthwise_conv2d": "depthwise"}
    tensors = {group: list(weights[name].values()) for group, name in groups.items()}
    model = read_model(write_keras(tmp_path / "model.keras", config, tensors))
    assert not _lent(model)
    _check(model, weights)


def test_those_of_a_packed_archive_are_lent(tmp_path: Path) -> None:
    config, weights = _network()
    groups = {"conv2d": "conv", "dense": "dense", "depthwise_conv2d": "depthwise"}
    tensors = {group: list(weights[name].values()) for group, name in groups.items()}
    model = read_model(write_keras(tmp_path / "model.keras", config, tensors, zipfile.ZIP_DEFLATED))
    assert len(_lent(model)) == 3
    _check(model, weights)


def test_packed_tensors_are_lent(tmp_path: Path) -> None:
    config, weights = _network()
    model = read_model(write_h5(tmp_path / "model.h5", config, weights, chunks=True, compression="gzip"))
    assert _lent(model) == {"conv/kernel", "dense/kernel", "depthwise/depthwise_kernel"}
    _check(model, weights)


def test_another_file_written_under_the_name_is_not_taken_for_the_one_that_is_open(tmp_path: Path) -> None:
    config, weights = _network()
    model = read_model(write_h5(tmp_path / "model.h5", config, weights))
    others = {name: {key: -array for key, array in own.items()} for name, own in weights.items()}
    os.replace(write_h5(tmp_path / "new.h5", config, others), tmp_path / "model.h5")
    assert len(_lent(model)) == 3
    _check(model, weights)


def test_a_file_that_is_gone_still_runs(tmp_path: Path) -> None:
    config, weights = _network()
    path = write_h5(tmp_path / "model.h5", config, weights)
    model = read_model(path)
    path.unlink()
    _check(model, weights)


def test_small_weights_are_lent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, weights = _network()
    model = read_model(write_h5(tmp_path / "model.h5", config, weights))
    monkeypatch.setattr(mapped_weights, "WORTH_MAPPING", weights["conv"]["kernel"].nbytes)
    assert _lent(model) == {"dense/kernel", "depthwise/depthwise_kernel"}
    _check(model, weights)
