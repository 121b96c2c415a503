"""Convolutions against Keras over drawn arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sweep import drawn, each, sizes, sweep, sweep_channels_first

pytestmark = QUIET

ACTIVATIONS = (None, "relu", "tanh", "sigmoid")
RANKS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3}
PLAIN = sorted(RANKS)
DEPTHWISE = ["DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"]
SWEPT = [*PLAIN, *DEPTHWISE]


def source(shape: tuple[int | None, ...], channels: int, order: str) -> Any:
    return keras.Input((channels, *shape) if order == "channels_first" else (*shape, channels))


def window(noise: np.random.Generator, rank: int, largest: int) -> dict[str, Any]:
    """Arguments that all convolutions share."""
    return {
        "kernel_size": each(noise, rank, 1, largest + 1),
        "padding": drawn(noise, "same", "valid"),
        "use_bias": drawn(noise, True, False),
        "activation": drawn(noise, *ACTIVATIONS),
    }


def steps(noise: np.random.Generator, rank: int) -> dict[str, Any]:
    """Keras refuses strides together with dilations, except depthwise."""
    if drawn(noise, True, False):
        return {"strides": each(noise, rank, 1, 4)}
    return {"dilation_rate": each(noise, rank, 1, 4)}


def convolution(
    class_name: str,
    noise: np.random.Generator,
    order: str = "channels_last",
    space: tuple[int | None, ...] | None = None,
) -> Any:
    rank = RANKS[class_name]
    groups = drawn(noise, 1, 1, 2, 3)
    arguments = (
        window(noise, rank, 3 if space else 4) | steps(noise, rank) | {"groups": groups, "data_format": order}
    )
    if rank == 1 and drawn(noise, True, False):
        arguments["padding"] = "causal"
    filters, channels = groups * drawn(noise, 1, 2, 3), groups * drawn(noise, 1, 2, 4)
    layer = getattr(k, class_name)(filters, **arguments)
    return layer(source(space or sizes(noise, rank, 13, 20 - 2 * (rank == 3)), channels, order))


def depthwise(
    class_name: str,
    noise: np.random.Generator,
    order: str = "channels_last",
    space: tuple[int | None, ...] | None = None,
) -> Any:
    rank = int(class_name[-2])
    arguments = window(noise, rank, 3 if space else 4) | {
        "strides": each(noise, rank, 1, 4),
        "dilation_rate": each(noise, rank, 1, 4),
        "depth_multiplier": drawn(noise, 1, 2, 3),
        "data_format": order,
    }
    if not all(step == 1 for step in arguments["strides"]) and drawn(noise, True, False):
        arguments["dilation_rate"] = 1
    if class_name.startswith("Separable"):
        arguments["filters"] = drawn(noise, 1, 5, 7)
    return getattr(k, class_name)(**arguments)(
        source(space or sizes(noise, rank, 13, 20), drawn(noise, 1, 3, 4), order)
    )


@pytest.mark.parametrize("class_name", PLAIN)
def test_convolutions(class_name: str, tmp_path: Path) -> None:
    sweep(lambda noise: convolution(class_name, noise), tmp_path / "model.h5")


@pytest.mark.parametrize("class_name", DEPTHWISE)
def test_depthwise_convolutions(class_name: str, tmp_path: Path) -> None:
    sweep(lambda noise: depthwise(class_name, noise), tmp_path / "model.keras", seed=1)


CASES = [(name, convolution) for name in PLAIN] + [(name, depthwise) for name in DEPTHWISE]


@pytest.mark.parametrize(("class_name", "draw"), CASES)
def test_with_channels_first(class_name: str, draw: Callable[..., Any], tmp_path: Path) -> None:
    sweep_channels_first(
        lambda noise, order: draw(class_name, noise, order), tmp_path / "model.keras", seed=2
    )


@pytest.mark.parametrize(("class_name", "draw"), CASES)
def test_sizes_that_are_not_in_the_file(class_name: str, draw: Callable[..., Any], tmp_path: Path) -> None:
    rank = int(class_name[-2])
    sweep(lambda noise: draw(class_name, noise, space=(None,) * rank), tmp_path / "model.h5", seed=3)
