"""What an explanation says of each place of a picture, laid over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from explorer3d.compute.picture import FIRST, LAST
from explorer3d.inputs import Feeds, fed_picture
from explorer3d.scene.colormaps import default_map, lookup
from explorer3d.scene.explained import GROWN, IN_COLOUR, centres, evenly, full_colour
from explorer3d.scene.resizing import enlarged

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution
    from explorer3d.graph.model import Model

_SIDE = 448
"""Smaller pictures are enlarged to about so many pixels, so that the map over them is smooth."""

_LEVELS = 2048
"""Steps of colour and opacity between nothing and the full colour."""


@dataclass(frozen=True, eq=False)
class Heat:
    """A map over a picture.

    Attributes
    ----------
    values : (h, w) float array
        As they were found, upright.
    rows : (h,) float array
    columns : (w,) float array
        Where these lie, as shares of the picture's height and width.
    pixels : (H, W, 3) uint8 array
        The picture, enlarged if it is small.
    shares : (H, W) float32 array
        Of the full colour at each pixel: what is beyond 1 gets no more; below 0 where the map has both signs.
    full : float
        The number that gets it.
    signed : bool
    """

    values: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    pixels: np.ndarray
    shares: np.ndarray
    full: float
    signed: bool

    @property
    def limits(self) -> tuple[float, float]:
        """The numbers at both ends of the colours."""
        return (-self.full if self.signed else 0.0), self.full

    def value_at(self, x: float, y: float) -> float:
        """The number nearest to a place, which is given in shares of the picture's width and height."""
        row, column = np.abs(self.rows - y).argmin(), np.abs(self.columns - x).argmin()
        return float(self.values[row, column])


def heat_of(found: Attribution, model: Model, feeds: Feeds) -> Heat | None:
    """What there is to lay over what was fed; None where an explanation is something else than a map.

    Of what has the input's shape the channels are summed up, or the largest is taken where there is one sign.

    Parameters
    ----------
    found : Attribution
    model : Model
    feeds : Feeds
        What was explained.
    """
    port = next((port for port in model.inputs if port.value == found.input), None)
    shown = None if port is None else fed_picture(feeds.arrays[port.value], port, feeds.preprocessing)
    photograph = None if shown is None else shown.pixels
    places = None
    if sorted(found.axes) == ["H", "W"]:
        values = found.array if found.axes == "HW" else found.array.T
        places = centres(found, values.shape, photograph)
    elif photograph is not None and sorted(found.axes) == sorted("NCHW") and not _is_picture(found):
        channels = found.array[0].transpose([found.axes[1:].index(letter) for letter in "HWC"])
        values = channels.sum(axis=2) if found.signed else channels.max(axis=2)
    else:
        return None
    values = np.nan_to_num(values.astype(np.float32))
    if photograph is None:
        photograph = np.zeros((*values.shape, 3), np.uint8)
    rows, columns = places or evenly(values.shape, photograph.shape)
    rows, columns = rows / photograph.shape[0], columns / photograph.shape[1]
    pixels = enlarged(photograph, _SIDE)
    signed = found.signed
    full = full_colour(np.abs(values)) if signed else full_colour(np.maximum(values, 0))
    if values.shape == photograph.shape[:2]:
        large = enlarged(values, _SIDE)
    else:
        large = _interpolated(values, rows, columns, pixels.shape[:2])
    shares = large / np.float32(full or 1.0)
    return Heat(values, rows, columns, pixels, shares, full, signed)


def _is_picture(found: Attribution) -> bool:
    channels = found.array.shape[found.axes.index("C")]
    return found.method in GROWN or (found.method in IN_COLOUR and channels == 3)


def _interpolated(
    values: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, ...]
) -> np.ndarray:
    """(H, W) float32 array: bilinear between the centres, as the nearest beyond them."""
    down, across = (
        _weights(at, (np.arange(size) + 0.5) / size) for at, size in zip((rows, columns), shape, strict=True)
    )
    return np.asarray(down @ values @ across.T, np.float32)


def _weights(at: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(n, m) float32 array: how much each of m known places counts for each of n wanted ones."""
    place = np.interp(wanted, at, np.arange(len(at)))
    return np.asarray(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(len(at)))), np.float32)


@lru_cache(maxsize=4)
def on_scale(heat: Heat, full: float) -> Heat:
    """The same where another number gets the full colour."""
    if full == heat.full:
        return heat
    return replace(heat, shares=heat.shares * np.float32(heat.full / (full or 1.0)), full=full)


@lru_cache(maxsize=4)
def tinted(heat: Heat, opacity: float, threshold: float, darkness: float = 0.0) -> np.ndarray:
    """The map alone.

    Parameters
    ----------
    heat : Heat
    opacity : float
        Between 0, nothing, and 1.
    threshold : float
        Share of the full colour below which there is nothing.
    darkness : float
        How much what it lies over is darkened, between 0 and 1.

    Returns
    -------
    (H, W, 4) uint8 array
        RGBA; read-only.
    """
    shares = np.linspace(-1, 1, 2 * _LEVELS + 1)
    if not heat.signed:
        shares = np.maximum(shares, 0)
    sizes = np.abs(shares)
    cover = np.where(sizes < threshold, 0, opacity * np.sqrt(sizes))
    along = (shares + 1) / 2 if heat.signed else shares
    colours = lookup(default_map(heat.signed))[(FIRST + np.rint(along * (LAST - FIRST))).astype(np.uint8)]
    # As if there were black between the map and what it lies over.
    whole = cover + darkness * (1 - cover)
    share = np.divide(cover, whole, out=np.ones_like(cover), where=whole > 0)[:, None]
    table = np.concatenate([colours * share, 255 * whole[:, None]], axis=1)
    table = np.rint(table).astype(np.uint8)
    levels = np.rint(np.clip(heat.shares, -1, 1) * _LEVELS).astype(np.int16)
    levels += _LEVELS
    # A colour is taken whole, as one number of 32 bits.
    found = table.view(np.uint32)[:, 0].take(levels).view(np.uint8).reshape(*levels.shape, 4)
    found.flags.writeable = False
    return np.asarray(found)


@lru_cache(maxsize=4)
def laid_over(heat: Heat, opacity: float, threshold: float) -> np.ndarray:
    """Lay a map over its picture, which becomes dim and grey; opacity and threshold as of `tinted`.

    Returns
    -------
    (H, W, 3) uint8 array
        Read-only.
    """
    photograph = Image.fromarray(np.ascontiguousarray(heat.pixels))
    # Colours of the map are told apart from those of the picture.
    grey = photograph.convert("L").point([round(0.55 * value + 12) for value in range(256)])
    ground = Image.blend(photograph, grey.convert("RGB"), opacity).convert("RGBA")
    tint = Image.fromarray(tinted(heat, opacity, threshold))
    return np.asarray(Image.alpha_composite(ground, tint).convert("RGB"))
