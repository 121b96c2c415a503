"""Configuration and weights in two files, and folders, by files made by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from explorer3d.formats.keras.by_order import matched
from tests.formats.keras_files import layer, result, sequential, write_h5, write_keras

NOISE = np.random.default_rng(11)
KERNEL, BIAS, SECOND = (NOISE.normal(0, 1, shape).astype(np.float32) for shape in ((6, 5), (5,), (5, 3)))
X = NOISE.normal(0, 1, (2, 6)).astype(np.float32)
Y = (X @ KERNEL + BIAS) @ SECOND

NETWORK = sequential(
    layer("InputLayer", "x", batch_shape=[None, 6], dtype="float32"),
    layer("Dense", "dense_1", units=5, activation="linear", use_bias=True),
    layer("Dense", "dense_2", units=3, activation="linear", use_bias=False),
)


def write_json(path: Path, config: Any = NETWORK) -> Path:
    path.write_text(json.dumps(config))
    return path


def write_legacy(path: Path, names: tuple[str, str] = ("dense_1", "dense_2"), root: str = "/") -> Path:
    """As Keras 2 saves weights only."""
    tensors = ({"kernel": KERNEL, "bias": BIAS}, {"kernel": SECOND})
    with h5py.File(path, "w") as file:
        group = file.require_group(root)
        group.attrs["layer_names"] = [b"x", *(name.encode() for name in names)]
        group.create_group("x").attrs["weight_names"] = np.zeros(0)
        for name, own in zip(names, tensors, strict=True):
            group.create_group(name).attrs["weight_names"] = [f"{name}/{key}:0".encode() for key in own]
            for key, array in own.items():
                group[f"{name}/{name}/{key}:0"] = array
    return path


def write_numbered(path: Path) -> Path:
    """As Keras 3 does."""
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"], file["layers/dense/vars/1"] = KERNEL, BIAS
        file["layers/dense_1/vars/0"] = SECOND
    return path


def write_whole(path: Path) -> Path:
    return write_h5(
        path, NETWORK, {"dense_1": {"kernel": KERNEL, "bias": BIAS}, "dense_2": {"kernel": SECOND}}
    )


@pytest.mark.parametrize("write", [write_legacy, write_numbered, write_whole])
@pytest.mark.parametrize(
    ("configuration", "weights"),
    [
        ("model.json", "model.weights.h5"),
        ("config.json", "model.weights.h5"),
        ("model.json", "model.h5"),
        ("model.json", "weights.hdf5"),
        ("net.json", "net_weights.h5"),
        ("Net_config.json", "net.weights.h5"),
        ("net-architecture.json", "net-weights.hdf5"),
    ],
)
def test_files_that_belong_together_by_name(
    write: Any, configuration: str, weights: str, tmp_path: Path
) -> None:
    write_json(tmp_path / configuration)
    write(tmp_path / weights)
    write_numbered(tmp_path / "another.weights.h5")
    model = read_model(tmp_path / configuration)
    assert model.notes == (f"The weights are those of {weights} beside it.",)
    assert (model.path, model.format) == (tmp_path / configuration, "keras-json")
    np.testing.assert_allclose(result(model, x=X), Y, rtol=1e-4, atol=1e-5)
    if write is not write_whole:
        model = read_model(tmp_path / weights)
        assert model.notes == (f"The structure is that of {configuration} beside it.",)
        assert (model.path, model.format) == (tmp_path / weights, "keras-h5")
        np.testing.assert_allclose(result(model, x=X), Y, rtol=1e-4, atol=1e-5)


def test_what_lies_beside_may_be_of_no_use(tmp_path: Path) -> None:
    """Nobody asked for the other file, so that it must not keep this one from opening."""
    (tmp_path / "net.json").write_text('{"class_name": "Mine", "config": {"units": 3}}')
    weights = write_numbered(tmp_path / "net.weights.h5")
    model = read_model(weights)
    assert [one.name for one in model.layers] == ["dense", "dense_1"]
    assert "net.json lies beside it, but is of no use" in model.notes[0] and "class Mine" in model.notes[0]
    weights.write_bytes(weights.read_bytes()[:700])
    write_json(tmp_path / "net.json")
    model = read_model(tmp_path / "net.json")
    assert [one.name for one in model.layers] == ["dense_1", "dense_2"]
    assert "net.weights.h5 lies beside it" in model.notes[0] and "damaged" in model.notes[0]


def test_a_configuration_alone_shows_the_structure(tmp_path: Path) -> None:
    model = read_model(write_json(tmp_path / "net.json"))
    assert [one.name for one in model.layers] == ["dense_1", "dense_2"]
    assert [one.runnable for one in model.layers] == [False, False]
    (note,) = model.notes
    assert "net.json holds the structure only" in note and "Drop" in note


def test_weights_alone_say_what_would_complete_them(tmp_path: Path) -> None:
    model = read_model(write_numbered(tmp_path / "net.weights.h5"))
    assert "model.to_json" in model.notes[0]


def test_two_files_from_different_places(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    configuration, weights = write_json(tmp_path / "a.json"), write_numbered(tmp_path / "far" / "b.h5")
    for pair in ((configuration, weights), (weights, configuration)):
        model = read_model(pair[0], weights=pair[1])
        assert (model.path, model.weights_path, model.notes) == (configuration, weights, ())
        np.testing.assert_allclose(result(model, x=X), Y, rtol=1e-4, atol=1e-5)


def test_weights_whose_names_were_counted_on(tmp_path: Path) -> None:
    """A second network of one session: its layers are called dense_3 and dense_4."""
    write_json(tmp_path / "net.json")
    write_legacy(tmp_path / "net.h5", ("dense_2", "dense_3"))
    np.testing.assert_allclose(result(read_model(tmp_path / "net.json"), x=X), Y, rtol=1e-4, atol=1e-5)


def test_layers_and_groups() -> None:
    assert matched(["a", "conv", "conv_1"], ["conv", "conv_1", "a"]) == {
        "a": "a",
        "conv": "conv",
        "conv_1": "conv_1",
    }
    assert matched(["conv", "conv_1"], ["conv_1", "conv_2"]) == {"conv": "conv_1", "conv_1": "conv_2"}
    assert matched(["conv_7", "b"], ["conv_1", "conv_2", "conv_7"]) == {"conv_7": "conv_7"}


@pytest.mark.parametrize("version", ["2.4.0", None])
def test_text_that_was_written_as_json_once_more(version: str | None, tmp_path: Path) -> None:
    """``json.dump(model.to_json(), file)`` is what many people write."""
    config = NETWORK | ({"keras_version": version} if version else {"module": "keras"})
    (tmp_path / "net.json").write_text(json.dumps(json.dumps(config)))
    write_legacy(tmp_path / "net_weights.h5")
    model = read_model(tmp_path / "net.json")
    assert model.producer == f"Keras {version or 3}"
    np.testing.assert_allclose(result(model, x=X), Y, rtol=1e-4, atol=1e-5)


def test_a_configuration_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(NETWORK).encode())
    assert len(read_model(tmp_path / "net.json").layers) == 2


def test_yaml_says_what_to_do(tmp_path: Path) -> None:
    text = "backend: tensorflow\nclass_name: Sequential\nconfig:\n- class_name: Dense\n  config: {units: 3}\n"
    (tmp_path / "net.yaml").write_text(text)
    with pytest.raises(ModelError, match=r"YAML.*model_from_yaml"):
        read_model(tmp_path / "net.yaml")


def test_files_that_are_no_pair(tmp_path: Path) -> None:
    configuration, weights = write_json(tmp_path / "a.json"), write_numbered(tmp_path / "b.h5")
    with pytest.raises(ModelError, match="are no pair"):
        read_model(weights, weights=weights)
    whole = write_keras(tmp_path / "c.keras", NETWORK, {"dense": [KERNEL, BIAS], "dense_1": [SECOND]})
    with pytest.raises(ModelError, match="holds a whole model"):
        read_model(configuration, weights=whole)
    with pytest.raises(ModelError, match="no weights that Keras saved"):
        read_model(configuration, weights=configuration)
    with pytest.raises(ModelError, match="There is no file"):
        read_model(configuration, weights=tmp_path / "nowhere.h5")
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["data"] = X
    with pytest.raises(ModelError, match="without Keras' weights"):
        read_model(configuration, weights=tmp_path / "d.h5")


def test_an_unpacked_archive_opens_by_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my_model"
    archive = write_keras(tmp_path / "m.keras", NETWORK, {"dense": [KERNEL, BIAS], "dense_1": [SECOND]})
    shutil.unpack_archive(archive, folder, "zip")
    model = read_model(folder)
    assert model.path == folder
    np.testing.assert_allclose(result(model, x=X), Y, rtol=1e-4, atol=1e-5)
    assert read_model(folder / "config.json").path == folder / "config.json"


def test_a_folder_with_one_model_in_it(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "config.json").write_text('{"batch_size": 32}')
    whole = write_whole(tmp_path / "net.h5")
    assert read_model(tmp_path).path == whole


def test_folders_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is a folder without a model"):
        read_model(tmp_path)
    for name in ("one.h5", "two.h5"):
        write_whole(tmp_path / name)
    with pytest.raises(ModelError, match=r"several models.*one\.h5, two\.h5"):
        read_model(tmp_path)


def test_pickled_weights_are_left_alone(tmp_path: Path) -> None:
    """Keras 3 saves ``weights_format="npz"`` as arrays of Python objects."""
    import zipfile

    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(NETWORK))
        archive.writestr("model.weights.npz", b"cos\nsystem\n(S'touch pwned'\ntR.")
    model = read_model(path)
    assert [one.runnable for one in model.layers] == [False, False]
    assert "pickled" in model.notes[0]


def test_the_state_of_training_may_be_damaged(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "m.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = "{no json"
        file["optimizer_weights"] = h5py.ExternalLink("elsewhere.h5", "/")
    model = read_model(path)
    assert not model.notes
    np.testing.assert_allclose(result(model, x=X), Y, rtol=1e-4, atol=1e-5)
    weights = write_numbered(tmp_path / "n.weights.h5")
    with h5py.File(weights, "r+") as file:
        file["optimizer/vars/0"] = "no number"
    write_json(tmp_path / "n.json")
    np.testing.assert_allclose(result(read_model(weights), x=X), Y, rtol=1e-4, atol=1e-5)
