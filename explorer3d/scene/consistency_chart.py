"""How alike layers change where parts of pictures are hidden, as curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.scene.charts import ChartLook
from explorer3d.scene.palette import Colour
from explorer3d.scene.titles import cut, draw_title
from explorer3d.scene.typefaces import REGULAR, font

ON_DARK: tuple[Colour, ...] = (
    (255, 182, 98), (98, 200, 255), (190, 140, 255), (120, 230, 160), (255, 120, 150), (240, 230, 110),
)  # fmt: skip
ON_LIGHT: tuple[Colour, ...] = (
    (190, 98, 0), (0, 110, 190), (120, 60, 200), (0, 130, 60), (200, 30, 80), (130, 115, 0),
)  # fmt: skip
"""One for each part, over and over."""
_BAND = 0.16
_LINES = 30  # of the height, where that is open
_MEANING = "lower: taken for the same"
_NAMES = 8.6  # letters' heights below the curves that a layer's name takes at most


def part_colour(look: ChartLook, place: int, baseline: bool) -> Colour:
    """What a part is drawn in."""
    if baseline:
        return (110, 112, 130) if look.light else (170, 174, 196)
    palette = ON_LIGHT if look.light else ON_DARK
    return palette[place % len(palette)]


def consistency_chart(
    title: str,
    layers: Sequence[str],
    names: Sequence[str],
    mean: np.ndarray,
    spread: np.ndarray,
    baseline: str,
    look: ChartLook | None = None,
) -> np.ndarray:
    """Draw for each part a curve over the layers, with its standard deviation as a band.

    Parameters
    ----------
    title : str
        May be empty.
    layers, names : sequence of str
        Of the layers and the parts.
    mean, spread : (P, L) float array
    baseline : str
        Name of what the others are compared with.
    look : ChartLook, optional

    Returns
    -------
    (H, W, 3) uint8 array
    """
    look = look or ChartLook()
    height = look.height or _LINES * look.text
    t = look.text
    canvas = Image.new("RGB", (look.width, height), look.ground)
    draw = ImageDraw.Draw(canvas)
    letters = font(REGULAR, t)
    edge = 0.8 * t
    top = draw_title(draw, title, font(REGULAR, round(1.2 * t)), look.ink, (edge, edge, look.width - edge))
    top = _legend(draw, names, baseline, look, top + 0.3 * t)
    left, right, bottom = 4.0 * t, look.width - edge, height - 9.5 * t
    highest = float(np.nanmax(mean + spread, initial=0.0)) or 1.0
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        draw.line((left, y, right, y), fill=look.faint, width=1)
        draw.text((left - 0.4 * t, y), f"{share * highest:.2g}", look.ink, letters, anchor="rm")
    xs = np.linspace(left + t, right - t, len(layers)) if len(layers) > 1 else np.full(1, (left + right) / 2)
    every = max(-(-len(layers) * round(1.7 * t) // max(round(right - left), 1)), 1)
    for place in range(0, len(layers), every):
        _upright(canvas, layers[place], float(xs[place]), bottom + 0.5 * t, look)
    scale = (bottom - top) / highest
    for place, name in enumerate(names):
        ys, half = bottom - mean[place] * scale, spread[place] * scale
        _band(
            canvas, xs, ys - half, np.minimum(ys + half, bottom), part_colour(look, place, name == baseline)
        )
    draw = ImageDraw.Draw(canvas)
    for place, name in enumerate(names):
        colour = part_colour(look, place, name == baseline)
        ys = bottom - mean[place] * scale
        points = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True) if np.isfinite(y)]
        if len(points) > 1:
            draw.line(points, fill=colour, width=max(round(t / 6), 1), joint="curve")
        dot = 0.22 * t
        for x, y in points:
            draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=colour)
    return np.asarray(canvas)


def _legend(
    draw: ImageDraw.ImageDraw, names: Sequence[str], baseline: str, look: ChartLook, top: float
) -> float:
    """One line for each part; where they end below."""
    t, letters = look.text, font(REGULAR, look.text)
    draw.text((look.width - 0.8 * t, top + 0.7 * t), _MEANING, look.ink, letters, anchor="rm")
    for place, name in enumerate(names):
        y = top + 0.7 * t
        draw.line(
            (0.8 * t, y, 2.4 * t, y), fill=part_colour(look, place, name == baseline), width=round(t / 4)
        )
        draw.text((2.9 * t, y), cut(name, letters, look.width / 2), look.ink, letters, anchor="lm")
        top += 1.4 * t
    return top + 0.9 * t


def _band(canvas: Image.Image, xs: np.ndarray, upper: np.ndarray, lower: np.ndarray, colour: Colour) -> None:
    mask = Image.new("L", canvas.size, 0)
    there = np.isfinite(upper) & np.isfinite(lower)
    xs, upper, lower = xs[there], upper[there], lower[there]
    edge = [*zip(xs.tolist(), upper.tolist(), strict=True)]
    edge += [*zip(xs[::-1].tolist(), lower[::-1].tolist(), strict=True)]
    shade = ImageDraw.Draw(mask)
    if len(xs) > 1:
        shade.polygon(edge, fill=round(_BAND * 255))
    elif edge:
        shade.rectangle((edge[0][0] - 3, edge[0][1], edge[0][0] + 3, edge[1][1]), fill=90)
    canvas.paste(Image.new("RGB", canvas.size, colour), mask=mask)


def _upright(canvas: Image.Image, text: str, x: float, y: float, look: ChartLook) -> None:
    letters = font(REGULAR, round(0.9 * look.text))
    text = cut(text, letters, _NAMES * look.text)
    high = round(1.25 * look.text)
    label = Image.new("L", (round(letters.getlength(text)) + 4, high), 0)
    ImageDraw.Draw(label).text((2, 1), text, 255, letters)
    turned = label.rotate(90, expand=True)
    canvas.paste(Image.new("RGB", turned.size, look.ink), (round(x - high / 2), round(y)), turned)
