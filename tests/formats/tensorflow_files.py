"""Parts of TensorFlow's files, written from their descriptions.

References
----------
https://protobuf.dev/programming-guides/encoding/
https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

from __future__ import annotations

from collections.abc import Mapping


def number(value: int) -> bytes:
    """A protobuf number."""
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def field(at: int, content: bytes | int) -> bytes:
    """A field of a message: a number, or a text or another message."""
    if isinstance(content, int):
        return number(at << 3) + number(content)
    return number(at << 3 | 2) + number(len(content)) + content


def metadata(path: str, text: str) -> bytes:
    """SavedMetadata with one object."""
    return field(1, field(2, 0) + field(3, path.encode()) + field(5, text.encode()))


def bundle_header(files: int) -> bytes:
    """BundleHeaderProto."""
    return field(1, files)


def entry(dtype: int, shape: tuple[int, ...], size: int, *, shard: int = 0, offset: int = 0) -> bytes:
    """BundleEntryProto; `dtype` as in ``types.proto``."""
    dimensions = b"".join(field(2, field(1, length)) for length in shape)
    return field(1, dtype) + field(2, dimensions) + field(3, shard) + field(4, offset) + field(5, size)


def table(entries: Mapping[bytes, bytes], compression: int = 0) -> bytes:
    """A sorted table of one block."""
    data = bytearray()

    def block(content: Mapping[bytes, bytes]) -> bytes:
        start = len(data)
        for key in sorted(content):
            data.extend(b"\0" + number(len(key)) + number(len(content[key])) + key + content[key])
        data.extend(bytes(4) + (1).to_bytes(4, "little"))
        size = len(data) - start
        data.append(compression)
        crc = _crc32c(bytes(data[start:]))
        data.extend((((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little"))
        return number(start) + number(size)

    first = block(entries)
    meta = block({})
    index = block({b"\xff": first})
    return bytes(data) + (meta + index).ljust(40, b"\0") + (0xDB4775248B80FB57).to_bytes(8, "little")


def _crc32c(data: bytes) -> int:
    """Bit by bit, RFC 3720."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF
