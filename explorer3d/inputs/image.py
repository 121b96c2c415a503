"""Pictures, from a file or as an array."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.inputs.colours import upright
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.guess import guess
from explorer3d.inputs.last_read import LastRead
from explorer3d.inputs.noise import noise
from explorer3d.inputs.ports import image_axes, image_input, is_image_like
from explorer3d.inputs.preprocess import Preprocessing, open_size, prepare, seen_part
from explorer3d.inputs.transform import UNCHANGED, Transform, transformed
from explorer3d.resources import resource

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

LARGEST_PICTURE = 100_000_000
"""Pixels."""

# A sample as small as this shows a piece of clothing better than a cat.
_SMALL_SIDE = 40

# As large as a camera's picture of 24 million pixels: to decode that takes longer than all that follows.
_last: LastRead[Image.Image] = LastRead(100_000_000)

_SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": (b"BM",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "WEBP": (b"RIFF",),
    "PPM": (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"),
}


def is_picture(head: bytes) -> bool:
    """Whether a file's first bytes are those of a picture format that is read."""
    if head.startswith(b"RIFF"):
        return head[8:12] == b"WEBP"
    return any(head.startswith(start) for starts in _SIGNATURES.values() for start in starts)


def open_picture(path: Path) -> Image.Image:
    """Read a picture file.

    Parameters
    ----------
    path : Path
        PNG, JPEG, GIF, BMP, TIFF, WebP or PPM, of at most 100 million pixels.

    Returns
    -------
    PIL image
        Decoded; turned upright only by `explorer3d.inputs.preprocess.fitted`. It must not be changed: the
        next one who asks for the same file may get the same picture.

    Raises
    ------
    InputError
        The file is missing, damaged or too large.
    """
    return _last.get(path, lambda: _decoded(path), _size)


def _size(picture: Image.Image) -> int:
    # Pillow keeps colours as four bytes.
    return picture.width * picture.height * (1 if len(picture.getbands()) == 1 else 4)


def _decoded(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            # Pillow warns below our limit already; ours is an error.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=list(_SIGNATURES))
        with picture:
            if picture.width * picture.height > LARGEST_PICTURE:
                raise Image.DecompressionBombError
            picture.load()
    except Image.DecompressionBombError as error:
        raise InputError(f"{path.name} has more than 100 million pixels. Make it smaller first.") from error
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path.name}. Check the path.") from error
    except Exception as error:
        # Pillow's decoders raise nearly every built-in exception on a damaged file.
        raise InputError(f"{path.name} cannot be read as a picture: it is damaged or incomplete.") from error
    return picture


def picture_from_array(pixels: NDArray[np.uint8]) -> Image.Image:
    """A picture of (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) bytes, such as a camera's frame."""
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels))


def picture_feeds(
    model: Model,
    picture: Image.Image,
    name: str,
    preprocessing: Preprocessing | None = None,
    seed: int = 0,
    transform: Transform = UNCHANGED,
) -> Feeds:
    """Put a picture into the model's picture input, and noise into its other inputs.

    Raises
    ------
    InputError
        The model has no input for a picture, or several.
    """
    port = image_input(model)
    if port is None:
        several = sum(map(is_image_like, model.inputs)) > 1
        raise InputError(
            "The model has several inputs that could take a picture. Choose one for each in the Input "
            "panel, or give them as an .npz file."
            if several
            else "The model has no input that could take a picture. Give its inputs as an .npy or .npz file."
        )
    if picture.width * picture.height > LARGEST_PICTURE:
        raise InputError(f"{name} has more than 100 million pixels. Make it smaller first.")
    reason = ""
    if preprocessing is None:
        preprocessing, reason = guess(model)
    picture = upright(picture)
    size = dict(zip(image_axes(port), port.shape or (), strict=True))
    height, width = open_size(picture, size["H"], size["W"], preprocessing.fit)
    part = seen_part(picture.size, (width, height), preprocessing.fit)
    finest = min(picture.width * (part[2] - part[0]) / width, picture.height * (part[3] - part[1]) / height)
    array, shown = prepare(transformed(picture, transform, finest), preprocessing, port)
    other = noise(model, seed, without=(port.value,))
    others = f"; noise ({seed}) for {', '.join(other.arrays)}" if other.arrays else ""
    arrays = {port.value: array, **other.arrays}
    formula = str(preprocessing) if array.dtype.kind == "f" else "bytes"
    made = f"{width}×{height} {preprocessing.fit}"
    description = ", ".join(filter(None, [name, str(transform), made, f"{formula}{others}"]))
    description = " ".join([description, *other.refused])
    return Feeds(arrays, description, shown, preprocessing, reason, part)


def bundled_picture(port: Port) -> Path:
    """The picture shown to a model when none is given: clothing for small or grey inputs, else a cat."""
    if _for_clothing(port):
        return resource("sample_models", "pictures", "fashion_1_trouser.png")
    return resource("sample_models", "pictures", "chelsea.png")


def bundled_pictures(port: Port) -> list[Path]:
    """The pictures that come along and suit an input: clothing, photographs, or both, in this order."""
    paths = sorted(resource("sample_models", "pictures").glob("*.png"))
    clothing = [path for path in paths if path.name.startswith("fashion_")]
    photographs = [path for path in paths if path not in clothing]
    if not _for_clothing(port):
        return photographs
    return clothing if 0 < _side(port) <= _SMALL_SIDE else clothing + photographs


def _for_clothing(port: Port) -> bool:
    assert port.shape is not None
    channels = dict(zip(image_axes(port), port.shape, strict=True))["C"]
    return channels == 1 or 0 < _side(port) <= _SMALL_SIDE


def _side(port: Port) -> int:
    """The longer side as far as it is fixed; 0 if both are open."""
    assert port.shape is not None
    size = dict(zip(image_axes(port), port.shape, strict=True))
    return max(size["H"] or 0, size["W"] or 0)
