"""Attention with several heads against Keras over drawn arguments: masks of every kind, several axes."""

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

pytestmark = [
    QUIET,
    # Said by Keras of the layers inside GroupQueryAttention.
    pytest.mark.filterwarnings("ignore:Layer '.*' .of type EinsumDense. was passed an input with a mask"),
    pytest.mark.filterwarnings("ignore:Exception encountered when calling Grouped:UserWarning"),
]

SWEPT = {"GroupQueryAttention", "MultiHeadAttention"}


def _called(
    noise: np.random.Generator, layer: Any, query: Any, value: Any, key: Any, **arguments: Any
) -> Any:
    """By position, by name, or both."""
    if maybe(noise, 0.3):
        arguments |= {"query": query, "value": value} | ({} if key is None else {"key": key})
        return looked_at(layer(**arguments))
    if key is not None and maybe(noise):
        return looked_at(layer(query, value, key=key, **arguments))
    return looked_at(
        layer(query, value, **arguments) if key is None else layer(query, value, key, **arguments)
    )


def _heads(noise: np.random.Generator, layer: Any, count: int, *, masked: bool) -> Any:
    queries, values = lengths(noise)
    channels = list(sizes(noise, 3, 2, 8))
    if isinstance(layer, k.GroupQueryAttention):
        # Keras refuses others.
        channels[1] = channels[0]
    query = sequence(noise, queries, channels[0], masked and maybe(noise, 0.7))
    value = sequence(noise, values, channels[1], masked and maybe(noise, 0.7))
    key = sequence(noise, values, channels[2], masked) if maybe(noise) else None
    if maybe(noise, 0.2):
        value, values, key = query, queries, None
    arguments: dict[str, Any] = {"use_causal_mask": maybe(noise)}
    if maybe(noise):
        shape = (queries, values)
        if not masked and layer.get_config()["sliding_window"] is None and not arguments["use_causal_mask"]:
            # Which Keras cannot join with other masks.
            shape = drawn(noise, shape, (1, values), (count, queries, values))
        arguments["attention_mask"] = keras.Input(shape, dtype=drawn(noise, "bool", "int32"))
    elif not masked and maybe(noise):
        arguments["value_mask"] = keras.Input((values,), dtype="bool")
    arguments["return_attention_scores"] = maybe(noise)
    return _called(noise, layer, query, value, key, **arguments)


def _multi_head_attention(noise: np.random.Generator, masked: bool = False) -> Any:
    count = int(noise.integers(1, 5))
    layer = k.MultiHeadAttention(
        num_heads=count,
        # Of biases for heads of size 1, Keras' TensorFlow backend takes the heads for channels in front.
        key_dim=int(noise.integers(2, 6)),
        value_dim=drawn(noise, None, int(noise.integers(2, 6))),
        use_bias=maybe(noise),
        output_shape=drawn(noise, None, 5, (2, 3)),
        dropout=drawn(noise, 0.0, 0.0, 0.4),
        use_gate=maybe(noise, 0.3),
        sliding_window=drawn(noise, None, None, 2),
    )
    return _heads(noise, layer, count, masked=masked)


def _masked_multi_head_attention(noise: np.random.Generator) -> Any:
    return _multi_head_attention(noise, masked=True)


def _group_query_attention(noise: np.random.Generator, masked: bool = False) -> Any:
    shared, times = int(noise.integers(1, 4)), int(noise.integers(1, 4))
    layer = k.GroupQueryAttention(
        head_dim=int(noise.integers(2, 6)),
        num_query_heads=shared * times,
        num_key_value_heads=shared,
        use_bias=maybe(noise),
        dropout=drawn(noise, 0.0, 0.0, 0.4),
        use_gate=maybe(noise, 0.3),
        sliding_window=drawn(noise, None, None, 2),
    )
    return _heads(noise, layer, shared * times, masked=masked)


def _masked_group_query_attention(noise: np.random.Generator) -> Any:
    return _group_query_attention(noise, masked=True)


def _several_axes(noise: np.random.Generator) -> Any:
    """Pictures and films: places along some axes attend to one another."""
    rank = int(noise.integers(4, 6))
    outer = sizes(noise, rank - 2, 2, 6)
    # TensorFlow's softmax over one axis takes no more than five.
    count = int(noise.integers(1 if rank == 4 else 2, rank - 1))
    axes = [int(axis) for axis in noise.permutation(np.arange(1, rank - 1))[:count]]
    value_outer = tuple(
        size + 1 if at in axes and maybe(noise) else size for at, size in enumerate(outer, start=1)
    )
    count, (one, other) = int(noise.integers(1, 4)), sizes(noise, 2, 2, 8)
    layer = k.MultiHeadAttention(
        num_heads=count,
        key_dim=3,
        value_dim=drawn(noise, None, 4),
        use_bias=maybe(noise),
        output_shape=drawn(noise, None, 5),
        attention_axes=drawn(
            noise, axes, [axis - rank for axis in axes], axes[0] if len(axes) == 1 else axes
        ),
    )
    arguments: dict[str, Any] = {"return_attention_scores": maybe(noise)}
    if maybe(noise):
        places = [sizes[axis - 1] for sizes in (outer, value_outer) for axis in axes]
        arguments["attention_mask"] = keras.Input(places, dtype="bool")
    return _called(
        noise, layer, keras.Input((*outer, one)), keras.Input((*value_outer, other)), None, **arguments
    )


@pytest.mark.parametrize(
    ("draw", "suffix"),
    # Masks change nothing in the weights: with and without them, each class is in both formats.
    [
        (_group_query_attention, "h5"),
        (_masked_group_query_attention, "keras"),
        (_masked_multi_head_attention, "h5"),
        (_multi_head_attention, "keras"),
        (_several_axes, "h5"),
    ],
)
def test_layers(draw: Any, suffix: str, tmp_path: Path) -> None:
    sweep(draw, tmp_path / f"sweep.{suffix}", seed=len(suffix))
