"""How the scene looks, apart from what is in it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer3d.scene.palette import DARK, Theme

_LARGE = 1300.0  # pixels of a picture's height from which on writing grows with it


def magnified(scale: float, height: int) -> float:
    """How much larger than designed writing of a fixed size is, in a picture of some height in pixels.

    Parameters
    ----------
    scale : float
        Pixels per logical pixel.
    height : int
    """
    return max(scale, height / _LARGE)


@dataclass(frozen=True)
class Look:
    """Colours of all that is not data, and sizes.

    Attributes
    ----------
    theme : Theme
    text : float
        Size of all writing, 1 as designed.
    """

    theme: Theme = DARK
    text: float = 1.0
