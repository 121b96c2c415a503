"""Rows of numbers that stand for the patches of a picture, as in a vision transformer."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from explorer3d.graph.model import Shape

_BEFORE = (0, 1, 2, 5)
"""How many rows stand for no patch and come first: a class, one to distil from, four registers."""


@dataclass(frozen=True)
class Tokens:
    """Where the patches stand in a tensor of batch, tokens and features.

    Attributes
    ----------
    axis : int
        Of the tokens; the features are along the other one.
    before : int
        Tokens in front that are no patch.
    rows, columns : int
        Of the patches.
    """

    axis: int
    before: int
    rows: int
    columns: int


def tokens_of(shape: Shape | None, axes: str, height: int, width: int) -> Tokens | None:
    """Find the patches into which a map has been cut; None if a tensor holds none.

    Parameters
    ----------
    shape : tuple of int or None, or None
    axes : str
        A letter for each axis; empty if unknown.
    height, width : int
        Of the last map before: there are as many patches, or a square of its places went into each.

    References
    ----------
    https://arxiv.org/abs/2010.11929
    """
    if shape is None or len(shape) != 3 or shape[0] not in (1, None):
        return None
    found: list[tuple[int, Tokens]] = []
    for axis in (1, 2):
        size, other = shape[axis], shape[3 - axis]
        if size is None or other is None or other < 2 or axes[axis : axis + 1] == "C":
            continue
        for before in _BEFORE:
            count = size - before
            side = isqrt(height * width // count) if count > 1 else 0
            whole = side and side * side * count == height * width
            if whole and height % side == 0 == width % side and min(height, width) > side:
                found.append((side, Tokens(axis, before, height // side, width // side)))
    # The patches of the map itself rather than larger ones, which may be features by chance.
    return min(found, key=lambda one: one[0], default=(0, None))[1]
