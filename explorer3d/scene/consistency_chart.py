"""How alike layers change where parts of pictures are hidden, as curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.scene.charts import canvas_with, short
from explorer3d.scene.typefaces import REGULAR, font

_INK, _FAINT = (226, 228, 240), (70, 74, 104)
COLOURS = ((255, 182, 98), (98, 200, 255), (190, 140, 255), (120, 230, 160), (255, 120, 150), (240, 230, 110))
"""One for each part, over and over."""
BASELINE = (170, 174, 196)
_BAND = 0.16
_MOST_NAMES = 24


def colour_of(place: int, name: str, baseline: str) -> tuple[int, int, int]:
    """What a part is drawn in."""
    return BASELINE if name == baseline else COLOURS[place % len(COLOURS)]


def consistency_chart(
    title: str,
    layers: Sequence[str],
    names: Sequence[str],
    mean: np.ndarray,
    spread: np.ndarray,
    baseline: str,
) -> np.ndarray:
    """Draw for each part a curve over the layers, with its standard deviation as a band.

    Parameters
    ----------
    title : str
    layers, names : sequence of str
        Of the layers and the parts.
    mean, spread : (P, L) float array
    baseline : str
        Name of what the others are compared with.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    canvas, draw, top = canvas_with(title)
    letters = font(REGULAR, 18)
    legend = float(top)
    for place, name in enumerate(names):
        row = legend + 26 * place + 12
        draw.line((28, row, 58, row), fill=colour_of(place, name, baseline), width=5)
        draw.text((68, row), short(name, 40), _INK, letters, anchor="lm")
    draw.text((canvas.width - 28, legend + 12), "lower: taken for the same", _INK, letters, anchor="rm")
    box = 90, legend + 26 * len(names) + 30, canvas.width - 40, canvas.height - 170
    highest = float(np.nanmax(mean + spread, initial=0.0)) or 1.0
    left, upper, right, bottom = box
    xs = (
        np.linspace(left + 10, right - 10, len(layers))
        if len(layers) > 1
        else np.asarray([(left + right) / 2])
    )
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - upper)
        draw.line((left, y, right, y), fill=_FAINT, width=1)
        draw.text((left - 8, y), f"{share * highest:.2g}", _INK, letters, anchor="rm")
    every = max(-(-len(layers) // _MOST_NAMES), 1)
    for place in range(0, len(layers), every):
        _upright(canvas, _ends(layers[place]), float(xs[place]), bottom + 8)
    for place, name in enumerate(names):
        colour = colour_of(place, name, baseline)
        ys, half = (bottom - values / highest * (bottom - upper) for values in (mean[place], spread[place]))
        half = bottom - half
        _band(canvas, xs, ys - half, ys + half, colour)
    draw = ImageDraw.Draw(canvas)
    for place, name in enumerate(names):
        colour = colour_of(place, name, baseline)
        ys = bottom - mean[place] / highest * (bottom - upper)
        points = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True) if np.isfinite(y)]
        if len(points) > 1:
            draw.line(points, fill=colour, width=3, joint="curve")
        for x, y in points:
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour)
    return np.asarray(canvas)


def _ends(name: str, most: int = 18) -> str:
    """Names of layers in one network begin and end alike: of a long one both ends are kept."""
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-(most // 2) :]}"


def _band(
    canvas: Image.Image, xs: np.ndarray, upper: np.ndarray, lower: np.ndarray, colour: tuple[int, ...]
) -> None:
    mask = Image.new("L", canvas.size, 0)
    edge = [*zip(xs.tolist(), upper.tolist(), strict=True)]
    edge += [*zip(xs[::-1].tolist(), lower[::-1].tolist(), strict=True)]
    if len(xs) > 1:
        ImageDraw.Draw(mask).polygon(edge, fill=round(_BAND * 255))
    else:
        ImageDraw.Draw(mask).rectangle((edge[0][0] - 3, edge[0][1], edge[0][0] + 3, edge[1][1]), fill=60)
    canvas.paste(Image.new("RGB", canvas.size, colour), mask=mask)


def _upright(canvas: Image.Image, text: str, x: float, y: float) -> None:
    letters = font(REGULAR, 16)
    wide = round(letters.getlength(text)) + 4
    label = Image.new("L", (wide, 22), 0)
    ImageDraw.Draw(label).text((2, 2), text, 255, letters)
    turned = label.rotate(90, expand=True)
    canvas.paste(Image.new("RGB", turned.size, _INK), (round(x) - 11, round(y)), turned)
