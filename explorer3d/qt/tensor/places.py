"""Where a place in one tensor lies in others of the same network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING

from explorer3d.compute.arrangement import Arrangement
from explorer3d.qt.tensor.axis_names import SPACE, letters_of

if TYPE_CHECKING:
    from explorer3d.graph.receptive.region import Region

Place = Mapping[str, tuple[float, float]]
"""By the letter of an axis of space or time: where a number begins and ends, as a share of the axis."""
Spot = tuple[range | None, range | None]
"""Rows and columns of each map; None: all."""


def place_of(shape: tuple[int, ...], letters: str, index: Sequence[int]) -> Place:
    """Where in space a number of a tensor stands."""
    return {
        letter: (index[axis] / size, (index[axis] + 1) / size)
        for axis, (letter, size) in enumerate(zip(letters_of(shape, letters), shape, strict=True))
        if letter in SPACE
    }


def spot_of(place: Place, shape: tuple[int, ...], letters: str, arrangement: Arrangement) -> Spot | None:
    """The same place on the maps of another tensor; None if it has no such axes.

    Parameters
    ----------
    place : mapping of str to (float, float)
    shape, letters, arrangement
        Of the other tensor.
    """
    known = letters_of(shape, letters)

    def part(axis: int) -> range | None:
        ends = place.get(known[axis])
        if ends is None:
            return None
        first = floor(ends[0] * shape[axis] + 1e-9)
        return range(first, max(ceil(ends[1] * shape[axis] - 1e-9), first + 1))

    spatial = {letter for letter in known if letter in SPACE}
    return (
        _on_maps({axis: part(axis) for axis in range(len(shape))}, shape, arrangement)
        if (spatial and spatial == set(place))
        else None
    )


def region_spot(region: Region, shape: tuple[int, ...], arrangement: Arrangement) -> Spot | None:
    """The part of a tensor that a number elsewhere depends on, as rows and columns of its maps."""
    box = region.box
    if box is None or len(box) != len(shape):
        return None
    return _on_maps(dict(enumerate(box)), shape, arrangement)


def _on_maps(
    parts: Mapping[int, range | None], shape: tuple[int, ...], arrangement: Arrangement
) -> Spot | None:
    found: list[range | None] = []
    for axis in (arrangement.rows, arrangement.columns):
        part = None if axis is None else parts[axis]
        if part is not None and axis in arrangement.flipped:
            part = range(shape[axis] - part.stop, shape[axis] - part.start)
        found.append(part)
    return (found[0], found[1]) if any(part is not None for part in found) else None


def part_of(region: Region, letters: str) -> tuple[float, float, float, float] | None:
    """Left, top, width and height in shares of a picture; None if a tensor is none."""
    box = region.box
    if box is None or region.shape is None or not {"H", "W"} <= set(letters):
        return None
    (left, width), (top, height) = (
        (box[axis].start / region.shape[axis], len(box[axis]) / region.shape[axis])
        for axis in (letters.index("W"), letters.index("H"))
    )
    return left, top, width, height


def region_text(region: Region, letters: str) -> str:
    """A part of a model's input in words."""
    box = region.box
    if box is None or region.is_everything:
        return "all"
    known = letters_of(tuple(len(part) for part in box), letters)
    words = {"H": "row", "W": "column", "T": "time", "D": "depth"}
    named = [
        f"{words[letter]}{'s' * (len(part) > 1)} {_from_to(part)}"
        for letter, part in zip(known, box, strict=True)
        if letter in words
    ]
    text = ", ".join(named) or ", ".join(map(_from_to, box))
    return text if region.exact else f"at most {text}"


def _from_to(part: range) -> str:
    return f"{part.start}–{part.stop - 1}" if len(part) > 1 else str(part.start)
