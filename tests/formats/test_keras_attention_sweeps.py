"""Attention with one head against Keras over drawn arguments, and Softmax with a mask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sequences import lengths, looked_at, maybe, sequence
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = QUIET

SWEPT = {"AdditiveAttention", "Attention", "Softmax"}


def _simple(noise: np.random.Generator, layer: Any, *, rank: int = 3) -> Any:
    queries, values = lengths(noise)
    channels, others = sizes(noise, 2, 2, 8)
    outer = sizes(noise, rank - 3, 2, 5)
    masked = rank == 3 and maybe(noise)
    if outer:
        inputs = [keras.Input((*outer, queries, channels)), keras.Input((*outer, values, others))]
        inputs.append(keras.Input((*outer, values, channels)))
    else:
        inputs = [sequence(noise, queries, channels, masked and maybe(noise, 0.7))]
        inputs.append(sequence(noise, values, others, masked))
        inputs.append(sequence(noise, values, channels, False))
    if maybe(noise):
        inputs = [inputs[0], inputs[2]]
    arguments: dict[str, Any] = {}
    if rank == 3 and not masked and maybe(noise):
        masks = [keras.Input((size,), dtype="bool") for size in (queries, values)]
        arguments["mask"] = drawn(noise, masks, [masks[0], None], [None, masks[1]])
    if rank == 3 and maybe(noise):
        arguments["use_causal_mask"] = True
    if maybe(noise):
        arguments["return_attention_scores"] = True
    return looked_at(layer(inputs, **arguments))


def _attention(noise: np.random.Generator) -> Any:
    mode = drawn(noise, "dot", "concat")
    layer = k.Attention(use_scale=maybe(noise), score_mode=mode, dropout=drawn(noise, 0.0, 0.4))
    return _simple(noise, layer, rank=drawn(noise, 3, 3, 3, 4))


def _additive_attention(noise: np.random.Generator) -> Any:
    layer = k.AdditiveAttention(use_scale=maybe(noise, 0.7), dropout=drawn(noise, 0.0, 0.4))
    return _simple(noise, layer, rank=drawn(noise, 3, 3, 3, 4))


def _softmax(noise: np.random.Generator) -> Any:
    shape = sizes(noise, int(noise.integers(1, 4)), 4, 8)
    rank = len(shape) + 1
    axes = [
        int(axis) for axis in noise.choice(np.arange(1, rank), int(noise.integers(1, rank)), replace=False)
    ]
    mask = keras.Input(
        [drawn(noise, size, size, 1) for size in shape], dtype=drawn(noise, "bool", "float32", "int32")
    )
    layer, source = k.Softmax(axis=axes if maybe(noise) else axes[0]), keras.Input(shape)
    return layer(source, mask) if maybe(noise) else layer(source, mask=mask)


@pytest.mark.parametrize(
    ("draw", "suffix"), [(_additive_attention, "h5"), (_attention, "keras"), (_softmax, "h5")]
)
def test_layers(draw: Any, suffix: str, tmp_path: Path) -> None:
    sweep(draw, tmp_path / f"sweep.{suffix}", seed=len(suffix))
