"""Flat pictures over the scene, in pixels: the legend of operator families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.scene.palette import DARK, FAMILIES, Theme
from explorer3d.scene.typefaces import REGULAR, font


@dataclass(frozen=True, eq=False)
class Overlay:
    """A flat picture before everything else.

    Attributes
    ----------
    picture : (H, W, 3) uint8 array
        RGB.
    left, bottom : int
        Pixels between it and the sides of the picture that it is laid on.
    """

    picture: np.ndarray
    left: int
    bottom: int

    def onto(self, pixels: np.ndarray) -> None:
        """Lay it on a picture; what reaches beyond the right or the upper side is cut off.

        Parameters
        ----------
        pixels : (H, W, 4) uint8 array
            RGBA, the top row first.
        """
        height, width = (
            min(side, max(0, room))
            for side, room in zip(
                self.picture.shape, (len(pixels) - self.bottom, pixels.shape[1] - self.left), strict=False
            )
        )
        low = len(pixels) - self.bottom
        place = pixels[low - height : low, self.left : self.left + width]
        place[:, :, :3] = self.picture[len(self.picture) - height :, :width]
        place[:, :, 3] = 255


def legend(families: Sequence[str], scale: float, width: int, theme: Theme = DARK) -> np.ndarray:
    """Draw the legend in as few lines as fit.

    Parameters
    ----------
    families : sequence of str
        Keys in `FAMILIES`, in the order to list them.
    scale : float
        Pixels per logical pixel.
    width : int
        Room in pixels.
    theme : Theme

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.
    """
    size = round(13 * scale)
    letters = font(REGULAR, size)
    line, square, gap = round(size * 1.7), round(size * 0.85), round(size * 0.55)
    places = []
    x = row = longest = 0
    for family in families:
        step = round(letters.getlength(FAMILIES[family].title)) + square + 4 * gap
        if x and x + step > width:
            x, row = 0, row + 1
        places.append((family, x, row))
        x += step
        longest = max(longest, x)
    image = Image.new("RGB", (max(longest, 1), max(line * (row + 1), 1)), theme.bottom)
    draw = ImageDraw.Draw(image)
    for family, left, row in places:
        middle = row * line + line / 2
        box = (left + gap, middle - square / 2, left + gap + square, middle + square / 2)
        draw.rounded_rectangle(box, radius=square * 0.2, fill=FAMILIES[family].colour)
        title = FAMILIES[family].title
        draw.text((left + 2 * gap + square, middle), title, fill=theme.dim, font=letters, anchor="lm")
    return np.asarray(image)
