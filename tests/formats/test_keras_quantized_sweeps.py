"""Networks that Keras 3 has quantised."""

from __future__ import annotations

import gc
from collections.abc import Iterator
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
    keras_outputs,
    noise_for,
    our_outputs,
    randomise,
)
from tests.formats.keras_sweep import COUNT, drawn, parallel, sizes

# The class itself is swept with the others; here it is a quantised one.
SWEPT: set[str] = set()


def draw(noise: np.random.Generator) -> Any:
    source = keras.Input(sizes(noise, int(noise.integers(1, 4)), 2, 40))
    return k.Dense(
        int(noise.integers(1, 30)),
        use_bias=drawn(noise, True, False),
        activation=drawn(noise, None, "relu", "tanh", "softmax"),
    )(source)


@pytest.fixture
def modules_spared() -> Iterator[None]:
    """Keras has garbage looked for at every layer: only among what is made from here on."""
    gc.freeze()
    yield
    gc.unfreeze()


@QUIET
@pytest.mark.usefixtures("modules_spared")
@pytest.mark.parametrize(("suffix", "inputs"), [("keras", "rounded"), ("h5", "as they are")])
def test_int8(suffix: str, inputs: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(4)
    network = parallel([draw(noise) for _ in range(COUNT)])
    randomise(network)
    for layer in network.layers:
        if isinstance(layer, k.Dense):
            quantizer = None if inputs == "as they are" else keras.quantizers.AbsMaxQuantizer()
            layer.quantize(config=keras.quantizers.Int8QuantizationConfig(activation_quantizer=quantizer))
    network.save(tmp_path / f"m.{suffix}")
    opened = read_model(tmp_path / f"m.{suffix}")
    assert not opened.notes
    feeds = noise_for(network)
    theirs, ours = keras_outputs(network, feeds), our_outputs(opened, feeds)
    assert len(theirs) == COUNT and set(ours) == set(theirs)
    wrong = {name: difference(ours[name], theirs[name]) for name in theirs}
    wrong = {name: found for name, found in wrong.items() if not found <= TOLERANCE}
    assert not wrong, wrong
    for layer in opened.layers:
        kernel, scale = layer.weights[0], layer.weights[-1]
        assert (kernel.name, kernel.dtype, scale.name) == ("kernel", "int8", "kernel_scale")
        np.testing.assert_array_equal(kernel.numpy(), np.asarray(network.get_layer(layer.name)._kernel))


@QUIET
@pytest.mark.parametrize("mode", ["int4", "float8"])
def test_other_kinds_say_so(mode: str, tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((12,)), k.Dense(6, name="one"), k.ReLU(name="after")])
    network.layers[0].quantize(mode)
    network.save(tmp_path / "m.keras")
    model = read_model(tmp_path / "m.keras")
    assert f"quantised ({mode}" in str(model.layers[0].reason)
    assert model.layers[0].weights
