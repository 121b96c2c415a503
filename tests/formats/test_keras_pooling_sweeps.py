"""Pooling against Keras over drawn arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_files import layer, sequential, write_h5
from tests.formats.keras_referee import QUIET, our_outputs
from tests.formats.keras_sweep import drawn, each, sizes, sweep

pytestmark = QUIET


def named(*kinds: str) -> dict[str, int]:
    return {f"{kind}Pooling{rank}D": rank for kind in kinds for rank in (1, 2, 3)}


PLAIN = named("Max", "Average")
GLOBAL = named("GlobalMax", "GlobalAverage")
ADAPTIVE = named("AdaptiveMax", "AdaptiveAverage")
SWEPT = [*PLAIN, *GLOBAL, *ADAPTIVE]


def source(noise: np.random.Generator, space: tuple[int | None, ...], order: str) -> Any:
    channels = drawn(noise, 1, 2, 3)
    return keras.Input((channels, *space) if order == "channels_first" else (*space, channels))


def plain(class_name: str, noise: np.random.Generator, *, open_sizes: bool = False) -> Any:
    rank, order = PLAIN[class_name], drawn(noise, "channels_first", "channels_last")
    layer = getattr(k, class_name)(
        each(noise, rank, 1, 5),
        # Windows that overlap, touch, and leave gaps.
        strides=drawn(noise, None, each(noise, rank, 1, 7)),
        padding=drawn(noise, "same", "valid"),
        data_format=order,
    )
    return layer(source(noise, (None,) * rank if open_sizes else sizes(noise, rank, 5, 12), order))


def whole(class_name: str, noise: np.random.Generator) -> Any:
    rank, order = GLOBAL[class_name], drawn(noise, "channels_first", "channels_last")
    layer = getattr(k, class_name)(data_format=order, keepdims=drawn(noise, True, False))
    space = tuple(drawn(noise, None, size) for size in sizes(noise, rank, 2, 9))
    return layer(source(noise, space, order))


def adaptive(class_name: str, noise: np.random.Generator) -> Any:
    rank, order = ADAPTIVE[class_name], drawn(noise, "channels_first", "channels_last")
    # One place for a whole axis makes TensorFlow end the process when it looks for a maximum.
    layer = getattr(k, class_name)(each(noise, rank, 2, 12), data_format=order)
    return layer(source(noise, sizes(noise, rank, 3, 12), order))


@pytest.mark.parametrize("class_name", PLAIN)
def test_windows(class_name: str, tmp_path: Path) -> None:
    sweep(lambda noise: plain(class_name, noise), tmp_path / "model.h5", count=40)


@pytest.mark.parametrize("class_name", PLAIN)
def test_windows_over_sizes_that_are_not_in_the_file(class_name: str, tmp_path: Path) -> None:
    sweep(lambda noise: plain(class_name, noise, open_sizes=True), tmp_path / "model.keras", seed=1)


@pytest.mark.parametrize("class_name", GLOBAL)
def test_whole_axes(class_name: str, tmp_path: Path) -> None:
    sweep(lambda noise: whole(class_name, noise), tmp_path / "model.keras", seed=2)


@pytest.mark.parametrize("class_name", ADAPTIVE)
def test_given_numbers_of_places(class_name: str, tmp_path: Path) -> None:
    sweep(lambda noise: adaptive(class_name, noise), tmp_path / "model.keras", seed=3)


@pytest.mark.parametrize(("kind", "expected"), [("Max", [[7], [4]]), ("Average", [[4], [2.5]])])
def test_one_place_for_a_whole_axis(kind: str, expected: list[list[float]], tmp_path: Path) -> None:
    one = layer(f"Adaptive{kind}Pooling1D", "one", output_size=[1], data_format="channels_last")
    source = layer("InputLayer", "x", batch_shape=[None, 4, 1])
    path = write_h5(tmp_path / "model.h5", sequential(source, one), {"one": {}}, version="3.15.0")
    array = np.array([[[1], [7], [3], [5]], [[1], [2], [3], [4]]], np.float32)
    ours = our_outputs(read_model(path), {"x": array})["one"]
    np.testing.assert_array_equal(ours[:, 0], expected)
