"""Layers that prepare what comes in against Keras, over drawn arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = QUIET


def _rows(noise: np.random.Generator, mode: str) -> tuple[int, ...]:
    """Of several ranks where each number is encoded by itself."""
    ranks = (1, 2, 3) if mode in ("one_hot", "int") else (1,)
    shape = sizes(noise, drawn(noise, *ranks), 3, 9)
    return drawn(noise, shape, (*shape[:-1], 1)) if mode == "one_hot" else shape


def _category_encoding(noise: np.random.Generator) -> Any:
    mode = drawn(noise, "one_hot", "multi_hot", "count")
    source = keras.Input(_rows(noise, mode), dtype=drawn(noise, "int32", "int64"))
    # The numbers that come in are below 7.
    layer = k.CategoryEncoding(int(noise.integers(7, 15)), output_mode=mode)
    if mode == "count" and noise.integers(2):
        return layer(source, count_weights=keras.Input(source.shape[1:]))
    return layer(source)


def _discretization(noise: np.random.Generator) -> Any:
    mode = drawn(noise, "int", "one_hot", "multi_hot", "count")
    source = keras.Input(_rows(noise, mode), dtype=drawn(noise, "float32", "int32"))
    # Numbers that come in lie on some of them.
    boundaries = np.sort(drawn(noise, noise.normal(0, 2, 6), np.arange(5.0) - 1))
    return k.Discretization(boundaries.tolist(), output_mode=mode)(source)


def _auto_contrast(noise: np.random.Generator) -> Any:
    low = float(noise.uniform(-2, 1))
    layer = k.AutoContrast(value_range=drawn(noise, (0, 255), (low, low + 3), (1, 0)))
    return layer(keras.Input(sizes(noise, 3, 1, 13), dtype=drawn(noise, "float32", "int32")))


SWEPT = {
    "AutoContrast": _auto_contrast,
    "CategoryEncoding": _category_encoding,
    "Discretization": _discretization,
}


@pytest.mark.parametrize("class_name", SWEPT)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_layers(class_name: str, suffix: str, tmp_path: Path) -> None:
    sweep(SWEPT[class_name], tmp_path / f"sweep.{suffix}", seed=len(suffix), count=40)
