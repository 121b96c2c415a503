"""Activation functions and layers against Keras, over drawn arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET, check
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = QUIET

# One cannot be named in a model: it needs two numbers besides its input.
FUNCTIONS = sorted(set(keras.src.activations.ALL_OBJECTS_DICT) - {"threshold"})


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_functions(suffix: str, tmp_path: Path) -> None:
    sources, results = [], []
    for at, name in enumerate(FUNCTIONS):
        noise = np.random.default_rng(at)
        # Even, for the function that halves it.
        source = keras.Input((*sizes(noise, at % 3, 3, 9), 2 * int(noise.integers(2, 6))))
        sources.append(source)
        # Beyond 6 and below -3, where some functions have their corners.
        results.append(k.Activation(name, name=f"{name}_")(k.Rescaling(4.0, name=f"wide_{at}")(source)))
    check(keras.Model(sources, results), tmp_path / f"functions.{suffix}")


def _source(noise: np.random.Generator) -> Any:
    return keras.Input(sizes(noise, int(noise.integers(1, 5)), 2, 9))


def _relu(noise: np.random.Generator) -> Any:
    layer = k.ReLU(
        max_value=drawn(noise, None, 0.3, 6.0, float(noise.uniform(0, 2))),
        negative_slope=drawn(noise, 0.0, float(noise.uniform(0, 1))),
        threshold=drawn(noise, 0.0, float(noise.uniform(0, 1))),
    )
    return layer(_source(noise))


def _leaky_relu(noise: np.random.Generator) -> Any:
    return k.LeakyReLU(negative_slope=float(noise.uniform(0, 1)))(_source(noise))


def _elu(noise: np.random.Generator) -> Any:
    return k.ELU(alpha=float(noise.uniform(0.1, 3)))(_source(noise))


def _softmax(noise: np.random.Generator) -> Any:
    source = _source(noise)
    rank = len(source.shape)
    axes = noise.choice(np.arange(1, rank), int(noise.integers(1, rank)), replace=False)
    # Some from the back.
    axes = [int(axis) - rank * int(noise.integers(2)) for axis in axes]
    return k.Softmax(axis=axes[0] if len(axes) == 1 and noise.integers(2) else axes)(source)


def _prelu(noise: np.random.Generator) -> Any:
    source = _source(noise)
    shared = [axis for axis in range(1, len(source.shape)) if noise.integers(2)]
    return k.PReLU(shared_axes=shared or None)(source)


def _inside(noise: np.random.Generator) -> Any:
    """At the end of another layer: by name, as a function or as a layer."""
    inner = drawn(
        noise,
        drawn(noise, *FUNCTIONS),
        getattr(keras.activations, drawn(noise, *FUNCTIONS)),
        k.LeakyReLU(negative_slope=float(noise.uniform(0, 1))),
        k.ReLU(max_value=float(noise.uniform(0, 2)), threshold=0.1),
        k.ELU(alpha=float(noise.uniform(0.1, 3))),
        k.Softmax(axis=1),
    )
    return k.Dense(2 * int(noise.integers(2, 5)), activation=inner)(_source(noise))


SWEPT = {
    "Activation": _inside,
    "ELU": _elu,
    "LeakyReLU": _leaky_relu,
    "PReLU": _prelu,
    "ReLU": _relu,
    "Softmax": _softmax,
}


@pytest.mark.parametrize("class_name", SWEPT)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_layers(class_name: str, suffix: str, tmp_path: Path) -> None:
    sweep(SWEPT[class_name], tmp_path / f"sweep.{suffix}", seed=len(suffix))
