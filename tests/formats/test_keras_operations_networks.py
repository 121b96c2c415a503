"""Operations among layers: whole networks against Keras, and how a person sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k
from keras import ops

from explorer3d.formats import read_model
from tests.formats import keras_files
from tests.formats.keras_referee import QUIET, check, randomise

pytestmark = QUIET

FORMATS = pytest.mark.parametrize("name", ["model.h5", "model.keras"])


@FORMATS
def test_mobilenet_v3(name: str, tmp_path: Path) -> None:
    """Its hard swish is made of operations: x · relu6(x + 3) / 6."""
    model = keras.applications.MobileNetV3Small(weights=None, input_shape=(64, 96, 3), classes=7)
    randomise(model)
    opened = check(model, tmp_path / name)
    assert [layer.name for layer in opened.layers] == [one.name for one in model.operations[1:]]
    assert sum(layer.parameters for layer in opened.layers) == model.count_params()
    added = next(layer for layer in opened.layers if layer.op == "Add" and layer.attributes.get("x2") == 3.0)
    assert not added.weights


def _attention(x: Any, heads: int) -> Any:
    """Written by hand, as in many models."""
    steps, size = x.shape[1:]

    def split(y: Any) -> Any:
        return ops.transpose(ops.reshape(y, (-1, steps, heads, size // heads)), (0, 2, 1, 3))

    query, key, value = (split(k.Dense(size, name=name)(x)) for name in ("query", "key", "value"))
    scores = query @ ops.transpose(key, (0, 1, 3, 2)) / (size // heads) ** 0.5
    mixed = ops.transpose(ops.softmax(scores, axis=-1) @ value, (0, 2, 1, 3))
    return ops.reshape(mixed, (-1, steps, size))


@FORMATS
def test_attention_by_hand(name: str, tmp_path: Path) -> None:
    source = keras.Input((5, 12), name="source")
    x = k.LayerNormalization(name="before")(source + _attention(source, 3))
    x = x + k.Dense(12, activation="gelu", name="after")(x)
    left, right = ops.split(x, [4], axis=-1)
    pooled = ops.mean(left, axis=1) - ops.max(right, axis=(1, 2))[:, None]
    model = keras.Model(source, [k.Dense(3, name="result")(ops.tanh(pooled)), ops.argmax(x, axis=-1)])
    randomise(model)
    opened = check(model, tmp_path / name)
    assert [port.shape for port in opened.outputs] == [(None, 3), (None, 5)]
    assert [port.dtype for port in opened.outputs] == ["float32", "int32"]


@FORMATS
def test_operations_called_twice_and_inside_models(name: str, tmp_path: Path) -> None:
    inner_source = keras.Input((4, 6), name="inner_source")
    inner = keras.Model(inner_source, k.Dense(6, name="inside")(inner_source * 2.0 + 1.0), name="inner")
    source = keras.Input((4, 6), name="source")
    twice = ops.concatenate([inner(source), inner(inner(source))], axis=1)
    model = keras.Model(source, k.Flatten(name="flat")(twice))
    randomise(model)
    model.save(tmp_path / name)
    opened = read_model(tmp_path / name)
    assert not opened.notes
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    np.testing.assert_allclose(keras_files.result(opened, source=x), model(x), rtol=1e-4, atol=1e-4)


def test_what_is_no_batch_any_more_is_not_taken_for_one(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Rows that are cut up are more than the batch: what follows them must not share memory with it."""
    source = keras.Input((8, 6), name="source")
    rows = ops.reshape(source, (-1, 6))
    x = k.Dense(6, activation="relu", name="first")(rows)
    x = k.Dense(6, activation="relu", name="second")(x)
    back = ops.reshape(x, (-1, 8, 6)) + source
    model = keras.Model(source, [k.Dense(6, name="third")(back), ops.sum(back, axis=0)])
    randomise(model)
    model.save(tmp_path / "rows.keras")
    opened = read_model(tmp_path / "rows.keras")
    assert not opened.notes
    for batch in (1, 5, 2):
        x = np.random.default_rng(batch).normal(size=(batch, 8, 6)).astype("float32")
        found = keras_files.result(opened, source=x)
        np.testing.assert_allclose(found, model(x)[0], rtol=1e-4, atol=1e-4)
    # onnxruntime warns where sizes that are called alike are not.
    assert "re-use buffer" not in capfd.readouterr().err


def test_how_operations_are_shown(tmp_path: Path) -> None:
    x = keras.Input((6, 9), name="x")
    results = [
        ops.add(x, 1.5),
        ops.multiply(np.arange(9, dtype="float32"), x),
        ops.multiply(x, np.ones((6, 9), "float32")),
        ops.mean(x, axis=(1, 2), keepdims=True),
        x[:, 1:5, ::-1, None, ...],
        x[0],
        ops.cast(x, "int32"),
        ops.reshape(x, (-1, 3, 18)),
    ]
    keras.Model(x, results).save(tmp_path / "shown.keras")
    opened = read_model(tmp_path / "shown.keras")
    shown = [(layer.op, layer.attributes) for layer in opened.layers]
    assert shown == [
        ("Add", {"x2": 1.5}),
        ("Multiply", {"x1": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]}),
        ("Multiply", {"x2": "float32 array of shape (6, 9)"}),
        ("Mean", {"axis": [1, 2], "keepdims": True}),
        ("GetItem", {"key": "[:, 1:5, ::-1, None, ...]"}),
        ("GetItem", {"key": "[0]"}),
        ("Cast", {"dtype": "int32"}),
        ("Reshape", {"newshape": [-1, 3, 18]}),
    ]
