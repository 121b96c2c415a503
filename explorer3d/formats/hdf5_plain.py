"""The commonest parts of HDF5 files, read without HDF5, which takes ten times as long for small tensors.

Groups with a table of symbols, datasets of 32-bit floats in one piece, attributes that are lists of words:
what h5py writes for Keras. Everything else is left to HDF5, and so is whatever looks damaged.

References
----------
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from struct import Struct, error
from typing import Any

# Signature; version; sizes of addresses and lengths; where the file begins; the root group's header.
_SUPERBLOCK = Struct("<8sB4xBB9xQ32xQ")
_USUAL = (b"\x89HDF\r\n\x1a\n", 0, 8, 8, 0)
_HEADER = Struct("<BxH4xI4x")
_MESSAGE = Struct("<HHB3x")
_PAIR = Struct("<QQ")
_TREE = Struct("<4sBBH16x")
_SYMBOLS = Struct("<4sBxH")
_SYMBOL = Struct("<QQI20x")
_NAMES = Struct("<4sB3xQ8xQ")
_SPACE = Struct("<BBB5x")
_SIZE = Struct("<Q")
_LAYOUT = Struct("<BBQQ")
_ATTRIBUTE = Struct("<BxHHH")
_TYPE = Struct("<BB2xI")
_WORD = Struct("<IQI")
_HEAP = Struct("<4sB3xQ")
_ITEM = Struct("<H6xQ")

_FLOAT32 = bytes.fromhex("11201f000400000000002000170800177f000000")
_FIXED, _VARIABLE = 0x13, 0x19
# Nothing, the value of what was never written, the time of the last change.
_IDLE = (0x0, 0x5, 0x12)
_IS_SPACE, _IS_TYPE, _IS_LAYOUT, _IS_ATTRIBUTE, _IS_CONTINUED, _IS_GROUP = 0x1, 0x3, 0x8, 0xC, 0x10, 0x11
_SHARED = 2
_MOST_AXES = 32
_LONGEST_NAMES = 1 << 20
_MOST_STEPS = 2_000_000
"""Nothing in a file may make us read the same over and over."""

Message = tuple[int, int, int]
"""Kind, begin, end."""


class _OtherError(Exception):
    """HDF5 had better be asked."""


class DamagedError(Exception):
    """Texts are not where the file says; HDF5 itself may look for them for ever."""


class PlainFile:
    """An HDF5 file as far as it is plain. Every answer may be None: then HDF5 must be asked.

    What HDF5 itself makes of a file that contradicts itself may differ, but no answer leads out of the file.

    Parameters
    ----------
    data : memoryview
        The bytes of the file.
    """

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._groups: dict[int, Mapping[str, int]] = {}
        self._heaps: dict[int, Mapping[int, tuple[int, int]]] = {}
        self._steps = 0
        self._root: int | None = None
        if len(data) >= _SUPERBLOCK.size:
            *make, root = _SUPERBLOCK.unpack_from(data)
            if tuple(make) == _USUAL:
                self._root = root

    def floats(self, path: str) -> tuple[tuple[int, ...], int] | None:
        """Give the shape of a dataset, and where its numbers lie; all of them are inside the file."""
        try:
            return self._floats(self._located(path))
        except _OtherError:
            return None

    def words(self, name: str, path: str) -> list[str] | None:
        """Give an attribute that is a list of words.

        Raises
        ------
        DamagedError
        """
        try:
            return self._words(name.encode(), self._located(path))
        except _OtherError:
            return None

    def text(self, name: str, path: str) -> str | None:
        """Give an attribute that is a text.

        Raises
        ------
        DamagedError
        """
        try:
            found = self._words(name.encode(), self._located(path), rank=0)
            return found[0] if found else None
        except _OtherError:
            return None

    def entries(self, path: str) -> Mapping[str, int] | None:
        """Give the names in a group, all of them hard links, and where what they mean begins."""
        try:
            return self._group(self._located(path))
        except _OtherError:
            return None

    def address(self, path: str) -> int | None:
        """Give where an object begins."""
        try:
            return self._located(path)
        except _OtherError:
            return None

    def _located(self, path: str) -> int:
        address = self._root
        for part in path.split("/"):
            if part in ("", "."):
                continue
            if address is not None:
                address = self._group(address).get(part)
        if address is None:
            raise _OtherError
        return address

    def _read(self, struct: Struct, at: int) -> tuple[Any, ...]:
        self._count(1)
        try:
            return struct.unpack_from(self._data, at)
        except (error, OverflowError):
            raise _OtherError from None

    def _read_all(self, struct: Struct, at: int, count: int) -> Iterator[tuple[Any, ...]]:
        self._count(count)
        end = at + count * struct.size
        if end > len(self._data):
            raise _OtherError
        return struct.iter_unpack(self._data[at:end])

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > _MOST_STEPS:
            raise _OtherError

    def _messages(self, address: int) -> Iterator[Message]:
        version, count, size = self._read(_HEADER, address)
        blocks = [(address + _HEADER.size, size)]
        if version != 1:
            raise _OtherError
        self._count(count)
        while blocks:
            at, size = blocks.pop()
            end = at + size
            if end > len(self._data):
                raise _OtherError
            while at + _MESSAGE.size <= end and count:
                count -= 1
                kind, length, flags = _MESSAGE.unpack_from(self._data, at)
                at += _MESSAGE.size
                if flags & _SHARED or at + length > end:
                    raise _OtherError
                if kind == _IS_CONTINUED:
                    blocks.append(self._pair(at))
                else:
                    yield kind, at, at + length
                at += length

    def _pair(self, at: int) -> tuple[int, int]:
        first, second = self._read(_PAIR, at)
        return first, second

    def _floats(self, address: int) -> tuple[tuple[int, ...], int]:
        found: dict[int, Message] = {}
        for message in self._messages(address):
            kind = message[0]
            if kind in (_IS_SPACE, _IS_TYPE, _IS_LAYOUT) and kind not in found:
                found[kind] = message
            elif kind not in _IDLE:
                raise _OtherError
        if len(found) != 3:
            raise _OtherError
        _, at, end = found[_IS_TYPE]
        if end - at < len(_FLOAT32) or self._data[at : at + len(_FLOAT32)] != _FLOAT32:
            raise _OtherError
        shape = self._shape(*found[_IS_SPACE][1:])
        version, kind, offset, size = self._read(_LAYOUT, found[_IS_LAYOUT][1])
        if (version, kind) != (3, 1) or size != 4 * prod(shape) or offset + size > len(self._data):
            raise _OtherError
        return shape, offset

    def _shape(self, at: int, end: int) -> tuple[int, ...]:
        version, rank, flags = self._read(_SPACE, at)
        at += _SPACE.size
        if version != 1 or flags > 1 or rank > _MOST_AXES or at + rank * _SIZE.size > end:
            raise _OtherError
        return tuple(size for (size,) in self._read_all(_SIZE, at, rank))

    def _group(self, address: int) -> Mapping[str, int]:
        found = self._groups.get(address)
        if found is None:
            places = [at for kind, at, _ in self._messages(address) if kind == _IS_GROUP]
            if len(places) != 1:
                raise _OtherError
            tree, heap = self._pair(places[0])
            signature, version, size, start = self._read(_NAMES, heap)
            if (
                (signature, version) != (b"HEAP", 0)
                or size > _LONGEST_NAMES
                or start + size > len(self._data)
            ):
                raise _OtherError
            names = bytes(self._data[start : start + size])
            found = self._groups[address] = dict(self._symbols(tree, names))
        return found

    def _symbols(self, node: int, names: bytes) -> Iterator[tuple[str, int]]:
        signature, kind, level, used = self._read(_TREE, node)
        if (signature, kind) != (b"TREE", 0):
            raise _OtherError
        for child in range(used):
            # Keys stand between the children.
            _, address = self._read(_PAIR, node + _TREE.size + child * _PAIR.size)
            if level:
                if self._read(_TREE, address)[2] != level - 1:
                    raise _OtherError
                yield from self._symbols(address, names)
                continue
            signature, version, count = self._read(_SYMBOLS, address)
            if (signature, version) != (b"SNOD", 1):
                raise _OtherError
            for offset, header, link in self._read_all(_SYMBOL, address + _SYMBOLS.size, count):
                end = names.find(b"\0", offset)
                # Others are soft links.
                if link > 1 or end < 0:
                    raise _OtherError
                yield names[offset:end].decode("utf-8", "surrogateescape"), header

    def _words(self, name: bytes, address: int, rank: int = 1) -> list[str]:
        for kind, at, end in self._messages(address):
            if kind != _IS_ATTRIBUTE:
                continue
            version, *sizes = self._read(_ATTRIBUTE, at)
            if version != 1:
                raise _OtherError
            own = at + _ATTRIBUTE.size
            type_, space, content = (own + sum(map(_padded, sizes[:upto])) for upto in (1, 2, 3))
            if self._data[own : own + sizes[0]] != name + b"\0":
                continue
            shape = self._shape(space, min(space + sizes[2], end))
            if len(shape) != rank:
                raise _OtherError
            # Keras writes an empty list of words as one of numbers.
            return self._listed(type_, content, prod(shape), end) if prod(shape) else []
        raise _OtherError

    def _listed(self, type_: int, at: int, count: int, end: int) -> list[str]:
        kind, bits, size = self._read(_TYPE, type_)
        if at + count * size > end:
            raise _OtherError
        if kind == _FIXED and not bits & 0xE and size:
            return [_text(self._data[start : start + size]) for start in range(at, at + count * size, size)]
        if kind != _VARIABLE or bits & 0xF != 1 or size != _WORD.size:
            raise _OtherError
        return [self._word(*entry) for entry in self._read_all(_WORD, at, count)]

    def _word(self, length: int, heap: int, item: int) -> str:
        if not length:
            return ""
        begin, stop = self._heap(heap).get(item, (0, 0))
        if begin + length > stop:
            raise DamagedError
        return _text(self._data[begin : begin + length])

    def _heap(self, address: int) -> Mapping[int, tuple[int, int]]:
        found = self._heaps.get(address)
        if found is None:
            signature, version, size = self._read(_HEAP, address)
            if (signature, version) != (b"GCOL", 1):
                raise DamagedError
            at, end, found = address + _HEAP.size, min(address + size, len(self._data)), {}
            while at + _ITEM.size <= end:
                index, length = self._read(_ITEM, at)
                at += _ITEM.size
                if not index or at + length > end:
                    break
                found[index] = at, at + length
                at += _padded(length)
            self._heaps[address] = found
        return found


def _padded(size: int) -> int:
    return -(-size // 8) * 8


def _text(content: memoryview) -> str:
    return bytes(content).split(b"\0", 1)[0].decode("utf-8", "replace")
