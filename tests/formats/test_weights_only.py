"""Files of weights without the network they belong to."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from explorer3d.formats.weights_only import natural_order
from explorer3d.graph.layout import arrange
from tests.formats.keras_referee import QUIET, randomise

KERNEL = np.arange(2 * 3 * 5 * 4, dtype=np.float32).reshape(2, 3, 5, 4)


def write_caffe(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        for name, blobs in {
            "conv10": [KERNEL, np.arange(2, dtype=np.float32)],
            "conv2": [KERNEL[:1]],
            "bn": [np.ones(3, np.float32), np.ones(3, np.float32), np.ones(1, np.float32)],
            "relu": [],
        }.items():
            group = file.create_group(f"data/{name}")
            for position, blob in enumerate(blobs):
                group[str(position)] = blob
    return path


def write_keras_2(path: Path, root: str = "/") -> Path:
    with h5py.File(path, "w") as file:
        group = file.require_group(root)
        group.attrs["layer_names"] = [b"out", b"flat", b"conv"]
        file.attrs["keras_version"] = b"2.0.6"
        for name, tensors in {
            "out": {"kernel": KERNEL[0, 0]},
            "flat": {},
            "conv": {"kernel": KERNEL},
        }.items():
            own = group.create_group(name)
            own.attrs["weight_names"] = [f"{name}_1/{key}:0".encode() for key in tensors]
            for key, array in tensors.items():
                own[f"{name}_1/{key}:0"] = array
    return path


def test_caffe(tmp_path: Path) -> None:
    model = read_model(write_caffe(tmp_path / "net.caffemodel.h5"))
    assert (model.format, model.producer, model.inputs, model.outputs) == ("caffe-h5", "Caffe", (), ())
    assert [layer.name for layer in model.layers] == ["bn", "conv2", "conv10", "relu"]
    kernel, bias = model.layer_by_name["conv10"].weights
    assert [(weight.name, weight.title, weight.axes) for weight in (kernel, bias)] == [
        ("0", "kernel", "OIHW"),
        ("1", "bias", ""),
    ]
    np.testing.assert_array_equal(kernel.numpy(), KERNEL)
    assert [weight.title for weight in model.layer_by_name["bn"].weights] == ["0", "1", "2"]
    assert "net.caffemodel.h5 holds weights only" in model.notes[0]
    assert "ONNX" in model.notes[0]


@pytest.mark.parametrize("root", ["/", "model_weights"])
def test_keras_2(root: str, tmp_path: Path) -> None:
    model = read_model(write_keras_2(tmp_path / "w.h5", root))
    assert (model.format, model.producer) == ("keras-h5", "Keras 2.0.6")
    assert [layer.name for layer in model.layers] == ["out", "flat", "conv"]
    (kernel,) = model.layer_by_name["conv"].weights
    assert (kernel.name, kernel.axes) == ("kernel", "HWIO")
    np.testing.assert_array_equal(kernel.numpy(), KERNEL)
    for layer in model.layers:
        assert layer.reason is not None
        assert layer.name in layer.reason and "weights only" in layer.reason
    assert "model.save" in model.notes[0]


@QUIET
def test_keras_3_with_a_network_inside(tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4, 6, 2)), k.Conv2D(3, 2, name="near")], name="inside")
    source = keras.Input((4, 6, 2))
    value = k.Bidirectional(k.LSTM(2), name="both")(k.Reshape((5, 9), name="flat")(inner(source)))
    network = keras.Model(source, k.Dense(7, name="last")(value))
    randomise(network)
    network.save_weights(tmp_path / "w.weights.h5")

    model = read_model(tmp_path / "w.weights.h5")
    found = {layer.name: layer for layer in model.layers}
    assert {"near", "both", "flat", "last"} <= set(found)
    assert (found["near"].block, found["near"].op) == ("sequential", "Conv2D")
    assert (found["last"].block, found["last"].op) == ("", "Dense")
    for name, layer in (("near", inner.layers[0]), ("both", network.get_layer("both"))):
        ours = [weight.numpy() for weight in found[name].weights]
        theirs = [weight.numpy() for weight in layer.weights]
        assert len(ours) == len(theirs)
        # Keras lists the two directions in its own order.
        for array in theirs:
            assert any(np.array_equal(array, other) for other in ours)
    assert found["near"].weights[0].axes == "HWIO"


def test_a_group_that_holds_itself(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/dense/vars/0"] = KERNEL
        file["layers/dense/layers"] = file["layers"]
        file["layers/again"] = file["/"]
        file["layers/dense_1/vars/0"] = KERNEL
        file["layers/dense_1/part"] = file["layers/dense_1"]
    model = read_model(tmp_path / "w.h5")
    assert [layer.name for layer in model.layers] == ["dense_1"]


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    path = write_caffe(tmp_path / "net.h5")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ModelError, match="damaged or incomplete"):
        read_model(path)


def test_layers_stand_in_rows(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for number in range(60):
            file[f"data/conv{number}/0"] = np.zeros((1, 1), np.float32)
    layout = arrange(read_model(tmp_path / "w.h5"), aspect=1.6)
    assert layout.edges == ()
    assert len({tuple(place) for place in layout.position.tolist()}) == 60
    width, height = layout.position.max(axis=0) - layout.position.min(axis=0)
    assert 1 < width / height < 2.6


def test_natural_order() -> None:
    assert natural_order(["ip1", "conv10_1", "conv2", "conv", "conv10_0"]) == [
        "conv",
        "conv2",
        "conv10_0",
        "conv10_1",
        "ip1",
    ]
