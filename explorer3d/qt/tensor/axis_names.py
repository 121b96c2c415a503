"""What the axes of a tensor are called in front of people."""

from __future__ import annotations

from explorer3d.compute.slices import guessed_axes

_NAMES = {
    "N": "batch",
    "C": "channel",
    "D": "depth",
    "H": "height",
    "W": "width",
    "T": "time",
    "O": "output",
    "I": "input",
}
SPACE = frozenset("DHWT")


def letters_of(shape: tuple[int, ...], letters: str) -> str:
    """A letter for each axis, guessed where they are not known."""
    return letters if len(letters) == len(shape) else guessed_axes(shape)


def axis_name(shape: tuple[int, ...], letters: str, axis: int) -> str:
    """The word for an axis; its letter where that means nothing."""
    letter = letters_of(shape, letters)[axis]
    return _NAMES.get(letter, letter)
