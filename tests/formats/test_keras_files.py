"""The file layouts, by files made by hand and numbers worked out in plain numpy."""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx_ir as ir
import onnxruntime
import pytest

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.formats.keras_files import layer, sequential, write_h5, write_keras

NOISE = np.random.default_rng(7)


def noise(*shape: int) -> np.ndarray:
    return NOISE.normal(0, 1, shape).astype(np.float32)


def outputs(model: Model, **feeds: np.ndarray) -> dict[str, np.ndarray]:
    proto = ir.to_proto(model.ir)
    del proto.graph.output[:]
    for one in model.layers:
        proto.graph.output.add().name = one.outputs[0].value
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return dict(zip((one.name for one in model.layers), session.run(None, feeds), strict=True))


def correlated(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """A valid 2D convolution as two loops: x (N, H, W, C), kernel (h, w, C, K)."""
    high, wide = kernel.shape[:2]
    places = (x.shape[1] - high + 1, x.shape[2] - wide + 1)
    result = np.zeros((x.shape[0], *places, kernel.shape[3]))
    for row in range(high):
        for column in range(wide):
            piece = x[:, row : row + places[0], column : column + places[1]]
            result += piece.astype(np.float64) @ kernel[row, column]
    return result


def test_a_file_of_keras_2(tmp_path: Path) -> None:
    """The layout of 2.2.4: no input layer, the shape on the first layer, names ending in :0."""
    kernel, bias = noise(3, 2, 2, 4), noise(4)
    gamma, beta, mean, variance = noise(4), noise(4), noise(4), np.abs(noise(4)) + 0.5
    dense = noise(5 * 6 * 4, 3)
    path = write_h5(
        tmp_path / "model.h5",
        sequential(
            layer("Conv2D", "conv2d_1", batch_input_shape=[None, 7, 7, 2], dtype="float32", filters=4,
                  kernel_size=[3, 2], strides=[1, 1], padding="valid", data_format="channels_last",
                  dilation_rate=[1, 1], activation="relu", use_bias=True),
            layer("BatchNormalization", "norm", axis=-1, epsilon=0.01, center=True, scale=True),
            layer("Activation", "gate", activation="hard_sigmoid"),
            layer("Flatten", "flatten_1", data_format="channels_last"),
            layer("Dense", "dense_1", units=3, activation="linear", use_bias=False),
        ),
        {
            "conv2d_1": {"kernel": kernel, "bias": bias},
            "norm": {"gamma": gamma, "beta": beta, "moving_mean": mean, "moving_variance": variance},
            "dense_1": {"kernel": dense},
        },
    )  # fmt: skip
    model = read_model(path)
    assert (model.format, model.producer) == ("keras-h5", "Keras 2.2.4")
    assert [port.value for port in model.inputs] == ["conv2d_1_input"]
    assert [one.op for one in model.layers] == [
        "Conv2D",
        "BatchNormalization",
        "Activation",
        "Flatten",
        "Dense",
    ]
    x = noise(2, 7, 7, 2)
    found = outputs(model, conv2d_1_input=x)
    conv = np.maximum(correlated(x, kernel) + bias, 0)
    norm = (conv - mean) / np.sqrt(variance + 0.01) * gamma + beta
    # Keras 2: a fifth of x plus a half, between 0 and 1.
    gate = np.clip(0.2 * norm + 0.5, 0, 1)
    assert 0 < (gate == 0).mean() < 1 and 0 < (gate == 1).mean() < 1
    expected = {
        "conv2d_1": conv, "norm": norm, "gate": gate,
        "flatten_1": gate.reshape(2, -1), "dense_1": gate.reshape(2, -1) @ dense,
    }  # fmt: skip
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-4 * np.abs(value).max())
    assert [weight.name for weight in model.layers[1].weights] == [
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    ]
    np.testing.assert_array_equal(model.layers[0].weights[0].numpy(), kernel)


def test_layers_of_keras_2_whose_settings_or_weights_were_renamed(tmp_path: Path) -> None:
    depthwise = noise(1, 1, 3, 2)
    path = write_h5(
        tmp_path / "model.h5",
        sequential(
            layer("InputLayer", "picture", batch_input_shape=[None, 4, 5, 3], dtype="float32"),
            layer("DepthwiseConv2D", "depth", kernel_size=[1, 1], depth_multiplier=2, use_bias=False),
            layer("LeakyReLU", "leaky", alpha={"type": "ndarray", "value": 0.25}),
            layer("ThresholdedReLU", "threshold", theta=0.5),
            layer("ReLU", "capped", max_value=1.0, negative_slope=0.0, threshold=0.0),
        ),
        {"depth": {"depthwise_kernel": depthwise}},
    )
    model = read_model(path)
    x = noise(1, 4, 5, 3)
    found = outputs(model, picture=x)
    # Output channel 2c + m is input channel c times kernel (c, m).
    expected = np.repeat(x, 2, axis=-1) * depthwise.reshape(6)
    np.testing.assert_allclose(found["depth"], expected, rtol=1e-5)
    expected = np.where(expected > 0, expected, 0.25 * expected)
    np.testing.assert_allclose(found["leaky"], expected, rtol=1e-5)
    expected = np.where(expected > 0.5, expected, 0)
    np.testing.assert_allclose(found["threshold"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["capped"], np.minimum(expected, 1), rtol=1e-5)
    assert [weight.name for weight in model.layers[0].weights] == ["depthwise_kernel"]


def test_a_functional_file_of_keras_2_with_layers_out_of_order(tmp_path: Path) -> None:
    kernel = noise(3, 3)

    def node(*sources: tuple[str, int]) -> list[list[Any]]:
        return [[name, call, 0, {}] for name, call in sources]

    layers = [
        layer("Add", "sum") | {"inbound_nodes": [node(("twice", 1), ("a", 0))]},
        layer("InputLayer", "a", batch_input_shape=[None, 3], dtype="float32") | {"inbound_nodes": []},
        layer("Dense", "twice", units=3, activation="relu", use_bias=False)
        | {"inbound_nodes": [node(("a", 0)), node(("twice", 0))]},
    ]
    config = {
        "class_name": "Model",
        "config": {
            "name": "m", "layers": layers, "input_layers": [["a", 0, 0]],
            "output_layers": [["sum", 0, 0], ["twice", 0, 0]],
        },
    }  # fmt: skip
    model = read_model(write_h5(tmp_path / "model.hdf5", config, {"twice": {"kernel": kernel}}))
    assert [one.name for one in model.layers] == ["twice", "twice#2", "sum"]
    assert [port.source for port in model.outputs] == ["sum", "twice"]
    x = noise(2, 3)
    found = outputs(model, a=x)
    once = np.maximum(x @ kernel, 0)
    twice = np.maximum(once @ kernel, 0)
    np.testing.assert_allclose(found["sum"], twice + x, rtol=1e-5, atol=1e-6)


DENSE = sequential(
    layer("InputLayer", "x", batch_shape=[None, 400], dtype="float32"),
    layer("Dense", "one", units=300, activation="linear", use_bias=True),
    layer("Dense", "two", units=2, activation="linear", use_bias=False),
)


@pytest.mark.parametrize(
    "storage",
    [
        {},
        {"compression": "gzip"},
        {"chunks": True, "shuffle": True, "fletcher32": True},
        {"dtype": ">f4"},
        {"dtype": "float64"},
        {"dtype": "float16"},
    ],
)
def test_every_way_hdf5_stores_an_array(storage: dict[str, Any], tmp_path: Path) -> None:
    # Sixteenths are exact in half precision too.
    kernel, bias, second = (np.round(noise(*shape) * 16) / 16 for shape in ((400, 300), (300,), (300, 2)))
    path = tmp_path / "model.h5"
    write_h5(path, DENSE, {"one": {"kernel": kernel, "bias": bias}, "two": {"kernel": second}}, **storage)
    model = read_model(path)
    np.testing.assert_array_equal(model.layers[0].weights[0].numpy(), kernel)
    x = noise(2, 400)
    np.testing.assert_allclose(outputs(model, x=x)["two"], (x @ kernel + bias) @ second, rtol=1e-3, atol=0.05)


@pytest.mark.parametrize("root", ["layers", "_layer_checkpoint_dependencies"])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_way_a_zip_stores_its_members(compression: int, root: str, tmp_path: Path) -> None:
    kernel, bias, second = noise(400, 300), noise(300), noise(300, 2)
    path = tmp_path / "model.keras"
    write_keras(path, DENSE, {"dense": [kernel, bias], "dense_1": [second]}, compression, root)
    model = read_model(path)
    assert (model.format, model.producer) == ("keras-zip", "Keras 3.0.0")
    assert [weight.name for weight in model.layers[0].weights] == ["kernel", "bias"]
    np.testing.assert_array_equal(model.layers[0].weights[0].numpy(), kernel)
    x = noise(2, 400)
    np.testing.assert_allclose(outputs(model, x=x)["two"], (x @ kernel + bias) @ second, rtol=1e-4, atol=1e-2)


def test_large_weights_stay_in_the_file(tmp_path: Path) -> None:
    kernel = noise(400, 300)
    path = tmp_path / "model.h5"
    write_h5(path, DENSE, {"one": {"kernel": kernel, "bias": noise(300)}, "two": {"kernel": noise(300, 2)}})
    model = read_model(path)
    shown = model.layers[0].weights[0].numpy()
    used = model.ir.graph.initializers["one/kernel"].const_value
    assert used is not None
    assert np.shares_memory(shown, used.numpy())
    owner: Any = shown
    while isinstance(owner, np.ndarray):
        owner = owner.base
    assert isinstance(owner, mmap.mmap)
    assert not shown.flags.writeable


def test_names_too_many_for_one_attribute(tmp_path: Path) -> None:
    """Keras splits a long list of weight names over weight_names0, weight_names1, ..."""
    kernel, bias, second = noise(400, 300), noise(300), noise(300, 2)
    path = tmp_path / "model.h5"
    write_h5(path, DENSE, {"one": {"kernel": kernel, "bias": bias}, "two": {"kernel": second}})
    with h5py.File(path, "r+") as file:
        attributes = file["model_weights/one"].attrs
        names = attributes["weight_names"]
        del attributes["weight_names"]
        attributes["weight_names0"], attributes["weight_names1"] = names[:1], names[1:]
    assert [weight.name for weight in read_model(path).layers[0].weights] == ["kernel", "bias"]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"kernel": noise(400, 299), "bias": noise(300)}, "weight kernel has the shape (400, 299)"),
        ({"kernel": noise(400, 300)}, "holds 1 weights"),
        ({"kernel": noise(400, 300), "bias": noise(300), "more": noise(3)}, "holds 3 weights"),
        ({"kernel": noise(400, 300), "offset": noise(300)}, "weight bias is not in the file"),
        ({"kernel": np.ones((400, 300), np.int32), "bias": noise(300)}, "stored as int32"),
    ],
)
def test_weights_that_do_not_fit_their_layer(
    weights: dict[str, np.ndarray], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.h5"
    write_h5(path, DENSE, {"one": weights, "two": {"kernel": noise(300, 2)}})
    model = read_model(path)
    assert said in str(model.layers[0].reason)
    assert [one.runnable for one in model.layers] == [False, False]
    assert [weight.name for weight in model.layers[0].weights] == list(weights)


SETTINGS = [
    ({"filters": "many"}, "filters"),
    ({"filters": 0}, "filters"),
    ({"kernel_size": [3]}, "kernel_size"),
    ({"kernel_size": [3, -1]}, "kernel_size"),
    ({"strides": [0, 1]}, "strides"),
    ({"strides": {"a": {}}}, "strides"),
    ({"padding": "around"}, "padding"),
    ({"padding": 7}, "padding"),
    ({"groups": 2}, "groups"),
    ({"data_format": "sideways"}, "data_format"),
    ({"use_bias": "perhaps"}, "use_bias"),
    ({"activation": "wished"}, "wished"),
    ({"activation": {"class_name": "function", "config": "my_function"}}, "my_function"),
    ({"activation": {"config": {"config": 1}}}, "activation"),
    ({"strides": [2**70, 1]}, "strides"),
    ({"kernel_size": [9, 9]}, "larger than its input"),
]


@pytest.mark.parametrize(("wrong", "said"), SETTINGS)
def test_a_setting_that_makes_no_sense_is_named(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"filters": 4, "kernel_size": [3, 2], "use_bias": False, "activation": "relu"}
    config = sequential(
        layer("InputLayer", "x", batch_shape=[None, 6, 7, 3]), layer("Conv2D", "conv", **(settings | wrong))
    )
    size = (wrong | {"kernel_size": [3, 2]})["kernel_size"] if "larger" not in said else [9, 9]
    model = read_model(write_h5(tmp_path / "m.h5", config, {"conv": {"kernel": noise(*size, 3, 4)}}))
    assert said in str(model.layers[0].reason)
    assert model.notes
