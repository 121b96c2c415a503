"""Which file formats open, told apart by content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import explorer3d.graph  # noqa: F401  says how onnx_ir is to be loaded, so before it
from explorer3d.errors import ModelError, RequestError
from explorer3d.formats import keras, signature
from explorer3d.formats.folder import shown_as, the_model_in
from explorer3d.graph.lookup import find_layer
from explorer3d.progress import Progress, ignore

if TYPE_CHECKING:
    from explorer3d.graph.model import Model
    from explorer3d.graph.stand_in import StandIns

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


FORMATS: dict[str, Format] = {
    # Before the other HDF5 files: it looks inside.
    "caffe-h5": Format(_is_caffe, _read_caffe),
    "keras-h5": Format(signature.is_hdf5, keras.read_h5),
    "keras-zip": Format(signature.is_zip, keras.read_zip),
    # Before ONNX: a model may begin with the same bytes.
    "tf-saved-model": Format(signature.is_saved_model, keras.read_saved_model),
    "keras-json": Format(signature.is_architecture, keras.read_configuration),
    "onnx": Format(signature.is_onnx, _read_onnx),
    "keras-shards": Format(signature.is_shard_list, keras.read_shards),
    "tf-checkpoint": Format(signature.is_checkpoint, keras.read_checkpoint),
}


def read_model(
    path: Path | str,
    progress: Progress = ignore,
    stand_ins: StandIns | None = None,
    weights: Path | str | None = None,
) -> Model:
    """Open a model file of any known format, or the folder that holds one.

    Parameters
    ----------
    path : path
    progress : Progress
    stand_ins : mapping of layer name to StandIn, optional
        What takes the place of layers whose own code is not to be had (Keras files).
    weights : path, optional
        For a Keras configuration without weights: the file that holds these. The two may change places.

    Raises
    ------
    ModelError
        It does not exist, is of no known format, or is damaged.
    RequestError
        A stand-in is for a layer that the model does not have, or for one of another format.
    """
    path = Path(path)
    if weights is None:
        model = _read_alone(path, progress, stand_ins or {})
    else:
        model = _read_pair(path, Path(weights), progress, stand_ins or {})
    _check(model, stand_ins or {})
    return model


def is_pair(one: Path, other: Path) -> bool:
    """Whether two files look like one model: a Keras configuration, and something that may be its weights."""
    try:
        return any(path.is_file() and signature.is_architecture(path, _head(path)) for path in (one, other))
    except ModelError:
        return False


def _read_alone(path: Path, progress: Progress, stand_ins: StandIns) -> Model:
    file = the_model_in(path, _format) if path.is_dir() else path
    found = _format(file)
    if found is None:
        raise ModelError(
            f"{path.name} is neither an ONNX nor a Keras model, whatever its name says. "
            "Its first bytes belong to no format known here."
        )
    return _read(found.read, file, shown_as(file, path), progress, stand_ins)


def _format(path: Path) -> Format | None:
    head = _head(path)
    return next((format for format in FORMATS.values() if format.sniff(path, head)), None)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise ModelError(f"There is no file {path}.") from None
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    if not head:
        raise ModelError(f"{path.name} is empty. Perhaps its download was interrupted.")
    return head


def _read_pair(path: Path, weights: Path, progress: Progress, stand_ins: StandIns) -> Model:
    for first, second in ((path, weights), (weights, path)):
        if signature.is_architecture(first, _head(first)):
            _head(second)
            read = partial(keras.read_configuration, weights=second)
            return replace(_read(read, first, first, progress, stand_ins), weights_path=second)
    raise ModelError(
        f"{path.name} and {weights.name} are no pair: two files belong together if one is a model's "
        "configuration (.json) and the other holds its weights. Open them one by one."
    )


def _check(model: Model, stand_ins: StandIns) -> None:
    for name in stand_ins:
        layer = find_layer(model, name)
        if layer.opaque is None:
            raise RequestError(f"Nothing can take the place of '{name}': it is no layer of a Keras file.")


def _read(
    read: Callable[[Path, Progress, StandIns], Model],
    file: Path,
    shown: Path,
    progress: Progress,
    stand_ins: StandIns,
) -> Model:
    """Parts of a reader need not know whose bytes they read: model and messages get the name here."""
    try:
        return replace(read(file, progress, stand_ins), path=shown)
    except ModelError as error:
        said = str(error)
        if shown.name in said:
            raise
        raise ModelError(f"{shown.name}: {said[:1].lower()}{said[1:]}") from error
