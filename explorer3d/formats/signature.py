"""The first bytes that tell model formats apart, without loading any format's library."""

from __future__ import annotations

import re
from pathlib import Path

_VARINT, _LENGTH = 0, 2

# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3, message ModelProto: field number to wire type
_MODEL_FIELDS = {
    1: _VARINT,  # ir_version
    2: _LENGTH,  # producer_name
    3: _LENGTH,  # producer_version
    4: _LENGTH,  # domain
    5: _VARINT,  # model_version
    6: _LENGTH,  # doc_string
    7: _LENGTH,  # graph
    8: _LENGTH,  # opset_import
    14: _LENGTH,  # metadata_props
    20: _LENGTH,  # training_info
    25: _LENGTH,  # functions
    26: _LENGTH,  # configuration
}

# The end of a sorted table, https://github.com/google/leveldb/blob/main/doc/table_format.md
TABLE_END = (0xDB4775248B80FB57).to_bytes(8, "little")

# Where a text begins, what tells it is never far.
_BEGINNING = 1 << 16
_JSON = re.compile(rb'\s*("\s*)?\{')
_CLASS_IN_JSON = re.compile(rb'\\?"class_name\\?"\s*:')
CLASS_IN_YAML = re.compile(rb"^[ -]*class_name: ", re.MULTILINE)

_HDF5 = b"\x89HDF\r\n\x1a\n"


def is_hdf5(path: Path, head: bytes) -> bool:
    """Tell an HDF5 file; a user block of a power of two of bytes may come before its signature."""
    if head.startswith(_HDF5):
        return True
    offset = 512
    with path.open("rb") as file:
        size = path.stat().st_size
        while offset < size:
            file.seek(offset)
            if file.read(len(_HDF5)) == _HDF5:
                return True
            offset *= 2
    return False


def is_architecture(path: Path, head: bytes) -> bool:
    """Tell what Keras' ``model.to_json`` or ``model.to_yaml`` gives."""
    if _JSON.match(_without_mark(head)):
        return _CLASS_IN_JSON.search(_beginning(path)) is not None
    return b"\0" not in head and CLASS_IN_YAML.search(head) is not None


def is_shard_list(path: Path, head: bytes) -> bool:
    """Tell the JSON file that says over which files Keras 3 has spread a model's weights."""
    return _JSON.match(_without_mark(head)) is not None and b'"weight_map"' in _beginning(path)


def _without_mark(head: bytes) -> bytes:
    """Some editors begin a text with a mark of its encoding."""
    return head.removeprefix(b"\xef\xbb\xbf")


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_BEGINNING)


def is_checkpoint(path: Path, head: bytes) -> bool:
    """Tell the index of a TensorFlow checkpoint: its first key is empty."""
    return head.startswith(b"\0\0") and ends(path)[1].endswith(TABLE_END)


def is_saved_model(path: Path, head: bytes) -> bool:
    """Tell a part of a SavedModel folder; its graph begins like an ONNX model."""
    return path.name in ("saved_model.pb", "keras_metadata.pb") and (path.parent / "variables").is_dir()


def ends(path: Path, size: int = 512) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file.

    Raises
    ------
    OSError
    """
    with path.open("rb") as file:
        head = file.read(size)
        file.seek(max(path.stat().st_size - size, 0))
        return head, file.read(size)


def is_zip(path: Path, head: bytes) -> bool:
    """Tell a zip archive."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_onnx(path: Path, head: bytes) -> bool:
    """Tell a protobuf message whose leading fields are those of an ONNX model."""
    position, seen = 0, 0
    while position < len(head):
        tag, position = varint(head, position)
        if tag is None:
            return seen > 0
        if _MODEL_FIELDS.get(tag >> 3) != tag & 7:
            return False
        value, position = varint(head, position)
        if value is None:
            return seen > 0
        seen += 1
        if tag & 7 == _LENGTH:
            position += value
    return seen > 0


def varint(data: bytes | memoryview, position: int) -> tuple[int | None, int]:
    """Read a protobuf number; gives it, or None if it is cut short, and the position behind it."""
    value = shift = 0
    while position < len(data) and shift < 64:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    return None, position
