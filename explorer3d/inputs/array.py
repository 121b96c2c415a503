"""Arrays: exactly what the network is to be fed, from memory or from numpy's files."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.ports import LARGEST_INPUT, array_type
from explorer3d.inputs.series import cut, in_series, title

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

Header = tuple[tuple[int, ...], bool, np.dtype[Any]]

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npy(path: Path, model: Model, at_once: int | None = None, start: int | None = None) -> Feeds:
    """Feed a ``.npy`` file to a model with one input.

    Parameters
    ----------
    path : Path
    model : Model
    at_once : int, optional
        How many samples may go in together; of more, or of several where the model takes one, the first goes
        in. None: the whole array, or none of it.
    start : int, optional
        Which input of several in the file goes in, from 0.

    Raises
    ------
    InputError
        The file is damaged, or its array does not fit.
    """
    port = only_input(model, path.name)
    size = path.stat().st_size
    with path.open("rb") as stream:
        shape, _, _ = header = read_header(stream, size, path.name)
        parted = cut(shape, port, at_once) if at_once is not None or start is not None else None
        if parted is None:
            stream.seek(0)
            array = _read_array(stream, size, port, path.name)
            return Feeds(
                {port.value: fitting(array, port, path.name)}, f"{path.name}, {shape_and_type(array)}"
            )
        piece = read_piece(path, stream.tell(), header, parted.piece(start or 0, path.name))
    array = fitting(piece.reshape(parted.shape), port, path.name)
    about = f"{title(path, parted.count, start or 0)}, {shape_and_type(array)}"
    return in_series(Feeds({port.value: array}, about), path, parted.count, start or 0)


def is_npz(head: bytes) -> bool:
    """Whether a file's first bytes are a zip archive of arrays; a Keras model is one of other files.

    References
    ----------
    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7
    """
    if head.startswith(b"PK\x03\x04"):
        name_length = int.from_bytes(head[26:28], "little")
        return head[30 : 30 + name_length].endswith(b".npy")
    return head.startswith(b"PK\x05\x06")


def read_npz(path: Path, model: Model) -> Feeds:
    """Feed a ``.npz`` file with one array per model input, under the input's name.

    Raises
    ------
    InputError
        The file is damaged, an array is missing, unknown or does not fit.
    """
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            ports = _matched(members, model, path.name)
            for name, port in ports.items():
                with archive.open(members[name]) as stream:
                    array = _read_array(stream, members[name].file_size, port, f"{name!r} in {path.name}")
                arrays[name] = fitting(array, port, f"{name!r} in {path.name}")
    except (zipfile.BadZipFile, RuntimeError) as error:
        # What zipfile raises on damage; on encryption and unknown compression.
        raise InputError(
            f"{path.name} is damaged or not a plain .npz file. Save it again with numpy.savez."
        ) from error
    return Feeds(arrays, f"{path.name}, {_list(arrays)}")


def array_feeds(model: Model, array: NDArray[Any]) -> Feeds:
    """Feed one array to a model with one input.

    Raises
    ------
    InputError
        The array does not fit.
    """
    port = only_input(model, "The array")
    return Feeds({port.value: fitting(array, port, "The array")}, f"array {shape_and_type(array)}")


def mapping_feeds(model: Model, given: Mapping[str, Any]) -> Feeds:
    """Feed arrays by input name.

    Raises
    ------
    InputError
        An array is missing, unknown or does not fit.
    """
    ports = _matched(given, model, "The mapping")
    arrays = {name: fitting(np.asarray(given[name]), port, f"{name!r}") for name, port in ports.items()}
    return Feeds(arrays, _list(arrays))


def fitting(array: NDArray[Any], port: Port, name: str) -> NDArray[Any]:
    """The array in exactly an input's type and rank.

    Parameters
    ----------
    array : ndarray
        Of the input's shape, or of that without the batch axis.
    port : Port
    name : str
        What to call the array in a message.

    Raises
    ------
    InputError
        Another shape, or values the input's type cannot hold.
    """
    _check_shape(array.shape, port, name)
    if not array.size and 0 not in (port.shape or ()):
        raise InputError(
            f"{name} is empty: its shape is {tuple_text(array.shape)}. Every axis needs a size of 1 or more."
        )
    if not fits(array.shape, port):
        array = array[np.newaxis]
    dtype = array_type(port)
    if array.dtype == dtype:
        return np.asarray(array, order="C")
    if dtype.kind == "O" and array.dtype.kind == "U":
        return array.astype(object)
    if array.dtype.kind not in "biuf" or not np.can_cast(array.dtype, dtype, "same_kind"):
        raise InputError(f"{name} is of type {array.dtype}, but input {port.value!r} takes {dtype}.")
    with np.errstate(over="ignore"):
        converted = array.astype(dtype, order="C")
    if array.dtype.kind == "f":
        # Rounding is what a shorter float is for; becoming infinite is not.
        kept = np.array_equal(np.isinf(converted), np.isinf(array))
    else:
        kept = np.array_equal(converted.astype(array.dtype), array)
    if not kept:
        raise InputError(
            f"{name} is of type {array.dtype} and holds values that input {port.value!r}, which takes "
            f"{dtype}, cannot hold."
        )
    return converted


def fits(shape: tuple[int, ...], port: Port) -> bool:
    """Whether an array of a shape goes into an input as it is."""
    if port.shape is None:
        return True
    return len(shape) == len(port.shape) and all(
        wanted is None or size == wanted for size, wanted in zip(shape, port.shape, strict=True)
    )


def _check_shape(shape: tuple[int, ...], port: Port, name: str) -> None:
    if fits(shape, port) or fits((1, *shape), port):
        return
    assert port.shape is not None
    raise InputError(
        f"{name} has shape {tuple_text(shape)}, but input {port.value!r} takes {tuple_text(port.shape)}."
    )


def only_input(model: Model, name: str) -> Port:
    """The input of a model that has one.

    Raises
    ------
    InputError
        It has several, or none.
    """
    if len(model.inputs) != 1:
        names = ", ".join(port.value for port in model.inputs)
        raise InputError(
            f"{name} is one array, but the model has {len(model.inputs)} inputs"
            + (f": {names}. Give an .npz file with one array for each." if names else ".")
        )
    return model.inputs[0]


def _matched(given: Mapping[str, Any], model: Model, name: str) -> dict[str, Port]:
    ports = {port.value: port for port in model.inputs}
    if missing := [key for key in ports if key not in given]:
        raise InputError(
            f"{name} has no array for input {missing[0]!r}; there must be one under each input's name."
        )
    if unknown := [key for key in given if key not in ports]:
        raise InputError(
            f"{name} has an array {unknown[0]!r}, but the model's inputs are {', '.join(ports)}."
        )
    return ports


def _read_array(stream: IO[bytes], size: int, port: Port, name: str) -> NDArray[Any]:
    """Read one ``.npy`` stream of `size` bytes; nothing is allocated before its header is believed."""
    shape, _, dtype = read_header(stream, size, name)
    _check_shape(shape, port, name)
    _check_size(shape, dtype, name)
    try:
        stream.seek(0)
        array: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError, OSError, zlib.error) as error:
        raise InputError(_damaged(name)) from error
    return array


def read_header(stream: IO[bytes], size: int, name: str) -> Header:
    """Shape, whether the first axis changes fastest, and type of a ``.npy`` stream of `size` bytes.

    Raises
    ------
    InputError
        It is damaged, or holds Python objects.
    """
    try:
        shape, transposed, dtype = _HEADERS[npy.read_magic(stream)](stream)
        consistent = math.prod(shape) * dtype.itemsize == size - stream.tell()
    except Exception as error:
        # The header is Python source, so a damaged one raises nearly every built-in exception.
        raise InputError(_damaged(name)) from error
    if dtype.hasobject:
        raise InputError(
            f"{name} holds Python objects (type {dtype}), which are never loaded. Save it as numbers, "
            "such as float32."
        )
    if min(shape, default=0) < 0 or not consistent:
        raise InputError(_damaged(name))
    return shape, transposed, dtype


def read_piece(path: Path, offset: int, header: Header, piece: slice) -> NDArray[Any]:
    """Some places along an array's first axis, without reading the others.

    Parameters
    ----------
    path : Path
    offset : int
        Bytes before the array.
    header : tuple
        As `read_header` gives it.
    piece : slice

    Raises
    ------
    InputError
        It is too large.
    """
    shape, transposed, dtype = header
    _check_size((piece.stop - piece.start, *shape[1:]), dtype, path.name)
    mapped = np.memmap(path, dtype, "r", offset, shape, "F" if transposed else "C")
    return np.array(mapped[piece])


def _check_size(shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> None:
    if math.prod(shape) * dtype.itemsize > LARGEST_INPUT:
        raise InputError(f"{name} is larger than 1 GiB, too much for one input.")


def _damaged(name: str) -> str:
    return f"{name} is damaged or not a plain numpy array. Save it again with numpy.save."


def shape_and_type(array: NDArray[Any]) -> str:
    """``1×28×28 float32``."""
    return f"{'×'.join(map(str, array.shape)) or 'scalar'} {array.dtype}"


def _list(arrays: Mapping[str, NDArray[Any]]) -> str:
    return ", ".join(f"{name} {shape_and_type(array)}" for name, array in arrays.items())
