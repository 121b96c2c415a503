"""The first bytes that tell model formats apart, without loading any format's library."""

from __future__ import annotations

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


def varint(data: bytes, position: int) -> tuple[int | None, int]:
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
