"""Maps of a layer and of a picture in one order of axes, and at another resolution."""

from __future__ import annotations

import numpy as np
from PIL import Image


def maps_first(array: np.ndarray, axes: str) -> np.ndarray:
    """Bring a layer's output into the order channels, then places; of a batch, the first.

    Parameters
    ----------
    array : array
    axes : str
        A letter for each of its axes: N batch, C channels, any other a place.

    Returns
    -------
    (C, …) array
        The places' axes keep their order.
    """
    if "N" in axes:
        array = array[(slice(None),) * axes.index("N") + (0,)]
        axes = axes.replace("N", "")
    return np.moveaxis(array, axes.index("C"), 0)


def places(axes: str) -> str:
    """The axes of one map: ``NHWC`` → ``HW``."""
    return "".join(letter for letter in axes if letter not in "NC")


def enlarged(heat: np.ndarray, height: int, width: int) -> np.ndarray:
    """Interpolate a map bilinearly, as between the centres of pixels.

    Parameters
    ----------
    heat : (h, w) float array
    height, width : int

    Returns
    -------
    (height, width) float32 array
    """
    picture = Image.fromarray(np.ascontiguousarray(heat, np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def spread(heat: np.ndarray, axes: str, shape: tuple[int, ...]) -> np.ndarray:
    """Lay a map over every channel of a picture.

    Parameters
    ----------
    heat : (h, w) float array
    axes : str
        Of the picture.
    shape : tuple of int
        Of the picture.

    Returns
    -------
    float32 array
        With as many axes as the picture, of size one where it has channels and batch.
    """
    height, width = (shape[axes.index(letter)] for letter in "HW")
    large = enlarged(heat, height, width)
    if axes.index("W") < axes.index("H"):
        large = large.T
    return large.reshape([size if letter in "HW" else 1 for letter, size in zip(axes, shape, strict=True)])
