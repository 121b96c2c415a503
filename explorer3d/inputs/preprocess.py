"""From a picture to the numbers a network wants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text
from explorer3d.inputs.colours import in_mode, upright
from explorer3d.inputs.ports import LARGEST_INPUT, image_axes

if TYPE_CHECKING:
    from explorer3d.graph.model import Port

Fit = Literal["stretch", "crop", "letterbox"]

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}

# Detectors, which are what letterboxing is for, are trained with bars of this grey
# (https://github.com/ultralytics/yolov5, `letterbox`).
_BAR = 114

# Where the network leaves its input's size open, the picture keeps its own up to this side, in
# multiples of 32, since networks halve their maps up to five times and add them up again.
_LARGEST_OPEN_SIDE = 512
_OPEN_STEP = 32


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes numbers.

    In this order: the picture is fitted, inverted, scaled, ``(x − mean) / std``, and its channels
    reversed. An input of an integer type takes the bytes as they are.

    Attributes
    ----------
    mean, std : tuple of float or None
        One value, or one for each of R, G, B, in units of the scaled picture.
    bgr : bool
        Feed the channels as B, G, R.
    invert : bool
        Light becomes dark: 255 − x on the bytes, which is 1 − x after scaling to 0..1.
    fit : {"stretch", "crop", "letterbox"}
        Stretch to the input's size, cut the largest centred part of its proportions, or add bars.
    scale : float
        Factor on the bytes 0..255.

    Raises
    ------
    InputError
        A value makes no sense.
    """

    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    bgr: bool = False
    invert: bool = False
    fit: Fit = "stretch"
    scale: float = 1 / 255

    def __post_init__(self) -> None:
        if self.fit not in get_args(Fit):
            raise InputError(f"{self.fit!r} is no way to fit a picture. Use {', '.join(get_args(Fit))}.")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values is None:
                continue
            if len(values) not in _MODES:
                raise InputError(f"The {name} must be one number, or one for each colour channel.")
            for value in values:
                if not math.isfinite(value):
                    raise InputError(f"The {name} must be a finite number, not {value:g}.")
        if self.std is not None and min(self.std) <= 0:
            raise InputError("The std must be greater than zero.")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise InputError("The scale must be a number greater than zero.")

    def __str__(self) -> str:
        """``(x/255−0.498)/0.502, BGR``: the formula, as a presenter would write it."""
        if math.isclose(self.scale, 1 / 255, rel_tol=1e-6):
            text = "x/255"
        elif self.scale == 1:
            text = "x"
        else:
            text = f"{self.scale:g}·x"
        if self.mean is not None:
            text = f"({text}−{_numbers(self.mean)})"
        if self.std is not None:
            text = f"{text}/{_numbers(self.std)}"
        return text + (", BGR" if self.bgr else "") + (", inverted" if self.invert else "")

    def limits(self, dtype: np.dtype[Any]) -> tuple[float, float]:
        """The least number a byte of 0 becomes in any channel, and the greatest a byte of 255 becomes."""
        if dtype.kind != "f":
            return 0.0, 255.0
        mean, std = np.asarray(self.mean or 0, np.float64), np.asarray(self.std or 1, np.float64)
        return float(np.min(-mean / std)), float(np.max((255 * self.scale - mean) / std))


def _numbers(values: tuple[float, ...]) -> str:
    if len(set(values)) == 1:
        return f"{values[0]:g}" if values[0] >= 0 else f"({values[0]:g})"
    return "[" + " ".join(f"{value:g}" for value in values) + "]"


def prepare(
    picture: Image.Image, preprocessing: Preprocessing, port: Port
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Make a network's input of a picture.

    Parameters
    ----------
    picture : PIL image
    preprocessing : Preprocessing
    port : Port
        The model input; `explorer3d.inputs.is_image_like` of it must hold.

    Returns
    -------
    array : (N, C, H, W) or (N, H, W, C) array
        In the order, sizes and type of `port`; a fixed batch greater than one repeats the picture.
    shown : (H, W, 3) uint8 array
        The same picture, RGB, fitted and inverted, not normalised.

    Raises
    ------
    InputError
        The picture cannot be put into this input.
    """
    axes = image_axes(port)
    if not axes or port.shape is None:
        wanted = "an unknown shape" if port.shape is None else f"shape {tuple_text(port.shape)}"
        raise InputError(
            f"Input {port.value!r} takes {port.dtype} of {wanted}, which is no picture. Give an .npy file."
        )
    size = dict(zip(axes, port.shape, strict=True))
    check(preprocessing, port)
    channels = size["C"]
    assert channels is not None
    batch = 1 if size["N"] is None else size["N"]
    height, width = open_size(picture, size["H"], size["W"], preprocessing.fit)
    dtype = np.dtype(port.dtype)
    if batch * channels * height * width * dtype.itemsize > LARGEST_INPUT:
        raise InputError(f"Input {port.value!r} is too large to be fed: {tuple_text(port.shape)}.")

    pixels = fitted(picture, _MODES[channels], (width, height), preprocessing.fit)
    if preprocessing.invert:
        # Opacity is no light: it stays.
        pixels[..., :3] = 255 - pixels[..., :3]
    shown = pixels[..., :3] if channels > 1 else np.repeat(pixels, 3, axis=2)

    values = _normalised(pixels, preprocessing, dtype)
    if preprocessing.bgr and channels > 1:
        values[..., :3] = values[..., 2::-1].copy()
    array = np.repeat(values[np.newaxis], batch, axis=0).transpose(["NHWC".index(axis) for axis in axes])
    return np.ascontiguousarray(array), np.ascontiguousarray(shown)


def check(preprocessing: Preprocessing, port: Port) -> None:
    """Refuse what an input for pictures cannot be given.

    Raises
    ------
    InputError
        The mean or std is for another number of channels, or the input takes whole pixels.
    """
    channels = dict(zip(image_axes(port), port.shape or (), strict=True)).get("C")
    for name, values in (("mean", preprocessing.mean), ("std", preprocessing.std)):
        if values is None:
            continue
        if np.dtype(port.dtype).kind != "f":
            raise InputError(f"The model takes whole pixels ({port.dtype}), so mean and std do not apply.")
        if len(values) not in (1, channels):
            raise InputError(
                f"The {name} has {len(values)} values, but the model's input has {channels} "
                f"channel{'' if channels == 1 else 's'}. Give one value, or one for each channel."
            )


def open_size(
    picture: Image.Image, height: int | None, width: int | None, fit: Fit = "stretch"
) -> tuple[int, int]:
    """Height and width to feed, where the model leaves one or both open."""
    if height is not None and width is not None:
        return height, width
    if height is None and width is None:
        factor = min(1.0, _LARGEST_OPEN_SIDE / max(picture.size))
    elif height is not None:
        factor = height / picture.height
    else:
        assert width is not None
        factor = width / picture.width

    def step(side: int) -> int:
        rounded = round(side * factor / _OPEN_STEP) * _OPEN_STEP
        return min(max(rounded, _OPEN_STEP), _LARGEST_OPEN_SIDE)

    return height or step(picture.height), width or step(picture.width)


def fitted(picture: Image.Image, mode: str, size: tuple[int, int], fit: Fit) -> NDArray[np.uint8]:
    """The picture upright, in the given colour mode and size.

    Parameters
    ----------
    picture : PIL image
    mode : {"L", "RGB", "RGBA"}
    size : (int, int)
        Width and height.
    fit : {"stretch", "crop", "letterbox"}

    Returns
    -------
    (H, W, C) uint8 array
    """
    standing = in_mode(upright(picture), mode)
    width, height = size
    if fit == "letterbox":
        left, top, right, bottom = _letterboxed(standing.size, size)
        colour = _BAR if mode == "L" else (_BAR, _BAR, _BAR, 255)[: len(mode)]
        image = Image.new(mode, size, colour)
        inner = standing.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        image.paste(inner, (left, top))
    else:
        if fit == "crop":
            standing = standing.crop(_cropped(standing.size, size))
        image = standing.resize(size, Image.Resampling.BILINEAR)
    return np.array(image, dtype=np.uint8).reshape(height, width, -1)


def seen_part(picture: tuple[int, int], size: tuple[int, int], fit: Fit) -> tuple[float, float, float, float]:
    """Which part of a picture an input shows.

    Parameters
    ----------
    picture, size : (int, int)
        Width and height of the upright picture, and of the input.
    fit : {"stretch", "crop", "letterbox"}

    Returns
    -------
    (float, float, float, float)
        Left, top, right and bottom in widths and heights of the picture; beyond 0 … 1 are bars.
    """
    if fit == "stretch":
        return 0.0, 0.0, 1.0, 1.0
    if fit == "crop":
        left, top, right, bottom = _cropped(picture, size)
        return left / picture[0], top / picture[1], right / picture[0], bottom / picture[1]
    left, top, right, bottom = _letterboxed(picture, size)
    width, height = right - left, bottom - top
    return -left / width, -top / height, (size[0] - left) / width, (size[1] - top) / height


def _cropped(picture: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest centred part of a picture with an input's proportions, in its pixels."""
    factor = min(picture[0] / size[0], picture[1] / size[1])
    width, height = (max(1, round(side * factor)) for side in size)
    left, top = (picture[0] - width) // 2, (picture[1] - height) // 2
    return left, top, left + width, top + height


def _letterboxed(picture: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a whole picture stands between bars, in an input's pixels."""
    factor = min(size[0] / picture[0], size[1] / picture[1])
    width, height = (max(1, round(side * factor)) for side in picture)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height


def _normalised(
    pixels: NDArray[np.uint8], preprocessing: Preprocessing, dtype: np.dtype[Any]
) -> NDArray[Any]:
    """(H, W, C) values; each channel through a table, as a byte has only 256 values."""
    if dtype.kind != "f":
        return pixels.astype(dtype)
    channels = pixels.shape[2]
    mean = np.asarray(preprocessing.mean or 0, np.float64)
    std = np.asarray(preprocessing.std or 1, np.float64)
    table = np.arange(256, dtype=np.float64)[:, np.newaxis] * preprocessing.scale
    table = np.broadcast_to((table - mean) / std, (256, channels)).astype(dtype)
    return np.take_along_axis(table, pixels.reshape(-1, channels), axis=0).reshape(pixels.shape)
