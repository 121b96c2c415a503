"""Files of Keras 1, and of Keras on Theano, made by hand; numbers worked out in plain numpy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from explorer3d.formats import read_model
from explorer3d.formats.keras.keras_1 import modern
from tests.formats.keras_files import layer, result, sequential, write_h5

NOISE = np.random.default_rng(1)


def noise(*shape: int) -> np.ndarray:
    return NOISE.normal(0, 1, shape).astype(np.float32)


def correlated(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A valid 2D convolution as two loops: x (N, H, W, C), kernel (h, w, C, K)."""
    high, wide = kernel.shape[:2]
    places = (x.shape[1] - high + 1, x.shape[2] - wide + 1)
    found = np.zeros((x.shape[0], *places, kernel.shape[3]))
    for row in range(high):
        for column in range(wide):
            piece = x[:, row : row + places[0], column : column + places[1]]
            found += piece.astype(np.float64) @ kernel[row, column]
    return found


def write(
    path: Path, config: dict[str, Any], weights: dict[str, dict[str, np.ndarray]], **attrs: str
) -> Path:
    """As Keras 1 saves a model: a layer's tensors lie in its group, under names without slashes."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        for key, value in attrs.items():
            file.attrs[key] = value
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, tensors in weights.items():
            own = group.create_group(name)
            own.attrs["weight_names"] = [key.encode() for key in tensors]
            for key, array in tensors.items():
                own[key] = array
    return path


def named(name: str, parameters: bool, **tensors: np.ndarray) -> dict[str, np.ndarray]:
    """Names of Keras 1: ``conv_W`` or, in its very first versions, ``param_0``."""
    return {
        f"param_{at}" if parameters else f"{name}_{key}": array
        for at, (key, array) in enumerate(tensors.items())
    }


@pytest.mark.parametrize("parameters", [False, True])
@pytest.mark.parametrize("order", ["tf", "th"])
def test_a_convolutional_network(order: str, parameters: bool, tmp_path: Path) -> None:
    """All settings were called otherwise; kernels of Theano's order are (out, in, rows, columns)."""
    first, bias = noise(3, 2, 2, 4), noise(4)
    gamma, beta, mean, variance = noise(4), noise(4), noise(4), np.abs(noise(4)) + 0.5
    dense = noise(5 * 2 * 4, 3)
    shape = [None, 7, 6, 2] if order == "tf" else [None, 2, 7, 6]
    config = {
        "class_name": "Sequential",
        "keras_version": "1.2.2",
        "config": [
            {"class_name": name, "config": settings}
            for name, settings in [
                ("ZeroPadding2D", {"name": "pad", "batch_input_shape": shape, "padding": [1, 0, 0, 0],
                                   "dim_ordering": order, "input_dtype": "float32", "trainable": True}),
                ("Convolution2D", {"name": "conv", "nb_filter": 4, "nb_row": 3, "nb_col": 2,
                                   "subsample": [1, 1], "border_mode": "valid", "dim_ordering": order,
                                   "init": "glorot_uniform", "activation": "relu", "bias": True,
                                   "W_regularizer": None, "b_regularizer": None}),
                ("BatchNormalization", {"name": "norm", "mode": 0, "axis": -1 if order == "tf" else 1,
                                        "epsilon": 0.01, "momentum": 0.99}),
                ("MaxPooling2D", {"name": "pool", "pool_size": [2, 2], "strides": [1, 2],
                                  "border_mode": "valid", "dim_ordering": order}),
                ("Dropout", {"name": "drop", "p": 0.5}),
                ("Flatten", {"name": "flat"}),
                ("Dense", {"name": "last", "output_dim": 3, "activation": "softmax", "bias": False,
                           "init": "glorot_uniform", "input_dim": None}),
            ]
        ],
    }  # fmt: skip
    kernel = first if order == "tf" else np.ascontiguousarray(first.transpose(3, 2, 0, 1))
    path = write(
        tmp_path / "m.h5",
        config,
        {
            "pad": {},
            "conv": named("conv", parameters, W=kernel, b=bias),
            "norm": named(
                "norm", parameters, gamma=gamma, beta=beta, running_mean=mean, running_std=variance
            ),
            "last": named("last", parameters, W=dense),
        },
    )
    model = read_model(path)
    assert not model.notes
    assert [one.op for one in model.layers][1] == "Conv2D"
    assert [one.name for one in model.layer_by_name["norm"].weights] == [
        "gamma", "beta", "moving_mean", "moving_variance",
    ]  # fmt: skip
    x = noise(2, 7, 6, 2)
    y = np.pad(x, ((0, 0), (1, 0), (0, 0), (0, 0)))
    y = np.maximum(correlated(y, first) + bias, 0)
    y = (y - mean) / np.sqrt(variance + 0.01) * gamma + beta
    # Windows of 2×2, one down and two across.
    y = np.maximum(y[:, :-1], y[:, 1:])
    y = np.maximum(y[:, :, 0:4:2], y[:, :, 1:5:2])
    assert y.shape == (2, 5, 2, 4)
    flat = y.reshape(2, -1) if order == "tf" else y.transpose(0, 3, 1, 2).reshape(2, -1)
    scores = np.exp(flat @ dense)
    expected = scores / scores.sum(axis=-1, keepdims=True)
    fed = x if order == "tf" else np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    np.testing.assert_allclose(result(model, pad_input=fed), expected, rtol=1e-4, atol=1e-5)


def test_a_functional_network_with_merges(tmp_path: Path) -> None:
    """``Merge`` was one class with a mode; all weights lie in one group of the network inside."""
    shared, inner = noise(3, 3), noise(3, 2)

    def node(*sources: tuple[str, int]) -> list[list[Any]]:
        return [[name, call, 0] for name, call in sources]

    def entry(class_name: str, name: str, nodes: list[Any], **config: Any) -> dict[str, Any]:
        return layer(class_name, name, **config) | {"inbound_nodes": nodes}

    within = {
        "class_name": "Sequential",
        "name": "inside",
        "config": [
            {
                "class_name": "Dense",
                "config": {
                    "name": "dense_7", "batch_input_shape": [None, 3], "output_dim": 2,
                    "activation": "linear", "bias": False,
                },
            },
            {"class_name": "Activation", "config": {"name": "act", "activation": "relu"}},
        ],
        "inbound_nodes": [node(("sum", 0))],
    }  # fmt: skip
    layers = [
        entry("InputLayer", "a", [], batch_input_shape=[None, 3], input_dtype="float32"),
        entry("InputLayer", "b", [], batch_input_shape=[None, 3], input_dtype="float32"),
        entry("Dense", "shared", [node(("a", 0)), node(("b", 0))], output_dim=3, activation="linear",
              bias=False),
        entry("Merge", "sum", [node(("shared", 0), ("shared", 1))], mode="sum", mode_type="raw",
              concat_axis=-1, dot_axes=-1),
        within,
        entry("Merge", "all", [node(("inside", 0), ("a", 0))], mode="concat", mode_type="raw", concat_axis=-1,
              dot_axes=-1),
    ]  # fmt: skip
    config = {
        "class_name": "Model",
        "keras_version": "1.1.0",
        "config": {
            "name": "m", "layers": layers, "input_layers": [["a", 0, 0], ["b", 0, 0]],
            "output_layers": [["all", 0, 0]],
        },
    }  # fmt: skip
    path = write(
        tmp_path / "m.h5",
        config,
        {"shared": {"shared_W": shared}, "inside": {"dense_7_W": inner}},
        keras_version="1.1.0",
    )
    model = read_model(path)
    assert (model.producer, model.notes) == ("Keras 1.1.0", ())
    a, b = noise(4, 3), noise(4, 3)
    expected = np.concatenate([np.maximum((a @ shared + b @ shared) @ inner, 0), a], axis=-1)
    np.testing.assert_allclose(result(model, a=a, b=b), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("version", ["1.2.2", "2.1.0"])
def test_theano_convolves_where_others_correlate(version: str, tmp_path: Path) -> None:
    kernel = noise(3, 2, 2, 4)
    config = sequential(
        layer("Conv2D", "conv", batch_input_shape=[None, 7, 6, 2], filters=4, kernel_size=[3, 2],
              strides=[1, 1], padding="valid", activation="linear", use_bias=False)
    )  # fmt: skip
    path = write_h5(tmp_path / "m.h5", config, {"conv": {"kernel": kernel}}, version)
    with h5py.File(path, "r+") as file:
        file.attrs["backend"] = "theano"
    model = read_model(path)
    x = noise(2, 7, 6, 2)
    np.testing.assert_allclose(
        result(model, conv_input=x), correlated(x, kernel[::-1, ::-1]), rtol=1e-4, atol=1e-4
    )
    (shown,) = model.layers[0].weights
    np.testing.assert_array_equal(shown.numpy(), kernel[::-1, ::-1])


def test_weights_only_of_keras_1_with_a_configuration(tmp_path: Path) -> None:
    """One-dimensional kernels had an axis of one more."""
    kernel, bias = noise(3, 1, 2, 4), noise(4)
    config = sequential(
        layer("Convolution1D", "conv", batch_input_shape=[None, 8, 2], nb_filter=4, filter_length=3,
              subsample_length=2, border_mode="valid", activation="linear", bias=True)
    )  # fmt: skip
    (tmp_path / "net.json").write_text(json.dumps(config))
    with h5py.File(tmp_path / "net_weights.h5", "w") as file:
        file.attrs["layer_names"] = [b"conv"]
        file.create_group("conv").attrs["weight_names"] = [b"conv_W", b"conv_b"]
        file["conv/conv_W"], file["conv/conv_b"] = kernel, bias
    model = read_model(tmp_path / "net.json")
    x = noise(2, 8, 2)
    expected = sum(x[:, row : row + 5 : 2] @ kernel[row, 0] for row in range(3)) + bias
    np.testing.assert_allclose(result(model, conv_input=x), expected, rtol=1e-4, atol=1e-5)


RENAMED = [
    ("Convolution3D", {"nb_filter": 2, "kernel_dim1": 3, "kernel_dim2": 4, "kernel_dim3": 5,
                       "subsample": [1, 2, 1], "dim_ordering": "tf"},
     "Conv3D", {"filters": 2, "kernel_size": [3, 4, 5], "strides": [1, 2, 1],
                "data_format": "channels_last"}),
    ("AtrousConvolution2D", {"nb_filter": 2, "nb_row": 3, "nb_col": 4, "atrous_rate": [2, 1],
                             "border_mode": "same", "dim_ordering": "th"},
     "Conv2D", {"filters": 2, "kernel_size": [3, 4], "dilation_rate": [2, 1], "padding": "same",
                "data_format": "channels_first"}),
    ("SeparableConvolution2D", {"nb_filter": 2, "nb_row": 3, "nb_col": 4},
     "SeparableConv2D", {"filters": 2, "kernel_size": [3, 4]}),
    ("Deconvolution2D", {"nb_filter": 2, "nb_row": 3, "nb_col": 4},
     "Conv2DTranspose", {"filters": 2, "kernel_size": [3, 4]}),
    ("MaxPooling1D", {"pool_length": 2, "stride": 1, "border_mode": "valid"},
     "MaxPooling1D", {"pool_size": 2, "strides": 1, "padding": "valid"}),
    ("UpSampling1D", {"length": 3}, "UpSampling1D", {"size": 3}),
    ("SpatialDropout2D", {"p": 0.5, "dim_ordering": "tf"},
     "SpatialDropout2D", {"rate": 0.5, "data_format": "channels_last"}),
    ("GaussianNoise", {"sigma": 0.1}, "GaussianNoise", {"stddev": 0.1}),
    ("TimeDistributedDense", {"output_dim": 4, "bias": False}, "Dense", {"units": 4, "use_bias": False}),
    ("LSTM", {"output_dim": 4, "inner_activation": "hard_sigmoid"},
     "LSTM", {"units": 4, "recurrent_activation": "hard_sigmoid"}),
    ("ZeroPadding2D", {"padding": {"top_pad": 1, "right_pad": 2}},
     "ZeroPadding2D", {"padding": [[1, 0], [0, 2]]}),
    ("ZeroPadding2D", {"padding": [1, 2], "dim_ordering": "tf"},
     "ZeroPadding2D", {"padding": [1, 2], "data_format": "channels_last"}),
    ("Merge", {"mode": "cos", "dot_axes": [1, 1], "mode_type": "raw"},
     "Dot", {"axes": [1, 1], "normalize": True, "name": None}),
    ("Merge", {"mode": "ave"}, "Average", {"name": None}),
    # A function in place of a mode is code, and stays what it is.
    ("Merge", {"mode": "4wEAAAAA", "mode_type": "lambda"},
     "Merge", {"mode": "4wEAAAAA", "mode_type": "lambda"}),
    ("BatchNormalization", {"mode": 2, "axis": -1}, "BatchNormalization(mode=2)", {"axis": -1}),
    # Later versions know these words too, and mean the same.
    ("Embedding", {"input_dim": 7, "output_dim": 3}, "Embedding", {"input_dim": 7, "output_dim": 3}),
    ("Dense", {"units": 3, "use_bias": True}, "Dense", {"units": 3, "use_bias": True}),
]  # fmt: skip


@pytest.mark.parametrize(("class_name", "config", "name", "expected"), RENAMED)
def test_every_name_that_changed(
    class_name: str, config: dict[str, Any], name: str, expected: dict[str, Any]
) -> None:
    entry = {"class_name": class_name, "config": config}
    assert modern(entry) == {"class_name": name, "config": expected}
    wrapped = modern({"class_name": "TimeDistributed", "config": {"layer": entry}})
    assert wrapped["config"]["layer"] == {"class_name": name, "config": expected}
    # A class of the author's own may be called alike.
    own = {"class_name": class_name, "config": config, "module": "mine"}
    assert modern(own) == own


@pytest.mark.parametrize("class_name", ["LSTM", "GRU", "SimpleRNN"])
def test_recurrent_weights_that_lay_apart(class_name: str, tmp_path: Path) -> None:
    """Kernel, recurrent kernel and bias of each gate; Keras 1 listed an LSTM's as i, c, f, o."""
    gates = {"LSTM": "icfo", "GRU": "zrh", "SimpleRNN": ""}[class_name]
    order = {"LSTM": "ifco", "GRU": "zrh", "SimpleRNN": ""}[class_name]
    parts = {
        f"rnn_{kind}{gate and '_' + gate}": noise(*shape)
        for gate in gates or [""]
        for kind, shape in (("W", (5, 3)), ("U", (3, 3)), ("b", (3,)))
    }
    config = sequential(
        layer(class_name, "rnn", batch_input_shape=[None, 6, 5], output_dim=3, activation="tanh",
              inner_activation="hard_sigmoid", return_sequences=False, go_backwards=False)
    )  # fmt: skip
    model = read_model(write(tmp_path / "m.h5", config, {"rnn": parts}, keras_version="1.2.2"))
    found = {weight.name: weight.numpy() for weight in model.layers[0].weights}
    for kind, name in (("W", "kernel"), ("U", "recurrent_kernel"), ("b", "bias")):
        expected = [parts[f"rnn_{kind}{gate and '_' + gate}"] for gate in order or [""]]
        np.testing.assert_array_equal(found[name], np.concatenate(expected, axis=-1))
