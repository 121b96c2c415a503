"""Moving, turning and disturbing a picture, to see what a network makes of it then."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from explorer3d.errors import InputError
from explorer3d.inputs.colours import in_mode, upright

# Pixels that are left for each that is seen, so that nothing is lost in turning them.
_FINE = 2
_LEAST_SCALE, _MOST_SCALE = 0.01, 100.0


@dataclass(frozen=True)
class Transform:
    """What is done to a picture between reading and preprocessing it.

    In this order: mirrored; scaled and turned about its centre, then shifted, in one bicubic step;
    blurred; noise added; occluded. Lengths are shares of the picture's own, so that the same transform
    does the same to every picture.

    Attributes
    ----------
    shift : (float, float)
        To the right in widths, downwards in heights.
    scale : float
        Factor on its size; above 1, edges leave the picture.
    rotate : float
        Degrees, counter-clockwise.
    mirror, flip : bool
        Exchange left and right; top and bottom.
    blur : float
        Standard deviation of a Gaussian, in shorter sides.
    noise : float
        Standard deviation of Gaussian noise, where white is 1.
    seed : int
        Of that noise.
    occlude : (float, float, float, float) or None
        Left, top, right and bottom of a rectangle, in widths and heights.
    border : (int, int, int)
        Red, green and blue of what comes in from outside, and of that rectangle.

    Raises
    ------
    InputError
        A value makes no sense.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    rotate: float = 0.0
    mirror: bool = False
    flip: bool = False
    blur: float = 0.0
    noise: float = 0.0
    seed: int = 0
    occlude: tuple[float, float, float, float] | None = None
    border: tuple[int, int, int] = (0, 0, 0)

    def __post_init__(self) -> None:
        numbers = (*self.shift, self.scale, self.rotate, self.blur, self.noise, *(self.occlude or ()))
        if not all(map(math.isfinite, numbers)):
            raise InputError("A transform of the input takes finite numbers only.")
        if not _LEAST_SCALE <= self.scale <= _MOST_SCALE:
            raise InputError(f"The scale must lie between {_LEAST_SCALE:g} and {_MOST_SCALE:g}.")
        if max(map(abs, self.shift)) > _MOST_SCALE:
            raise InputError(f"The shift must lie between -{_MOST_SCALE:g} and {_MOST_SCALE:g}.")
        for name, value in (("blur", self.blur), ("noise", self.noise)):
            if not 0 <= value <= 1:
                raise InputError(f"The {name} must lie between 0 and 1.")
        if self.seed < 0:
            raise InputError("The seed must not be negative.")
        if self.occlude is not None:
            left, top, right, bottom = self.occlude
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                raise InputError("The occluded rectangle is its left, top, right and bottom, within 0 … 1.")
        if not all(0 <= part <= 255 for part in self.border):
            raise InputError("The border's red, green and blue lie within 0 … 255.")

    @property
    def is_identity(self) -> bool:
        """Whether it leaves every picture as it is."""
        moves = self.shift != (0, 0) or self.scale != 1 or self.rotate % 360 != 0
        return not (moves or self.mirror or self.flip or self.blur or self.noise or self.occlude)

    def __str__(self) -> str:
        """``rotated 15°, blurred``; empty for none."""
        said = [
            (self.mirror, "mirrored"),
            (self.flip, "upside down"),
            (self.scale != 1, f"scaled {self.scale:g}×"),
            (self.rotate % 360 != 0, f"rotated {self.rotate:g}°"),
            (self.shift != (0, 0), "shifted"),
            (self.blur, "blurred"),
            (self.noise, f"noise of {self.noise:g} (seed {self.seed})"),
            (self.occlude, "occluded"),
        ]
        return ", ".join(text for wanted, text in said if wanted)


UNCHANGED = Transform()


def transformed(picture: Image.Image, transform: Transform, finest: float = 1.0) -> Image.Image:
    """Carry out a transform.

    Parameters
    ----------
    picture : PIL image
    transform : Transform
    finest : float
        How many of its pixels in a row become one afterwards. Of many, a few are averaged first: a photograph
        of 12 million pixels would take seconds, for a network that sees 50,000.

    Returns
    -------
    PIL image
        Upright, of the same proportions, and of the same size but for that averaging; 8 bits per channel:
        grey, RGB or RGBA. The very same picture where the transform changes nothing.
    """
    if transform.is_identity:
        return picture
    picture = upright(picture)
    picture = in_mode(picture, _mode(picture))
    needless = int(finest / (_FINE * transform.scale))
    if needless > 1:
        picture = picture.reduce(needless)
    if transform.mirror:
        picture = ImageOps.mirror(picture)
    if transform.flip:
        picture = ImageOps.flip(picture)
    picture = _moved(picture, transform)
    if transform.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(transform.blur * min(picture.size)))
    if transform.noise:
        picture = _noisy(picture, transform)
    if transform.occlude is not None:
        picture = _occluded(picture, transform)
    return picture


def origins(
    size: tuple[int, int], shift: tuple[float, float], scale: float, rotate: float
) -> tuple[float, ...]:
    """Where each pixel of a moved picture comes from: back by the shift, round and down by the scale.

    Parameters
    ----------
    size : (int, int)
        Width and height.
    shift, scale, rotate
        As of `Transform`.

    Returns
    -------
    tuple of 6 float
        a … f: what is at x, y has been at ax + by + c, dx + ey + f.
    """
    (width, height), (across, down), angle = size, shift, math.radians(rotate % 360)
    # The sine of half a turn is 0, not 1e-16, which would make pixels darker by 1.
    cosine, sine = (round(part, 15) / scale for part in (math.cos(angle), math.sin(angle)))
    x, y = width / 2 + across * width, height / 2 + down * height
    return (
        cosine,
        -sine,
        width / 2 - cosine * x + sine * y,
        sine,
        cosine,
        height / 2 - sine * x - cosine * y,
    )


def _mode(picture: Image.Image) -> str:
    if picture.mode in ("1", "L", "F") or picture.mode.startswith("I"):
        return "L"
    return "RGBA" if picture.has_transparency_data else "RGB"


def _colour(picture: Image.Image, transform: Transform) -> int | tuple[int, ...]:
    if picture.mode == "L":
        grey = Image.new("RGB", (1, 1), transform.border).convert("L")
        return int(np.asarray(grey)[0, 0])
    return (*transform.border, 255)[: len(picture.mode)]


def _moved(picture: Image.Image, transform: Transform) -> Image.Image:
    if (*transform.shift, transform.scale, transform.rotate % 360) == (0, 0, 1, 0):
        return picture
    return picture.transform(
        picture.size,
        Image.Transform.AFFINE,
        origins(picture.size, transform.shift, transform.scale, transform.rotate),
        Image.Resampling.BICUBIC,
        fillcolor=_colour(picture, transform),
    )


def _noisy(picture: Image.Image, transform: Transform) -> Image.Image:
    pixels = np.array(picture)
    # Opacity is no light: it stays.
    light = pixels[..., :3] if picture.mode != "L" else pixels
    noise = np.random.default_rng(transform.seed).standard_normal(light.shape, np.float32)
    light[...] = np.rint(np.clip(light + noise * (255 * transform.noise), 0, 255)).astype(np.uint8)
    return Image.fromarray(pixels)


def _occluded(picture: Image.Image, transform: Transform) -> Image.Image:
    assert transform.occlude is not None
    left, top, right, bottom = transform.occlude
    width, height = picture.size
    covered = picture.copy()
    box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    covered.paste(_colour(picture, transform), box)
    return covered
