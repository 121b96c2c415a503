"""Bars and curves as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explorer3d.scene.colormaps import lookup
from explorer3d.scene.palette import PICTURE_GROUND, PICTURE_INK, Colour
from explorer3d.scene.titles import cut, draw_title, title_height
from explorer3d.scene.typefaces import REGULAR, font

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution

Box = tuple[float, float, float, float]

_FOR, _AGAINST = ((255, 182, 98), (207, 114, 17)), ((98, 200, 255), (24, 131, 207))
"""What speaks for something and what against: on dark ground, and on light."""
MOST_BARS = 24
_NARROW = 36
"""Letters' heights of width below which curves stand one below the other."""


@dataclass(frozen=True)
class ChartLook:
    """How large a chart is drawn, and in which colours.

    Attributes
    ----------
    width : int
    height : int
        0: as high as it needs.
    text : int
        Height of its letters.
    ground, ink, faint : (int, int, int)
    """

    width: int = 1280
    height: int = 720
    text: int = 18
    ground: Colour = PICTURE_GROUND
    ink: Colour = PICTURE_INK
    faint: Colour = (70, 74, 104)

    @property
    def light(self) -> bool:
        return sum(self.ground) > sum(self.ink)


@dataclass(frozen=True, eq=False)
class Chart:
    """A drawn chart.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
    frames : sequence of (float, float, float, float)
        Left, top, right and bottom of what curves are drawn in.
    """

    pixels: np.ndarray
    frames: Sequence[Box] = ()


def bars(values: np.ndarray, title: str, names: Sequence[str] = (), look: ChartLook | None = None) -> Chart:
    """Draw numbers as bars, the largest by size first.

    Parameters
    ----------
    values : (n,) float array
    title : str
        May be empty.
    names : sequence of str
        By index; what has none is called by its index.
    look : ChartLook, optional
    """
    look = look or ChartLook()
    letters, gap, top = font(REGULAR, look.text), look.text * 2 / 3, _top(title, look)
    order = np.argsort(-np.abs(values), kind="stable")[:MOST_BARS].tolist()
    height = look.height or round(top + 1.6 * look.text * len(order) + _margin(look))
    canvas, draw = _canvas(title, height, look)
    named = {index: names[index] if index < len(names) else str(index) for index in order}
    called = {index: cut(name, letters, look.width * 0.4) for index, name in named.items()}
    told = {index: f"{float(values[index]):.3g}".replace("-", "−") for index in order}
    margin = _margin(look)
    left = margin + gap + max(map(letters.getlength, called.values()), default=0)
    right = look.width - margin - gap - max(map(letters.getlength, told.values()), default=0)
    step = (height - top - margin) / max(len(order), 1)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    scale = (right - left) / (high - low or 1.0)
    zero = left - low * scale
    for place, index in enumerate(order):
        value, y = float(values[index]), top + place * step
        ends = sorted((zero, zero + value * scale))
        draw.rectangle(
            (ends[0], y + step * 0.15, max(ends[1], ends[0] + 1), y + step * 0.85),
            fill=(_FOR if value >= 0 else _AGAINST)[look.light],
        )
        middle = y + step / 2
        draw.text((left - gap, middle), called[index], look.ink, letters, anchor="rm")
        draw.text((right + gap, middle), told[index], look.ink, letters, anchor="lm")
    draw.line((zero, top, zero, top + step * len(order)), fill=look.faint, width=2)
    return Chart(np.asarray(canvas))


def trace(values: np.ndarray, title: str, look: ChartLook | None = None) -> Chart:
    """Draw numbers that follow each other as a line on both sides of zero.

    Parameters
    ----------
    values : (n,) float array
    title : str
        May be empty.
    look : ChartLook, optional
    """
    look = look or ChartLook()
    t, margin, top = look.text, _margin(look), _top(title, look)
    height = look.height or round(top + 13 * t)
    canvas, draw = _canvas(title, height, look)
    box = (margin + 4.5 * t, top + 0.6 * t, look.width - margin, height - margin - 2.2 * t)
    # Of many for each pixel the two ends.
    parts = np.array_split(values, max(min(len(values), round(box[2] - box[0])), 1))
    low = np.array([np.nanmin(part, initial=0.0) for part in parts])
    high = np.array([np.nanmax(part, initial=0.0) for part in parts])
    most = max(float(high.max()), float(-low.min())) or 1.0
    least = -most if low.min() < 0 else 0.0
    at = np.arange(len(values))
    _frame(draw, box, at, (least, most), "", look)
    down = (box[3] - box[1]) / (most - least)
    zero = box[3] + least * down
    wide = (box[2] - box[0]) / len(parts)
    for place in range(len(parts)):
        x = box[0] + (place + 0.5) * wide
        for end, colour in ((high[place], _FOR), (low[place], _AGAINST)):
            if end:
                draw.line(
                    (x, zero, x, zero - float(end) * down), fill=colour[look.light], width=max(1, round(wide))
                )
    return Chart(np.asarray(canvas), (box,))


def curves(found: Attribution, title: str, look: ChartLook | None = None) -> Chart:
    """Draw how far each layer moves, and what becomes of the class, while the picture is changed.

    Parameters
    ----------
    found : Attribution
        Of the method ``invariance``.
    title : str
        May be empty.
    look : ChartLook, optional

    Returns
    -------
    Chart
        Its frames: the distances, then the probability.
    """
    look = look or ChartLook()
    t, margin = look.text, _margin(look)
    amounts = found.further["amounts"]
    names = [str(name) for name in found.further["layers"]]
    letters, top = font(REGULAR, t), _top(title, look)
    narrow = look.width < _NARROW * t
    row = 1.45 * t
    height = look.height or round(top + (26 * t + row * len(names) if narrow else 16 * t))
    canvas, draw = _canvas(title, height, look)
    left = margin + 3.3 * t
    if narrow:
        # Title and numbers of each frame, and between them the names of the layers.
        each = (height - top - margin - 2 * (1.7 * t + 2.2 * t) - row * len(names)) / 2
        first = (left, top + 1.7 * t, look.width - margin, top + 1.7 * t + each)
        second = (left, height - margin - 2.2 * t - each, look.width - margin, height - margin - 2.2 * t)
        legend = (left, first[3] + 2.2 * t)
    else:
        middle, bottom = look.width * 0.54, height - margin - 3.1 * t
        first = (left, top + 1.7 * t, middle - 10.5 * t, bottom)
        second = (middle + 3.9 * t, top + 1.7 * t, look.width - margin, bottom)
        legend = (first[2] + 0.8 * t, first[1])
        row = min(row, (bottom - first[1]) / max(len(names), 1))
    finite = found.array[np.isfinite(found.array)]
    highest = float(finite.max(initial=0.0)) or 1.0
    _frame(draw, first, amounts, (0.0, highest), "distance to the original, of its length", look)
    shades = (
        np.linspace(30, 200, max(len(names), 2)) if look.light else np.linspace(90, 245, max(len(names), 2))
    )
    colours = lookup("viridis")[shades.astype(int)]
    wide = max(1, round(t / 6))
    for place, (name, line) in enumerate(zip(names, found.array, strict=True)):
        colour = tuple(int(part) for part in colours[place])
        _curve(draw, first, line / highest, colour, wide)
        x, y = legend[0], legend[1] + (place + 0.5) * row
        draw.line((x, y, x + 1.1 * t, y), fill=colour, width=wide + 1)
        room = (look.width if narrow else second[0] - 3.5 * t) - x - 2 * t
        draw.text((x + 1.6 * t, y), cut(name, letters, room), look.ink, letters, anchor="lm")
    heading = cut(f"probability of {found.target.title}", letters, second[2] - second[0])
    _frame(draw, second, amounts, (0.0, 1.0), heading, look)
    _curve(draw, second, found.further["probabilities"], _FOR[look.light], wide)
    return Chart(np.asarray(canvas), (first, second))


def _margin(look: ChartLook) -> float:
    return 1.5 * look.text if look.height else 0.3 * look.text


def _large(look: ChartLook) -> ImageFont.FreeTypeFont:
    return font(REGULAR, round(1.2 * look.text))


def _top(title: str, look: ChartLook) -> int:
    """Where what is drawn begins, below a title."""
    margin = _margin(look)
    high = title_height(title, _large(look), look.width - 2 * margin)
    return round(margin + (high + 0.8 * look.text if high else 0))


def _canvas(title: str, height: int, look: ChartLook) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", (look.width, height), look.ground)
    draw, margin = ImageDraw.Draw(canvas), _margin(look)
    draw_title(draw, title, _large(look), look.ink, (margin, margin, look.width - margin))
    return canvas, draw


def _frame(
    draw: ImageDraw.ImageDraw,
    box: Box,
    amounts: np.ndarray,
    ends: tuple[float, float],
    title: str,
    look: ChartLook,
) -> None:
    left, top, right, bottom = box
    letters, t = font(REGULAR, look.text), look.text
    draw.text((left, top - 0.45 * t), title, look.ink, letters, anchor="ls")
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        draw.line((left, y, right, y), fill=look.faint, width=1)
        draw.text(
            (left - 0.45 * t, y),
            _number(ends[0] + share * (ends[1] - ends[0])),
            look.ink,
            letters,
            anchor="rm",
        )
    for place, anchor in ((0, "lt"), (len(amounts) // 2, "mt"), (len(amounts) - 1, "rt")):
        x = left + place / max(len(amounts) - 1, 1) * (right - left)
        draw.text(
            (x, bottom + 0.55 * t), f"{amounts[place]:.3g}".replace("-", "−"), look.ink, letters, anchor
        )


def _curve(
    draw: ImageDraw.ImageDraw, box: Box, shares: np.ndarray, colour: tuple[int, ...], width: int
) -> None:
    left, top, right, bottom = box
    points = [
        (left + place / max(len(shares) - 1, 1) * (right - left), bottom - float(share) * (bottom - top))
        for place, share in enumerate(shares.tolist())
        if np.isfinite(share)
    ]
    if len(points) > 1:
        draw.line(points, fill=colour, width=width, joint="curve")


def _number(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
