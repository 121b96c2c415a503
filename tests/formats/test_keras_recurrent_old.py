"""Recurrent layers as Keras before 3 wrote them, by hand; the values are numpy's, from the papers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import onnxruntime
import pytest

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.formats.keras_files import layer, sequential, write_h5

Array = np.ndarray
Function = Callable[[Array], Array]

FEATURES, UNITS, STEPS = 3, 4, 6


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng((seed, *shape)).normal(0, 0.5, shape).astype(np.float32)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def old_hard_sigmoid(x: Array) -> Array:
    """With the slope of Keras 1 and 2."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def lstm(x: Array, kernel: Array, recurrent: Array, bias: Array, gate: Function = sigmoid) -> Array:
    """All outputs (N, T, units) for x (N, T, features)."""
    h = c = np.zeros((len(x), len(recurrent)))
    outputs = []
    for step in x.transpose(1, 0, 2):
        i, f, new, o = np.split(step @ kernel + h @ recurrent + bias, 4, axis=1)
        c = gate(f) * c + gate(i) * np.tanh(new)
        h = gate(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def gru(x: Array, kernel: Array, recurrent: Array, bias: Array, gate: Function, *, after: bool) -> Array:
    """As `lstm`; with `after`, the bias is (2, 3 · units) and the state is reset after its product."""
    units = len(recurrent)
    into, again = bias if after else (bias, np.zeros(3 * units))
    h = np.zeros((len(x), units))
    outputs = []
    for step in x.transpose(1, 0, 2):
        of_x = np.split(step @ kernel + into, 3, axis=1)
        of_h = np.split(h @ recurrent + again, 3, axis=1)
        z, r = gate(of_x[0] + of_h[0]), gate(of_x[1] + of_h[1])
        reset = r * of_h[2] if after else (r * h) @ recurrent[:, 2 * units :]
        h = z * h + (1 - z) * np.tanh(of_x[2] + reset)
        outputs.append(h)
    return np.stack(outputs, axis=1)


def ours(model: Model, x: Array, name: str = "one") -> Array:
    assert not model.notes, model.notes
    proto = ir.to_proto(model.ir)
    del proto.graph.output[:]
    proto.graph.output.add().name = name
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {model.inputs[0].value: x})
    return np.asarray(result)


def opened(path: Path, kind: str, weights: dict[str, Array], version: str = "2.2.4", **config: Any) -> Model:
    config = {"units": UNITS, "activation": "tanh", "use_bias": True, "return_sequences": True} | config
    model = sequential(layer(kind, "one", batch_input_shape=[None, STEPS, FEATURES], **config))
    return read_model(write_h5(path / "model.h5", model, {"one": weights}, version))


def test_an_lstm_with_the_gates_of_keras_2(tmp_path: Path) -> None:
    names = ("kernel", "recurrent_kernel", "bias")
    weights = dict(zip(names, (noise(FEATURES, 16), noise(UNITS, 16), noise(16)), strict=True))
    config = {"recurrent_activation": "hard_sigmoid", "unit_forget_bias": True, "implementation": 1}
    model = opened(tmp_path, "LSTM", weights, **config, time_major=False, return_state=False, dropout=0.2)
    # Large enough to reach both ends of the gates.
    x = 4 * noise(2, STEPS, FEATURES)
    np.testing.assert_allclose(ours(model, x), lstm(x, *weights.values(), old_hard_sigmoid), atol=2e-6)
    assert [weight.name for weight in model.layers[0].weights] == list(names)
    assert model.layers[0].attributes["recurrent_activation"] == "hard_sigmoid"


@pytest.mark.parametrize("cell", [{}, {"activation": "swish"}])
@pytest.mark.parametrize("backwards", [False, True])
def test_time_before_the_batch(backwards: bool, cell: dict[str, Any], tmp_path: Path) -> None:
    """(T, N, C) in, (T, N, units) out, on both roads; the same numbers as with the batch first."""
    weights = {"kernel": noise(FEATURES, 16), "recurrent_kernel": noise(UNITS, 16), "bias": noise(16)}
    config = {"recurrent_activation": "sigmoid", "go_backwards": backwards} | cell
    plain = opened(tmp_path, "LSTM", weights, "2.4.0", **config)
    x = noise(2, STEPS, FEATURES)
    expected = ours(plain, x)
    turned = sequential(
        layer("InputLayer", "source", batch_input_shape=[None, None, FEATURES], dtype="float32"),
        layer(
            "LSTM",
            "one",
            units=UNITS,
            return_sequences=True,
            time_major=True,
            **({"activation": "tanh"} | config),
        ),
    )
    model = read_model(write_h5(tmp_path / "turned.h5", turned, {"one": weights}, "2.4.0"))
    np.testing.assert_allclose(ours(model, x.transpose(1, 0, 2)).transpose(1, 0, 2), expected, atol=1e-6)


@pytest.mark.parametrize("said", [{}, {"reset_after": False}])
def test_a_gru_before_reset_after(said: dict[str, Any], tmp_path: Path) -> None:
    """Keras before 2.1 did not have the setting."""
    weights = {"kernel": noise(FEATURES, 12), "recurrent_kernel": noise(UNITS, 12), "bias": noise(12)}
    model = opened(tmp_path, "GRU", weights, recurrent_activation="hard_sigmoid", **said)
    x = 3 * noise(2, STEPS, FEATURES)
    expected = gru(x, *weights.values(), old_hard_sigmoid, after=False)
    np.testing.assert_allclose(ours(model, x), expected, atol=2e-6)


def by_cudnn(kernel: Array, recurrent: Array, gates: int) -> tuple[Array, Array]:
    """Kernels as cuDNN keeps them: each gate's matrix by columns, the recurrent ones transposed."""
    columns = [part.ravel(order="F").reshape(part.shape) for part in np.split(kernel, gates, axis=1)]
    turned = [part.T for part in np.split(recurrent, gates, axis=1)]
    return np.concatenate(columns, axis=1), np.concatenate(turned, axis=1)


@pytest.mark.parametrize("kind", ["CuDNNLSTM", "LSTM"])
def test_weights_of_cudnn_in_an_lstm(kind: str, tmp_path: Path) -> None:
    """Keras takes them for its own LSTM too."""
    kernel, recurrent, biases = noise(FEATURES, 16), noise(UNITS, 16), noise(32)
    stored = dict(
        zip(("kernel", "recurrent_kernel", "bias"), (*by_cudnn(kernel, recurrent, 4), biases), strict=True)
    )
    model = opened(tmp_path, kind, stored, **({"recurrent_activation": "sigmoid"} if kind == "LSTM" else {}))
    x = noise(2, STEPS, FEATURES)
    expected = lstm(x, kernel, recurrent, biases[:16] + biases[16:])
    np.testing.assert_allclose(ours(model, x), expected, atol=1e-6)
    # What is shown is what the file holds.
    np.testing.assert_array_equal(model.layers[0].weights[0].numpy(), stored["kernel"])


@pytest.mark.parametrize("kind", ["CuDNNGRU", "GRU"])
def test_weights_of_cudnn_in_a_gru(kind: str, tmp_path: Path) -> None:
    kernel, recurrent, biases = noise(FEATURES, 12), noise(UNITS, 12), noise(24)
    stored = dict(
        zip(("kernel", "recurrent_kernel", "bias"), (*by_cudnn(kernel, recurrent, 3), biases), strict=True)
    )
    config = {"recurrent_activation": "sigmoid", "reset_after": True} if kind == "GRU" else {}
    model = opened(tmp_path, kind, stored, **config)
    x = noise(2, STEPS, FEATURES)
    expected = gru(x, kernel, recurrent, biases.reshape(2, -1), sigmoid, after=True)
    np.testing.assert_allclose(ours(model, x), expected, atol=1e-6)


@pytest.mark.parametrize("activation", ["tanh", "swish"])
def test_cudnn_weights_on_both_roads(activation: str, tmp_path: Path) -> None:
    """Swish is not among the functions of ONNX' operators."""
    kernel, recurrent, bias = noise(FEATURES, 12), noise(UNITS, 12), noise(24)
    names = ("kernel", "recurrent_kernel", "bias")
    config = {"recurrent_activation": "sigmoid", "reset_after": True, "activation": activation}
    stored = dict(zip(names, (*by_cudnn(kernel, recurrent, 3), bias), strict=True))
    plain = dict(zip(names, (kernel, recurrent, bias.reshape(2, -1)), strict=True))
    x = noise(2, STEPS, FEATURES)
    expected = ours(opened(tmp_path, "GRU", plain, **config), x)
    np.testing.assert_allclose(ours(opened(tmp_path, "GRU", stored, **config), x), expected, atol=1e-6)


def both_ways(path: Path, steps: str, cells: str) -> Model:
    """As Keras 2 writes it: one layer in the configuration, two in the weights."""
    inner = {
        "units": UNITS,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "return_sequences": True,
    }
    wrapped = {"class_name": "LSTM", "config": {"name": "lstm_1", "use_bias": True, **inner}}
    model = sequential(
        layer(
            "Bidirectional",
            "one",
            batch_input_shape=[None, STEPS, FEATURES],
            layer=wrapped,
            merge_mode="concat",
        )
    )
    weights = {
        f"{prefix}_lstm_1/{cells}{name}": noise(*shape, seed=seed)
        for seed, prefix in enumerate(("forward", "backward"))
        for name, shape in (("kernel", (FEATURES, 16)), ("recurrent_kernel", (UNITS, 16)), ("bias", (16,)))
    }
    return read_model(write_h5(path / "both.h5", model, {"one": weights}, steps))


@pytest.mark.parametrize(("version", "cells"), [("2.2.4", ""), ("2.4.0", "lstm_cell_7/")])
def test_both_ways_as_keras_2_writes_it(version: str, cells: str, tmp_path: Path) -> None:
    model = both_ways(tmp_path, version, cells)
    x = noise(2, STEPS, FEATURES)
    one, other = (
        (noise(FEATURES, 16, seed=seed), noise(UNITS, 16, seed=seed), noise(16, seed=seed)) for seed in (0, 1)
    )
    expected = np.concatenate([lstm(x, *one), lstm(x[:, ::-1], *other)[:, ::-1]], axis=-1)
    np.testing.assert_allclose(ours(model, x), expected, atol=1e-6)
    assert len({weight.name for weight in model.layers[0].weights}) == 6


def test_both_ways_as_keras_1_writes_it(tmp_path: Path) -> None:
    """A kernel, a recurrent kernel and a bias for each gate of each layer, listed as i, c, f, o."""
    inner = {"name": "lstm_1", "output_dim": UNITS, "inner_activation": "hard_sigmoid", "activation": "tanh"}
    wrapped = {"class_name": "LSTM", "config": {**inner, "return_sequences": True}}
    shape = [None, STEPS, FEATURES]
    model = sequential(
        layer("Bidirectional", "one", batch_input_shape=shape, layer=wrapped, merge_mode="sum")
    )
    kinds = {"W": (FEATURES, UNITS), "U": (UNITS, UNITS), "b": (UNITS,)}
    weights = {
        f"{way}_lstm_1_{kind}_{gate}": noise(*size, seed=ord(gate) + at)
        for at, way in enumerate(("forward", "backward"))
        for gate in "icfo"
        for kind, size in kinds.items()
    }
    x = 3 * noise(2, *shape[1:])
    results = []
    for way, turn in (("forward", 1), ("backward", -1)):
        own = [
            np.concatenate([weights[f"{way}_lstm_1_{kind}_{gate}"] for gate in "ifco"], -1) for kind in kinds
        ]
        results.append(lstm(x[:, ::turn], *own, old_hard_sigmoid)[:, ::turn])
    path = write_h5(tmp_path / "both.h5", model, {"one": weights}, "1.2.2")
    np.testing.assert_allclose(ours(read_model(path), x), sum(results), atol=2e-6)


def test_a_layer_over_steps_whose_name_the_weights_leave_out(tmp_path: Path) -> None:
    wrapped = {"class_name": "Dense", "config": {"name": "dense_3", "units": 2, "activation": "linear"}}
    model = sequential(
        layer("TimeDistributed", "one", batch_input_shape=[None, STEPS, FEATURES], layer=wrapped)
    )
    kernel, bias = noise(FEATURES, 2), noise(2)
    path = write_h5(tmp_path / "steps.h5", model, {"one": {"kernel": kernel, "bias": bias}})
    x = noise(2, STEPS, FEATURES)
    np.testing.assert_allclose(ours(read_model(path), x), x @ kernel + bias, atol=1e-6)


def refused(path: Path, said: str, kind: str = "LSTM", **config: Any) -> None:
    weights = {"kernel": noise(FEATURES, 16), "recurrent_kernel": noise(UNITS, 16), "bias": noise(16)}
    settings = {
        "units": UNITS,
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
    } | config
    shape = config.pop("shape", [None, STEPS, FEATURES])
    model = sequential(layer(kind, "one", batch_input_shape=shape, **settings))
    (only,) = read_model(write_h5(path / "model.h5", model, {"one": weights})).layers
    assert said in str(only.reason)


CELL = {"class_name": "LSTMCell", "config": {"units": UNITS}}


@pytest.mark.parametrize(
    ("said", "kind", "config"),
    [
        ("has the shape (3, 16)", "LSTM", {"units": 2**30}),
        ("must be positive", "LSTM", {"units": 0}),
        ("not a whole number", "GRU", {"units": "many"}),
        ("is not yes or no", "LSTM", {"return_sequences": "maybe"}),
        ("is not yes or no", "GRU", {"reset_after": 1}),
        ("activation oops is not known", "LSTM", {"activation": "oops"}),
        ("never run", "LSTM", {"activation": {"class_name": "__lambda__", "config": {"value": "x"}}}),
        ("makes 2 units of 4", "LSTM", {"activation": "glu"}),
        ("3 are needed", "LSTM", {"shape": [None, FEATURES]}),
        ("3 are needed", "LSTM", {"shape": [None, 2, 2, FEATURES]}),
        ("last axis is not in the file", "LSTM", {"shape": [None, STEPS, None]}),
        ("called with constants", "RNN", {"cell": CELL, "num_constants": 1}),
        ("does not describe a layer", "RNN", {}),
        ("does not describe a layer", "RNN", {"cell": [7]}),
        ("its cell MyCell is not known", "RNN", {"cell": {"class_name": "MyCell", "config": {}}}),
        ("cell LSTMCell is not known", "RNN", {"cell": {**CELL, "module": "mine"}}),
        ("not a list of cells", "RNN", {"cell": {"class_name": "StackedRNNCells", "config": {"cells": []}}}),
        (
            "cell StackedRNNCells is not known",
            "RNN",
            {"cell": [{"class_name": "StackedRNNCells", "config": {"cells": [CELL]}}]},
        ),
        ("setting layer does not describe", "Bidirectional", {"layer": "LSTM"}),
        ("class Dense", "Bidirectional", {"layer": {"class_name": "Dense", "config": {"units": 4}}}),
        ("does not describe a layer", "TimeDistributed", {"layer": None}),
        ("its class Mine is not known", "TimeDistributed", {"layer": {"class_name": "Mine", "config": {}}}),
        ("hidden in the file", "TimeDistributed", {"layer": {"class_name": "Lambda", "config": {}}}),
        ("5 are needed", "ConvLSTM2D", {"filters": 4, "kernel_size": 1}),
        ("are not in the file", "ConvLSTM1D", {"filters": 4, "kernel_size": 1, "shape": [None, 3, None, 2]}),
        ("larger than its input", "ConvLSTM1D", {"filters": 4, "kernel_size": 9, "shape": [None, 3, 5, 2]}),
    ],
)
def test_what_cannot_run_says_why(said: str, kind: str, config: dict[str, Any], tmp_path: Path) -> None:
    refused(tmp_path, said, kind, **config)


@pytest.mark.parametrize(
    ("mode", "said"),
    [("product", "merge_mode 'product' is not known"), (["sum"], "merge_mode is not a word")],
)
def test_an_unknown_way_to_merge(mode: Any, said: str, tmp_path: Path) -> None:
    cell = {"units": UNITS, "activation": "tanh", "recurrent_activation": "sigmoid"}
    wrapped = {"class_name": "LSTM", "config": {"name": "lstm", **cell}}
    model = sequential(
        layer(
            "Bidirectional", "one", batch_input_shape=[None, STEPS, FEATURES], layer=wrapped, merge_mode=mode
        )
    )
    weights = {
        f"{prefix}_lstm/{name}": noise(*shape)
        for prefix in ("forward", "backward")
        for name, shape in (("kernel", (FEATURES, 16)), ("recurrent_kernel", (UNITS, 16)), ("bias", (16,)))
    }
    (only,) = read_model(write_h5(tmp_path / "both.h5", model, {"one": weights})).layers
    assert said in str(only.reason)
    assert len(only.weights) == 6
