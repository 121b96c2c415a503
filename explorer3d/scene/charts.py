"""Bars and curves as pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.scene.colormaps import lookup
from explorer3d.scene.typefaces import REGULAR, font

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution

SIZE = 1280, 720
_GROUND, _INK, _FAINT = (16, 17, 34), (226, 228, 240), (70, 74, 104)
_FOR, _AGAINST = (255, 182, 98), (98, 200, 255)
_TEXT, _MARGIN = 22, 28
_MOST_BARS = 24


def bars(values: np.ndarray, title: str, names: Sequence[str] = ()) -> np.ndarray:
    """Draw numbers as bars, the largest by size first.

    Parameters
    ----------
    values : (n,) float array
    title : str
    names : sequence of str
        By index; what has none is called by its index.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    canvas, draw, top = _canvas(title)
    order = np.argsort(-np.abs(values), kind="stable")[:_MOST_BARS].tolist()
    called = {index: _short(names[index], 30) if index < len(names) else str(index) for index in order}
    letters = font(REGULAR, 18)
    widest = max((letters.getlength(name) for name in called.values()), default=0)
    step = (SIZE[1] - top - _MARGIN) / max(len(order), 1)
    left, right = _MARGIN + widest + 12, SIZE[0] - _MARGIN - 110
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    scale = (right - left) / (high - low or 1.0)
    zero = left - low * scale
    for place, index in enumerate(order):
        value, y = float(values[index]), top + place * step
        ends = sorted((zero, zero + value * scale))
        draw.rectangle(
            (ends[0], y + step * 0.15, max(ends[1], ends[0] + 1), y + step * 0.85),
            fill=_FOR if value >= 0 else _AGAINST,
        )
        middle = y + step / 2
        draw.text((left - 12, middle), called[index], _INK, letters, anchor="rm")
        draw.text((right + 12, middle), f"{value:.3g}", _INK, letters, anchor="lm")
    draw.line((zero, top, zero, top + step * len(order)), fill=_FAINT, width=2)
    return np.asarray(canvas)


def curves(found: Attribution) -> np.ndarray:
    """Draw how far each layer moves, and what becomes of the class, while the picture is changed.

    Parameters
    ----------
    found : Attribution
        Of the method ``invariance``.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    canvas, draw, top = _canvas(found.title)
    amounts = found.further["amounts"]
    names = [str(name) for name in found.further["layers"]]
    letters = font(REGULAR, 18)
    middle = SIZE[0] * 0.54
    bottom = SIZE[1] - _MARGIN - 56
    legend = min(26.0, (bottom - top - 30) / max(len(names), 1))
    finite = found.array[np.isfinite(found.array)]
    highest = float(finite.max(initial=0.0)) or 1.0
    left_box = (_MARGIN + 60, top + 30, middle - 190, bottom)
    right_box = (middle + 70, top + 30, SIZE[0] - _MARGIN, bottom)
    _frame(draw, left_box, amounts, highest, "distance to the original, of its length")
    colours = lookup("viridis")[np.linspace(90, 245, max(len(names), 2)).astype(int)]
    for place, (name, row) in enumerate(zip(names, found.array, strict=True)):
        colour = tuple(int(part) for part in colours[place])
        _curve(draw, left_box, row / highest, colour)
        y = left_box[1] + (place + 0.5) * legend
        draw.line((left_box[2] + 14, y, left_box[2] + 34, y), fill=colour, width=4)
        draw.text((left_box[2] + 42, y), _short(name), _INK, letters, anchor="lm")
    _frame(draw, right_box, amounts, 1.0, f"probability of {_short(found.target.title, 40)}")
    _curve(draw, right_box, found.further["probabilities"], _FOR)
    return np.asarray(canvas)


Box = tuple[float, float, float, float]


def _canvas(title: str) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    canvas = Image.new("RGB", SIZE, _GROUND)
    draw = ImageDraw.Draw(canvas)
    letters = font(REGULAR, _TEXT)
    y = _MARGIN
    for line in _lines(title, lambda text: letters.getlength(text) <= SIZE[0] - 2 * _MARGIN):
        draw.text((_MARGIN, y), line, _INK, letters)
        y += round(_TEXT * 1.4)
    return canvas, draw, y + 14


def _lines(title: str, fits: Callable[[str], bool]) -> list[str]:
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if fits(longer):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _frame(draw: ImageDraw.ImageDraw, box: Box, amounts: np.ndarray, highest: float, title: str) -> None:
    left, top, right, bottom = box
    letters = font(REGULAR, 18)
    draw.text((left, top - 8), title, _INK, letters, anchor="ls")
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        draw.line((left, y, right, y), fill=_FAINT, width=1)
        draw.text((left - 8, y), f"{share * highest:.2g}", _INK, letters, anchor="rm")
    for place in (0, len(amounts) // 2, len(amounts) - 1):
        x = left + place / max(len(amounts) - 1, 1) * (right - left)
        draw.text((x, bottom + 10), f"{amounts[place]:.3g}", _INK, letters, anchor="mt")


def _curve(draw: ImageDraw.ImageDraw, box: Box, shares: np.ndarray, colour: tuple[int, ...]) -> None:
    left, top, right, bottom = box
    points = [
        (left + place / max(len(shares) - 1, 1) * (right - left), bottom - float(share) * (bottom - top))
        for place, share in enumerate(shares.tolist())
        if np.isfinite(share)
    ]
    if len(points) > 1:
        draw.line(points, fill=colour, width=3, joint="curve")


def _short(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
