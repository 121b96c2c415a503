"""Masks through whole models, against Keras: which layers hand them on, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.formats.keras.layers.aliases import ALIASES
from explorer3d.formats.keras.layers.masking import MASKS
from tests.formats.keras_files import layer, write_h5
from tests.formats.keras_referee import (
    QUIET,
    TOLERANCE,
    check,
    difference,
    our_outputs,
    randomise,
)
from tests.formats.keras_sweep import drawn, sweep

pytestmark = [
    QUIET,
    pytest.mark.filterwarnings("ignore:Layer '.*' .of type .* was passed an input with a mask"),
]

FORMATS = pytest.mark.parametrize("suffix", ["h5", "keras"])


def words(steps: int | None = 6, channels: int = 4, masked: bool = True) -> Any:
    """A sequence of which some steps do not count."""
    return k.Embedding(7, channels, mask_zero=masked)(keras.Input((steps,), dtype="int32"))


def shown(x: Any) -> Any:
    """Makes a mask visible: what does not count is not looked at, and becomes zero."""
    return k.Attention()([x, x])


PASSING = [
    lambda: k.Activation("tanh"),
    lambda: k.ActivityRegularization(),
    lambda: k.AlphaDropout(0.1),
    lambda: k.BatchNormalization(),
    lambda: k.Conv1D(4, 3, padding="same"),
    lambda: k.Dense(5),
    lambda: k.Dropout(0.1),
    lambda: k.EinsumDense("abc,cd->abd", output_shape=(None, 5)),
    lambda: k.ELU(),
    lambda: k.GaussianDropout(0.1),
    lambda: k.GaussianNoise(0.1),
    lambda: k.GRU(3, return_sequences=True),
    lambda: k.GroupNormalization(2),
    lambda: k.Identity(),
    lambda: k.LayerNormalization(),
    lambda: k.LeakyReLU(),
    lambda: k.MaxPooling1D(2, strides=1, padding="same"),
    lambda: k.Normalization(),
    lambda: k.PReLU(),
    lambda: k.Permute((1, 2)),
    lambda: k.RMSNormalization(),
    lambda: k.ReLU(),
    lambda: k.Rescaling(0.5),
    lambda: k.Reshape((6, 4)),
    lambda: k.SeparableConv1D(4, 3, padding="same"),
    lambda: k.SpatialDropout1D(0.1),
    lambda: k.TimeDistributed(k.Dense(5)),
    lambda: k.UnitNormalization(),
    lambda: k.ZeroPadding1D(0),
]


@FORMATS
def test_layers_hand_a_mask_on_or_not(suffix: str, tmp_path: Path) -> None:
    made, results = [], []
    for make in PASSING:
        source = words()
        made.append(source)
        results.append(shown(make()(source)))
    model = keras.Model(
        [source for table in made for source in keras.utils.get_source_inputs(table)], results
    )
    randomise(model)
    check(model, tmp_path / f"model.{suffix}")


def test_every_class_with_a_rule_is_one_that_keras_masks() -> None:
    """Those of Keras 2, and those that two inputs make, are tried elsewhere."""
    tried = {type(make()).__name__ for make in PASSING}
    merges = {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}
    of_pictures = {"SpatialDropout2D", "SpatialDropout3D"}
    only_keras_2 = {"FixedDropout", "ThresholdedReLU"}
    assert set(MASKS) - set(ALIASES) - {"Softmax"} <= tried | merges | of_pictures | only_keras_2
    assert set(MASKS) <= set(KERAS_LAYERS)


MERGES = [k.Add, k.Average, k.Concatenate, k.Maximum, k.Minimum, k.Multiply, k.Subtract]


def _merged(noise: np.random.Generator) -> Any:
    make = drawn(noise, *MERGES)
    count = 2 if make is k.Subtract else int(noise.integers(2, 4))
    settings = {"axis": drawn(noise, -1, 2, 1)} if make is k.Concatenate else {}
    steps = drawn(noise, 5, None)
    inputs = [words(steps, 4, bool(noise.random() < 0.75)) for _ in range(count)]
    return shown(make(**settings)(inputs))


@FORMATS
def test_masks_of_several_inputs(suffix: str, tmp_path: Path) -> None:
    sweep(_merged, tmp_path / f"sweep.{suffix}", seed=len(suffix), count=40)


def _sequential() -> Any:
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            k.Embedding(7, 5, mask_zero=True),
            k.Dropout(0.2),
            k.Dense(4, activation="tanh"),
            k.GlobalAveragePooling1D(),
            k.Dense(3),
        ]
    )


def _recurrent() -> Any:
    layers = [k.Embedding(7, 5, mask_zero=True), k.SpatialDropout1D(0.2), k.LSTM(4), k.Dense(3)]
    return keras.Sequential([keras.Input((6,)), *layers])


def _functional() -> Any:
    source = keras.Input((None,), dtype="int32")
    x = k.Embedding(7, 5, mask_zero=True)(source)
    x = k.Dense(4, activation="tanh")(k.Dropout(0.2)(x))
    return keras.Model(source, [k.GlobalAveragePooling1D()(x), k.GRU(3)(x)])


def _nested() -> Any:
    source = keras.Input((6,), dtype="int32")
    inner = keras.Sequential([keras.Input((6,)), k.Embedding(7, 5, mask_zero=True), k.Dense(4)])
    steps = keras.Input((6, 4))
    around = keras.Model(steps, k.LayerNormalization()(steps))
    x = around(inner(source))
    return keras.Model(source, [k.GlobalAveragePooling1D()(x), shown(x)])


def _transformer(ahead: bool = False) -> Any:
    """MultiHeadAttention takes the masks of its inputs away from what comes later."""
    source = keras.Input((6,), dtype="int32")
    x = k.Embedding(7, 4, mask_zero=True)(source)
    for _ in range(2):
        y = k.LayerNormalization()(x) if ahead else x
        y = k.MultiHeadAttention(2, 3)(y, y)
        x = k.Add()([x, y])
        if not ahead:
            x = k.LayerNormalization()(x)
    return keras.Model(source, [shown(x), k.GlobalAveragePooling1D()(x)])


def _transformer_with_norms_ahead() -> Any:
    return _transformer(ahead=True)


@FORMATS
@pytest.mark.parametrize(
    "make", [_sequential, _recurrent, _functional, _nested, _transformer, _transformer_with_norms_ahead]
)
def test_whole_models(make: Any, suffix: str, tmp_path: Path) -> None:
    model = make()
    randomise(model)
    if make is _nested:
        model.save(tmp_path / f"model.{suffix}")
        opened = read_model(tmp_path / f"model.{suffix}")
        assert not opened.notes
        x = np.random.default_rng(0).integers(0, 7, (3, 6)).astype(np.int32)
        ours = our_outputs(opened, {opened.inputs[0].value: x})
        for port, theirs in zip(opened.outputs, model(x), strict=True):
            assert port.source is not None
            assert difference(ours[port.source], np.asarray(theirs)) <= TOLERANCE
        return
    check(model, tmp_path / f"model.{suffix}")


def _embedded(names: list[str], merge: str, tmp_path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A file of Keras 2 that joins two masked sequences and takes the mean of their steps."""
    noise = np.random.default_rng(0)
    tables = {name: noise.normal(size=(5, 3)).astype(np.float32) for name in names}
    layers: list[dict[str, Any]] = []
    for name in names:
        layers.append(
            layer("InputLayer", f"in_{name}", batch_input_shape=[None, 4], dtype="int32")
            | {"inbound_nodes": []}
        )
        layers.append(
            layer("Embedding", name, input_dim=5, output_dim=3, mask_zero=True, input_length=4)
            | {"inbound_nodes": [[[f"in_{name}", 0, 0, {}]]]}
        )
    layers.append(layer(merge, "both") | {"inbound_nodes": [[[name, 0, 0, {}] for name in names]]})
    layers.append(layer("GlobalAveragePooling1D", "mean") | {"inbound_nodes": [[["both", 0, 0, {}]]]})
    config = {
        "name": "model",
        "layers": layers,
        "input_layers": [[f"in_{name}", 0, 0] for name in names],
        "output_layers": [["mean", 0, 0]],
    }
    weights = {name: {"embeddings": table} for name, table in tables.items()}
    path = write_h5(tmp_path / "m.h5", {"class_name": "Model", "config": config}, weights)
    places = np.array([[[1, 2, 0, 0], [3, 0, 4, 0]], [[2, 0, 3, 0], [1, 0, 0, 4]]], dtype=np.int32)
    feeds = {f"in_{name}": given for name, given in zip(names, places, strict=True)}
    found = our_outputs(read_model(path), feeds)["mean"]
    return found, places, np.stack([tables[name][given] for name, given in zip(names, places, strict=True)])


@pytest.mark.parametrize(("merge", "join"), [("Add", lambda x: x.sum(0)), ("Maximum", lambda x: x.max(0))])
def test_in_keras_2_a_step_counts_if_it_does_in_all_inputs(merge: str, join: Any, tmp_path: Path) -> None:
    found, places, vectors = _embedded(["one", "other"], merge, tmp_path)
    counted = (places != 0).all(axis=0)[..., np.newaxis]
    expected = (join(vectors) * counted).sum(axis=1) / counted.sum(axis=1)
    assert difference(found, expected) <= TOLERANCE
