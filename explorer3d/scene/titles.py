"""Titles of pictures: written into them or into their files; names that are cut off."""

from __future__ import annotations

from typing import IO

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from explorer3d.scene.palette import Colour

_LEADING = 1.4


def draw_title(
    draw: ImageDraw.ImageDraw,
    title: str,
    letters: ImageFont.FreeTypeFont,
    ink: Colour,
    box: tuple[float, float, float],
) -> float:
    """Write a title.

    Parameters
    ----------
    draw : ImageDraw
    title : str
    letters : font
    ink : (int, int, int)
    box : (float, float, float)
        Left, top and right, in pixels.

    Returns
    -------
    float
        Where it ends below.
    """
    left, y, right = box
    for line in _lines(title, letters, right - left):
        draw.text((left, y), line, ink, letters)
        y += _LEADING * letters.size
    return y


def title_height(title: str, letters: ImageFont.FreeTypeFont, width: float) -> float:
    """Pixels that a title takes downwards where it has so many across."""
    return _LEADING * letters.size * len(_lines(title, letters, width))


def _lines(title: str, letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    found = [""]
    for word in title.split():
        longer = f"{found[-1]} {word}".strip()
        if letters.getlength(longer) <= width:
            found[-1] = longer
        else:
            found.append(word)
    return [line for line in found if line]


def cut(name: str, letters: ImageFont.FreeTypeFont, width: float) -> str:
    """Of a name longer than so many pixels both ends: names of layers in one network begin and end alike."""
    shorter, kept = name, len(name)
    while kept and letters.getlength(shorter) > width:
        kept -= 1
        shorter = f"{name[: kept - kept // 3]}…{name[len(name) - kept // 3 :]}"
    return shorter


def write_titled(pixels: np.ndarray, title: str, file: IO[bytes]) -> None:
    """Write an (H, W, 3) uint8 array as PNG; its title goes along as the picture's."""
    about = PngInfo()
    about.add_itxt("Title", title)
    Image.fromarray(pixels).save(file, "PNG", pnginfo=about)
