"""The inputs that excite a feature most, cropped to what it sees, beside projections: ZFNet's figure 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.compute.slices import guessed_axes
from explorer3d.errors import RequestError
from explorer3d.inputs import Feeds, InputSet, fed_picture, image_axes
from explorer3d.scene.explained import projected
from explorer3d.scene.palette import PICTURE_GROUND, PICTURE_INK
from explorer3d.scene.titles import cut, draw_title, title_height
from explorer3d.scene.typefaces import BOLD, REGULAR, font

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution
    from explorer3d.graph.model import Model

_DIM = (160, 166, 196)
_COLUMNS = 3
_SIDE, _GAP, _BETWEEN, _MARGIN = 168, 10, 36, 28
_TITLE, _HEADING, _FIGURE, _NAME = 22, 20, 17, 14
_CAPTION = 44


@dataclass(frozen=True, eq=False)
class Tile:
    """One input, or rather what a feature sees of it.

    Attributes
    ----------
    number : int
        Of the input.
    name : str
    peak : float
        The activation.
    patch, projection : (H, W, 3) uint8 array
        The part of the picture, and what was projected there.
    """

    number: int
    name: str
    peak: float
    patch: np.ndarray
    projection: np.ndarray


def tile(
    model: Model,
    feeds: Feeds,
    port: str,
    window: Sequence[slice],
    projection: np.ndarray,
    number: int,
    name: str,
    peak: float,
) -> Tile:
    """Draw what a feature sees of an input.

    Parameters
    ----------
    model : Model
    feeds : Feeds
        That input.
    port : str
        Which of the model's inputs.
    window : sequence of slice
        What the feature sees, along the axes of the input without the batch's.
    projection : array
        Of the input's shape without the batch's axis.
    number, name, peak
        See `Tile`.
    """
    entry = next(one for one in model.inputs if one.value == port)
    fed = np.asarray(feeds.arrays[port])
    axes = image_axes(entry)
    shown = fed_picture(fed, entry, feeds.preprocessing) if axes else None
    if shown is not None:
        inner = axes.replace("N", "")
        rows, columns = (window[inner.index(letter)] for letter in "HW")
        pixels = projection.transpose([inner.index(letter) for letter in "HWC"])
        patch = shown.pixels[rows, columns]
        drawn = projected(pixels[rows, columns])
    else:
        # Neither height nor width: the last axis lies flat, the others below each other.
        batch = "N" in guessed_axes(fed.shape)
        sample = fed[0] if batch else fed
        patch, drawn = (projected(_flat(part[tuple(window)])) for part in (sample, projection))
    return Tile(number, name, peak, np.ascontiguousarray(patch), np.ascontiguousarray(drawn))


def tiles_of(found: Attribution, model: Model, inputs: InputSet) -> list[list[Tile]]:
    """Draw what the method ``top_inputs`` has found: for each feature its inputs, the strongest first.

    Raises
    ------
    InputError
        One of the inputs is gone since.
    """
    rows: list[list[Tile]] = []
    for row, numbers in enumerate(found.further["numbers"].tolist()):
        rows.append([])
        for rank, number in enumerate(numbers):
            if number >= 0:
                feeds = inputs.feeds(model, number)
                window = [slice(*ends) for ends in found.further["windows"][row, rank].tolist()]
                projection, peak = found.array[row, rank], float(found.further["activations"][row, rank])
                name = inputs.name(number)
                rows[-1].append(tile(model, feeds, found.input, window, projection, number, name, peak))
    return rows


def page(title: str, headings: Sequence[str], features: Sequence[Sequence[Tile]]) -> np.ndarray:
    """Draw features one below the other: on the left parts of pictures, on the right projections.

    Parameters
    ----------
    title : str
    headings : sequence of str
        One for each feature.
    features : sequence of sequence of Tile

    Returns
    -------
    (H, W, 3) uint8 array

    Raises
    ------
    RequestError
        Not one tile is there.
    """
    if not any(features):
        raise RequestError("There are no inputs to be drawn yet. Let some be found first.")
    pitch = _SIDE + _GAP
    half = _COLUMNS * pitch - _GAP
    width = 2 * _MARGIN + 2 * half + _BETWEEN
    letters, small = font(REGULAR, _TITLE), font(REGULAR, _NAME)
    top = _MARGIN + round(title_height(title, letters, width - 2 * _MARGIN)) + 14
    heights = [50 + -(-len(tiles) // _COLUMNS) * (pitch + _CAPTION) for tiles in features]
    canvas = Image.new("RGB", (width, top + sum(heights) + _MARGIN), PICTURE_GROUND)
    draw = ImageDraw.Draw(canvas)
    draw_title(draw, title, letters, PICTURE_INK, (_MARGIN, _MARGIN, width - _MARGIN))
    for heading, tiles, height in zip(headings, features, heights, strict=True):
        draw.text((_MARGIN, top + 8), heading, PICTURE_INK, font(BOLD, _HEADING))
        for place, one in enumerate(tiles):
            row, column = divmod(place, _COLUMNS)
            x, y = _MARGIN + column * pitch, top + 44 + row * (pitch + _CAPTION)
            for left, pixels in ((x, one.patch), (x + half + _BETWEEN, one.projection)):
                drawn = _fitted(pixels)
                canvas.paste(drawn, (left + (_SIDE - drawn.width) // 2, y + (_SIDE - drawn.height) // 2))
            draw.text((x, y + _SIDE + 4), f"{one.peak:.4g}", PICTURE_INK, font(BOLD, _FIGURE))
            draw.text((x, y + _SIDE + 25), cut(one.name, small, _SIDE), _DIM, small)
        top += height
    return np.asarray(canvas)


def _fitted(pixels: np.ndarray) -> Image.Image:
    """As large as there is room; small pictures pixel by pixel."""
    image = Image.fromarray(pixels)
    scale = _SIDE / max(image.size)
    size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
    return image.resize(size, Image.Resampling.NEAREST if scale > 2 else Image.Resampling.LANCZOS)


def _flat(array: np.ndarray) -> np.ndarray:
    """(rows, columns, 1) array of any other."""
    return array.reshape(-1, array.shape[-1] if array.ndim else 1, 1)
