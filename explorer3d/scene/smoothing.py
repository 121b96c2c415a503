"""Pictures without jagged edges: found in the picture itself, each of their pixels takes something of the
pixel beyond, the more the nearer the edge steps aside (as in T. Lottes' FXAA).

OpenGL could do so while it draws. Software OpenGL takes as long, and the window stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from explorer3d.progress import Progress, ignore

_FAINTEST = 16  # contrast below which an edge stays as it is, and
_FAINT = 3  # how many times it may be halved to get such a contrast
_STEPS = (1, 2, 3, 4, 5, 7, 9, 11, 13, 15, 19, 27)  # pixels along an edge at which its end is looked for
_AROUND = _STEPS[-1] + 1
_ROWS = 128  # that are smoothed in one go
_LONELY = 0.75  # most that a pixel takes which differs from all around


@dataclass(frozen=True, eq=False)
class Smooth:
    """Smooth the edges in a picture.

    Attributes
    ----------
    pixels : (H, W, 4) uint8 array
        RGBA.
    finish : callable
        Makes of the smooth pixels what is shown.
    """

    pixels: np.ndarray
    finish: Callable[[np.ndarray], np.ndarray] = np.asarray

    def __call__(self, progress: Progress = ignore) -> np.ndarray:
        """(H, W, 4) uint8 array: the picture without jagged edges."""
        height, width = self.pixels.shape[:2]
        light = np.pad(np.asarray(Image.fromarray(self.pixels).convert("L")), _AROUND, mode="edge")
        smooth = self.pixels.copy()
        for top in range(0, height, _ROWS):
            progress(top / height, "Smoothing edges")
            rows, columns, down, across, share = _edges(light[top : top + _ROWS + 2 * _AROUND])
            rows += top
            own = self.pixels[rows, columns].astype(np.float32)
            # Nothing lies beyond the sides of a picture.
            beyond = self.pixels[np.clip(rows + down, 0, height - 1), np.clip(columns + across, 0, width - 1)]
            smooth[rows, columns] = np.rint(own + share[:, None] * (beyond - own))
        return self.finish(smooth)


def _edges(light: np.ndarray) -> tuple[np.ndarray, ...]:
    """The pixels along edges.

    Parameters
    ----------
    light : (h, w) uint8 array
        How light each pixel is, `_AROUND` more of them at each side.

    Returns
    -------
    rows, columns : (n,) int array
        Of each pixel.
    down, across : (n,) int array
        Rows and columns from it to the one beyond the edge.
    share : (n,) float array
        How much it takes of that one.
    """
    rows, columns = np.nonzero(_contrasts(light))
    stride, flat = light.shape[1], light.ravel()
    places = (rows + _AROUND) * stride + columns + _AROUND

    def beside(down: int, right: int) -> np.ndarray:
        return np.asarray(flat[places + (down * stride + right)].astype(np.int16))

    middle, up, low, left, right = (beside(*to) for to in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)))
    up_left, up_right, low_left, low_right = (beside(*to) for to in ((-1, -1), (-1, 1), (1, -1), (1, 1)))
    level = (
        np.abs(up_left + low_left - 2 * left)
        + 2 * np.abs(up + low - 2 * middle)
        + np.abs(up_right + low_right - 2 * right)
    ) >= (
        np.abs(up_left + up_right - 2 * up)
        + 2 * np.abs(left + right - 2 * middle)
        + np.abs(low_left + low_right - 2 * low)
    )
    before, behind = np.where(level, up, left), np.where(level, low, right)
    backwards = np.abs(before - middle) >= np.abs(behind - middle)
    other = np.where(backwards, before, behind)
    down, across = np.where(level, 1 - 2 * backwards, 0), np.where(level, 0, 1 - 2 * backwards)
    both, steep = middle + other, np.abs(other - middle)
    beyond, along = down * stride + across, np.where(level, 1, stride)
    ends = [_end(flat, places, beyond, way, both, steep) for way in (-along, along)]
    (first, first_change), (second, second_change) = ends
    change = np.where(first < second, first_change, second_change)
    # The pixels at one side of the step are those that change; those at its other side stay.
    aside = np.where(
        (change < 0) != (2 * middle < both), 0.5 - np.minimum(first, second) / (first + second), 0.0
    )
    means = (2 * (up + low + left + right) + up_left + up_right + low_left + low_right) / np.float32(12)
    around = np.stack([middle, up, low, left, right])
    lonely = np.minimum(np.abs(means - middle) / np.ptp(around, axis=0), 1.0)
    lonely = lonely * lonely * (3.0 - 2.0 * lonely)
    share = np.maximum(aside, _LONELY * lonely * lonely).astype(np.float32)
    return rows, columns, down, across, share


def _contrasts(light: np.ndarray) -> np.ndarray:
    """(rows, columns) bool array: which pixels differ enough from those beside them."""
    inner = slice(_AROUND, -_AROUND)
    lightest = darkest = light[inner, inner]
    for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        beside = light[
            _AROUND + down : len(light) - _AROUND + down, _AROUND + right : light.shape[1] - _AROUND + right
        ]
        lightest, darkest = np.maximum(lightest, beside), np.minimum(darkest, beside)
    return np.asarray(lightest - darkest >= np.maximum(lightest >> _FAINT, _FAINTEST))


def _end(
    flat: np.ndarray,
    places: np.ndarray,
    beyond: np.ndarray,
    way: np.ndarray,
    both: np.ndarray,
    steep: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Where an edge ends, seen from each of its pixels.

    Parameters
    ----------
    flat : (h w,) uint8 array
    places : (n,) int array
        Of the pixels in it.
    beyond, way : (n,) int array
        From each to the pixel beyond the edge, and to the next one along it.
    both, steep : (n,) int array
        Sum of the two pixels at its sides, and their difference.

    Returns
    -------
    pixels : (n,) int array
        To the end.
    change : (n,) int array
        Of `both`, there.
    """
    pixels, change = np.full(len(places), _STEPS[-1], np.int16), np.zeros(len(places), np.int16)
    left = np.arange(len(places))
    for step in _STEPS:
        there = places[left] + step * way[left]
        differs = flat[there].astype(np.int16) + flat[there + beyond[left]] - both[left]
        ended = 2 * np.abs(differs) >= steep[left]
        change[left], pixels[left[ended]] = differs, step
        left = left[~ended]
    return pixels, change
