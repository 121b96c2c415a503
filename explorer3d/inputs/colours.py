"""Pictures of any kind as bytes of grey, or of red, green and blue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

_ORIENTATION = 0x0112  # in EXIF
_WHITES = (255, 65_535)


def upright(picture: Image.Image) -> Image.Image:
    """The picture as its camera was held; the very same one where nothing is to be turned."""
    if picture.getexif().get(_ORIENTATION, 1) == 1:
        return picture
    return ImageOps.exif_transpose(picture)


def in_mode(picture: Image.Image, mode: str) -> Image.Image:
    """The picture in the colour mode ``L``, ``RGB`` or ``RGBA``, 8 bits per channel."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        # Pillow's own conversion cuts such greys off at 255 instead of scaling.
        picture = Image.fromarray(_bytes(np.asarray(picture)))
    if picture.mode in ("P", "PA"):
        # Pillow warns when a palette's transparency is dropped in one step.
        picture = picture.convert("RGBA")
    if picture.mode == "LAB":
        # From there, Pillow knows no other way.
        picture = picture.convert("RGB")
    return picture if picture.mode == mode else picture.convert(mode)


def _bytes(grey: NDArray[Any]) -> NDArray[np.uint8]:
    """Greys of 16 or 32 bits as bytes.

    No file says what is white in 32 bits: 1 for broken numbers of which none is above it, else the largest
    number of 8 bits or of 16, else the largest in the picture.
    """
    if grey.dtype.itemsize == 2:
        return np.asarray(grey // 257, np.uint8)
    values = np.nan_to_num(grey.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    most = float(values.max(initial=0.0))
    whites = (1, *_WHITES) if grey.dtype.kind == "f" else _WHITES
    white = next((white for white in whites if most <= white), most)
    return np.asarray(np.rint(np.clip(values / np.float32(white), 0, 1) * 255), np.uint8)
