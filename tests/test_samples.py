"""The sample files keep what their README promises."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import onnxruntime
import pytest
from PIL import Image

import explorer3d
from explorer3d.formats import read_model
from explorer3d.inputs import Preprocessing, guess

CLASSES = 10
FORMATS = {"lenet_fashion.h5": "keras-h5", "lenet_fashion.keras": "keras-zip", "lenet_fashion.onnx": "onnx"}


@pytest.fixture(scope="module")
def pictures(samples: Path) -> np.ndarray:
    """(10, 28, 28, 1) float array in 0..1, in the order of the classes."""
    files = sorted((samples / "pictures").glob("fashion_*.png"))
    assert [int(file.name.split("_")[1]) for file in files] == list(range(CLASSES))
    return np.stack([np.asarray(Image.open(file), np.float32)[..., np.newaxis] / 255 for file in files])


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_opens_and_recognises_the_ten_pictures(
    samples: Path, pictures: np.ndarray, name: str
) -> None:
    network = explorer3d.open_model(samples / name)
    assert network.model.format == FORMATS[name]
    assert sum(layer.parameters for layer in network.layers) == 61_706
    last = network.layers[-1].name
    answers = [network.run(picture)[last].output.argmax() for picture in pictures]
    assert answers == list(range(CLASSES))


def test_formats_agree_with_onnxruntime_alone(samples: Path, pictures: np.ndarray) -> None:
    session = onnxruntime.InferenceSession(samples / "lenet_fashion.onnx")
    (expected,) = session.run(None, {"image": pictures})
    for name in FORMATS:
        network = explorer3d.open_model(samples / name)
        last = network.layers[-1].name
        outputs = np.concatenate([network.run(picture)[last].output for picture in pictures])
        np.testing.assert_allclose(outputs, expected, rtol=0, atol=1e-5)


def test_files_are_small_and_pictures_too(samples: Path) -> None:
    for name in FORMATS:
        assert (samples / name).stat().st_size < 1_500_000
    for file in samples.glob("lenet_fashion.epochs/*"):
        assert file.stat().st_size < 1_500_000


def shipped_weights(path: Path) -> dict[str, np.ndarray]:
    """Arrays of the whole model's file by layer and place, such as ``conv1/0`` for its kernel."""
    with h5py.File(path) as file:
        layers = file["model_weights"]
        return {
            f"{layer}/{place}": layers[layer][name][()]
            for layer in layers
            for place, name in enumerate(layers[layer].attrs["weight_names"])
        }


def epoch_weights(path: Path) -> dict[str, np.ndarray]:
    """The same of a file of weights, where Keras 3 keeps the author's names in an attribute."""
    with h5py.File(path) as file:
        groups = [layer["vars"] for layer in file["layers"].values()]
        return {
            f"{group.attrs['name']}/{place}": group[place][()]
            for group in groups
            for place in sorted(group, key=int)
        }


def test_weights_of_every_epoch_lead_to_the_shipped_network(samples: Path) -> None:
    epochs = sorted(samples.glob("lenet_fashion.epochs/*.weights.h5"))
    assert [file.name for file in epochs] == [f"epoch_{index:02d}.weights.h5" for index in range(13)]
    shipped = shipped_weights(samples / "lenet_fashion.h5")
    assert sorted({name.split("/")[0] for name in shipped}) == ["classes", "conv1", "conv2", "fc1", "fc2"]
    previous = epoch_weights(epochs[0])
    assert all(not previous[f"{layer}/1"].any() for layer in ("conv1", "conv2")), "biases start at zero"
    for file in epochs[1:]:
        current = epoch_weights(file)
        assert current.keys() == shipped.keys()
        assert all((current[name] != previous[name]).any() for name in current), file.name
        previous = current
    for name, array in shipped.items():
        np.testing.assert_array_equal(previous[name], array)


def test_accuracy_is_the_last_epochs_and_said_in_the_readme(samples: Path) -> None:
    history = json.loads((samples / "lenet_fashion.epochs/history.json").read_text(encoding="utf-8"))
    assert [row["epoch"] for row in history] == list(range(13))
    accuracy = history[-1]["test_accuracy"]
    assert accuracy >= 0.89
    assert f"**Test accuracy: {accuracy:.2%}**".replace("%", " %") in (samples / "README.md").read_text(
        encoding="utf-8"
    )


def test_class_names_match_the_bundled_list(samples: Path) -> None:
    own = (samples / "lenet_fashion.labels.txt").read_text(encoding="utf-8")
    assert own == (samples.parent / "assets/labels/fashion_mnist.txt").read_text(encoding="utf-8")
    assert len(own.splitlines()) == CLASSES


@pytest.mark.parametrize(
    ("name", "prepared", "reason"),
    [
        ("lenet_fashion.h5", Preprocessing(), "light clothes"),
        ("lenet_fashion.keras", Preprocessing(), "light clothes"),
        ("lenet_fashion.onnx", Preprocessing(), "light clothes"),
        ("efficientnet_lite0.onnx", Preprocessing((0.498,) * 3, (0.502,) * 3, fit="crop"), "centre squares"),
    ],
)
def test_pictures_are_prepared_as_the_samples_need_it(
    samples: Path, name: str, prepared: Preprocessing, reason: str
) -> None:
    guessed, why = guess(read_model(samples / name))
    assert guessed == prepared
    assert reason in why
