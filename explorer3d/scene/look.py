"""How the scene looks, apart from what is in it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer3d.scene.palette import DARK, Theme


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
