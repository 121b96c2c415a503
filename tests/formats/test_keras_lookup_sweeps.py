"""Layers that look words or numbers up against Keras, over drawn arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from tests.formats.keras_referee import QUIET, difference, our_outputs
from tests.formats.keras_sweep import COUNT, drawn, sizes

pytestmark = QUIET

WORDS = ["a", "b", "cc", "dd", "eee", "ü", "ß", "猫", "long-one", "two words"]


def _settings(noise: np.random.Generator, tokens: list[Any], mask: Any, unknown: Any) -> dict[str, Any]:
    mode = drawn(noise, "int", "int", "one_hot", "multi_hot", "count", "tf_idf")
    chosen = [tokens[at] for at in noise.permutation(len(tokens))[: int(noise.integers(3, len(tokens)))]]
    settings: dict[str, Any] = {"output_mode": mode, "mask_token": drawn(noise, None, mask)}
    settings["num_oov_indices"] = count = int(noise.integers(1, 4))
    special = [mask] * (settings["mask_token"] is not None and mode == "int") + [unknown] * count
    # A vocabulary may begin with the special places, or leave them out.
    settings["vocabulary"] = special + chosen if noise.integers(2) else chosen
    if mode == "tf_idf":
        settings["idf_weights"] = noise.uniform(0.5, 2, len(settings["vocabulary"])).tolist()
    if mode != "int" and noise.integers(2):
        settings |= {"max_tokens": 20, "pad_to_max_tokens": True}
    return settings | {"oov_token": unknown}


def _shape(noise: np.random.Generator, mode: str) -> tuple[int, ...]:
    shape = sizes(noise, drawn(noise, 1, 2) if mode in ("int", "one_hot") else 1, 2, 7)
    return (*shape[:-1], 1) if mode == "one_hot" and noise.integers(2) else shape


def _integers(noise: np.random.Generator) -> tuple[Any, np.ndarray]:
    if noise.random() < 0.2:
        vocabulary = noise.permutation(9)[:5].tolist()
        layer = k.IntegerLookup(vocabulary=vocabulary, invert=True, oov_token=-7)
        shape = _shape(noise, "int")
    else:
        settings = _settings(noise, list(range(-3, 7)), 9, -1)
        if noise.integers(2):
            settings |= {"num_oov_indices": 0, "vocabulary": list(range(-3, 12)), "mask_token": None}
            settings |= {"max_tokens": None, "pad_to_max_tokens": False}
            if "idf_weights" in settings:
                settings["idf_weights"] = noise.uniform(0.5, 2, 15).tolist()
        layer = k.IntegerLookup(**settings)
        shape = _shape(noise, settings["output_mode"])
    kind = drawn(noise, "int32", "int64")
    source = keras.Input(shape, dtype=kind)
    return layer(source), noise.integers(-3, 10, (2, *shape)).astype(kind)


def _strings(noise: np.random.Generator) -> tuple[Any, np.ndarray]:
    if noise.random() < 0.2:
        layer = k.StringLookup(vocabulary=WORDS[:5], invert=True, mask_token=drawn(noise, None, ""))
        shape = _shape(noise, "int")
        return layer(keras.Input(shape, dtype="int64")), noise.integers(-1, 9, (2, *shape))
    settings = _settings(noise, WORDS, "", "[UNK]")
    # Keras spreads several by a hash, which nothing here computes.
    settings["num_oov_indices"], settings["vocabulary"] = 1, WORDS[:6]
    if "idf_weights" in settings:
        settings["idf_weights"] = noise.uniform(0.5, 2, 6).tolist()
    shape = _shape(noise, settings["output_mode"])
    words = noise.choice(np.array([*WORDS, "", "unheard of"], dtype=object), (2, *shape))
    return k.StringLookup(**settings)(keras.Input(shape, dtype="string")), words


SWEPT = {"IntegerLookup": _integers, "StringLookup": _strings}


@pytest.mark.parametrize("class_name", SWEPT)
@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_lookups(class_name: str, suffix: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(len(suffix))
    made = [SWEPT[class_name](noise) for _ in range(COUNT)]
    sources = [keras.utils.get_source_inputs(result)[0] for result, _ in made]
    model = keras.Model(sources, [result for result, _ in made])
    model.save(tmp_path / f"model.{suffix}")
    opened = read_model(tmp_path / f"model.{suffix}")
    assert not opened.notes
    feeds = {port.value: array for port, (_, array) in zip(opened.inputs, made, strict=True)}
    ours = our_outputs(opened, feeds)
    theirs = model([keras.ops.convert_to_tensor(array) for _, array in made])
    for result, expected in zip(model.outputs, map(np.asarray, theirs), strict=True):
        found = ours[result._keras_history.operation.name]
        if expected.dtype == object:
            np.testing.assert_array_equal(found, np.vectorize(bytes.decode, otypes=[object])(expected))
        else:
            assert found.dtype == expected.dtype
            assert difference(found, expected) <= 1e-6
