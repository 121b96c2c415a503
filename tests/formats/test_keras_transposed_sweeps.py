"""Transposed convolutions against Keras over drawn arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_referee import QUIET, TOLERANCE, difference, noise_for, our_outputs, randomise
from tests.formats.keras_sweep import drawn, each, sizes, sweep, sweep_channels_first

pytestmark = QUIET

RANKS = {"Conv1DTranspose": 1, "Conv2DTranspose": 2, "Conv3DTranspose": 3}
SWEPT = sorted(RANKS)


def output_padding(noise: np.random.Generator, arguments: dict[str, Any]) -> tuple[int, ...]:
    """What TensorFlow accepts: the plain convolution of the result must give the input's size back."""
    least = [int(arguments["padding"] == "same" and extent % 2 == 0) for extent in arguments["kernel_size"]]
    return tuple(
        int(noise.integers(low, max(stride, low + 1)))
        for low, stride in zip(least, arguments["strides"], strict=True)
    )


def transposed(class_name: str, noise: np.random.Generator, order: str = "channels_last") -> Any:
    rank = RANKS[class_name]
    arguments = {
        "filters": drawn(noise, 1, 3, 5),
        "kernel_size": each(noise, rank, 1, 6),
        "strides": each(noise, rank, 2, 5),
        "padding": drawn(noise, "same", "valid"),
        "use_bias": drawn(noise, True, False),
        "activation": drawn(noise, None, "relu", "tanh"),
        "data_format": order,
    }
    match drawn(noise, "plain", "single", "padded"):
        case "single":
            arguments["strides"] = 1
        case "padded":
            arguments["output_padding"] = output_padding(noise, arguments)
    shape, channels = sizes(noise, rank, 3, 9 - rank), drawn(noise, 1, 2, 4)
    shape = (channels, *shape) if order == "channels_first" else (*shape, channels)
    return getattr(k, class_name)(**arguments)(keras.Input(shape))


@pytest.mark.parametrize("class_name", SWEPT)
def test_transposed_convolutions(class_name: str, tmp_path: Path) -> None:
    sweep(lambda noise: transposed(class_name, noise), tmp_path / "model.h5", count=40)


@pytest.mark.parametrize("class_name", SWEPT)
def test_with_channels_first(class_name: str, tmp_path: Path) -> None:
    sweep_channels_first(
        lambda noise, order: transposed(class_name, noise, order), tmp_path / "model.keras", seed=1
    )


def dilated(noise: np.random.Generator, rank: int) -> tuple[Any, Any]:
    """A dilated layer, and one with the same kernel spread out among zeros."""
    shape = (*sizes(noise, rank, 3, 9 - rank), 3)
    size, steps = each(noise, rank, 1, 4), each(noise, rank, 1, 4)
    spread = tuple((extent - 1) * step + 1 for extent, step in zip(size, steps, strict=True))
    common = {"filters": 4, "padding": drawn(noise, "same", "valid")}
    of_class = getattr(k, f"Conv{rank}DTranspose")
    one = of_class(kernel_size=size, dilation_rate=steps, **common)
    other = of_class(kernel_size=spread, **common)
    one(keras.Input(shape))
    other(keras.Input(shape))
    return one, other


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_dilation_spreads_the_kernel(rank: int, tmp_path: Path) -> None:
    """TensorFlow's own dilation is not asked: not every release computes it on a CPU."""
    noise = np.random.default_rng(rank)
    pairs = [dilated(noise, rank) for _ in range(30)]
    sources = [keras.Input(one.input.shape[1:]) for one, _ in pairs]
    model = keras.Model(sources, [one(source) for (one, _), source in zip(pairs, sources, strict=True)])
    randomise(model)
    model.save(tmp_path / "model.keras")
    feeds = noise_for(model)
    ours = our_outputs(read_model(tmp_path / "model.keras"), feeds)
    for (one, other), array in zip(pairs, feeds.values(), strict=True):
        kernel, bias = (np.asarray(weight) for weight in one.weights)
        wide = np.zeros(other.kernel.shape, np.float32)
        wide[tuple(slice(None, None, step) for step in one.dilation_rate)] = kernel
        other.set_weights([wide, bias])
        assert difference(ours[one.name], np.asarray(other(array))) <= TOLERANCE, one.get_config()


def test_sizes_that_are_not_in_the_file(tmp_path: Path) -> None:
    def draw(noise: np.random.Generator) -> Any:
        layer = k.Conv2DTranspose(
            3, each(noise, 2, 1, 6), strides=each(noise, 2, 1, 5), padding=drawn(noise, "same", "valid")
        )
        return layer(keras.Input((None, None, 2)))

    sweep(draw, tmp_path / "model.keras", seed=4)
