"""Weights of 16 bits, in every layout; HDF5 has no name for bfloat16."""

from __future__ import annotations

from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_files import result
from tests.formats.keras_referee import QUIET, randomise

X = np.random.default_rng(5).normal(0, 1, (2, 9, 7, 2)).astype(np.float32)


@QUIET
@pytest.mark.parametrize("policy", ["bfloat16", "float16"])
def test_half_precision(policy: str, tmp_path: Path) -> None:
    network = keras.Sequential(
        [
            keras.Input((9, 7, 2), name="x"),
            k.Conv2D(6, (3, 2), activation="relu", name="first", dtype=policy),
            k.BatchNormalization(name="norm", dtype=policy),
            k.Flatten(name="flat", dtype=policy),
            k.Dense(5, name="last", dtype=policy),
        ]
    )
    randomise(network)
    # The same network and the same, rounded numbers, computed as it is here.
    twin = keras.models.clone_model(
        network,
        clone_function=lambda layer: type(layer).from_config(layer.get_config() | {"dtype": "float32"}),
    )
    twin.set_weights([np.asarray(weight.value).astype(np.float32) for weight in network.weights])
    expected = np.asarray(twin(X))

    network.save(tmp_path / "a.keras")
    network.save(tmp_path / "b.h5")
    (tmp_path / "c.json").write_text(network.to_json())
    network.save_weights(tmp_path / "c.weights.h5")
    for name in ("a.keras", "b.h5", "c.json"):
        model = read_model(tmp_path / name)
        kernel = model.layer_by_name["first"].weights[0]
        assert kernel.dtype == policy
        np.testing.assert_array_equal(kernel.numpy().astype(np.float32), twin.get_weights()[0])
        assert any(policy in note for note in model.notes)
        np.testing.assert_allclose(result(model, x=X), expected, rtol=1e-4, atol=1e-4)


@QUIET
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_bfloat16_in_pieces(compression: str | None, tmp_path: Path) -> None:
    """A dataset in chunks cannot be looked at where it lies in the file."""
    network = keras.Sequential([keras.Input((6,), name="x"), k.Dense(4, name="one", dtype="bfloat16")])
    randomise(network)
    network.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        group = file["model_weights/one"]
        name = group.attrs["weight_names"][0]
        content, dtype = group[name][...], group[name].dtype
        del group[name]
        group.create_dataset(name, data=content, dtype=dtype, chunks=(2, 3), compression=compression)
    kernel = read_model(tmp_path / "m.h5").layers[0].weights[0]
    assert kernel.dtype == "bfloat16"
    np.testing.assert_array_equal(kernel.numpy(), np.asarray(network.weights[0].value).astype(np.float32))
