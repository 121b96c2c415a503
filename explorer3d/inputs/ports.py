"""What a model input takes: picture or not, and which axis is which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer3d.errors import InputError
from explorer3d.graph.model import FOREIGN_TYPES

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

_CHANNELS = (1, 3, 4)
_SMALLEST_SIDE = 8

# Element types that a byte of a pixel fits into.
_PIXEL_TYPES = (
    "float16",
    "float32",
    "float64",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
)

# Types numpy and onnxruntime have in common.
_ARRAY_TYPES = (*_PIXEL_TYPES, "int8", "bool")

LARGEST_INPUT = 2**30
"""Bytes one model input may take; more than that is a mistake or an attack."""


def image_axes(port: Port) -> str:
    """Axis letters of an input that takes pictures, a permutation of ``NCHW``; else empty.

    The letters the format knows win; without them the shape decides, and ONNX's own order
    (channels first) where both would do.
    """
    if port.shape is None or len(port.shape) != 4 or port.dtype not in _PIXEL_TYPES:
        return ""
    for axes in (port.axes,) if port.axes else ("NCHW", "NHWC"):
        if sorted(axes) != sorted("NCHW"):
            continue
        size = dict(zip(axes, port.shape, strict=True))
        sides = (size["H"], size["W"])
        if size["C"] in _CHANNELS and all(side is None or side >= _SMALLEST_SIDE for side in sides):
            return axes
    return ""


def is_image_like(port: Port) -> bool:
    """Whether a picture can be put in: rank 4, 1, 3 or 4 channels, sides of 8 or more."""
    return image_axes(port) != ""


def image_input(model: Model) -> Port | None:
    """The one input that takes a picture; None if there is no such input, or more than one."""
    found = [port for port in model.inputs if is_image_like(port)]
    return found[0] if len(found) == 1 else None


def array_type(port: Port) -> np.dtype[Any]:
    """Element type of the arrays to feed.

    Raises
    ------
    InputError
        Neither noise nor a file can give an array of this type.
    """
    if port.dtype == "string":
        return np.dtype(object)
    if port.dtype in FOREIGN_TYPES:
        return np.dtype(np.float32)
    if port.dtype not in _ARRAY_TYPES:
        raise InputError(
            f"Input {port.value!r} takes values of type {port.dtype}, which cannot be fed from an array."
        )
    return np.dtype(port.dtype)
