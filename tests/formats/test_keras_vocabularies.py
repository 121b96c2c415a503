"""Vocabularies that layers learnt from examples or were told later: Keras keeps them beside the weights."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from explorer3d.formats import read_model
from explorer3d.graph.model import Model
from tests.formats.keras_files import layer, sequential, write_keras
from tests.formats.keras_referee import QUIET, difference, our_outputs
from tests.formats.keras_sweep import COUNT, drawn, sizes

pytestmark = QUIET

WORDS = np.array(["a", "b", "cc", "dd", "eee", "ü", "ß", "猫", "long-one", "two words"], dtype=object)
MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


def _learnt(noise: np.random.Generator, kind: str, mode: str) -> Any:
    """A layer with drawn settings that was adapted, or told its vocabulary, after it was made."""
    chosen = noise.permutation(WORDS if kind == "string" else np.arange(-4, 6))[: int(noise.integers(4, 9))]
    settings: dict[str, Any] = {"output_mode": mode}
    if kind == "string":
        make, settings["mask_token"] = k.StringLookup, drawn(noise, None, "")
    else:
        make, settings["mask_token"] = k.IntegerLookup, drawn(noise, None, 9)
        settings |= {"oov_token": -9, "num_oov_indices": int(noise.integers(1, 4))}
    if mode == "int" and noise.random() < 0.3:
        settings |= {"invert": True, "num_oov_indices": 1}
    if mode != "int" and noise.integers(2):
        settings |= {"max_tokens": 20, "pad_to_max_tokens": True}
    made = make(**settings)
    if noise.integers(2):
        made.adapt(noise.choice(chosen, (6, 3)))
    elif mode == "tf_idf":
        made.set_vocabulary(chosen.tolist(), noise.uniform(0.5, 2, len(chosen)).tolist())
    else:
        made.set_vocabulary(chosen.tolist())
    return made


def _fed(noise: np.random.Generator, made: Any, kind: str, mode: str) -> tuple[Any, np.ndarray]:
    shape = sizes(noise, drawn(noise, 1, 2) if mode in ("int", "one_hot") else 1, 2, 7)
    if made.invert:
        return keras.Input(shape, dtype="int64"), noise.integers(-1, 12, (2, *shape))
    if kind == "int64":
        return keras.Input(shape, dtype=kind), noise.integers(-5, 10, (2, *shape))
    words = noise.choice(np.array([*WORDS, "", "unheard of"], dtype=object), (2, *shape))
    return keras.Input(shape, dtype=kind), words


def _compare(model: Any, opened: Model, fed: list[np.ndarray]) -> None:
    ours = our_outputs(opened, {port.value: array for port, array in zip(opened.inputs, fed, strict=True)})
    theirs = model([keras.ops.convert_to_tensor(array) for array in fed])
    for result, expected in zip(model.outputs, map(np.asarray, theirs), strict=True):
        found = ours[result._keras_history.operation.name]
        if expected.dtype == object:
            np.testing.assert_array_equal(found, np.vectorize(bytes.decode, otypes=[object])(expected))
        else:
            assert found.dtype == expected.dtype
            assert difference(found, expected) <= 1e-6


@pytest.mark.parametrize("kind", ["int64", "string"])
def test_learnt(kind: str, tmp_path: Path) -> None:
    """Opened as it is, and unpacked into a folder."""
    noise = np.random.default_rng(len(kind))
    modes = [MODES[at % len(MODES)] for at in range(COUNT)]
    layers = [_learnt(noise, kind, mode) for mode in modes]
    sources, fed = zip(
        *(_fed(noise, made, kind, mode) for made, mode in zip(layers, modes, strict=True)), strict=True
    )
    model = keras.Model(sources, [made(source) for made, source in zip(layers, sources, strict=True)])
    model.save(tmp_path / "model.keras")
    opened = read_model(tmp_path / "model.keras")
    assert not opened.notes
    _compare(model, opened, list(fed))
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        archive.extractall(tmp_path / "unpacked")
    _compare(model, read_model(tmp_path / "unpacked"), list(fed))


def test_each_its_own(tmp_path: Path) -> None:
    """One of two is in a network in the network; HDF5 has no place for them."""
    outer, inner = k.StringLookup(name="outer"), k.StringLookup(name="inner")
    outer.set_vocabulary(["x", "y"])
    inner.set_vocabulary(["y", "z", "x"])
    nested = keras.Sequential([keras.Input((3,), dtype="string"), inner], name="nested")
    source = keras.Input((3,), dtype="string")
    model = keras.Model(source, [outer(source), nested(source)])
    model.save(tmp_path / "model.keras")
    opened = read_model(tmp_path / "model.keras")
    ours = our_outputs(opened, {opened.inputs[0].value: np.array([["x", "y", "z"]], dtype=object)})
    np.testing.assert_array_equal(ours["outer"], [[1, 2, 0]])
    np.testing.assert_array_equal(ours["nested/inner"], [[3, 1, 2]])
    model.save(tmp_path / "model.h5")
    assert _reason(tmp_path / "model.h5") == (
        "its vocabulary is not in the file; only a .keras file keeps what adapt or set_vocabulary gave it"
    )


def _reason(path: Path) -> str | None:
    reason = read_model(path).layer_by_name["outer"].reason
    return None if reason is None else reason.removeprefix("Layer outer cannot run: ").removesuffix(".")


def _written(tmp_path: Path, vocabulary: bytes) -> Path:
    config = sequential(
        layer("InputLayer", "words", batch_shape=[None, 3], dtype="string"),
        layer("StringLookup", "outer", vocabulary=None, oov_token="[UNK]"),
    )
    path = write_keras(tmp_path / "model.keras", config, {"input_layer": [np.zeros(1)]})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/layers/string_lookup/vocabulary.txt", vocabulary)
    return path


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"x", None),
        (b"\n\n", "its vocabulary is empty: it has not been told any"),
        (b"[UNK]\n", "its vocabulary is empty: it has not been told any"),
        (b"x\nx\n", "its vocabulary names a token twice"),
        ("ü".encode("latin-1"), "its vocabulary.txt is not encoded in UTF-8"),
        (
            b"a" * (33 << 20),
            "The archive's assets/layers/string_lookup/vocabulary.txt claims to unpack to 35 MB, "
            "which no model's description needs, so it is not read",
        ),
    ],
)
def test_faults(content: bytes, reason: str | None, tmp_path: Path) -> None:
    assert _reason(_written(tmp_path, content)) == reason


def test_link_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(_written(tmp_path, b"x")) as archive:
        archive.extractall(folder)
    assert _reason(folder) is None
    vocabulary = folder / "assets/layers/string_lookup/vocabulary.txt"
    vocabulary.rename(tmp_path / "elsewhere.txt")
    vocabulary.symlink_to(tmp_path / "elsewhere.txt")
    assert "is not in the file" in (_reason(folder) or "")
