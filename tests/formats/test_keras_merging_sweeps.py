"""Layers with several inputs against Keras, over drawn shapes, types and arguments."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = QUIET


def _elementwise(layer: Any, noise: np.random.Generator) -> Any:
    """Inputs of any rank, as long as their sizes fit from behind; one of whole numbers now and then."""
    count = 2 if layer is k.Subtract else int(noise.integers(2, 5))
    # None is the batch's 2: Keras takes (2, 1, 1) for a bias of the channels then.
    whole = sizes(noise, int(noise.integers(1, 5)), 3, 9)
    sources = []
    for at in range(count):
        # One input has all the axes.
        rank = len(whole) if at == 0 else int(noise.integers(1, len(whole) + 1))
        shape = [1 if noise.random() < 0.25 else size for size in whole[len(whole) - rank :]]
        # Of whole numbers alone Keras promises a float32 average, and gives a float64.
        kinds = ["float32"] if layer is k.Average and at == 0 else ["float32", "float32", "int32"]
        sources.append(keras.Input(shape, dtype=drawn(noise, *kinds)))
    order = noise.permutation(count)
    return layer()([sources[at] for at in order])


def _open_sizes(layer: Any, noise: np.random.Generator) -> Any:
    """Only the number of channels, or of rows and channels, is in the file."""
    channels = int(noise.integers(3, 7))
    full = keras.Input(drawn(noise, (None, channels), (None, None, channels), (4, None, channels)))
    small = keras.Input(drawn(noise, (channels,), (1, channels), (1, 1)))
    return layer()([full, small] if noise.integers(2) else [small, full])


ELEMENTWISE = [k.Add, k.Average, k.Maximum, k.Minimum, k.Multiply, k.Subtract]


@pytest.mark.parametrize("layer", ELEMENTWISE)
@pytest.mark.parametrize("draw", [_elementwise, _open_sizes])
def test_elementwise(draw: Any, layer: Any, tmp_path: Path) -> None:
    suffix = "h5" if ELEMENTWISE.index(layer) % 2 else "keras"
    sweep(partial(draw, layer), tmp_path / f"sweep.{suffix}", seed=ELEMENTWISE.index(layer))


def _concatenate(noise: np.random.Generator) -> Any:
    shape = list(sizes(noise, int(noise.integers(1, 5)), 2, 8))
    axis = int(noise.integers(1, len(shape) + 1))
    sources = []
    for _ in range(int(noise.integers(2, 5))):
        shape[axis - 1] = drawn(noise, None, *range(1, 9)) if len(shape) == 1 else int(noise.integers(1, 9))
        sources.append(keras.Input(shape, dtype=drawn(noise, "float32", "float32", "int32")))
    return k.Concatenate(axis=drawn(noise, axis, axis - len(shape) - 1))(sources)


def _dot(noise: np.random.Generator) -> Any:
    first, second = (list(sizes(noise, int(noise.integers(1, 4)), 2, 9)) for _ in range(2))
    one, other = int(noise.integers(1, len(first) + 1)), int(noise.integers(1, len(second) + 1))
    second[other - 1] = first[one - 1]
    axes: Any = [drawn(noise, one, one - len(first) - 1), other]
    if one == other and noise.integers(2):
        axes = one
    return k.Dot(axes=axes, normalize=bool(noise.integers(2)))([keras.Input(first), keras.Input(second)])


JOINED = {"Concatenate": _concatenate, "Dot": _dot}
SWEPT = [*JOINED, *(layer.__name__ for layer in ELEMENTWISE)]


@pytest.mark.parametrize("class_name", JOINED)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_joined(class_name: str, suffix: str, tmp_path: Path) -> None:
    sweep(JOINED[class_name], tmp_path / f"sweep.{suffix}", seed=len(suffix), count=40)
