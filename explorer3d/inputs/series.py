"""Files that hold more than a network takes at once: inputs that come one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

from explorer3d.errors import InputError
from explorer3d.inputs.excerpt import Excerpt

if TYPE_CHECKING:
    from explorer3d.graph.model import Port, Shape
    from explorer3d.inputs.feeds import Feeds


@dataclass(frozen=True)
class Row(Excerpt):
    """One of the inputs in a file; `start` is how many of them come before it."""

    @property
    def name(self) -> str:
        """What to call it in front of people."""
        return f"{self.source.name}, {self.start + 1:,}"


@dataclass(frozen=True)
class Series(Sequence[Row]):
    """All inputs in a file.

    Attributes
    ----------
    path : Path
    length : int
    """

    path: Path
    length: int

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [Row(self.path, start) for start in range(self.length)[place]]
        return Row(self.path, range(self.length)[place])

    def __contains__(self, row: object) -> bool:
        return isinstance(row, Row) and row.source == self.path and 0 <= row.start < self.length

    def index(self, row: object, start: int = 0, stop: int | None = None) -> int:
        """The place of one of them.

        Raises
        ------
        ValueError
            It is none of them.
        """
        if isinstance(row, Row) and row in self and row.start in range(self.length)[start:stop]:
            return row.start
        raise ValueError(f"{row!r} is not in the series")


@dataclass(frozen=True)
class Cut:
    """How an array is cut along its first axis.

    Attributes
    ----------
    count : int
        Of the pieces.
    length : int
        Of each, along that axis; what is left over at the end belongs to none.
    shape : tuple of int
        Of each, as the network takes it.
    """

    count: int
    length: int
    shape: tuple[int, ...]

    def piece(self, place: int, name: str) -> slice:
        """Where one of the pieces lies.

        Raises
        ------
        InputError
            There is no such piece.
        """
        if not 0 <= place < self.count:
            raise InputError(f"{name} holds {self.count:,} inputs: there is none with number {place + 1:,}.")
        return slice(place * self.length, (place + 1) * self.length)


def cut(shape: tuple[int, ...], port: Port, at_once: int | None) -> Cut | None:
    """Cut an array into pieces that an input takes.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    port : Port
    at_once : int or None
        How many samples may go in together where the model takes any number of them; None: all.

    Returns
    -------
    Cut or None
        Each place along its first axis is a piece, or several together are, where they make an input. Axes
        of size 1 may be missing. None if it goes in as it is, or cannot be cut so.
    """
    if port.shape is None or not shape or 0 in shape:
        return None
    if _matches(shape, port.shape):
        too_many = at_once is not None and port.shape[0] is None and shape[0] > at_once
        return Cut(shape[0], 1, (1, *shape[1:])) if too_many else None
    if _matches((1, *shape), port.shape):
        return None
    # Of a number of samples that is open, one at a time.
    whole = (port.shape[0] or 1, *port.shape[1:]) if port.shape else ()
    ways = [whole, whole[1:]] if whole[:1] == (1,) else [whole]
    ways.append(tuple(size for size in whole if size != 1))
    for way in ways:
        if _matches(shape[1:], way):
            return Cut(shape[0], 1, _filled(whole, shape[1:]))
    for way in ways:
        if way and way[0] is not None and shape[0] >= way[0] > 0 and _matches(shape[1:], way[1:]):
            return Cut(shape[0] // way[0], way[0], _filled(whole, (way[0], *shape[1:])))
    return None


def title(path: Path, count: int, place: int) -> str:
    """What to call one of so many inputs in a file."""
    return path.name if count == 1 else f"{path.name}, {place + 1:,} of {count:,}"


def in_series(feeds: Feeds, path: Path, count: int, place: int) -> Feeds:
    """The same, with the others in the file."""
    if count == 1:
        return feeds
    series = Series(path, count)
    following = series[place + 1] if place + 1 < count else None
    return replace(feeds, following=following, series=series)


def _matches(shape: tuple[int, ...], wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(
        one is None or one == size for one, size in zip(wanted, shape, strict=True)
    )


def _filled(whole: Shape, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of an input whose sizes are known but for axes of size 1."""
    if len(sizes) == len(whole):
        return sizes
    if len(sizes) == len(whole) - 1 and whole[0] == 1:
        return (1, *sizes)
    left = iter(sizes)
    return tuple(1 if size == 1 else next(left) for size in whole)
