"""Layers over the steps of a sequence against Keras over drawn arguments: maps, any layer, what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_referee import (
    QUIET,
    TOLERANCE,
    difference,
    noise_for,
    our_outputs,
    randomise,
)
from tests.formats.keras_sweep import COUNT, drawn, each, parallel, sizes, sweep

pytestmark = QUIET

Generator = np.random.Generator


def convolutional(rank: int, noise: Generator, order: str = "channels_last", *, states: bool = False) -> Any:
    space = sizes(noise, rank, 5, 9)
    steps, channels, filters = sizes(noise, 3, 2, 6)
    shape = (channels, *space) if order == "channels_first" else (*space, channels)
    free = drawn(noise, "strides", "dilation_rate", "")
    layer = getattr(k, f"ConvLSTM{rank}D")(
        filters,
        each(noise, rank, 1, 4),
        padding=drawn(noise, "valid", "same"),
        data_format=order,
        activation=drawn(noise, "tanh", "relu", "softsign"),
        recurrent_activation=drawn(noise, "sigmoid", "hard_sigmoid"),
        use_bias=drawn(noise, True, False),
        go_backwards=drawn(noise, False, True),
        return_sequences=drawn(noise, False, True),
        return_state=drawn(noise, False, True),
        **({free: drawn(noise, 1, 2)} if free else {}),
    )
    x = keras.Input((drawn(noise, steps, None), *shape))
    given = {"mask": keras.Input((x.shape[1],), dtype="bool")} if drawn(noise, False, True) else {}
    flat = keras.tree.flatten(layer(x, **given))
    return [flat[0], *(k.Identity()(state) for state in flat[1:] if states)]


def each_step(noise: Generator) -> Any:
    steps, high, wide, channels = sizes(noise, 4, 3, 9)
    fixed = drawn(noise, True, True, False)
    maps, row = (high, wide, channels), (wide,)
    kind = drawn(
        noise, "Dense", "Flatten", "Conv2D", "BatchNormalization", "LSTM", "both", "CNN", "branches", "twice"
    )
    inner, shape = {
        "Dense": lambda: (k.Dense(5, activation="relu"), row),
        "Flatten": lambda: (k.Flatten(), maps),
        "Conv2D": lambda: (k.Conv2D(4, 3, padding="same", strides=2), maps),
        "BatchNormalization": lambda: (k.BatchNormalization(), maps),
        "LSTM": lambda: (k.LSTM(4, return_sequences=drawn(noise, False, True)), (high, wide)),
        "both": lambda: (k.Bidirectional(k.GRU(3)), (high, wide)),
        "CNN": lambda: (
            keras.Sequential(
                [
                    keras.Input(maps),
                    k.Conv2D(3, 2),
                    k.BatchNormalization(),
                    k.Flatten(),
                    k.Dense(4),
                    k.Dense(3),
                ]
            ),
            maps,
        ),
        "branches": lambda: (branches(maps), maps),
        "twice": lambda: (k.TimeDistributed(k.Dense(4)), (high, wide)),
    }[kind]()
    return k.TimeDistributed(inner)(keras.Input((steps if fixed else None, *shape)))


def hidden(noise: Generator) -> Any:
    """Whole numbers, so that some steps are nothing but the number that hides them."""
    steps, features = sizes(noise, 2, 1, 9)
    x = keras.Input((steps if drawn(noise, True, True, False) else None, features % 3 + 1), dtype="int32")
    value = drawn(noise, 0, 1.0, 2)
    if drawn(noise, False, True):
        return k.Masking(value)(x)
    y = k.Masking(value)(k.Rescaling(0.5)(x))
    z = k.LSTM(3, return_sequences=True)(k.Activation("tanh")(y))
    return [k.Bidirectional(k.GRU(3))(z), k.TimeDistributed(k.Dense(2))(z)]


def branches(shape: tuple[int, ...]) -> Any:
    x = keras.Input(shape)
    shared = k.Conv2D(shape[-1], 3, padding="same")
    return keras.Model(x, k.Add()([shared(shared(x)), k.Conv2D(shape[-1], 1)(x)]))


SWEEPS: dict[str, Callable[[Generator], Any]] = {
    **{f"ConvLSTM{rank}D": partial(convolutional, rank, states=True) for rank in (1, 2, 3)},
    "Masking": hidden,
    "TimeDistributed": each_step,
}
SWEPT = list(SWEEPS)
SEEDS = {"h5": 2, "keras": 7}


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("kind", SWEPT)
def test_as_in_keras(kind: str, ending: str, tmp_path: Path) -> None:
    sweep(SWEEPS[kind], tmp_path / f"model.{ending}", seed=SEEDS[ending])


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_channels_first(rank: int, tmp_path: Path) -> None:
    """TensorFlow cannot compute that on a CPU: the referee is the same layer with channels last."""
    first, last = (
        parallel([convolutional(rank, np.random.default_rng((rank, at)), order) for at in range(COUNT)])
        for order in ("channels_first", "channels_last")
    )
    randomise(last)
    first.set_weights(last.get_weights())
    first.save(tmp_path / "model.keras")
    opened = read_model(tmp_path / "model.keras")
    assert not opened.notes, opened.notes
    feeds = noise_for(last)
    theirs = last([*feeds.values()])
    turned = {
        name: np.moveaxis(array, -1, 2) if array.ndim > 2 else array
        for name, array in zip(noise_for(first), feeds.values(), strict=True)
    }
    ours = our_outputs(opened, turned)
    for layer, expected in zip(first.outputs, map(np.asarray, theirs), strict=True):
        found = ours[layer._keras_history.operation.name]
        assert difference(found, np.moveaxis(expected, -1, expected.ndim - 1 - rank)) <= TOLERANCE
