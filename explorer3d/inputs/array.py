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

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npy(path: Path, model: Model) -> Feeds:
    """Feed a ``.npy`` file to a model with one input.

    Raises
    ------
    InputError
        The file is damaged, or its array does not fit.
    """
    port = only_input(model, path.name)
    with path.open("rb") as stream:
        array = _read_array(stream, path.stat().st_size, port, path.name)
    return Feeds({port.value: fitting(array, port, path.name)}, f"{path.name}, {shape_and_type(array)}")


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
    if not _fits(array.shape, port):
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


def _fits(shape: tuple[int, ...], port: Port) -> bool:
    if port.shape is None:
        return True
    return len(shape) == len(port.shape) and all(
        wanted is None or size == wanted for size, wanted in zip(shape, port.shape, strict=True)
    )


def _check_shape(shape: tuple[int, ...], port: Port, name: str) -> None:
    if _fits(shape, port) or _fits((1, *shape), port):
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
    damaged = f"{name} is damaged or not a plain numpy array. Save it again with numpy.save."
    try:
        shape, _, dtype = _HEADERS[npy.read_magic(stream)](stream)
        expected = math.prod(shape) * dtype.itemsize
        consistent = expected == size - stream.tell()
    except Exception as error:
        # The header is Python source, so a damaged one raises nearly every built-in exception.
        raise InputError(damaged) from error
    if dtype.hasobject:
        raise InputError(
            f"{name} holds Python objects (type {dtype}), which are never loaded. Save it as numbers, "
            f"such as {port.dtype}."
        )
    if min(shape, default=0) < 0 or not consistent:
        raise InputError(damaged)
    _check_shape(shape, port, name)
    if expected > LARGEST_INPUT:
        raise InputError(f"{name} is larger than 1 GiB, too much for one input.")
    try:
        stream.seek(0)
        array: NDArray[Any] = npy.read_array(stream, allow_pickle=False)
    except (ValueError, EOFError, OSError, zlib.error) as error:
        raise InputError(damaged) from error
    return array


def shape_and_type(array: NDArray[Any]) -> str:
    """``1×28×28 float32``."""
    return f"{'×'.join(map(str, array.shape)) or 'scalar'} {array.dtype}"


def _list(arrays: Mapping[str, NDArray[Any]]) -> str:
    return ", ".join(f"{name} {shape_and_type(array)}" for name, array in arrays.items())
