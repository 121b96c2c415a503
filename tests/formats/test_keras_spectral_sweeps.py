"""Spectral normalisation around layers of every kind that has a kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_files import layer, sequential, write_h5
from tests.formats.keras_referee import (
    QUIET,
    TOLERANCE,
    difference,
    keras_outputs,
    noise_for,
    our_outputs,
    randomise,
)
from tests.formats.keras_sweep import drawn, each, sizes

pytestmark = QUIET

SWEPT = ["SpectralNormalization"]
# The number of axes of space each takes.
KINDS = {
    "Conv1D": 1,
    "Conv1DTranspose": 1,
    "Conv2D": 2,
    "Conv2DTranspose": 2,
    "Conv3D": 3,
    "Dense": 1,
    "DepthwiseConv2D": 2,
}


def wrapped(noise: np.random.Generator) -> Any:
    kind = drawn(noise, *KINDS)
    arguments = {"use_bias": drawn(noise, True, False), "activation": drawn(noise, None, "tanh")}
    rank = KINDS[kind]
    if kind == "Dense":
        arguments["units"] = drawn(noise, 1, 4)
    else:
        arguments |= {"kernel_size": each(noise, rank, 1, 4), "padding": drawn(noise, "same", "valid")}
    if kind.startswith("Conv"):
        arguments["filters"] = drawn(noise, 1, 4)
    inner = getattr(k, kind)(**arguments)
    source = keras.Input((*sizes(noise, rank, 4, 9), drawn(noise, 1, 3)))
    return k.SpectralNormalization(inner, power_iterations=drawn(noise, 1, 3))(source)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_the_layer_inside(suffix: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(len(suffix))
    results = [wrapped(noise) for _ in range(30)]
    model = keras.Model([keras.utils.get_source_inputs(one)[0] for one in results], results)
    randomise(model)
    model.save(tmp_path / f"model.{suffix}")
    opened = read_model(tmp_path / f"model.{suffix}")
    assert not opened.notes
    feeds = noise_for(model)
    ours, theirs = our_outputs(opened, feeds), keras_outputs(model, feeds)
    assert ours.keys() == theirs.keys()
    assert max(difference(ours[name], theirs[name]) for name in ours) <= TOLERANCE
    for name in ours:
        expected = {weight.name: np.asarray(weight) for weight in model.get_layer(name).weights}
        found = opened.layer_by_name[name].weights
        # Each once, although the newer format holds the kernel twice.
        assert sorted(weight.name for weight in found) == sorted(expected)
        for weight in found:
            np.testing.assert_array_equal(weight.numpy(), expected[weight.name])


def test_that_of_tensorflow_addons(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    inner = {"class_name": "Dense", "config": {"name": "dense", "units": 3, "use_bias": False}}
    one = layer("Addons>SpectralNormalization", "one", layer=inner, power_iterations=1)
    weights = {"kernel": noise.normal(size=(4, 3)), "sn_u": noise.normal(size=(1, 3))}
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    source = layer("InputLayer", "x", batch_shape=[None, 4])
    opened = read_model(write_h5(tmp_path / "model.h5", sequential(source, one), {"one": weights}, "2.8.0"))
    x = noise.normal(size=(2, 4)).astype(np.float32)
    assert difference(our_outputs(opened, {"x": x})["one"], x @ weights["kernel"]) <= TOLERANCE


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (None, "its setting layer does not describe a layer"),
        ({"class_name": "Dense", "config": {"units": 3}}, "kernel is not in the file"),
        ({"class_name": "Riddle", "config": {}}, "class Riddle is not known"),
        ({"class_name": "ReLU", "config": {}}, "vector_u is not in the file"),
    ],
)
def test_what_cannot_be_inside(inner: Any, said: str, tmp_path: Path) -> None:
    source = layer("InputLayer", "x", batch_shape=[None, 4])
    one = layer("SpectralNormalization", "one", layer=inner)
    (found,) = read_model(write_h5(tmp_path / "model.h5", sequential(source, one), {})).layers
    assert said in str(found.reason)
