"""Pixels as Qt draws them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage


def image_from(pixels: NDArray[np.uint8]) -> QImage:
    """A picture of (H, W, 3) uint8 pixels: red, green, blue."""
    height, width, _ = pixels.shape
    # Copied, since QImage only points at the bytes it is given.
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format_RGB888).copy()
