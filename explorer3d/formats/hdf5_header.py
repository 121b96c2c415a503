"""The header of the commonest dataset, read without HDF5: 32-bit floats in one piece.

HDF5 needs some 60 µs to open a dataset; a network holds many hundreds, most of them a few numbers.

References
----------
https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html, sections II.A, IV.A
"""

from __future__ import annotations

from math import prod
from struct import Struct

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Superblock: version 0; addresses and sizes of eight bytes each; nothing before the file's first byte.
_SUPERBLOCK = Struct("<8sB4xBB9xQ")
_HEADER = Struct("<BxH4xI4x")
_MESSAGE = Struct("<HHB3x")
_DATASPACE = Struct("<BBB5x")
_LAYOUT = Struct("<BBQQ")

_FLOAT32 = bytes.fromhex("11201f000400000000002000170800177f000000")
_SPACE, _TYPE, _PLACE = 0x1, 0x3, 0x8
_LENGTHS = {_SPACE: _DATASPACE.size, _TYPE: len(_FLOAT32), _PLACE: _LAYOUT.size}
# Nothing, the value of what was never written, the time of the last change.
_IDLE = (0x0, 0x5, 0x12)
_SHARED = 2
_MOST_AXES = 32


def is_plain(data: memoryview) -> bool:
    """Whether a file is of the first version, which h5py writes, so that `plain_floats` may be asked."""
    if len(data) < _SUPERBLOCK.size:
        return False
    return _SUPERBLOCK.unpack_from(data) == (_SIGNATURE, 0, 8, 8, 0)


def plain_floats(data: memoryview, address: int) -> tuple[tuple[int, ...], int] | None:
    """Read a dataset's header.

    Parameters
    ----------
    data : memoryview
        The file.
    address : int
        Of the header.

    Returns
    -------
    (shape, offset) or None
        Where its numbers lie; all of them are inside the file. None if HDF5 had better be asked: it is no
        dataset, packed, of another type, made by something else, or damaged.
    """
    at = address + _HEADER.size
    if at > len(data):
        return None
    version, count, size = _HEADER.unpack_from(data, address)
    end = at + size
    if version != 1 or end > len(data):
        return None
    found: dict[int, int] = {}
    for _ in range(count):
        if at + _MESSAGE.size > end:
            return None
        kind, length, flags = _MESSAGE.unpack_from(data, at)
        at += _MESSAGE.size
        if flags & _SHARED or at + length > end:
            return None
        if kind not in _IDLE:
            if kind in found or length < _LENGTHS.get(kind, length + 1):
                return None
            found[kind] = at
        at += length
    if len(found) != 3 or data[found[_TYPE] : found[_TYPE] + len(_FLOAT32)] != _FLOAT32:
        return None
    version, rank, flags = _DATASPACE.unpack_from(data, found[_SPACE])
    begin = found[_SPACE] + _DATASPACE.size
    if version != 1 or flags > 1 or rank > _MOST_AXES or begin + 8 * rank > end:
        return None
    shape = tuple(
        int.from_bytes(data[begin + 8 * axis : begin + 8 * axis + 8], "little") for axis in range(rank)
    )
    version, kind, offset, size = _LAYOUT.unpack_from(data, found[_PLACE])
    if (version, kind) != (3, 1) or size != 4 * prod(shape) or offset + size > len(data):
        return None
    return shape, offset
