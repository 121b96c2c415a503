"""Which file formats open, told apart by content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import explorer3d.graph  # noqa: F401  says how onnx_ir is to be loaded, so before it
from explorer3d.errors import ModelError
from explorer3d.formats import signature
from explorer3d.progress import Progress, ignore

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, StandIns

HEAD_BYTES = 512


@dataclass(frozen=True)
class Format:
    """One kind of model file.

    Attributes
    ----------
    sniff : callable
        Tells from the path and the first `HEAD_BYTES` bytes whether a file is of this kind.
    read : callable
        Opens it, with stand-ins for layers that cannot run; raises `ModelError`, or what its progress
        raises.
    """

    sniff: Callable[[Path, bytes], bool]
    read: Callable[[Path, Progress, StandIns], Model]


# The readers are imported when a file is read: their libraries take seconds to load.
def _read_onnx(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    from explorer3d.formats import onnx

    return onnx.read(path, progress)


def _is_caffe(path: Path, head: bytes) -> bool:
    if not signature.is_hdf5(path, head):
        return False
    from explorer3d.formats import caffe

    return caffe.holds_blobs(path)


def _read_caffe(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    from explorer3d.formats import caffe

    return caffe.read(path, progress)


def _read_h5(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    from explorer3d.formats import keras

    return keras.read_h5(path, progress, stand_ins)


def _read_zip(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    from explorer3d.formats import keras

    return keras.read_zip(path, progress, stand_ins)


FORMATS: dict[str, Format] = {
    # Before the other HDF5 files: it looks inside.
    "caffe-h5": Format(_is_caffe, _read_caffe),
    "keras-h5": Format(signature.is_hdf5, _read_h5),
    "keras-zip": Format(signature.is_zip, _read_zip),
    "onnx": Format(signature.is_onnx, _read_onnx),
}


def read_model(path: Path | str, progress: Progress = ignore, stand_ins: StandIns | None = None) -> Model:
    """Open a model file of any known format.

    Parameters
    ----------
    path : path
    progress : Progress
    stand_ins : mapping of layer name to StandIn, optional
        What takes the place of layers whose own code is not to be had (Keras files).

    Raises
    ------
    ModelError
        It does not exist, is of no known format, or is damaged.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except IsADirectoryError:
        raise ModelError(f"{path.name} is a folder. Open the model file inside it.") from None
    except FileNotFoundError:
        raise ModelError(f"There is no file {path}.") from None
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    if not head:
        raise ModelError(f"{path.name} is empty. Perhaps its download was interrupted.")
    for format in FORMATS.values():
        if format.sniff(path, head):
            return _read(format, path, progress, stand_ins or {})
    raise ModelError(
        f"{path.name} is neither an ONNX nor a Keras model, whatever its name says. "
        "Its first bytes belong to no format known here."
    )


def _read(format: Format, path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    """A reader's parts need not know whose bytes they read: messages get the file's name here."""
    try:
        return format.read(path, progress, stand_ins)
    except ModelError as error:
        said = str(error)
        if path.name in said:
            raise
        raise ModelError(f"{path.name}: {said[:1].lower()}{said[1:]}") from error
