"""A node of a TensorFlow graph, as ``TensorFlowOpLayer`` of TensorFlow 2.0 to 2.3 keeps it: JSON or protobuf.

References
----------
``tensorflow/core/framework/node_def.proto`` and ``attr_value.proto``
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from explorer3d.formats.keras.settings import Unsupported
from explorer3d.formats.signature import varint

# DataType in ``tensorflow/core/framework/types.proto``, by name and by number.
_TYPES = {
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_INT32": "int32",
    "DT_UINT8": "uint8",
    "DT_INT16": "int16",
    "DT_INT8": "int8",
    "DT_INT64": "int64",
    "DT_BOOL": "bool",
    "DT_BFLOAT16": "bfloat16",
    "DT_UINT16": "uint16",
    "DT_HALF": "float16",
    "DT_UINT32": "uint32",
    "DT_UINT64": "uint64",
}
_NUMBERS = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    9: "int64",
    10: "bool",
} | {
    14: "bfloat16",
    17: "uint16",
    19: "float16",
    22: "uint32",
    23: "uint64",
}


def node_definition(value: object) -> tuple[str, dict[str, Any]]:
    """The operator's name and its attributes as plain values.

    Raises
    ------
    Unsupported
        It is damaged.
    """
    try:
        if isinstance(value, Mapping):
            attributes = value.get("attr", {})
            return str(value["op"]), {str(key): _from_json(one) for key, one in attributes.items()}
        if isinstance(value, str):
            return _from_message(value.encode())
    except (KeyError, ValueError, TypeError, AttributeError, struct.error, binascii.Error):
        pass
    raise Unsupported("its node_def is damaged")


def _from_json(value: Mapping[str, Any]) -> Any:
    kind: str
    content: Any
    kind, content = next(iter(value.items()), ("none", None))
    if kind == "list":
        return [_from_json({inner: item}) for inner, items in content.items() for item in items]
    if kind == "i":
        return int(content)
    if kind == "f":
        return float(content)
    if kind == "b":
        return bool(content)
    if kind == "s":
        return binascii.a2b_base64(content).decode()
    if kind == "type":
        return _TYPES.get(content)
    return None


def _from_message(message: bytes) -> tuple[str, dict[str, Any]]:
    name, attributes = "", {}
    for number, content in _fields(message):
        if number == 2 and isinstance(content, bytes):
            name = content.decode()
        elif number == 5 and isinstance(content, bytes):
            entry = dict(_fields(content))
            key, value = entry[1], entry[2]
            if isinstance(key, bytes) and isinstance(value, bytes):
                attributes[key.decode()] = _attribute(value)
    if not name:
        raise ValueError
    return name, attributes


def _attribute(message: bytes) -> Any:
    for number, content in _fields(message):
        if number == 1 and isinstance(content, bytes):
            return [one for at, inner in _fields(content) for one in _items(at, inner)]
        return _plain(number, content)
    return None


def _items(number: int, content: int | bytes) -> Iterator[Any]:
    """Of a list: packed or one by one."""
    if number == 3 and isinstance(content, bytes):
        at = 0
        while at < len(content):
            item, at = _number(content, at)
            yield _signed(item)
    else:
        yield _plain(number, content)


def _plain(number: int, content: int | bytes) -> Any:
    if isinstance(content, int):
        return {3: _signed(content), 5: bool(content), 6: _NUMBERS.get(content)}.get(number)
    if number == 4:
        return struct.unpack("<f", content)[0]
    return content.decode() if number == 2 else None


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _number(message: bytes, at: int) -> tuple[int, int]:
    found, behind = varint(message, at)
    if found is None:
        raise ValueError
    return found, behind


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        wire = tag & 7
        content: int | bytes
        if wire == 0:
            content, at = _number(message, at)
        else:
            if wire == 2:
                size, at = _number(message, at)
            else:
                size = {1: 8, 5: 4}[wire]
            if at + size > len(message):
                raise ValueError
            content, at = message[at : at + size], at + size
        yield tag >> 3, content
