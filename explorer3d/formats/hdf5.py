"""Careful access to an HDF5 file that lies in memory or in a mapped file.

Only hard links are followed: a soft or external link may lead round in circles or out of the file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeAlias

import h5py
import numpy as np
import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats.hdf5_plain import DamagedError, PlainFile
from explorer3d.graph.on_disk import MappedFile, MisalignedTensor

# Deflate packs at most 1032 : 1, so a dataset that claims more was not written by a compressor.
_PLAUSIBLE_RATIO = 1100
_SMALL = 1 << 20
_LONGEST_KEPT = 1000

# HDF5 has no bfloat16: Keras writes two opaque bytes. No other type of Keras' looks like that.
_OPAQUE_PAIR = np.dtype("V2")
_BFLOAT16 = ir.DataType.BFLOAT16.numpy()


_Object: TypeAlias = h5py.h5g.GroupID | h5py.h5d.DatasetID


class Groups(Protocol):
    """Groups and the tensors in them, in one file or in several."""

    def children(self, path: str) -> list[str]: ...

    def is_group(self, path: str) -> bool: ...

    def address(self, path: str) -> int: ...

    def tensor(self, path: str) -> ir.TensorProtocol | None: ...

    def text(self, name: str, path: str = "") -> str | None: ...


class Hdf5:
    """An open HDF5 file.

    Parameters
    ----------
    data : (size,) uint8 array
        The bytes of the file, usually a memory map. Contiguous tensors are views of it.
    name : str
        What to call it in messages.

    Raises
    ------
    ModelError
        The bytes are not a whole HDF5 file.
    """

    def __init__(self, data: np.ndarray, name: str) -> None:
        # Slices of a memmap take far longer to make than those of a plain array.
        self._data = data.view(np.ndarray)
        self._start = self._data.ctypes.data
        self._name = name
        self._file = _open(data, name)
        self._groups: dict[str, h5py.h5g.GroupID] = {}
        self._plain = PlainFile(memoryview(self._data))  # type: ignore[arg-type]

    def __enter__(self) -> Hdf5:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._groups.clear()
        self._file.close()

    def text(self, name: str, path: str = "") -> str | None:
        """A text attribute of a group; None if there is none."""
        with _guard(self._name):
            text = self._plain.text(name, path)
            if text is not None:
                return text
            value = self._attributes(path).get(name)
            if isinstance(value, bytes):
                return value.decode("utf-8", "replace")
            return value if isinstance(value, str) else None

    def texts(self, name: str, path: str) -> list[str] | None:
        """A list of names that Keras keeps as an attribute, or as several if it is long; None if missing."""
        with _guard(self._name):
            words = self._plain.words(name, path)
            if words is not None:
                return words
            attributes = self._attributes(path)
            if name in attributes:
                parts = [attributes[name]]
            else:
                parts = []
                # Keras splits a list that does not fit HDF5's object header into name0, name1, ...
                while f"{name}{len(parts)}" in attributes:
                    parts.append(attributes[f"{name}{len(parts)}"])
                if not parts:
                    return None
            return [
                item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
                for part in parts
                for item in np.asarray(part).reshape(-1).tolist()
            ]

    def children(self, path: str) -> list[str]:
        """Names inside a group, in HDF5's order; empty if there is no such group."""
        with _guard(self._name):
            entries = self._plain.entries(path)
            if entries is not None:
                return list(entries)
            group = self._find(path)
            return [name.decode() for name in group] if isinstance(group, h5py.h5g.GroupID) else []

    def is_group(self, path: str) -> bool:
        with _guard(self._name):
            plain = self._plain.entries(path) is not None
            return plain or isinstance(self._find(path), h5py.h5g.GroupID)

    def address(self, path: str) -> int:
        """Where in the file an entry lies: the same for all names of one object."""
        with _guard(self._name):
            address = self._plain.address(path)
            return int(h5py.h5o.get_info(self._file.id, path.encode()).addr) if address is None else address

    def tensor(self, path: str) -> ir.TensorProtocol | None:
        """The dataset at a path, without reading it where that is possible; None if there is none.

        Raises
        ------
        ModelError
            It reaches outside the file, is no array of numbers, or claims an implausible size.
        """
        with _guard(self._name):
            plain = self._plain.floats(path)
            if plain is not None:
                return self._lying(np.dtype(np.float32), *plain)
            dataset = self._find(path)
            return self._tensor(dataset, path) if isinstance(dataset, h5py.h5d.DatasetID) else None

    def _lying(self, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int) -> ir.TensorProtocol:
        if (self._start + offset) % dtype.itemsize:
            return MisalignedTensor(self._data[offset : offset + dtype.itemsize * prod(shape)], dtype, shape)
        return ir.Tensor(np.ndarray(shape, dtype, self._data, offset))

    def _tensor(self, dataset: h5py.h5d.DatasetID, path: str) -> ir.TensorProtocol:
        stored: np.dtype[Any] = dataset.dtype
        if stored == _OPAQUE_PAIR:
            stored = _BFLOAT16
        elif stored.kind not in "fiub" or stored.itemsize > 8:
            raise ModelError(f"The tensor {path!r} is not made of numbers but of {stored}.")
        shape = dataset.shape or ()
        dtype = stored.newbyteorder("=")
        size = stored.itemsize * prod(shape)
        offset = dataset.get_offset()
        if offset is not None:
            if offset + size > self._data.size:
                raise ModelError(f"The tensor {path!r} reaches beyond the end of the file, so it is damaged.")
            if stored == dtype:
                return self._lying(dtype, shape, offset)
            values = self._data[offset : offset + size]
            return _lazy(
                lambda: np.frombuffer(values.tobytes(), stored).reshape(shape).astype(dtype), dtype, shape
            )
        made = dataset.get_create_plist()
        if made.get_layout() == h5py.h5d.VIRTUAL or made.get_external_count():
            raise ModelError(
                f"The tensor {path!r} lies in another file, which is not allowed. "
                "Save the model again as one file."
            )
        if size > max(_SMALL, _PLAUSIBLE_RATIO * dataset.get_storage_size()):
            raise ModelError(
                f"The tensor {path!r} claims to unpack to {size / 1e9:.1f} GB, "
                "far more than the file can hold, so it is not read."
            )
        data, name = self._data, self._name

        def read() -> np.ndarray:
            with _guard(name), _open(data, name) as file:
                found = file[path][...]
                return found.view(dtype) if dtype == _BFLOAT16 else np.asarray(found, dtype=dtype)

        return _lazy(read, dtype, shape)

    def _attributes(self, path: str) -> dict[str, Any]:
        found = self._find(path)
        return {} if found is None else h5py.AttributeManager(h5py.Group(found))

    def _find(self, path: str) -> _Object | None:
        """Go from group to group, below h5py's own groups, which take ten times as long."""
        found, at = self._file.id, ""
        for part in path.split("/"):
            if part in ("", "."):
                continue
            at = f"{at}/{part}"
            if at in self._groups:
                found = self._groups[at]
                continue
            if not isinstance(found, h5py.h5g.GroupID) or not found.links.exists(part.encode()):
                return None
            if found.links.get_info(part.encode()).type != h5py.h5l.TYPE_HARD:
                raise ModelError(
                    f"The file's entry {path!r} is a link to somewhere else, which is not followed. "
                    "Save the model again as one plain file."
                )
            found = h5py.h5o.open(found, part.encode())
            # A group that holds itself has paths of any length.
            if isinstance(found, h5py.h5g.GroupID) and len(at) < _LONGEST_KEPT:
                self._groups[at] = found
        return found


def mapped(path: Path) -> np.ndarray:
    """(size,) uint8 array: a file's bytes, without reading them.

    Raises
    ------
    ModelError
    """
    try:
        return MappedFile(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path.name} cannot be read: {error}.") from error


def _lazy(read: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> ir.TensorProtocol:
    return ir.LazyTensor(
        lambda: ir.Tensor(read()), dtype=ir.DataType.from_numpy(dtype), shape=ir.Shape(shape)
    )


def _open(data: np.ndarray, name: str) -> h5py.File:
    with _guard(name):
        return h5py.File(io.BufferedReader(_Bytes(data), 1 << 16), "r")


@contextmanager
def _guard(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, MemoryError, DamagedError) as error:
        # What HDF5 says of it is about its own inner workings.
        raise ModelError(
            f"{name} is damaged or incomplete: its HDF5 structure breaks off or contradicts itself. "
            "Copy or save it again."
        ) from error


class _Bytes(io.RawIOBase):
    """The bytes of an array as a file: a member of an archive has no path of its own."""

    def __init__(self, data: np.ndarray) -> None:
        self._view = memoryview(data)  # type: ignore[arg-type]
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        piece = self._view[self._at : self._at + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)
