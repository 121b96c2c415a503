"""Pictures that have grown for a target, or for each filter of a layer: as they are drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

from explorer3d.inputs import Preprocessing, fed_picture
from explorer3d.scene.palette import PICTURE_GROUND, PICTURE_INK
from explorer3d.scene.resizing import SIDE, enlarged, fitted, shrunk
from explorer3d.scene.titles import cut
from explorer3d.scene.typefaces import REGULAR, font

if TYPE_CHECKING:
    from explorer3d.attribution.method import Found
    from explorer3d.graph.model import Model

_GAP, _TEXT = 6, 15
_EMPTY = (34, 36, 60)
_TILE = 128
_TEXELS = 1 << 21
"""Of all pictures of a layer together; what is more, the window would wait for."""


@dataclass(frozen=True, eq=False)
class Grown:
    """Pictures and what they are for.

    Attributes
    ----------
    pixels : (K, H, W, 3) uint8 array
    channels : tuple of int
        Of `layer`, one for each picture; empty for a target that is no filter.
    names : tuple of str
        What these are called.
    begun : (K,) bool array
        Which of them are there yet.
    input : str
        Model input that they could be fed to.
    layer : str
        Empty if none is meant.
    """

    pixels: np.ndarray
    channels: tuple[int, ...]
    names: tuple[str, ...]
    begun: np.ndarray
    input: str
    layer: str

    @property
    def single(self) -> bool:
        """Whether it is the picture for one target, and not the row of a layer's filters."""
        return len(self.pixels) == 1

    @cached_property
    def atlas(self) -> tuple[np.ndarray, np.ndarray]:
        """All pictures in one, for a texture.

        Returns
        -------
        texels : (H, W, 3) uint8 array
        cells : (K, 4) float32 array
            Left, top, right, bottom of each, as shares: from the middle of its outermost texels, so that
            nothing of its neighbours is seen.
        """
        count = len(self.pixels)
        across = math.ceil(math.sqrt(count))
        side = SIDE if self.single else _TILE
        tiles = [enlarged(one, side) for one in self.pixels]
        height, width = tiles[0].shape[:2]
        texels = np.zeros((math.ceil(count / across) * height, across * width, 3), np.uint8)
        for place, tile in enumerate(tiles):
            row, column = place // across * height, place % across * width
            texels[row : row + height, column : column + width] = tile
        rows, columns = np.divmod(np.arange(count), across)
        left, top = columns * width + 0.5, rows * height + 0.5
        cells = np.stack([left, top, left + width - 1, top + height - 1], axis=1)
        return texels, np.asarray(cells / [*texels.shape[1::-1], *texels.shape[1::-1]], np.float32)


class Growing:
    """What has been seen of an ascent so far: of a layer's filters the last picture of each.

    Parameters
    ----------
    model : Model
    preprocessing : Preprocessing or None
        By which black and white are found.
    """

    def __init__(self, model: Model, preprocessing: Preprocessing | None) -> None:
        self._model, self._preprocessing = model, preprocessing
        self._known: dict[int, np.ndarray] = {}

    def take(self, found: Found, given: str) -> Grown | None:
        """Take over the pictures that have changed.

        Parameters
        ----------
        found : Found
        given : str
            Name of the model input that they could be fed to.

        Returns
        -------
        Grown or None
            None where that input is not for pictures.
        """
        port = next((port for port in self._model.inputs if port.value == given), None)
        layer, channels = found.layer, tuple(found.further.get("channels", np.zeros(0, int)).tolist())
        wanted = tuple(found.further.get("wanted", np.zeros(0, int)).tolist())
        if not found.layer and found.target is not None:
            layer, wanted = filter_of(found.target.value, found.target.index, self._model)
            channels = wanted
        rows = wanted or (0,)
        for place, row in enumerate(channels or (0,)):
            shown = None
            if port is not None:
                shown = fed_picture(found.array[place : place + 1], port, self._preprocessing)
            if shown is None:
                return None
            self._known[row] = _small(shown.pixels, len(rows))
        height, width = np.max([one.shape[:2] for one in self._known.values()], axis=0).tolist()
        pixels = np.zeros((len(rows), height, width, 3), np.uint8)
        pixels[:] = _EMPTY
        for place, row in enumerate(rows):
            if row in self._known:
                pixels[place] = fitted(self._known[row], height, width)
        begun = np.asarray([row in self._known for row in rows])
        names = tuple(found.further["names"].tolist()) if "names" in found.further else ()
        return Grown(pixels, wanted, names, begun, given, layer)


def filter_of(value: str, index: Sequence[int], model: Model) -> tuple[str, tuple[int, ...]]:
    """The layer and the filter that a target is a number of; empty if it is none of one filter."""
    for layer in model.layers:
        for port in layer.outputs[:1]:
            axes = port.axes.replace("N", "")
            if port.value == value and "C" in axes and len(axes) == len(index) > 1:
                channel = index[axes.index("C")]
                return (layer.name, (channel,)) if channel >= 0 else ("", ())
    return "", ()


def mosaic(grown: Grown) -> np.ndarray:
    """Draw the pictures side by side, each with its name below it.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    count, (height, width) = len(grown.pixels), grown.pixels.shape[1:3]
    if grown.single:
        return enlarged(grown.pixels[0])
    across = min(count, math.ceil(math.sqrt(count * 1.5)))
    side = max(2 * SIDE // across, 24)
    tiles = [enlarged(one, side) if max(height, width) < side else shrunk(one, side) for one in grown.pixels]
    high, wide = tiles[0].shape[:2]
    text = _TEXT if side >= 60 else max(side // 4, 8)
    step = high + text + 5 + _GAP
    size = across * (wide + _GAP) + _GAP, math.ceil(count / across) * step + _GAP
    canvas = Image.new("RGB", size, PICTURE_GROUND)
    draw, letters = ImageDraw.Draw(canvas), font(REGULAR, text)
    for place, tile in enumerate(tiles):
        x, y = _GAP + place % across * (wide + _GAP), _GAP + place // across * step
        canvas.paste(Image.fromarray(tile), (x, y))
        name = cut(grown.names[place], letters, wide)
        draw.text((x + wide / 2, y + high + 2), name, PICTURE_INK, letters, anchor="mt")
    return np.asarray(canvas)


def _small(pixels: np.ndarray, count: int) -> np.ndarray:
    """Of many large pictures no more is kept than can be drawn."""
    return shrunk(pixels, max(int(math.sqrt(_TEXELS / count)), 16))
