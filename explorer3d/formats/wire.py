"""Protobuf messages of which only a few fields are wanted, read without their definitions.

References
----------
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator

from explorer3d.formats.signature import varint

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}

Content = int | memoryview


class Malformed(ValueError):
    """The bytes are no protobuf message, or hold another kind of value than asked for."""


def fields(message: memoryview) -> Iterator[tuple[int, Content]]:
    """Number and content of each field: a number, or the bytes of a text, of a message or of a fixed size.

    Raises
    ------
    Malformed
    """
    position = 0
    while position < len(message):
        tag, position = _number(message, position)
        kind = tag & 7
        if kind == _VARINT:
            value, position = _number(message, position)
            yield tag >> 3, value
            continue
        if kind == _LENGTH:
            size, position = _number(message, position)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise Malformed(f"wire type {kind}")
        if position + size > len(message):
            raise Malformed("cut short")
        yield tag >> 3, message[position : position + size]
        position += size


def parts(message: memoryview, number: int) -> Iterator[memoryview]:
    """The messages in a repeated field.

    Raises
    ------
    Malformed
    """
    for found, content in fields(message):
        if found == number:
            yield part(content)


def part(content: Content) -> memoryview:
    """
    Raises
    ------
    Malformed
        The field holds a number.
    """
    if isinstance(content, int):
        raise Malformed("a number in place of a message")
    return content


def text(content: Content) -> str:
    """
    Raises
    ------
    Malformed
        The field holds a number.
    """
    return bytes(part(content)).decode("utf-8", "replace")


def whole(content: Content) -> int:
    """
    Raises
    ------
    Malformed
        The field holds bytes.
    """
    if not isinstance(content, int):
        raise Malformed("bytes in place of a number")
    return content


def _number(message: memoryview, position: int) -> tuple[int, int]:
    value, behind = varint(message, position)
    if value is None:
        raise Malformed("cut short")
    return value, behind
