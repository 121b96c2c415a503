"""A picture that lies in no file: pasted, or drawn by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Bitmap:
    """Pixels, and what to call them in front of people.

    Attributes
    ----------
    pixels : (H, W) or (H, W, 3) uint8 array
        Never changed.
    name : str
    drawn : bool
        Others of this name are other states of the same drawing.
    """

    pixels: NDArray[np.uint8]
    name: str
    drawn: bool = False
