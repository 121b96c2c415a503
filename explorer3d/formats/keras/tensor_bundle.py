"""TensorFlow's checkpoints: ``<name>.index``, a sorted table, and ``<name>.data-00000-of-00001``, raw arrays.

References
----------
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/tensor_bundle/tensor_bundle.cc
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto
https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats import wire
from explorer3d.formats.hdf5 import mapped
from explorer3d.formats.signature import TABLE_END, varint
from explorer3d.formats.wire import Malformed

_FOOTER, _TRAILER = 48, 5
# One entry describes one variable: a network of thousands needs a few megabytes at most.
_INDEX_LIMIT = 64 << 20

# DataType in tensorflow/core/framework/types.proto
_STRING = 7
_TYPES = {
    1: ir.DataType.FLOAT,
    2: ir.DataType.DOUBLE,
    3: ir.DataType.INT32,
    4: ir.DataType.UINT8,
    5: ir.DataType.INT16,
    6: ir.DataType.INT8,
    9: ir.DataType.INT64,
    10: ir.DataType.BOOL,
    14: ir.DataType.BFLOAT16,
    17: ir.DataType.UINT16,
    19: ir.DataType.FLOAT16,
    22: ir.DataType.UINT32,
    23: ir.DataType.UINT64,
}


@dataclass(frozen=True)
class _Entry:
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    sliced: bool


class TensorBundle:
    """An open checkpoint.

    Parameters
    ----------
    index : Path
        Its ``.index`` file; the data files lie beside it.

    Raises
    ------
    ModelError
        The index is damaged, or of a kind TensorFlow does not write.
    """

    def __init__(self, index: Path) -> None:
        self._index = index
        self._data: dict[int, np.ndarray] = {}
        if index.stat().st_size > _INDEX_LIMIT:
            raise ModelError(f"{index.name} is larger than the index of a checkpoint can be.")
        try:
            table = dict(_table(memoryview(index.read_bytes())))
            self._shards = _shards(memoryview(table.pop(b"", b"")))
            self._entries = {
                key.decode("utf-8", "replace"): _entry(memoryview(value)) for key, value in table.items()
            }
        except Malformed as error:
            raise ModelError(
                f"The checkpoint's {index.name} is damaged or incomplete ({error}). Copy or save it again."
            ) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def tensor(self, key: str) -> ir.TensorProtocol | None:
        """A variable, as a view of the mapped file; None if there is none of numbers under that key.

        Raises
        ------
        ModelError
            It does not lie where the index says.
        """
        entry = self._entries.get(key)
        if entry is None or entry.dtype not in _TYPES:
            return None
        if entry.sliced:
            raise ModelError(
                f"The checkpoint holds {key!r} in slices, as training on several machines leaves it. "
                "Save the model from one machine."
            )
        dtype = _TYPES[entry.dtype]
        if entry.size != dtype.itemsize * math.prod(entry.shape):
            raise ModelError(f"The checkpoint's {key!r} is damaged: its size does not fit its shape.")
        data = self._bytes(key, entry)
        if data.ctypes.data % dtype.itemsize == 0:
            return ir.Tensor(data.view(dtype.numpy()).reshape(entry.shape), dtype=dtype)
        return ir.LazyTensor(
            lambda: ir.Tensor(data.copy().view(dtype.numpy()).reshape(entry.shape), dtype=dtype),
            dtype=dtype,
            shape=ir.Shape(entry.shape),
        )

    def text(self, key: str) -> bytes:
        """A single text.

        Raises
        ------
        ModelError
            There is none, or it is damaged.
        """
        entry = self._entries.get(key)
        if entry is None or entry.dtype != _STRING:
            raise ModelError(f"The checkpoint {self._index.name} holds no {key}.")
        data = self._bytes(key, entry).tobytes()
        # The text's length, a checksum of that, the text.
        length, position = varint(data, 0)
        if length is None or position + 4 + length != len(data):
            raise ModelError(f"The checkpoint's {key} is damaged: its size contradicts itself.")
        return data[position + 4 :]

    def _bytes(self, key: str, entry: _Entry) -> np.ndarray:
        data = self._shard(entry.shard)
        if entry.offset + entry.size > data.size:
            raise ModelError(
                f"The checkpoint's {key!r} reaches beyond the end of its data file, "
                "so that is damaged or incomplete. Copy it again."
            )
        return data[entry.offset : entry.offset + entry.size]

    def _shard(self, number: int) -> np.ndarray:
        if number not in self._data:
            # All counts are from the index, so the name has nothing in it but digits.
            name = f"{self._index.stem}.data-{number:05d}-of-{self._shards:05d}"
            path = self._index.with_name(name)
            if not path.is_file():
                raise ModelError(f"The checkpoint's {name} is missing beside {self._index.name}.")
            self._data[number] = mapped(path) if path.stat().st_size else np.empty(0, np.uint8)
        return self._data[number]


def _shards(header: memoryview) -> int:
    """BundleHeaderProto: how many data files there are."""
    count = 0
    for number, content in wire.fields(header):
        if number == 1:
            count = wire.whole(content)
        elif number == 2 and content != 0:
            raise Malformed("its numbers are big-endian")
    if not 0 < count < 10**5:
        raise Malformed("no count of data files")
    return count


def _entry(message: memoryview) -> _Entry:
    """BundleEntryProto."""
    found = {1: 0, 3: 0, 4: 0, 5: 0}
    shape: tuple[int, ...] = ()
    sliced = False
    for number, content in wire.fields(message):
        if number == 2:
            shape = tuple(_size(dimension) for dimension in wire.parts(wire.part(content), 2))
        elif number in found:
            found[number] = wire.whole(content)
        elif number == 7:
            sliced = True
    return _Entry(found[1], shape, found[3], found[4], found[5], sliced)


def _size(dimension: memoryview) -> int:
    size = next((wire.whole(content) for number, content in wire.fields(dimension) if number == 1), 0)
    if size >= 2**40:
        raise Malformed(f"a size of {size}")
    return size


def _table(data: memoryview) -> Iterator[tuple[bytes, bytes]]:
    """All entries of a sorted table."""
    footer = data[-_FOOTER:]
    if len(footer) < _FOOTER or bytes(footer[-8:]) != TABLE_END:
        raise Malformed("its end is missing")
    _, position = _handle(footer, 0)
    (start, size), _ = _handle(footer, position)
    for _, value in _block(data, start, size):
        (start, size), _ = _handle(memoryview(value), 0)
        yield from _block(data, start, size)


def _handle(data: memoryview, position: int) -> tuple[tuple[int, int], int]:
    start, position = _number(data, position)
    size, position = _number(data, position)
    return (start, size), position


def _block(data: memoryview, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of a block: each key leaves out what it shares with the one before."""
    block = data[start : start + size]
    trailer = bytes(data[start + size : start + size + _TRAILER])
    if len(block) != size or len(trailer) != _TRAILER or size < 4:
        raise Malformed("a block reaches beyond its end")
    if trailer[0]:
        raise Malformed("its blocks are compressed, which TensorFlow does not do")
    if _masked(_crc32c(bytes(block) + trailer[:1])) != int.from_bytes(trailer[1:], "little"):
        raise Malformed("a block's checksum is wrong")
    restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 - 4 * restarts
    key, position = b"", 0
    while position < end:
        shared, position = _number(block, position)
        own, position = _number(block, position)
        length, position = _number(block, position)
        if shared > len(key) or position + own + length > end:
            raise Malformed("a block contradicts itself")
        key = key[:shared] + bytes(block[position : position + own])
        yield key, bytes(block[position + own : position + own + length])
        position += own + length


def _number(data: memoryview, position: int) -> tuple[int, int]:
    value, behind = varint(data, position)
    if value is None:
        raise Malformed("a number is cut short")
    return value, behind


def _steps() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_STEPS = _steps()


def _crc32c(data: bytes) -> int:
    """Castagnoli's checksum, RFC 3720."""
    state = 0xFFFFFFFF
    for byte in data:
        state = state >> 8 ^ _STEPS[(state ^ byte) & 0xFF]
    return state ^ 0xFFFFFFFF


def _masked(crc: int) -> int:
    """As LevelDB stores a checksum: turned, so that the checksum of a checksum is no special number."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
