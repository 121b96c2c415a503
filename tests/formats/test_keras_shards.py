"""Weights that Keras 3 spreads over several files."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.errors import ModelError
from explorer3d.formats import read_model
from tests.formats.keras_files import result
from tests.formats.keras_referee import QUIET, randomise

X = np.random.default_rng(5).normal(0, 1, (2, 9, 7, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray]:
    """A network whose first layer lies in two of its files."""
    network = keras.Sequential(
        [
            keras.Input((9, 7, 2), name="x"),
            k.Conv2D(6, (3, 2), activation="relu", name="first"),
            k.BatchNormalization(name="norm"),
            k.Flatten(name="flat"),
            k.Dense(5, name="last"),
        ]
    )
    randomise(network)
    folder = tmp_path_factory.mktemp("sharded")
    # In gigabytes: just enough for the largest tensor.
    network.save_weights(folder / "net.weights.json", max_shard_size=252 * 5 * 4 / 2**30)
    (folder / "net.json").write_text(network.to_json())
    return folder, np.asarray(network(X))


@QUIET
def test_a_sharded_network(files: tuple[Path, np.ndarray]) -> None:
    folder, expected = files
    assert len(list(folder.glob("net_*.weights.h5"))) > 1
    for name in ("net.json", "net.weights.json"):
        model = read_model(folder / name)
        np.testing.assert_allclose(result(model, x=X), expected, rtol=1e-4, atol=1e-5)
        assert [weight.name for weight in model.layer_by_name["norm"].weights] == [
            "gamma",
            "beta",
            "moving_mean",
            "moving_variance",
        ]


@QUIET
def test_a_layer_divided_between_files(files: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    """As happens to a layer at the end of a full file."""
    import h5py

    folder, expected = files
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    places = json.loads((tmp_path / "net.weights.json").read_text())
    (first, *_) = places["weight_map"]["/layers/conv2d/vars"]
    with h5py.File(tmp_path / first, "r+") as file, h5py.File(tmp_path / "more.h5", "w") as other:
        other["layers/conv2d/vars/1"] = file["layers/conv2d/vars/1"][...]
        del file["layers/conv2d/vars/1"]
    places["weight_map"]["/layers/conv2d/vars"] = [first, "more.h5"]
    (tmp_path / "net.weights.json").write_text(json.dumps(places))
    np.testing.assert_allclose(result(read_model(tmp_path / "net.json"), x=X), expected, rtol=1e-4, atol=1e-5)


@QUIET
def test_shards_without_the_network(files: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    for path in files[0].glob("*weights*"):
        shutil.copy(path, tmp_path)
    model = read_model(tmp_path / "net.weights.json")
    assert model.format == "keras-shards"
    assert {layer.name for layer in model.layers} >= {"first", "norm", "last"}
    assert "weights only" in model.notes[0]


@QUIET
def test_shards_in_an_archive(files: tuple[Path, np.ndarray], tmp_path: Path) -> None:
    folder, expected = files
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "net.json", "config.json")
        archive.write(folder / "net.weights.json", "model.weights.json")
        for shard in folder.glob("net_*.weights.h5"):
            archive.write(shard, shard.name)
    np.testing.assert_allclose(result(read_model(path), x=X), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ({"/a": "../outside.h5"}, "does not lie beside it"),
        ({"/a": ["/etc/passwd"]}, "does not lie beside it"),
        ({"/a": "..\\outside.h5"}, "does not lie beside it"),
        ({"/a": "c:outside.h5"}, "does not lie beside it"),
        ({"/a": ".."}, "does not lie beside it"),
        ({"/a": "gone.h5"}, "gone.h5, which holds a part of the weights, is missing"),
        ({"/a": 7}, "its list of files is none"),
        ({"/a": [["x.h5"]]}, "its list of files is none"),
        ({str(at): f"{at}.h5" for at in range(10_001)}, "its list of files is none"),
        ("nowhere", "does not say in which files"),
        ({}, "does not say in which files"),
    ],
)
def test_a_list_that_leads_nowhere(places: Any, said: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "outside.h5").write_bytes(b"secret")
    path = inside / "net.weights.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    with pytest.raises(ModelError) as caught:
        read_model(path)
    assert said in str(caught.value)


def test_a_list_that_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "net.weights.json"
    path.write_text('{"metadata": {}, "weight_map": {"/layers/dense/vars": ')
    with pytest.raises(ModelError, match="not valid JSON"):
        read_model(path)
    path.write_text('{"weight_map": ' + "[" * 100_000)
    with pytest.raises(ModelError, match="not valid JSON"):
        read_model(path)


def test_a_file_that_is_no_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "net.weights.json"
    path.write_text('{"weight_map": {"/layers/dense/vars": "a.h5"}}')
    (tmp_path / "a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(ModelError, match=r"a\.h5 is damaged"):
        read_model(path)
