"""Inputs and results of layers that attend from one sequence to another, drawn at random."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers as k

from tests.formats.keras_sweep import drawn, sizes


def maybe(noise: np.random.Generator, share: float = 0.5) -> bool:
    return bool(noise.random() < share)


def sequence(noise: np.random.Generator, steps: int, channels: int, masked: bool) -> Any:
    """A sequence whose length the model may leave open, and which may have a mask."""
    length = None if steps == 9 else steps
    if masked:
        table = k.Embedding(7, channels, mask_zero=True)
        return table(keras.Input((length,), dtype=drawn(noise, "int32", "int64")))
    return keras.Input((length, channels))


def looked_at(results: Any) -> list[Any]:
    """The scores as well; each result needs a layer of its own to be looked at."""
    results = results if isinstance(results, (list, tuple)) else [results]
    return [k.Activation("linear")(result) for result in results]


def lengths(noise: np.random.Generator) -> tuple[int, int]:
    """Two lengths: 9 for one that is left open."""
    one, other = sizes(noise, 2, 2, 6)
    return drawn(noise, (one, other), (one, other), (9, other), (one, 9))
