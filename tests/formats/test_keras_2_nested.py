"""A network in a network in a network, as older versions name the weights: by their own layer alone."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from explorer3d.formats import read_model
from tests.formats.keras_files import layer, result, sequential, write_h5

NOISE = np.random.default_rng(23)


@pytest.mark.parametrize("names", ["{}/{}:0", "deepest/{}/{}:0", "deep/deepest/{}/{}:0"])
def test_names_of_keras_2(names: str, tmp_path: Path) -> None:
    first, second, last = (NOISE.normal(0, 1, shape).astype(np.float32) for shape in ((4, 3), (3, 5), (5, 2)))
    mean, variance = NOISE.normal(0, 1, 5).astype(np.float32), NOISE.uniform(0.5, 2, 5).astype(np.float32)

    def dense(name: str, units: int, size: int) -> dict[str, object]:
        return layer("Dense", name, units=units, activation="linear", use_bias=False,
                     batch_input_shape=[None, size])  # fmt: skip

    def inside(name: str, *layers: dict[str, object]) -> dict[str, object]:
        network = sequential(*layers)
        return {**network, "config": {**network["config"], "name": name}}

    deepest = inside(
        "deepest",
        dense("one", 3, 4),
        dense("two", 5, 3),
        layer("BatchNormalization", "norm", axis=[1], epsilon=0.001, center=False, scale=False),
    )
    config = sequential(inside("deep", deepest, dense("three", 2, 5)))
    path = write_h5(tmp_path / "m.h5", config, {"deep": {}}, "2.4.0")
    with h5py.File(path, "r+") as file:
        group = file["model_weights/deep"]
        # What is trained comes before what is not.
        stored = {
            names.format("one", "kernel"): first,
            names.format("two", "kernel"): second,
            "three/kernel:0": last,
            names.format("norm", "moving_mean"): mean,
            names.format("norm", "moving_variance"): variance,
        }
        group.attrs["weight_names"] = [name.encode() for name in stored]
        for name, array in stored.items():
            group[name] = array
    model = read_model(path)
    assert not model.notes
    assert [one.name for one in model.layers] == [
        "deep/deepest/one",
        "deep/deepest/two",
        "deep/deepest/norm",
        "deep/three",
    ]
    x = NOISE.normal(0, 1, (6, 4)).astype(np.float32)
    expected = ((x @ first @ second - mean) / np.sqrt(variance + 0.001)) @ last
    (port,) = model.inputs
    np.testing.assert_allclose(result(model, **{port.value: x}), expected, rtol=1e-4, atol=1e-5)
