"""An explanation as a picture: heat over what was fed, signs in two colours, bars, curves."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import numpy as np

from explorer3d.compute.picture import FIRST, LAST
from explorer3d.errors import RequestError
from explorer3d.inputs import Feeds, fed_picture
from explorer3d.labels import class_names
from explorer3d.scene.charts import MOST_BARS, Chart, ChartLook, bars, curves, trace
from explorer3d.scene.colormaps import DIVERGING, SEQUENTIAL, lookup
from explorer3d.scene.grown import Growing, Grown, mosaic
from explorer3d.scene.resizing import enlarged
from explorer3d.scene.titles import write_titled

if TYPE_CHECKING:
    from explorer3d.attribution import Attribution
    from explorer3d.graph.model import Model

_MOST_OPAQUE = 0.85
_GAP = 16
_LINE = 100
"""Numbers in a row from which on they are a line, not bars."""
_BRIGHT = 99.5
"""Percentile of the sizes that gets the full colour: a few extremes would leave everything else dark."""
GROWN = frozenset(("activation_maximisation", "layer_maximisation"))
"""Methods that make pictures of their own."""
IN_COLOUR = frozenset(("guided_backprop", "guided_grad_cam", "deconvnet"))
"""Methods whose numbers for red, green and blue are drawn as these."""


def write_picture(found: Attribution, model: Model, feeds: Feeds, file: IO[bytes]) -> None:
    """Write an explanation as PNG; its title goes along as the picture's.

    Parameters
    ----------
    found : Attribution
    model : Model
    feeds : Feeds
        What was explained.
    file : binary file

    Raises
    ------
    RequestError
        It has more axes than a picture.
    """
    write_titled(picture_of(found, model, feeds), found.title, file)


def picture_of(found: Attribution, model: Model, feeds: Feeds) -> np.ndarray:
    """Draw an explanation.

    Class activation maps and maps of occlusion lie over what was fed; what has the input's shape is drawn
    with its channels summed up, both signs in colours of their own, or their largest where there is one sign;
    where it comes from a small part of the picture, that part alone is drawn, and beside it what was fed.

    Returns
    -------
    (H, W, 3) uint8 array

    Raises
    ------
    RequestError
        It has more axes than a picture.
    """
    if is_chart(found):
        return chart_of(found, model, found.title).pixels
    port = next((port for port in model.inputs if port.value == found.input), None)
    if sorted(found.axes) == sorted("HW"):
        shown = None if port is None else fed_picture(feeds.arrays[port.value], port, feeds.preprocessing)
        heat = found.array if found.axes == "HW" else found.array.T
        pixels = None if shown is None else shown.pixels
        return over(heat, pixels, centres(found, heat.shape, pixels))
    if port is not None and sorted(found.axes) == sorted("NCHW"):
        grown = grown_of(found, model, feeds)
        if grown is not None:
            return mosaic(grown)
        pixels = found.array[0].transpose([found.axes[1:].index(letter) for letter in "HWC"])
        if found.method in IN_COLOUR:
            drawn = projected(pixels)
        else:
            drawn = _coloured(pixels.sum(axis=2) if found.signed else pixels.max(axis=2), found.signed)
        shown = fed_picture(feeds.arrays[port.value], port, feeds.preprocessing)
        rows, columns = _extent(pixels)
        if (
            shown is not None
            and (rows.stop - rows.start) * (columns.stop - columns.start) < drawn[..., 0].size / 2
        ):
            return beside(drawn[rows, columns], shown.pixels[rows, columns])
        return enlarged(drawn)
    raise RequestError(
        f"An explanation of shape {list(found.array.shape)} is no picture. Write it to an .npz file."
    )


def is_chart(found: Attribution) -> bool:
    """Whether it is drawn as bars or curves."""
    return found.axes in ("C", "LT") or not {"H", "W"} <= set(found.axes)


def chart_of(found: Attribution, model: Model, title: str = "", look: ChartLook | None = None) -> Chart:
    """Draw an explanation that is numbers in a row, as bars, or curves."""
    if found.axes == "LT":
        return curves(found, title, look)
    if found.axes != "C":
        return _of_numbers(found, title, look)
    # Of a layer's channels nobody knows names.
    names = class_names(model) if found.method == "channel_surgery" else None
    return bars(found.array, title, names or (), look)


def _of_numbers(found: Attribution, title: str, look: ChartLook | None) -> Chart:
    """Of an input that is no picture: a line along its long axis, or bars of what counts most."""
    array = found.array[0] if found.axes[:1] == "N" else found.array
    longest = int(np.argmax(array.shape)) if array.ndim else 0
    if array.size >= _LINE and array.shape[longest] >= array.size / 4:
        others = tuple(axis for axis in range(array.ndim) if axis != longest)
        return trace(array.sum(axis=others) if found.signed else array.max(axis=others), title, look)
    flat = array.reshape(-1)
    most = np.argsort(-np.abs(flat), kind="stable")[:MOST_BARS]
    places = zip(*(one.tolist() for one in np.unravel_index(most, array.shape)), strict=True)
    names = [", ".join(map(str, place)) for place in places]
    return bars(flat[most], title, names, look)


def grown_of(found: Attribution, model: Model, feeds: Feeds) -> Grown | None:
    """The pictures an ascent has made; None for another method, or where the input is not for pictures."""
    if found.method not in GROWN:
        return None
    from explorer3d.attribution.method import Found

    one = Found(found.array, found.axes, found.layer, found.further, target=found.target)
    return Growing(model, feeds.preprocessing).take(one, found.input)


def centres(
    found: Attribution, shape: tuple[int, ...], pixels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows and columns of the picture that a map's numbers stand for; None: evenly spread ones."""
    if pixels is None or found.method != "occlusion":
        return None
    patch = int(found.settings["patch"])
    found_centres = []
    for name, size in (("rows", pixels.shape[0]), ("columns", pixels.shape[1])):
        begins = found.further[name]
        found_centres.append((begins + np.minimum(begins + patch, size)) / 2)
    return found_centres[0], found_centres[1]


def over(
    heat: np.ndarray, photograph: np.ndarray | None, places: tuple[np.ndarray, np.ndarray] | None = None
) -> np.ndarray:
    """Lay a map over a picture that has become dim and grey; where it is zero or less nothing is laid.

    Parameters
    ----------
    heat : (h, w) float array
    photograph : (H, W, 3) uint8 array or None
        None: the map is drawn alone.
    places : ((h,) array, (w,) array), optional
        Where the map's rows and columns lie, in pixels of the photograph; evenly spread by default.

    Returns
    -------
    (H, W, 3) uint8 array
    """
    if photograph is None:
        return enlarged(_coloured(heat, bool((heat < 0).any())))
    base = enlarged(photograph)
    height, width = base.shape[:2]
    factor = height / photograph.shape[0]
    rows, columns = places or evenly(heat.shape, photograph.shape)
    across = np.arange(width) + 0.5, np.arange(height) + 0.5
    wide = np.stack([np.interp(across[0], columns * factor, row) for row in np.nan_to_num(heat)])
    large = np.stack([np.interp(across[1], rows * factor, column) for column in wide.T], axis=1)
    share = _shares(large)
    colours = lookup(SEQUENTIAL)[_indices(share)].astype(np.float32)
    grey = base.astype(np.float32) @ np.asarray([0.299, 0.587, 0.114], np.float32) * 0.55 + 12
    opacity = (_MOST_OPAQUE * np.sqrt(share))[..., None]
    return np.asarray(np.rint(grey[..., None] * (1 - opacity) + colours * opacity), np.uint8)


def beside(drawn: np.ndarray, photograph: np.ndarray) -> np.ndarray:
    """Put what has been projected to a small part of a picture beside that part.

    Parameters
    ----------
    drawn, photograph : (h, w, 3) uint8 array

    Returns
    -------
    (H, W, 3) uint8 array
    """
    left, right = enlarged(drawn), enlarged(photograph)
    return np.concatenate([left, np.zeros((len(left), _GAP, 3), np.uint8), right], axis=1)


def _extent(pixels: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of an (H, W, C) array in which there is anything but zero; all where there is not."""
    there = (pixels != 0).any(axis=2)
    if not there.any():
        return slice(0, there.shape[0]), slice(0, there.shape[1])
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def evenly(shape: tuple[int, ...], size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of a picture of some size that a map's numbers stand for, evenly spread."""
    rows, columns = (
        (np.arange(count) + 0.5) * (side / count) for count, side in zip(shape, size, strict=False)
    )
    return rows, columns


def _coloured(values: np.ndarray, signed: bool) -> np.ndarray:
    if not signed:
        return np.asarray(lookup(SEQUENTIAL)[_indices(_shares(values))])
    share = np.sign(np.nan_to_num(values)) * _shares(np.abs(values))
    return np.asarray(lookup(DIVERGING)[_indices((share + 1) / 2)])


def projected(pixels: np.ndarray) -> np.ndarray:
    """Draw what has been projected to a picture: in its colours, or a picture without colours by its signs.

    Parameters
    ----------
    pixels : (H, W, C) float array

    Returns
    -------
    (H, W, 3) uint8 array
    """
    if pixels.shape[2] == 3:
        return _in_colour(pixels)
    signed = bool((pixels < 0).any())
    return _coloured(pixels.sum(axis=2) if signed else pixels.max(axis=2), signed)


def _in_colour(pixels: np.ndarray) -> np.ndarray:
    """What is projected to the colours of pixels, grey where there is nothing."""
    share = np.sign(np.nan_to_num(pixels)) * _shares(np.abs(pixels))
    return np.asarray(np.rint((share + 1) * 127.5), np.uint8)


def full_colour(values: np.ndarray) -> float:
    """Of numbers of zero and more: the one that gets the full colour; 0 if there is none."""
    # Most of what is projected from a small place is nothing at all.
    finite = values[np.isfinite(values) & (values != 0)]
    full = float(np.percentile(finite, _BRIGHT)) if finite.size else 0.0
    return full if full > 0 else float(finite.max(initial=0.0))


def _shares(values: np.ndarray) -> np.ndarray:
    """Of zero and more: how much of the full colour, between 0 and 1."""
    full = full_colour(values)
    if full <= 0:
        return np.zeros(values.shape, np.float32)
    shares = values.astype(np.float32) / np.float32(full)
    return np.asarray(np.clip(np.nan_to_num(shares), 0, 1))


def _indices(share: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(FIRST + share * (LAST - FIRST)), np.uint8)
