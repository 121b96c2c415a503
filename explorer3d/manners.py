"""The five ways in which a tensor is seen, in the scene and in a window of its own."""

from __future__ import annotations

from dataclasses import dataclass

STACK, TILES, BOTH = "stack", "tiles", "both"


@dataclass(frozen=True)
class Manner:
    """What is drawn of each number.

    Attributes
    ----------
    title, about : str
    colour, numbers, smooth, stack : bool
    """

    title: str
    about: str
    colour: bool = True
    numbers: bool = False
    smooth: bool = False
    stack: bool = False


MANNERS = {
    STACK: Manner("Stack", "All maps one behind the other", stack=True),
    TILES: Manner("Cells", "A coloured cell for each number"),
    BOTH: Manner("Cells + numbers", "Coloured cells, with their numbers where these have room", numbers=True),
    "numbers": Manner("Numbers", "The numbers alone", colour=False, numbers=True),
    "smooth": Manner("Smooth", "Maps with smooth passages from number to number", smooth=True),
}
"""Views of a tensor, by the name they are remembered by."""
