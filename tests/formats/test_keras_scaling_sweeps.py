"""The layers that belong to networks of ``keras.applications``, over drawn arguments."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

from explorer3d.formats import read_model
from explorer3d.formats.keras.layers import KERAS_LAYERS
from tests.formats.keras_referee import QUIET, check, randomise
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = QUIET

OWN = {"CustomScaleLayer", "LayerScale", "StochasticDepth"}
FOREIGN = {
    "Addons>StochasticDepth",
    "Custom>DropPath",
    "Custom>FixedDropout",
    "Custom>LayerScale",
    "Custom>StochasticDepth",
    "FixedDropout",
}
SWEPT = OWN | FOREIGN

_register = keras.saving.register_keras_serializable


@_register(name="LayerScale")
class _LayerScale(LayerScale):  # type: ignore[misc]
    """As people copy it into their own code, with a name for its weight."""

    def build(self, _: Any) -> None:
        self.gamma = self.add_weight(shape=(self.projection_dim,), name="gamma")


@_register(name="StochasticDepth")
class _StochasticDepth(StochasticDepth):  # type: ignore[misc]
    pass


@_register(name="DropPath")
class _DropPath(k.Dropout):  # type: ignore[misc]
    pass


class FixedDropout(k.Dropout):  # type: ignore[misc]
    """Of the package efficientnet, which registers it nowhere."""


@_register(name="FixedDropout")
class _FixedDropout(k.Dropout):  # type: ignore[misc]
    pass


@_register("Addons", "StochasticDepth")
class _Residual(k.Layer):  # type: ignore[misc]
    """https://www.tensorflow.org/addons/api_docs/python/tfa/layers/StochasticDepth"""

    def __init__(self, survival_probability: float = 0.5, **settings: Any) -> None:
        super().__init__(**settings)
        self.survival_probability = survival_probability

    def call(self, x: Any) -> Any:
        return x[0] + self.survival_probability * x[1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "survival_probability": self.survival_probability}


def _shape(noise: np.random.Generator) -> tuple[int, ...]:
    return sizes(noise, int(noise.integers(1, 5)), 2, 9)


def _layer_scale(noise: np.random.Generator) -> Any:
    shape = _shape(noise)
    layer = drawn(noise, LayerScale, _LayerScale)
    return layer(float(noise.uniform()), shape[-1])(keras.Input(shape))


def _nothing(noise: np.random.Generator) -> Any:
    layer = drawn(noise, FixedDropout, StochasticDepth, _DropPath, _FixedDropout, _StochasticDepth)
    return layer(float(noise.uniform()))(keras.Input(_shape(noise)))


def _scaled_residual(noise: np.random.Generator) -> Any:
    shape = _shape(noise)
    layer = drawn(noise, CustomScaleLayer, _Residual)
    return layer(drawn(noise, float(noise.uniform()), 2))([keras.Input(shape), keras.Input(shape)])


@pytest.mark.parametrize("draw", [_layer_scale, _nothing, _scaled_residual])
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_layers(draw: Any, suffix: str, tmp_path: Path) -> None:
    sweep(draw, tmp_path / f"sweep.{suffix}", seed=len(suffix))


def test_a_class_known_by_name_alone_is_said(tmp_path: Path) -> None:
    source = keras.Input((3,), name="source")
    model = keras.Model(source, k.ReLU()(_DropPath(0.2)(_DropPath(0.1)(source))))
    model.save(tmp_path / "model.keras")
    (note,) = read_model(tmp_path / "model.keras").notes
    assert note.startswith("2 layers are of the author's own class DropPath")


def test_every_class_of_keras_applications_is_known() -> None:
    folder = Path(keras.__file__).parent / "src" / "applications"
    classes = {
        node.name
        for path in folder.glob("*.py")
        if not path.name.endswith("_test.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert classes == OWN
    assert set(KERAS_LAYERS) >= SWEPT


@_register(name="Add")
class _Add(k.Layer):  # type: ignore[misc]
    """An author's own, called like one of Keras'."""

    def call(self, x: Any) -> Any:
        return x[0] - x[1]


class Dense(k.Dense):  # type: ignore[misc]
    """As `_Add`, registered nowhere."""

    def call(self, x: Any) -> Any:
        return 2 * super().call(x)


@pytest.mark.parametrize(("suffix", "layer"), [("h5", _Add), ("keras", _Add), ("keras", Dense)])
def test_an_authors_own_class_does_not_pass_for_one_of_keras(suffix: str, layer: Any, tmp_path: Path) -> None:
    source = keras.Input((3,))
    result = Dense(2, name="own")(source) if layer is Dense else _Add(name="own")([source, source])
    keras.Model(source, result).save(tmp_path / f"model.{suffix}")
    opened = read_model(tmp_path / f"model.{suffix}")
    assert "is not known here" in str(opened.layer_by_name["own"].reason)


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_blocks_of_convnext(suffix: str, tmp_path: Path) -> None:
    x = source = keras.Input((14, 18, 3))
    x = k.LayerNormalization(epsilon=1e-6)(k.Conv2D(6, 4, strides=4)(x))
    for _ in range(2):
        y = k.LayerNormalization(epsilon=1e-6)(k.Conv2D(6, 7, padding="same", groups=6)(x))
        y = k.Dense(6)(k.Activation("gelu")(k.Dense(24)(y)))
        x = k.Add()([x, StochasticDepth(0.1)(LayerScale(1e-6, 6)(y))])
    model = keras.Model(source, k.Dense(5)(k.LayerNormalization()(k.GlobalAveragePooling2D()(x))))
    randomise(model)
    check(model, tmp_path / f"model.{suffix}", spread=True)
