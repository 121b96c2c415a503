"""Titles of pictures: broken where there is no more room, names cut off."""

from __future__ import annotations

from PIL import ImageDraw, ImageFont

_LEADING = 1.4


def draw_title(
    draw: ImageDraw.ImageDraw,
    title: str,
    letters: ImageFont.FreeTypeFont,
    ink: tuple[int, int, int],
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
        Left, top and right.

    Returns
    -------
    float
        Where it ends below.
    """
    left, y, right = box
    for line in lines(title, letters, right - left):
        draw.text((left, y), line, ink, letters)
        y += _LEADING * letters.size
    return y


def lines(title: str, letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Break a title where it no longer fits."""
    found = [""]
    for word in title.split():
        longer = f"{found[-1]} {word}".strip()
        if letters.getlength(longer) <= width:
            found[-1] = longer
        else:
            found.append(word)
    return [line for line in found if line]


def cut(name: str, most: int) -> str:
    """Of a long name both ends are kept: names of layers in one network begin and end alike."""
    return name if len(name) <= most else f"{name[: most - most // 3 - 1]}…{name[-(most // 3) :]}"
