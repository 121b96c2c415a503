"""Pictures made larger or smaller."""

from __future__ import annotations

import numpy as np
from PIL import Image

SIDE = 512
"""Pixels that small pictures are enlarged to."""


def enlarged(pixels: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Repeat the pixels of a small picture.

    Parameters
    ----------
    pixels : (h, w, ...) array
    side : int
        About so many pixels its longer side gets.

    Returns
    -------
    (H, W, ...) array
    """
    factor = max(round(side / max(pixels.shape[:2])), 1)
    return np.asarray(pixels.repeat(factor, axis=0).repeat(factor, axis=1))


def shrunk(pixels: np.ndarray, side: int) -> np.ndarray:
    """(H, W, 3) uint8 array: a picture whose longer side has no more than so many pixels."""
    height, width = pixels.shape[:2]
    factor = min(1.0, side / max(height, width))
    return fitted(pixels, max(round(height * factor), 1), max(round(width * factor), 1))


def fitted(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width, 3) uint8 array: a picture stretched to a size."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))
