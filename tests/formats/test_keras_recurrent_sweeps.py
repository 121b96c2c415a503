"""Recurrent layers against Keras over drawn arguments: of the layer, and of its call."""

from __future__ import annotations

from collections.abc import Callable
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

Generator = np.random.Generator

FUNCTIONS = (
    "tanh",
    "sigmoid",
    "relu",
    "linear",
    "hard_sigmoid",
    "softsign",
    "elu",
    "gelu",
    "softmax",
    "silu",
)
"""The last three are not among those of ONNX' operators."""

GATES = ("sigmoid", "sigmoid", "tanh", "hard_sigmoid", "softsign", "softmax")

STATES = {"SimpleRNN": 1, "GRU": 1, "LSTM": 2}


def function(noise: Generator) -> Any:
    """Mostly what people use."""
    return drawn(noise, "tanh", "tanh", drawn(noise, *FUNCTIONS), k.LeakyReLU(negative_slope=0.3))


def cell_arguments(noise: Generator, kind: str, units: int) -> dict[str, Any]:
    gates = {} if kind == "SimpleRNN" else {"recurrent_activation": drawn(noise, *GATES)}
    after = {"reset_after": drawn(noise, False, True)} if kind == "GRU" else {}
    return {
        "units": units,
        "activation": function(noise),
        "use_bias": drawn(noise, True, True, False),
        "dropout": drawn(noise, 0.0, 0.3),
        "recurrent_dropout": drawn(noise, 0.0, 0.0, 0.2),
    } | gates | after  # fmt: skip


def layer_arguments(noise: Generator, *, fixed: bool) -> dict[str, Any]:
    return {
        "return_sequences": drawn(noise, False, True),
        "return_state": drawn(noise, False, True),
        "zero_output_for_mask": drawn(noise, False, True),
        "unroll": fixed and drawn(noise, False, True),
    }


def called(noise: Generator, layer: Any, x: Any, states: list[tuple[int, ...]]) -> list[Any]:
    """Call a layer with or without a mask and states; gives its output and something made of its states."""
    given: dict[str, Any] = {}
    if drawn(noise, False, True):
        given["mask"] = keras.Input((x.shape[1],), dtype="bool")
    if drawn(noise, False, True):
        given["initial_state"] = [keras.Input(shape) for shape in states]
    # Whatever surrounds them, the results come one behind the other.
    flat = keras.tree.flatten(layer(x, **given))
    count = len(flat) - (len(states) if layer.return_state else 0)
    return [k.Identity()(one) if at else one for at, one in enumerate(flat[:count])] + [
        k.Flatten()(state) for state in flat[count:]
    ]


def sequence(noise: Generator) -> tuple[Any, bool]:
    """(N, T, C), now and then of any length."""
    steps, features = sizes(noise, 2, 2, 9)
    fixed = drawn(noise, True, True, False)
    return keras.Input((steps if fixed else None, features)), fixed


def plain(kind: str, noise: Generator) -> Any:
    x, fixed = sequence(noise)
    (units,) = sizes(noise, 1, 3, 9)
    layer = getattr(k, kind)(
        **cell_arguments(noise, kind, units),
        **layer_arguments(noise, fixed=fixed),
        go_backwards=drawn(noise, False, True),
    )
    return called(noise, layer, x, [(units,)] * STATES[kind])


def around_cells(noise: Generator) -> Any:
    x, fixed = sequence(noise)
    kinds = [drawn(noise, *STATES) for _ in range(int(noise.integers(1, 4)))]
    counts = sizes(noise, len(kinds), 3, 9)
    cells = [
        getattr(k, f"{kind}Cell")(**cell_arguments(noise, kind, units))
        for kind, units in zip(kinds, counts, strict=True)
    ]
    layer = k.RNN(
        cells[0] if len(cells) == 1 else drawn(noise, cells, k.StackedRNNCells(cells)),
        **layer_arguments(noise, fixed=fixed),
        go_backwards=drawn(noise, False, True),
    )
    given = {}
    if drawn(noise, False, True):
        given["mask"] = keras.Input((x.shape[1],), dtype="bool")
    flat = keras.tree.flatten(layer(x, **given))
    return [flat[0], *(k.Identity()(state) for state in flat[1:])]


def both_ways(noise: Generator) -> Any:
    x, fixed = sequence(noise)
    kind = drawn(noise, *STATES)
    (units,) = sizes(noise, 1, 3, 9)
    shared = layer_arguments(noise, fixed=fixed)
    forward = getattr(k, kind)(**cell_arguments(noise, kind, units), **shared)
    backward = getattr(k, kind)(**cell_arguments(noise, kind, units), **shared, go_backwards=True)
    layer = k.Bidirectional(
        forward,
        merge_mode=drawn(noise, "concat", "sum", "mul", "ave", None),
        backward_layer=drawn(noise, None, backward),
    )
    return called(noise, layer, x, [(units,)] * STATES[kind] * 2)


SWEEPS: dict[str, Callable[[Generator], Any]] = {
    **{kind: partial(plain, kind) for kind in STATES},
    "RNN": around_cells,
    "Bidirectional": both_ways,
}
SWEPT = list(SWEEPS)
SEEDS = {"h5": 2, "keras": 7}


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("kind", SWEPT)
def test_as_in_keras(kind: str, ending: str, tmp_path: Path) -> None:
    sweep(SWEEPS[kind], tmp_path / f"model.{ending}", seed=SEEDS[ending])
