"""ONNX tensors in files of their own, as the standard's test data keeps them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError, ModelError
from explorer3d.inputs.array import fitting, shape_and_type
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.noise import noise

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

# What is packed in a file takes up to eight times as much in memory.
_LARGEST_FILE = 2**28

_NUMBERED = re.compile(r"input_(\d{1,4})\.pb")

_DIMS, _PACKED_DIMS, _TYPE = 0x08, 0x0A, 0x10
_LAST_TYPE = 31


def is_tensor(head: bytes) -> bool:
    """Whether a file's first bytes are an ``onnx.TensorProto``: sizes, then an element type.

    A ``ModelProto`` begins with the same tag; its second field is text, whose tag is another.

    References
    ----------
    https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, https://protobuf.dev/programming-guides/encoding
    """
    at = 0
    if head[:1] == bytes([_PACKED_DIMS]) and len(head) > 1 and head[1] < 0x80:
        at = 2 + head[1]
    while head[at : at + 1] == bytes([_DIMS]):
        at += 1
        while at < len(head) and head[at] >= 0x80:
            at += 1
        at += 1
    found = head[at : at + 2]
    return len(found) == 2 and found[0] == _TYPE and 1 <= found[1] <= _LAST_TYPE


def read_tensor(path: Path, model: Model, seed: int = 0) -> Feeds:
    """Feed a ``TensorProto`` file, and the ``input_*.pb`` beside it that the model's other inputs need.

    A tensor goes into the input of its name; one without such a name into the input its file's number
    stands for, or into the only one. Inputs without a file get noise.

    Parameters
    ----------
    path : Path
    model : Model
    seed : int

    Raises
    ------
    InputError
        A file is damaged, no input is meant, or an array does not fit.
    """
    arrays: dict[str, NDArray[Any]] = {}
    named: dict[str, str] = {}
    for file in _with_siblings(path, model):
        name, array = _read(file)
        port = _port(name, file, model)
        if port is None or port.value in arrays:
            if file == path:
                _complain(name, path, model)
            continue
        arrays[port.value] = fitting(array, port, file.name)
        named[port.value] = f"{file.name} ({port.value} {shape_and_type(array)})"
    other = noise(model, seed, without=frozenset(arrays))
    texts = [", ".join(named.values())]
    if other.arrays:
        texts.append(f"noise ({seed}) for {', '.join(other.arrays)}")
    description = " ".join(["; ".join(texts), *other.refused])
    return Feeds({**arrays, **other.arrays}, description)


def _with_siblings(path: Path, model: Model) -> list[Path]:
    """The file itself first; the others are numbered as it is."""
    if len(model.inputs) < 2 or not _NUMBERED.fullmatch(path.name):
        return [path]
    beside = [path.with_name(f"input_{number}.pb") for number in range(len(model.inputs))]
    return [path, *(file for file in beside if file != path and file.is_file())]


def _port(name: str, file: Path, model: Model) -> Port | None:
    for port in model.inputs:
        if port.value == name:
            return port
    if len(model.inputs) == 1:
        return model.inputs[0]
    number = _NUMBERED.fullmatch(file.name)
    if number is None or int(number[1]) >= len(model.inputs):
        return None
    return model.inputs[int(number[1])]


def _complain(name: str, path: Path, model: Model) -> None:
    known = ", ".join(repr(port.value) for port in model.inputs) or "none"
    raise InputError(
        f"{path.name} holds a tensor named {name!r}, but the model's inputs are {known}. Call the file "
        "input_0.pb, input_1.pb and so on to say which input it is for."
    )


def _read(path: Path) -> tuple[str, NDArray[Any]]:
    """Name and values."""
    # Only here: most inputs are pictures, and onnx takes its time to load.
    import onnx
    from onnx import numpy_helper

    from explorer3d.formats.onnx_tensors import check_tensors

    if path.stat().st_size > _LARGEST_FILE:
        raise InputError(f"{path.name} is larger than 256 MiB, too much for a tensor in this format.")
    # Where the checks of a model's own tensors look for them.
    around = onnx.ModelProto()
    tensor = around.graph.initializer.add()
    damaged = f"{path.name} is damaged or not an ONNX tensor. Save it again with onnx.save_tensor."
    try:
        tensor.ParseFromString(path.read_bytes())
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise InputError(
                f"{path.name} keeps its values in another file. Save it again with the values inside."
            )
        check_tensors(path, around, {})
        array = np.asarray(numpy_helper.to_array(tensor))
    except InputError:
        raise
    except ModelError as error:
        raise InputError(str(error)) from error
    except Exception as error:
        # Protobuf and onnx each raise their own on a damaged message.
        raise InputError(damaged) from error
    if tensor.data_type == onnx.TensorProto.STRING:
        array = np.array([_text(word) for word in array.ravel()], dtype=object).reshape(array.shape)
    elif array.dtype.kind not in "biufc":
        # Types that numpy itself does not have are fed as this one.
        array = array.astype(np.float32)
    return tensor.name, array


def _text(word: bytes | str) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else word
