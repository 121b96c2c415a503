"""Normalisations as older versions of Keras and TensorFlow Addons write them, against numpy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.formats.keras_files import layer, sequential, write_h5
from tests.formats.keras_referee import TOLERANCE, difference, our_outputs

SHAPE = (5, 4, 6)
NOISE = np.random.default_rng(0)
X = NOISE.normal(0, 1, (2, *SHAPE)).astype(np.float32)


def opened(
    path: Path, class_name: str, weights: dict[str, np.ndarray], version: str = "2.11.0", **config: Any
) -> Model:
    model = sequential(
        layer("InputLayer", "x", batch_shape=[None, *SHAPE]), layer(class_name, "one", **config)
    )
    return read_model(write_h5(path / "model.h5", model, {"one": weights}, version))


def assert_gives(model: Model, expected: np.ndarray, x: np.ndarray = X) -> None:
    assert not model.notes
    assert difference(our_outputs(model, {"x": x})["one"], expected) <= TOLERANCE


def noise(*shape: int) -> np.ndarray:
    return NOISE.uniform(0.5, 2, shape).astype(np.float32)


def moments(x: np.ndarray, axes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    return x.mean(tuple(axes), keepdims=True, dtype=np.float64), x.var(
        tuple(axes), keepdims=True, dtype=np.float64
    )


def batch_weights(*shape: int) -> dict[str, np.ndarray]:
    return {name: noise(*shape) for name in ("gamma", "beta", "moving_mean", "moving_variance")}


def normalised(weights: dict[str, np.ndarray], epsilon: float) -> np.ndarray:
    root = np.sqrt(weights["moving_variance"] + epsilon)
    return (X - weights["moving_mean"]) / root * weights["gamma"] + weights["beta"]


def test_batch_normalization_over_several_axes(tmp_path: Path) -> None:
    weights = batch_weights(1, 5, 1, 6)
    model = opened(tmp_path, "BatchNormalization", weights, axis=[1, 3], epsilon=0.01)
    assert_gives(model, normalised(weights, 0.01))


@pytest.mark.parametrize(
    "class_name", ["BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization"]
)
def test_batch_normalization_by_other_names(class_name: str, tmp_path: Path) -> None:
    weights = batch_weights(6)
    assert_gives(opened(tmp_path, class_name, weights, axis=[3], epsilon=0.01), normalised(weights, 0.01))


def test_what_renorm_keeps_serves_training_only(tmp_path: Path) -> None:
    weights = batch_weights(6)
    more = {name: noise(6) for name in ("moving_stddev", "renorm_mean", "renorm_stddev")}
    model = opened(tmp_path, "BatchNormalization", weights | more, axis=[3], epsilon=0.01, renorm=True)
    assert_gives(model, normalised(weights, 0.01))
    assert [weight.name for weight in model.layers[0].weights] == [*weights, *more]


def test_virtual_batches_have_statistics_of_another_shape(tmp_path: Path) -> None:
    model = opened(
        tmp_path, "BatchNormalization", batch_weights(1, 1, 1, 1, 6), axis=[4], virtual_batch_size=2
    )
    assert "virtual_batch_size" in str(model.layers[0].reason)


@pytest.mark.parametrize("axes", [[3, 1], [1, 3], [-1, 1]])
def test_weights_of_several_axes_lie_in_the_order_given(axes: list[int], tmp_path: Path) -> None:
    """Keras reshapes them to the axes' own order, whatever order they were made in."""
    weights = {name: noise(*(X.shape[axis] for axis in axes)) for name in ("gamma", "beta")}
    model = opened(tmp_path, "LayerNormalization", weights, axis=axes, epsilon=0.01)
    mean, variance = moments(X, [1, 3])
    gamma, beta = (weight.reshape(1, 5, 1, 6) for weight in weights.values())
    assert_gives(model, (X - mean) / np.sqrt(variance + 0.01) * gamma + beta)


def test_scaling_by_the_deviation_alone(tmp_path: Path) -> None:
    """``rms_scaling`` of Keras 3, which is none by the root mean square."""
    weights = {"gamma": noise(6)}
    model = opened(
        tmp_path, "LayerNormalization", weights, "3.6.0", rms_scaling=True, scale=False, epsilon=0.01
    )
    assert_gives(model, X / np.sqrt(moments(X, [3])[1] + 0.01) * weights["gamma"])


@pytest.mark.parametrize(
    ("class_name", "config", "groups"),
    [
        ("Addons>GroupNormalization", {"groups": 3}, 3),
        ("Addons>InstanceNormalization", {"groups": 6}, 6),
        ("Addons>InstanceNormalization", {}, 6),
    ],
)
def test_groups_of_tensorflow_addons(
    class_name: str, config: dict[str, int], groups: int, tmp_path: Path
) -> None:
    weights = {name: noise(6) for name in ("gamma", "beta")}
    model = opened(tmp_path, class_name, weights, axis=-1, epsilon=0.01, **config)
    grouped = X.reshape(2, 5, 4, groups, -1)
    mean, variance = moments(grouped, [1, 2, 4])
    flat = ((grouped - mean) / np.sqrt(variance + 0.01)).reshape(X.shape)
    assert_gives(model, flat * weights["gamma"] + weights["beta"])


@pytest.mark.parametrize(("version", "length"), [("2.11.0", 1e-2), ("3.0.0", 1.0)])
def test_vectors_near_zero(version: str, length: float, tmp_path: Path) -> None:
    """Keras 2 divided by at least 1e-6, Keras 3 divides by at least 1e-12."""
    x = np.zeros_like(X)
    x[0, 0, 0, :2] = 6e-9, 8e-9
    expected = np.zeros_like(X)
    expected[0, 0, 0, :2] = 0.6 * length, 0.8 * length
    assert_gives(opened(tmp_path, "UnitNormalization", {}, version, axis=[-1]), expected, x)


@pytest.mark.parametrize(
    ("class_name", "config", "said"),
    [
        ("LayerNormalization", {"axis": [1, -3]}, "do not name different axes"),
        ("LayerNormalization", {"axis": []}, "do not name different axes"),
        ("LayerNormalization", {"axis": 0}, "do not name different axes"),
        ("LayerNormalization", {"axis": 4}, "axis 4 does not exist"),
        ("LayerNormalization", {}, "gamma is not in the file"),
        ("GroupNormalization", {"groups": 4}, "6 channels do not split into 4 groups"),
        ("GroupNormalization", {"groups": 0}, "6 channels do not split into 0 groups"),
        ("GroupNormalization", {"groups": 3, "axis": 0}, "over the batch"),
        ("GroupNormalization", {"groups": 3}, "gamma is not in the file"),
        ("UnitNormalization", {"axis": "x"}, "axis is not a whole number"),
        ("RMSNormalization", {}, "scale is not in the file"),
        ("BatchNormalization", {"renorm": 3}, "renorm is not yes or no"),
    ],
)
def test_settings_that_cannot_be(class_name: str, config: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert said in str(opened(tmp_path, class_name, {}, "3.9.0", **config).layers[0].reason)


def test_a_scale_that_keras_cannot_lay_out(tmp_path: Path) -> None:
    model = opened(tmp_path, "RMSNormalization", {"scale": noise(5)}, "3.9.0", axis=[1])
    assert "does not fit its input's last axes" in str(model.layers[0].reason)


def test_sizes_that_no_memory_holds(tmp_path: Path) -> None:
    """Without gamma and beta nothing in the file is as large as the file claims."""
    source = layer("InputLayer", "x", batch_shape=[None, 3, 2**30])
    for class_name in ("LayerNormalization", "GroupNormalization"):
        one = layer(class_name, "one", scale=False, center=False, groups=2**29)
        path = write_h5(tmp_path / f"{class_name}.h5", sequential(source, one), {}, "3.9.0")
        initializers = read_model(path).ir.graph.initializers.values()
        assert sum(value.const_value.nbytes for value in initializers) < 1000
