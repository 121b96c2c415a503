"""Anything a person can give a network, made into its feeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.inputs.array import (
    array_feeds,
    fitting,
    is_npz,
    mapping_feeds,
    only_input,
    read_npy,
    read_npz,
    shape_and_type,
)
from explorer3d.inputs.bitmap import Bitmap
from explorer3d.inputs.excerpt import Excerpt
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.frames import read_frame
from explorer3d.inputs.generated import Generated, generated_feeds, generated_from
from explorer3d.inputs.image import (
    bundled_picture,
    is_picture,
    open_picture,
    picture_feeds,
    picture_from_array,
)
from explorer3d.inputs.noise import noise
from explorer3d.inputs.parts import Held, Part, Parts
from explorer3d.inputs.ports import image_input
from explorer3d.inputs.preprocess import Preprocessing
from explorer3d.inputs.series import in_series, title
from explorer3d.inputs.sizes import Sizes, sized
from explorer3d.inputs.sound import is_sound, read_sound
from explorer3d.inputs.table import is_table, read_table
from explorer3d.inputs.tensor import is_tensor, read_tensor
from explorer3d.inputs.transform import UNCHANGED, Transform
from explorer3d.inputs.typed import Typed, typed_array

if TYPE_CHECKING:
    from explorer3d.graph.model import Model

Given = Path | Generated | Bitmap | Excerpt | Parts
"""What a person gives a network in the window."""

Source = Given | str | Image.Image | NDArray[Any] | Mapping[str, Any] | None


@dataclass(frozen=True)
class Preparation:
    """What is done with what was read.

    Attributes
    ----------
    preprocessing : Preprocessing or None
        Of a picture; guessed if None.
    transform : Transform
        Of a picture.
    seed : int
        Of the noise for inputs that get nothing else.
    at_once : int or None
        How many samples of an array may go in together where the model takes any number of them; of more, and
        of an array of several inputs, the first goes in. None: all of it, or none.
    start : int or None
        Which of the inputs in a file goes in, from 0; of sound, samples that are left out.
    """

    preprocessing: Preprocessing | None = None
    transform: Transform = UNCHANGED
    seed: int = 0
    at_once: int | None = None
    start: int | None = None


@dataclass(frozen=True)
class InputFormat:
    """A kind of input file.

    Attributes
    ----------
    sniff : callable
        Whether a file's first 512 bytes are of this kind.
    read : callable
        (path, model, `Preparation`) → `Feeds`; raises `InputError`.
    resizable : bool
        Whether what the file holds can be brought to any size.
    """

    sniff: Callable[[bytes], bool]
    read: Callable[[Path, Model, Preparation], Feeds]
    resizable: bool = False


INPUTS: dict[str, InputFormat] = {
    "npy": InputFormat(
        lambda head: head.startswith(b"\x93NUMPY"),
        lambda path, model, preparation: _npy_feeds(path, model, preparation),
    ),
    "npz": InputFormat(
        is_npz,
        lambda path, model, preparation: read_npz(path, model),
    ),
    "image": InputFormat(
        is_picture,
        lambda path, model, preparation: _picture_feeds(model, open_picture(path), path.name, preparation),
        resizable=True,
    ),
    "tensor": InputFormat(
        is_tensor, lambda path, model, preparation: read_tensor(path, model, preparation.seed)
    ),
    "sound": InputFormat(
        is_sound,
        lambda path, model, preparation: read_sound(path, model, preparation.seed, preparation.start or 0),
        resizable=True,
    ),
    "csv": InputFormat(
        is_table,
        lambda path, model, preparation: read_table(path, model, preparation.at_once, preparation.start),
    ),
}


def is_input(path: Path) -> bool:
    """Whether a file is of a kind that is read; not if it cannot be opened."""
    try:
        return _kind(path) is not None
    except OSError:
        return False


def feeds_for(
    model: Model,
    source: Source = None,
    preprocessing: Preprocessing | None = None,
    seed: int = 0,
    sizes: Sizes | None = None,
    transform: Transform = UNCHANGED,
    at_once: int | None = None,
) -> Feeds:
    """Make a model's inputs of whatever there is.

    Parameters
    ----------
    model : Model
    source : path, text, Generated, Bitmap, Excerpt, Parts, PIL image, array, mapping or None
        A file is read by its content. A text such as ``generator:checkerboard`` is no path but one of
        `GENERATORS`. An array goes in unchanged if it is of the input's shape, with
        or without the batch axis, except that (H, W), (H, W, 3) or (H, W, 4) bytes are a picture to a
        model that takes one. A mapping holds an array for each input's name. None: the bundled
        picture if there is one input for pictures, else noise; inputs of unknown shape get nothing.
    preprocessing : Preprocessing, optional
        For pictures; guessed if not given.
    seed : int
        Of the noise for inputs that get nothing else.
    sizes : mapping of str to tuple of int, optional
        Shapes, by input name, of pictures and noise where the model leaves sizes open. An array has its
        own shape, whatever stands here.
    transform : Transform
        Of pictures, before they are prepared; of arrays none.
    at_once : int, optional
        See `Preparation`.

    Raises
    ------
    InputError
        It does not fit the model, or cannot be read.
    """
    preparation = Preparation(preprocessing, transform, seed, at_once)
    if source is None:
        model = sized(model, sizes)
        port = image_input(model)
        if port is None:
            return _noise_feeds(model, seed)
        source = bundled_picture(port)
    if isinstance(source, str):
        source = generated_from(source) or Path(source)
    if isinstance(source, Generated):
        return generated_feeds(sized(model, sizes), source, preprocessing, seed, transform)
    if isinstance(source, Path):
        return _from_file(model, source, preparation, sizes)
    if isinstance(source, Parts):
        return _composed(sized(model, sizes), source, preparation)
    if isinstance(source, Excerpt):
        return _excerpt_feeds(model, source, preparation, sizes)
    if isinstance(source, Bitmap):
        picture = picture_from_array(source.pixels)
        return _picture_feeds(sized(model, sizes), picture, source.name, preparation)
    if isinstance(source, Image.Image):
        return _picture_feeds(sized(model, sizes), source, "picture", preparation)
    if isinstance(source, Mapping):
        return mapping_feeds(model, source)
    array = np.asarray(source)
    if _is_frame(array, model):
        picture = picture_from_array(array)
        return _picture_feeds(sized(model, sizes), picture, "picture", preparation)
    return array_feeds(model, array)


def _noise_feeds(model: Model, seed: int) -> Feeds:
    made = noise(model, seed)
    if not model.inputs:
        return Feeds({}, "the model takes no input")
    texts = [f"seeded noise ({seed}): {made}"] if made.arrays else []
    return Feeds(made.arrays, " ".join([*texts, *made.refused]))


def _composed(model: Model, parts: Parts, preparation: Preparation) -> Feeds:
    """Feed each input from a source of its own, and the others from what is there for the rest."""
    ports = {port.value: port for port in model.inputs}
    if unknown := [name for name in parts.named if name not in ports]:
        raise InputError(f"There is no input {unknown[0]!r}; the model's inputs are {', '.join(ports)}.")
    found = {
        name: _part_feeds(replace(model, inputs=(ports[name],)), part, preparation)
        for name, part in parts.named.items()
    }
    if len(found) < len(ports):
        # Where the shape of one input is known now, those tied to it are made of the same sizes.
        known = sized(model, {name: feeds.arrays[name].shape for name, feeds in found.items()})
        if not _holds_all(parts.rest):
            known = replace(known, inputs=tuple(port for port in known.inputs if port.value not in found))
        found[""] = feeds_for(
            known,
            parts.rest,
            preparation.preprocessing,
            preparation.seed,
            transform=preparation.transform,
            at_once=preparation.at_once,
        )
    arrays = {name: array for feeds in reversed(found.values()) for name, array in feeds.arrays.items()}
    texts = [f"{name}: {feeds.description}" if name else feeds.description for name, feeds in found.items()]
    pictured = next((feeds for feeds in found.values() if feeds.picture is not None), None)
    following = None
    later = {name: feeds.following for name, feeds in found.items() if isinstance(feeds.following, Excerpt)}
    if later:
        named = {name: later.get(name, part) for name, part in parts.named.items()}
        following = Parts(named, later.get("", parts.rest))
    arrays = {name: arrays[name] for name in ports if name in arrays}
    return replace(
        pictured or Feeds({}, ""),
        arrays=arrays,
        description="; ".join(texts),
        following=following,
        series=None,
    )


def _excerpt_feeds(
    model: Model, excerpt: Excerpt, preparation: Preparation, sizes: Sizes | None = None
) -> Feeds:
    source, start = excerpt.source, excerpt.start
    if isinstance(source, Path):
        return _from_file(model, source, replace(preparation, start=start), sizes)
    model = sized(model, sizes)
    port = only_input(model, "What is typed")
    array, end = typed_array(source, port, start)
    description = f"typed {shape_and_type(array)}"
    if start or end is not None:
        description += f", from the {start + 1:,}. number"
    return Feeds({port.value: array}, description, following=None if end is None else Excerpt(source, end))


def _holds_all(source: Source) -> bool:
    """Whether it is a file with an array for every input."""
    try:
        kind = _kind(source) if isinstance(source, Path) else None
    except OSError:
        return False
    return kind is not None and not kind.resizable


def _part_feeds(model: Model, part: Part, preparation: Preparation) -> Feeds:
    port = model.inputs[0]
    if isinstance(part, Held):
        return Feeds({port.value: fitting(part.array, port, part.name)}, part.name)
    if isinstance(part, Typed):
        return _excerpt_feeds(model, Excerpt(part, 0), preparation)
    return feeds_for(
        model,
        part,
        preparation.preprocessing,
        preparation.seed,
        transform=preparation.transform,
        at_once=preparation.at_once,
    )


def _picture_feeds(model: Model, picture: Image.Image, name: str, preparation: Preparation) -> Feeds:
    return picture_feeds(
        model, picture, name, preparation.preprocessing, preparation.seed, preparation.transform
    )


def _npy_feeds(path: Path, model: Model, preparation: Preparation) -> Feeds:
    """Numbers as they are; bytes that are a picture, or several, to a model that takes one."""
    found = read_frame(path, model, preparation.at_once, preparation.start)
    if found is None:
        return read_npy(path, model, preparation.at_once, preparation.start)
    pixels, count = found
    place = preparation.start or 0
    feeds = _picture_feeds(model, picture_from_array(pixels), title(path, count, place), preparation)
    return in_series(feeds, path, count, place)


def _from_file(model: Model, path: Path, preparation: Preparation, sizes: Sizes | None) -> Feeds:
    try:
        kind = _kind(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}. Check the path.") from error
    if kind is None:
        raise InputError(
            f"{path.name} is neither a picture nor an .npy, .npz, .csv, .wav or ONNX tensor file. Give one "
            "of these."
        )
    return kind.read(path, sized(model, sizes) if kind.resizable else model, preparation)


def _kind(path: Path) -> InputFormat | None:
    """Which format a file has by its content; OSError if it cannot be opened."""
    with path.open("rb") as stream:
        head = stream.read(512)
    return next((kind for kind in INPUTS.values() if kind.sniff(head)), None)


def _is_frame(array: NDArray[Any], model: Model) -> bool:
    port = image_input(model)
    if port is None or array.dtype != np.uint8:
        return False
    return array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))
