"""What Keras 2 on TensorFlow writes, in every container it knows.

``tf_keras.zip`` beside this file was made with tf_keras 2.21: one functional model with a Sequential model
and a layer used three times in it, trained one step (so that there is an optimizer's state), saved as
``.keras``, SavedModel, JSON, ``.weights.h5`` and checkpoint, with an input and what Keras makes of it. Of the
SavedModel it lacks TensorFlow's graph.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer3d.errors import ModelError
from explorer3d.formats import read_model, wire
from explorer3d.graph.model import Model
from tests.formats.keras_files import result
from tests.formats.tensorflow_files import field

WEIGHTS = ["outside.weights.h5", "outside_weights.index"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tf_keras")
    with zipfile.ZipFile(Path(__file__).with_name("tf_keras.zip")) as archive:
        archive.extractall(folder)
    return folder


def check(model: Model, files: Path) -> None:
    expected = np.load(files / "expected.npz")
    assert [(layer.name, layer.op) for layer in model.layers] == [
        ("inside/near", "Conv2D"),
        ("inside/norm", "BatchNormalization"),
        ("shared", "Dense"),
        ("shared#2", "Dense"),
        ("shared#3", "Dense"),
        ("sum", "Add"),
        ("flat", "Flatten"),
        ("last", "Dense"),
    ]
    assert all(layer.runnable for layer in model.layers)
    assert [weight.name for weight in model.layer_by_name["inside/norm"].weights] == [
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    ]
    found = result(model, picture=expected["picture"])
    np.testing.assert_allclose(found, expected["last"], rtol=1e-5, atol=1e-6)


def test_keras_zip(files: Path) -> None:
    model = read_model(files / "outside.keras")
    assert (model.format, model.producer, model.notes) == ("keras-zip", "Keras 2.21.0", ())
    check(model, files)


@pytest.mark.parametrize("name", ["saved", "saved/keras_metadata.pb"])
def test_saved_model(files: Path, name: str) -> None:
    model = read_model(files / name)
    assert (model.format, model.producer, model.notes) == ("tf-saved-model", "Keras 2.21.0", ())
    assert model.path == files / "saved"
    check(model, files)


def test_metadata_inside_the_graph(files: Path, tmp_path: Path) -> None:
    """Before TensorFlow 2.5 they lay in saved_model.pb, with the first of its objects."""
    shutil.copytree(files / "saved", tmp_path / "saved")
    beside = tmp_path / "saved" / "keras_metadata.pb"
    objects = wire.parts(memoryview(beside.read_bytes()), 1)
    text = next(bytes(wire.part(dict(wire.fields(node))[5])) for node in objects)
    beside.unlink()
    saved_object = field(1, b"children") + field(4, field(1, b"_tf_keras_network") + field(3, text))
    graph = field(2, b"nodes") + field(7, field(1, saved_object) + field(1, b""))
    (tmp_path / "saved" / "saved_model.pb").write_bytes(field(1, 1) + field(2, graph))
    model = read_model(tmp_path / "saved")
    assert (model.format, model.path) == ("tf-saved-model", tmp_path / "saved")
    check(model, files)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("turned", [False, True])
def test_a_configuration_with_weights(files: Path, weights: str, turned: bool) -> None:
    pair = (files / "outside.json", files / weights)
    path, other = reversed(pair) if turned else pair
    model = read_model(path, weights=other)
    assert (model.path, model.weights_path) == pair
    assert (model.format, model.producer, model.notes) == ("keras-json", "Keras 2.21.0", ())
    check(model, files)


@pytest.mark.parametrize(
    ("opened", "found"),
    [
        ("outside.json", "outside.weights.h5"),
        ("outside.weights.h5", "outside.json"),
        ("outside_weights.index", "outside.json"),
    ],
)
def test_one_of_two_files_that_lie_side_by_side(files: Path, opened: str, found: str) -> None:
    model = read_model(files / opened)
    assert model.path == files / opened
    assert model.weights_path is None
    (note,) = model.notes
    assert found in note
    check(model, files)


def test_a_checkpoint_alone(files: Path, tmp_path: Path) -> None:
    for name in ("outside_weights.index", "outside_weights.data-00000-of-00001"):
        (tmp_path / name).write_bytes((files / name).read_bytes())
    model = read_model(tmp_path / "outside_weights.index")
    assert model.format == "tf-checkpoint"
    assert [layer.name for layer in model.layers] == ["last", "near", "norm", "shared"]
    whole = read_model(files / "outside.keras").layer_by_name["last"].weights[0]
    kernel = next(weight for weight in model.layer_by_name["last"].weights if weight.name == "kernel")
    assert kernel.axes == "IO"
    np.testing.assert_array_equal(kernel.numpy(), whole.numpy())
    assert "model.to_json" in model.notes[0]


def test_a_data_file_that_is_missing(files: Path, tmp_path: Path) -> None:
    (tmp_path / "w.index").write_bytes((files / "outside_weights.index").read_bytes())
    with pytest.raises(ModelError, match=r"w\.data-00000-of-00001 is missing"):
        read_model(tmp_path / "w.index")
