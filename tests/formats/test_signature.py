"""Content decides what a file is, never its name."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest
from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info

from explorer3d.errors import ModelError
from explorer3d.formats import FORMATS, HEAD_BYTES, read_model
from explorer3d.formats.signature import is_hdf5, is_onnx


def _onnx_bytes(doc: str = "") -> bytes:
    value = make_tensor_value_info("x", 1, [1])
    other = make_tensor_value_info("y", 1, [1])
    graph = make_graph([make_node("Relu", ["x"], ["y"])], "g", [value], [other])
    return make_model(graph, doc_string=doc, producer_name="p" * 200).SerializeToString()


def _kinds(path: Path) -> list[str]:
    head = path.read_bytes()[:HEAD_BYTES]
    return [name for name, format in FORMATS.items() if format.sniff(path, head)]


@pytest.mark.parametrize("doc", ["", "long " * 200])
def test_onnx_under_any_name(tmp_path: Path, doc: str) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(_onnx_bytes(doc))
    assert _kinds(path) == ["onnx"]


def test_hdf5_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with h5py.File(path, "w") as file:
        file["a"] = [1]
    assert _kinds(path) == ["keras-h5"]


def test_hdf5_behind_a_user_block(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with h5py.File(path, "w", userblock_size=1024) as file:
        file["a"] = [1]
    assert is_hdf5(path, path.read_bytes()[:HEAD_BYTES])


@pytest.mark.parametrize(
    "content",
    [b"{}", b"just some text, no model at all", b"\x89PNG\r\n\x1a\n" + bytes(40), b"\xff" * 64, b"\x00" * 64],
)
def test_other_files_are_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert not is_onnx(path, content)
    with pytest.raises(ModelError, match=r"model\.onnx is neither an ONNX nor a Keras model"):
        read_model(path)


def test_empty_missing_and_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.touch()
    with pytest.raises(ModelError, match="is empty"):
        read_model(path)
    with pytest.raises(ModelError, match="There is no file"):
        read_model(tmp_path / "b.onnx")
    with pytest.raises(ModelError, match="is a folder"):
        read_model(tmp_path)
