"""Attention against Keras over drawn arguments: masks of every kind, scores, several axes of places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = [
    QUIET,
    # Said by Keras of the layers inside GroupQueryAttention.
    pytest.mark.filterwarnings("ignore:Layer '.*' .of type EinsumDense. was passed an input with a mask"),
    pytest.mark.filterwarnings("ignore:Exception encountered when calling Grouped:UserWarning"),
]

SWEPT = {"AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention", "Softmax"}


def _maybe(noise: np.random.Generator, share: float = 0.5) -> bool:
    return bool(noise.random() < share)


def _sequence(noise: np.random.Generator, steps: int, channels: int, masked: bool) -> Any:
    """A sequence whose length the model may leave open, and which may have a mask."""
    length = None if steps == 9 else steps
    if masked:
        table = k.Embedding(7, channels, mask_zero=True)
        return table(keras.Input((length,), dtype=drawn(noise, "int32", "int64")))
    return keras.Input((length, channels))


def _all(results: Any) -> list[Any]:
    """The scores as well; each result needs a layer of its own to be looked at."""
    results = results if isinstance(results, (list, tuple)) else [results]
    return [k.Activation("linear")(result) for result in results]


def _pair(noise: np.random.Generator) -> tuple[int, int]:
    """Two lengths: 9 for one that is left open."""
    one, other = sizes(noise, 2, 2, 6)
    return drawn(noise, (one, other), (one, other), (9, other), (one, 9))


def _simple(noise: np.random.Generator, layer: Any, *, rank: int = 3) -> Any:
    queries, values = _pair(noise)
    channels, others = sizes(noise, 2, 2, 8)
    outer = sizes(noise, rank - 3, 2, 5)
    masked = rank == 3 and _maybe(noise)
    if outer:
        inputs = [keras.Input((*outer, queries, channels)), keras.Input((*outer, values, others))]
        inputs.append(keras.Input((*outer, values, channels)))
    else:
        inputs = [_sequence(noise, queries, channels, masked and _maybe(noise, 0.7))]
        inputs.append(_sequence(noise, values, others, masked))
        inputs.append(_sequence(noise, values, channels, False))
    if _maybe(noise):
        inputs = [inputs[0], inputs[2]]
    arguments: dict[str, Any] = {}
    if rank == 3 and not masked and _maybe(noise):
        masks = [keras.Input((size,), dtype="bool") for size in (queries, values)]
        arguments["mask"] = drawn(noise, masks, [masks[0], None], [None, masks[1]])
    if rank == 3 and _maybe(noise):
        arguments["use_causal_mask"] = True
    if _maybe(noise):
        arguments["return_attention_scores"] = True
    return _all(layer(inputs, **arguments))


def _attention(noise: np.random.Generator) -> Any:
    mode = drawn(noise, "dot", "concat")
    layer = k.Attention(use_scale=_maybe(noise), score_mode=mode, dropout=drawn(noise, 0.0, 0.4))
    return _simple(noise, layer, rank=drawn(noise, 3, 3, 3, 4))


def _additive_attention(noise: np.random.Generator) -> Any:
    layer = k.AdditiveAttention(use_scale=_maybe(noise, 0.7), dropout=drawn(noise, 0.0, 0.4))
    return _simple(noise, layer, rank=drawn(noise, 3, 3, 3, 4))


def _called(
    noise: np.random.Generator, layer: Any, query: Any, value: Any, key: Any, **arguments: Any
) -> Any:
    """By position, by name, or both."""
    if _maybe(noise, 0.3):
        arguments |= {"query": query, "value": value} | ({} if key is None else {"key": key})
        return _all(layer(**arguments))
    if key is not None and _maybe(noise):
        return _all(layer(query, value, key=key, **arguments))
    return _all(layer(query, value, **arguments) if key is None else layer(query, value, key, **arguments))


def _heads(noise: np.random.Generator, layer: Any, count: int, *, masked: bool) -> Any:
    queries, values = _pair(noise)
    channels = list(sizes(noise, 3, 2, 8))
    if isinstance(layer, k.GroupQueryAttention):
        # Keras refuses others.
        channels[1] = channels[0]
    query = _sequence(noise, queries, channels[0], masked and _maybe(noise, 0.7))
    value = _sequence(noise, values, channels[1], masked and _maybe(noise, 0.7))
    key = _sequence(noise, values, channels[2], masked) if _maybe(noise) else None
    if _maybe(noise, 0.2):
        value, values, key = query, queries, None
    arguments: dict[str, Any] = {"use_causal_mask": _maybe(noise)}
    if _maybe(noise):
        shape = (queries, values)
        if not masked and layer.get_config()["sliding_window"] is None and not arguments["use_causal_mask"]:
            # Which Keras cannot join with other masks.
            shape = drawn(noise, shape, (1, values), (count, queries, values))
        arguments["attention_mask"] = keras.Input(shape, dtype=drawn(noise, "bool", "int32"))
    elif not masked and _maybe(noise):
        arguments["value_mask"] = keras.Input((values,), dtype="bool")
    arguments["return_attention_scores"] = _maybe(noise)
    return _called(noise, layer, query, value, key, **arguments)


def _multi_head_attention(noise: np.random.Generator, masked: bool = False) -> Any:
    count = int(noise.integers(1, 5))
    layer = k.MultiHeadAttention(
        num_heads=count,
        # Of biases for heads of size 1, Keras' TensorFlow backend takes the heads for channels in front.
        key_dim=int(noise.integers(2, 6)),
        value_dim=drawn(noise, None, int(noise.integers(2, 6))),
        use_bias=_maybe(noise),
        output_shape=drawn(noise, None, 5, (2, 3)),
        dropout=drawn(noise, 0.0, 0.0, 0.4),
        use_gate=_maybe(noise, 0.3),
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
        use_bias=_maybe(noise),
        dropout=drawn(noise, 0.0, 0.0, 0.4),
        use_gate=_maybe(noise, 0.3),
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
        size + 1 if at in axes and _maybe(noise) else size for at, size in enumerate(outer, start=1)
    )
    count, (one, other) = int(noise.integers(1, 4)), sizes(noise, 2, 2, 8)
    layer = k.MultiHeadAttention(
        num_heads=count,
        key_dim=3,
        value_dim=drawn(noise, None, 4),
        use_bias=_maybe(noise),
        output_shape=drawn(noise, None, 5),
        attention_axes=drawn(
            noise, axes, [axis - rank for axis in axes], axes[0] if len(axes) == 1 else axes
        ),
    )
    arguments: dict[str, Any] = {"return_attention_scores": _maybe(noise)}
    if _maybe(noise):
        places = [sizes[axis - 1] for sizes in (outer, value_outer) for axis in axes]
        arguments["attention_mask"] = keras.Input(places, dtype="bool")
    return _called(
        noise, layer, keras.Input((*outer, one)), keras.Input((*value_outer, other)), None, **arguments
    )


def _softmax(noise: np.random.Generator) -> Any:
    shape = sizes(noise, int(noise.integers(1, 4)), 4, 8)
    rank = len(shape) + 1
    axes = [
        int(axis) for axis in noise.choice(np.arange(1, rank), int(noise.integers(1, rank)), replace=False)
    ]
    mask = keras.Input(
        [drawn(noise, size, size, 1) for size in shape], dtype=drawn(noise, "bool", "float32", "int32")
    )
    layer, source = k.Softmax(axis=axes if _maybe(noise) else axes[0]), keras.Input(shape)
    return layer(source, mask) if _maybe(noise) else layer(source, mask=mask)


@pytest.mark.parametrize(
    "draw",
    [
        _additive_attention,
        _attention,
        _group_query_attention,
        _masked_group_query_attention,
        _masked_multi_head_attention,
        _multi_head_attention,
        _several_axes,
        _softmax,
    ],
)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_layers(draw: Any, suffix: str, tmp_path: Path) -> None:
    sweep(draw, tmp_path / f"sweep.{suffix}", seed=len(suffix))
