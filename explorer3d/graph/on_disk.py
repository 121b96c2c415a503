"""Tensors that lie in a file just as they are in memory: others can map them instead of copying them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir

_Identity = tuple[int, int, int, int]


class MappedFile(np.memmap[Any, np.dtype[np.uint8]]):
    """(size,) uint8 array: a file's bytes, without reading them.

    Attributes
    ----------
    identity : tuple of int
        Tells the file from one that has since been written under its name.

    Raises
    ------
    OSError, ValueError
        The file cannot be read, or is empty.
    """

    identity: _Identity

    def __new__(cls, path: Path) -> MappedFile:
        identity = _identity(path)
        # Its path is remembered without the links that lead there: what they point at may change.
        found = super().__new__(cls, path.resolve(), mode="r", dtype=np.uint8)
        assert isinstance(found, cls)
        found.identity = identity
        return found


class MisalignedTensor(ir.LazyTensor):
    """Numbers at addresses they cannot be read from in place: copied each time they are read.

    Parameters
    ----------
    content : (size,) uint8 array
    dtype : numpy.dtype
    shape : sequence of int
    """

    def __init__(self, content: np.ndarray, dtype: np.dtype[Any], shape: Sequence[int]) -> None:
        super().__init__(self._read, dtype=ir.DataType.from_numpy(dtype), shape=ir.Shape(shape))
        self.content = content
        self._stored = dtype

    def _read(self) -> ir.TensorProtocol:
        return ir.Tensor(np.frombuffer(self.content.tobytes(), self._stored).reshape(self.shape.numpy()))


@dataclass(frozen=True)
class Place:
    """Where in which file a tensor begins."""

    path: Path
    offset: int


def place(tensor: ir.TensorProtocol) -> Place | None:
    """Find a tensor on the disk; None if it is not there as it is, or the file is no longer the same."""
    if isinstance(tensor, MisalignedTensor):
        array = tensor.content
    elif isinstance(tensor, ir.Tensor):
        array = tensor.numpy()
    else:
        return None
    file: object = array
    while isinstance(file, np.ndarray) and not isinstance(file.base, mmap):
        file = file.base
    if not isinstance(file, MappedFile) or not array.flags.c_contiguous:
        return None
    path = Path(str(file.filename))
    try:
        if _identity(path) != file.identity:
            return None
    except OSError:
        return None
    return Place(path, array.ctypes.data - file.ctypes.data)


def _identity(path: Path) -> _Identity:
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
