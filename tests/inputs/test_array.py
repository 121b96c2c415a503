"""Arrays and numpy's files, whole, damaged and hostile."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from explorer3d.errors import InputError
from explorer3d.inputs import feeds_for


@pytest.fixture
def two(net: SimpleNamespace) -> Any:
    """A model that takes (?, 4) floats."""
    return net.model(net.port("x", (None, 4)))


def npy_bytes(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def test_npy_is_used_unchanged(two: Any, tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", values)
    feeds = feeds_for(two, tmp_path / "x.npy")
    np.testing.assert_array_equal(feeds.arrays["x"], values)
    assert feeds.description == "x.npy, 3×4 float32"
    assert feeds.picture is None


def test_suffix_does_not_matter(two: Any, tmp_path: Path) -> None:
    path = tmp_path / "values.png"
    path.write_bytes(npy_bytes(np.ones((1, 4), np.float32)))
    assert feeds_for(two, str(path)).arrays["x"].shape == (1, 4)


def test_missing_batch_axis_is_added(two: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(4, dtype=np.float32))
    assert feeds_for(two, tmp_path / "x.npy").arrays["x"].tolist() == [[0, 1, 2, 3]]
    assert feeds_for(two, np.arange(4)).arrays["x"].tolist() == [[0, 1, 2, 3]]


def test_order_and_byte_order_of_the_file_do_not_matter(two: Any, tmp_path: Path) -> None:
    values = np.arange(12, dtype=">f8").reshape(3, 4)
    np.save(tmp_path / "x.npy", np.asfortranarray(values))
    array = feeds_for(two, tmp_path / "x.npy").arrays["x"]
    assert array.dtype == np.float32 and array.dtype.isnative and array.flags.c_contiguous
    np.testing.assert_array_equal(array, values)


@pytest.mark.parametrize(
    ("given", "wanted", "fits"),
    [
        (np.array([0.1]), "float32", True),
        (np.array([1e300]), "float32", False),
        (np.array([np.inf, np.nan]), "float32", True),
        (np.array([70000.0]), "float16", False),
        (np.array([255], np.uint8), "float16", True),
        (np.array([2**24 + 1]), "float32", False),
        (np.array([2**24]), "float32", True),
        (np.array([7], np.int64), "int32", True),
        (np.array([2**40], np.int64), "int32", False),
        (np.array([1.0]), "int64", False),
        (np.array([True]), "float32", True),
        (np.array([1]), "bool", False),
        (np.array([1j]), "float32", False),
        (np.array(["a"]), "float32", False),
        (np.array(["a"]), "string", True),
    ],
)
def test_types_are_changed_only_if_values_survive(
    net: SimpleNamespace, given: np.ndarray, wanted: str, fits: bool
) -> None:
    model = net.model(net.port("x", (None,), wanted))
    if not fits:
        with pytest.raises(InputError, match="'x'"):
            feeds_for(model, given)
        return
    array = feeds_for(model, given).arrays["x"]
    assert array.dtype == (object if wanted == "string" else wanted)
    np.testing.assert_array_equal(array, given.astype(array.dtype))


@pytest.mark.parametrize("shape", [(1, 5), (4, 1), (1, 1, 4), (), (3, 1, 4)])
def test_other_shapes_are_refused(two: Any, tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x.npy", np.zeros(shape, np.float32))
    with pytest.raises(InputError, match=r"x\.npy has shape .*\(\?, 4\)"):
        feeds_for(two, tmp_path / "x.npy")


@pytest.mark.parametrize("shape", [(0, 4), (0,), (2, 0)])
def test_empty_arrays_are_refused(net: SimpleNamespace, tmp_path: Path, shape: tuple[int, ...]) -> None:
    empty = np.zeros(shape, np.float32)
    np.save(tmp_path / "x.npy", empty)
    model = net.model(net.port("x", (None, *shape[1:]) if shape[0] == 0 else (None, None)))
    for source in (tmp_path / "x.npy", empty, {"x": empty}):
        with pytest.raises(InputError, match=r"is empty: its shape is \(.*0.*\)"):
            feeds_for(model, source)


def test_input_that_is_empty_by_its_own_shape(net: SimpleNamespace) -> None:
    model = net.model(net.port("past", (1, 0, 4)))
    assert feeds_for(model, np.zeros((1, 0, 4), np.float32)).arrays["past"].shape == (1, 0, 4)


def test_one_axis_is_written_as_in_python(two: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(5, np.float32))
    with pytest.raises(InputError, match=r"shape \(5,\), but"):
        feeds_for(two, tmp_path / "x.npy")


def test_what_is_not_loaded_is_named(two: Any, tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(header("(1, 4)", "'|O'") + b"\0" * 32)
    with pytest.raises(InputError, match="Python objects .type object.*float32"):
        feeds_for(two, tmp_path / "x.npy")
    with pytest.raises(InputError, match="of type int64 and holds values .* takes float32"):
        feeds_for(two, np.full((1, 4), 2**24 + 1))


def test_unknown_shape_takes_anything(net: SimpleNamespace) -> None:
    assert feeds_for(net.model(net.port("x", None)), np.zeros((2, 3), np.float32)).arrays["x"].shape == (2, 3)


def test_npz_and_mapping_go_by_name(net: SimpleNamespace, tmp_path: Path) -> None:
    model = net.model(net.port("a/b:0", (None, 2)), net.port("ids", (None, 3), "int64"))
    given = {"a/b:0": np.ones((1, 2), np.float32), "ids": np.array([1, 2, 3], np.int32)}
    np.savez_compressed(tmp_path / "in.npz", **given)
    for source in (tmp_path / "in.npz", given):
        feeds = feeds_for(model, source)
        assert feeds.arrays["a/b:0"].tolist() == [[1, 1]]
        assert feeds.arrays["ids"].tolist() == [[1, 2, 3]] and feeds.arrays["ids"].dtype == np.int64
        assert feeds.description.endswith("a/b:0 1×2 float32, ids 1×3 int64")
    with pytest.raises(InputError, match="no array for input 'ids'"):
        feeds_for(model, {"a/b:0": given["a/b:0"]})
    with pytest.raises(InputError, match="'idz'.*a/b:0, ids"):
        feeds_for(model, {**given, "idz": 1})
    with pytest.raises(InputError, match="2 inputs: a/b:0, ids. Give an .npz"):
        feeds_for(model, given["ids"])


def header(shape: str, descr: str = "'<f4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (10 + len(text)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00" + b"\0" * 100,
        npy_bytes(np.zeros((1, 4), np.float32))[:-1],
        npy_bytes(np.zeros((1, 4), np.float32)) + b"\0",
        header("(1000000000000, 4)"),
        header("(-1, 4)") + b"\0" * 16,
        header("(1, 4") + b"\0" * 16,
        header("(1, 4)", "'('*99999") + b"\0" * 16,
        header("(1, 4)", "__import__('os')") + b"\0" * 16,
        header("(1, 4)", "'nonsense'") + b"\0" * 16,
    ],
)
def test_damaged_files(net: SimpleNamespace, two: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.npy is damaged"):
        feeds_for(two, path)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(InputError, match=r"'x' in x\.npz is damaged"):
        feeds_for(two, tmp_path / "x.npz")


def test_damaged_archives(two: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, x=np.random.default_rng(0).normal(size=(1, 4)).astype(np.float32))
    whole = path.read_bytes()
    for content in (
        whole[:40],
        whole[:60] + bytes([whole[60] ^ 255]) + whole[61:],
        whole[:-30],
        b"PK\x05\x06" + b"\0" * 18,
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"x\.npz"):
            feeds_for(two, path)


def test_nothing_large_is_allocated_for_a_small_archive(net: SimpleNamespace, tmp_path: Path) -> None:
    # A few kB that unpack to 1.2 GB, for an input whose size is open.
    path = tmp_path / "x.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(header("(300000000,)"))
        for _ in range(1200):
            stream.write(b"\0" * 1_000_000)
    with pytest.raises(InputError, match="1 GiB"):
        feeds_for(net.model(net.port("x", (None,))), path)
