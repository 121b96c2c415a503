"""Take the large weights out of a serialised model before protobuf copies them.

protobuf copies every byte it parses, and hands out another copy each time a tensor is looked at. Here the
file's bytes stay where they were read; weights are views of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.formats.signature import varint

LARGE_BYTES = 4096
"""Below this a view saves nothing."""

# Field numbers of ModelProto, GraphProto and TensorProto,
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
_GRAPH, _INITIALIZER, _RAW_DATA = 7, 5, 9

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5

_VIEWED = frozenset(
    getattr(onnx.TensorProto, name)
    for name in ("FLOAT", "DOUBLE", "FLOAT16", "INT8", "INT16", "INT32", "INT64", "UINT8", "BOOL")
)
"""Types whose bytes in the file are numpy's."""


@dataclass(frozen=True, eq=False)
class Lightened:
    """A model message without its large weights.

    Attributes
    ----------
    message : bytes
        A ModelProto in which large initialisers have no data.
    data : dict of str to array
        The data by initialiser name, one-dimensional views of the file's bytes.
    """

    message: bytes
    data: dict[str, np.ndarray]


class _Field(NamedTuple):
    number: int
    start: int
    content: int
    end: int


def lighten(file: bytes) -> Lightened:
    """Take out the large initialisers of the top graph.

    Parameters
    ----------
    file : bytes
        A serialised ModelProto. If it is malformed it comes back whole, for protobuf to refuse.

    References
    ----------
    https://protobuf.dev/programming-guides/encoding/
    """
    try:
        fields = list(_fields(file, 0, len(file)))
        graphs = [field for field in fields if field.number == _GRAPH]
        if len(graphs) != 1:
            return Lightened(file, {})
        return _without_large(file, fields, graphs[0])
    except ValueError:
        return Lightened(file, {})


def _without_large(file: bytes, fields: list[_Field], graph: _Field) -> Lightened:
    view = memoryview(file)
    data: dict[str, np.ndarray] = {}
    parts: list[bytes | memoryview] = []
    for field in _fields(file, graph.content, graph.end):
        light = None
        if field.number == _INITIALIZER and field.end - field.content >= LARGE_BYTES:
            light = _header(file, field, data)
        parts.append(view[field.start : field.end] if light is None else light)
    if not data:
        return Lightened(file, {})
    length = sum(len(part) for part in parts)
    message = b"".join(
        [
            *(view[field.start : field.end] for field in fields if field is not graph),
            _tag(_GRAPH),
            _encoded(length),
            *parts,
        ]
    )
    return Lightened(message, data)


def _header(file: bytes, field: _Field, data: dict[str, np.ndarray]) -> bytes | None:
    """Write an initialiser without its data, which goes into `data`; None if it has to stay as it is."""
    fields = list(_fields(file, field.content, field.end))
    raw = [inner for inner in fields if inner.number == _RAW_DATA]
    if len(raw) != 1 or raw[0].end - raw[0].content < LARGE_BYTES:
        return None
    rest = b"".join(file[inner.start : inner.end] for inner in fields if inner is not raw[0])
    try:
        header = onnx.TensorProto.FromString(rest)
    except Exception as error:
        # protobuf's DecodeError, which has no public type in its C implementation
        raise ValueError("malformed tensor") from error
    if header.data_type not in _VIEWED or header.name in data:
        return None
    dtype = ir.DataType(header.data_type).numpy()
    size = raw[0].end - raw[0].content
    if size % dtype.itemsize or header.data_location == onnx.TensorProto.EXTERNAL:
        return None
    data[header.name] = np.frombuffer(file, dtype, size // dtype.itemsize, raw[0].content)
    return _tag(_INITIALIZER) + _encoded(len(rest)) + rest


def _fields(file: bytes, start: int, end: int) -> Iterator[_Field]:
    """Walk over the fields of a message without looking into them; ValueError if it is malformed."""
    position = start
    while position < end:
        begin = position
        tag, position = varint(file, position)
        if tag is None:
            raise ValueError("truncated tag")
        wire = tag & 7
        content = position
        if wire == _VARINT:
            value, position = varint(file, position)
            if value is None:
                raise ValueError("truncated number")
        elif wire == _LENGTH:
            length, content = varint(file, position)
            if length is None:
                raise ValueError("truncated length")
            position = content + length
        elif wire in (_FIXED64, _FIXED32):
            position += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError("unknown wire type")
        if position > end:
            raise ValueError("field beyond its message")
        yield _Field(tag >> 3, begin, content, position)


def _tag(number: int) -> bytes:
    return _encoded(number << 3 | _LENGTH)


def _encoded(number: int) -> bytes:
    result = bytearray()
    while number >= 0x80:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)
