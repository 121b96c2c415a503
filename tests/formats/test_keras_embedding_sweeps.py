"""Embeddings against Keras over drawn arguments."""

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

SWEPT = {"Embedding", "ReversibleEmbedding"}


def _table(noise: np.random.Generator, layer: Any, **settings: Any) -> tuple[Any, Any]:
    """The layer, and an input of places in it."""
    rank = int(noise.integers(1, 4))
    shape = [drawn(noise, size, size, None) for size in sizes(noise, rank, 2, 7)]
    # What is not whole is cut off, and below zero counted from the end.
    dtype = drawn(noise, "int32", "int64", "uint8", "int16", "float32")
    made = layer(
        int(noise.integers(7, 20)), int(noise.integers(1, 6)), mask_zero=bool(noise.integers(2)), **settings
    )
    return made, keras.Input(shape, dtype=dtype)


def _embedding(noise: np.random.Generator) -> Any:
    layer, source = _table(noise, k.Embedding)
    return layer(source)


def _reversible_embedding(noise: np.random.Generator) -> Any:
    layer, source = _table(
        noise,
        k.ReversibleEmbedding,
        tie_weights=bool(noise.integers(2)),
        logit_soft_cap=drawn(noise, None, 0.5, 2),
        reverse_dtype=drawn(noise, None, "float32"),
    )
    vectors = layer(source)
    return [vectors, layer(k.Activation("tanh")(vectors), reverse=True)]


@pytest.mark.parametrize("draw", [_embedding, _reversible_embedding])
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_layers(draw: Any, suffix: str, tmp_path: Path) -> None:
    sweep(draw, tmp_path / f"sweep.{suffix}", seed=len(suffix))
