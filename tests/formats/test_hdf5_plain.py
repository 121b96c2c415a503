"""What is read without HDF5, against HDF5."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import h5py
import numpy as np
import pytest

from explorer3d.errors import ModelError
from explorer3d.formats.hdf5 import Hdf5
from explorer3d.formats.hdf5_plain import DamagedError, PlainFile


def _written(write: Callable[[h5py.File], None], **settings: Any) -> memoryview:
    content = io.BytesIO()
    with h5py.File(content, "w", **settings) as file:
        write(file)
    return memoryview(content.getvalue())


def _many(file: h5py.File) -> None:
    """Enough entries for a tree of symbols that branches, as under ``model_weights`` of a deep network."""
    noise = np.random.default_rng(0)
    for at in range(700):
        shape = tuple(int(size) for size in noise.integers(1, 5, noise.integers(0, 5)))
        file[f"model_weights/layer_{at}/layer_{at}/kernel:0"] = noise.normal(size=shape).astype(np.float32)
        words = [f"layer_{at}/{'ä' * index}weight_{index}:0" for index in range(at % 4)]
        kinds = (h5py.string_dtype(), h5py.string_dtype(length=40), "S40")
        encoded = [word.encode() for word in words]
        kind = kinds[at % 3]
        given = np.array(encoded if kind == "S40" else words, dtype=kind if words else None)
        file[f"model_weights/layer_{at}"].attrs["weight_names"] = given


def _paths(file: h5py.File) -> dict[str, Any]:
    found: dict[str, Any] = {}
    file.visititems(found.__setitem__)
    return found


def test_groups_floats_and_words_are_found() -> None:
    data = _written(_many)
    plain = PlainFile(data)
    with h5py.File(io.BytesIO(data)) as file:
        for path, found in _paths(file).items():
            if isinstance(found, h5py.Dataset):
                assert plain.floats(path) == (found.shape, found.id.get_offset())
                assert plain.entries(path) is None
                continue
            entries = plain.entries(path)
            assert entries is not None
            assert list(entries) == list(found)
            assert plain.address(path) == h5py.h5o.get_info(found.id).addr
            if "weight_names" in found.attrs:
                words = [
                    word.decode() if isinstance(word, bytes) else word for word in found.attrs["weight_names"]
                ]
                assert plain.words("weight_names", path) == words
        assert len(plain.entries("model_weights") or ()) == 700


def _others(file: h5py.File) -> None:
    some = np.random.default_rng(0).normal(size=(6, 7)).astype(np.float32)
    for kind in (">f4", "f2", "f8", "i4", "u1", "?"):
        file[kind] = some.astype(kind)
    file.create_dataset("chunked", data=some, chunks=True)
    file.create_dataset("packed", data=some, compression="gzip")
    file.create_dataset("growing", data=some, maxshape=(None, 7))
    file.create_dataset("empty", (0, 3), "f4")
    file.create_dataset("unwritten", (2, 3), "f4")
    file.create_dataset("null", data=h5py.Empty("f4"))
    file["noted"] = some
    file["noted"].attrs["note"] = "x" * 100
    file["type"] = np.dtype(np.float32)
    file.create_dataset("of_named_type", data=some, dtype=file["type"])
    file.create_group("group").attrs.update(
        {"number": 3, "word": "one", "numbers": [1, 2], "words": ["a", "b"]}
    )
    file["group"].attrs["table"] = np.array([["a"], ["b"]], dtype="S1")


def test_everything_else_is_left_to_hdf5() -> None:
    data = _written(_others)
    plain = PlainFile(data)
    names = plain.entries("")
    assert names is not None
    assert "packed" in names
    assert not {name for name in names if plain.floats(name) is not None}
    assert plain.words("words", "group") == ["a", "b"]
    assert all(plain.words(name, "group") is None for name in ("number", "word", "numbers", "table", "none"))
    assert plain.floats("nothing") is None


@pytest.mark.parametrize("link", [h5py.SoftLink("/packed"), h5py.ExternalLink("other.h5", "/packed")])
def test_links_to_elsewhere_are_not_followed(link: Any) -> None:
    def write(file: h5py.File) -> None:
        file["inside/here"] = np.zeros(3, np.float32)
        file["packed"] = np.zeros(3, np.float32)
        file["inside/away"] = link

    plain = PlainFile(_written(write))
    assert plain.floats("packed") is not None
    assert plain.floats("inside/away") is None
    assert plain.entries("inside") is None


@pytest.mark.parametrize("settings", [{"libver": "latest"}, {"userblock_size": 512}, {"track_order": True}])
def test_files_of_another_make_are_left_to_hdf5(settings: dict[str, Any]) -> None:
    plain = PlainFile(_written(_many, **settings))
    assert plain.floats("model_weights/layer_0/layer_0/kernel:0") is None


def test_a_group_in_itself_ends() -> None:
    def write(file: h5py.File) -> None:
        group = file.create_group("one")
        group["one"] = group

    plain = PlainFile(_written(write))
    assert plain.address("one/one/one") == plain.address("one")


def test_no_damage_leads_out_of_the_file() -> None:
    def write(file: h5py.File) -> None:
        for at in range(12):
            file[f"one/{at}/kernel"] = np.zeros((at + 1, 3), np.float32)
            file[f"one/{at}"].attrs["words"] = np.array(["kernel", "bias"], dtype=h5py.string_dtype())

    noise = np.random.default_rng(1)
    whole = _written(write)
    answers = set()
    for _ in range(4000):
        data = bytearray(whole)
        for _ in range(noise.integers(1, 30)):
            data[noise.integers(64, len(data))] = noise.integers(0, 256)
        if noise.random() < 0.2:
            del data[noise.integers(72, len(data)) :]
        plain = PlainFile(memoryview(data))
        for at in noise.integers(0, 12, 3):
            with suppress(DamagedError):
                plain.words("words", f"one/{at}")
            found = plain.floats(f"one/{at}/kernel")
            if found is not None:
                shape, offset = found
                assert 0 <= offset <= len(data) - 4 * np.prod(shape, dtype=object)
            answers.add(found)
    assert len(answers) > 10


def test_reading_the_same_over_and_over_ends() -> None:
    """A tree whose children are all the same node, level for level: two to the power of its height."""

    def write(file: h5py.File) -> None:
        file["one/kernel"] = np.zeros(3, np.float32)

    data = bytearray(_written(write))
    start = data.index(b"TREE", data.index(b"TREE") + 1)
    nodes = len(data)
    for level in range(60, 0, -1):
        child = nodes + (60 - level + 1) * 72 if level > 1 else start
        data += b"TREE\0" + bytes([level]) + (2).to_bytes(2, "little") + 16 * b"\xff"
        data += 2 * (bytes(8) + child.to_bytes(8, "little")) + bytes(16)
    data = data.replace(start.to_bytes(8, "little"), nodes.to_bytes(8, "little"), 1)
    plain = PlainFile(memoryview(data))
    assert plain.floats("one/kernel") is None
    # It did get into the tree.
    assert plain._steps > 10_000


def _texts(file: h5py.File) -> None:
    file.attrs["model_config"] = '{"ä": 1}'
    file.attrs["weight_names"] = np.array(["kernel", "bias"], h5py.string_dtype())
    file.attrs["fixed"] = np.bytes_(b"2.2.4")


def test_texts_are_found() -> None:
    plain = PlainFile(_written(_texts))
    assert plain.text("model_config", "") == '{"ä": 1}'
    assert plain.text("fixed", "") == "2.2.4"
    assert plain.text("weight_names", "") is None
    assert plain.words("model_config", "") is None
    assert plain.text("missing", "") is None


@pytest.mark.parametrize("damage", ["signature", "item", "length"])
def test_texts_that_are_not_where_the_file_says_are_not_looked_for(damage: str) -> None:
    """HDF5 itself goes round for ever in some such files."""
    content = bytearray(_written(_texts))
    heap = content.find(b"GCOL")
    if damage == "signature":
        content[heap : heap + 4] = b"XCOL"
    elif damage == "item":
        content[heap + 16 : heap + 18] = (77).to_bytes(2, "little")
    else:
        content[heap + 24 : heap + 32] = (2**40).to_bytes(8, "little")
    plain = PlainFile(memoryview(content))
    with pytest.raises(DamagedError):
        plain.text("model_config", "")
    with (
        Hdf5(np.frombuffer(content, np.uint8), "bad.h5") as file,
        pytest.raises(ModelError, match="bad.h5 is damaged"),
    ):
        file.text("model_config")
