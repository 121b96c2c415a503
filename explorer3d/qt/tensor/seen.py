"""Which numbers of a tensor are seen, and which place in it each of them comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np

from explorer3d.compute.arrangement import Arrangement, arrangement_of
from explorer3d.compute.shrinking import reduction

COLOURS = 3
_MOST_SHRUNK = 1 << 23  # numbers that a mean is taken of at once; of more some stand for all


@dataclass(frozen=True)
class Cell:
    """One place among the maps that are seen.

    Attributes
    ----------
    group : int
        Place in the order of channels.
    member : int
        Which of the channel's maps.
    row, column : int
        Place in the map.
    """

    group: int
    member: int
    row: int
    column: int


@dataclass(frozen=True, eq=False)
class Places:
    """Cells at n × m points of the window.

    Attributes
    ----------
    group, member, row, column : int array
        Of shapes that fit (n, m).
    there : (n, m) bool array
        Elsewhere there is no cell, and the others are some valid place.
    """

    group: np.ndarray
    member: np.ndarray
    row: np.ndarray
    column: np.ndarray
    there: np.ndarray

    def only(self) -> Cell | None:
        """The cell at a single point; None if there is none."""
        if not self.there.item():
            return None
        return Cell(self.group.item(), self.member.item(), self.row.item(), self.column.item())


@dataclass(frozen=True, eq=False)
class Seen:
    """A tensor as groups of maps; nothing of it is copied.

    Attributes
    ----------
    array : array
    arrangement : Arrangement
        Its first axis of the stack, the channels', makes the groups; its others the maps of a group.
    order : (n,) int array or None
        Numbers of the channels to be seen; None: all of them, in the axis' direction.
    colour : bool
        The last axis of the stack holds red, green and blue.
    """

    array: np.ndarray
    arrangement: Arrangement
    order: np.ndarray | None = None
    colour: bool = False

    @cached_property
    def maps(self) -> np.ndarray:
        """(channels, …, rows, columns) array, or (channels, …, 3, rows, columns) for colours; a view."""
        maps = self.arrangement.applied(self.array)
        # Without a stack there is one map, and three colours of one picture are one map as well.
        return maps[None] if maps.ndim == 2 + self.colour else maps

    @cached_property
    def _places(self) -> np.ndarray:
        """(groups,) int array: where in `maps` each group is."""
        count = len(self.maps)
        if self.order is None:
            return np.arange(count)
        return count - 1 - self.order if self._backwards else self.order

    @property
    def _backwards(self) -> bool:
        stack, flipped = self.arrangement.stack, self.arrangement.flipped
        return self.channel_axis is not None and stack[0] in flipped

    @property
    def channel_axis(self) -> int | None:
        """The axis that makes the groups; None if there is one group only."""
        stack = self.arrangement.stack
        return stack[0] if len(stack) > self.colour else None

    @property
    def _inner(self) -> tuple[int, ...]:
        """How many maps a group has, by axis of the stack."""
        return self.maps.shape[1 : self.maps.ndim - 2 - self.colour]

    @property
    def groups(self) -> int:
        return len(self._places)

    @property
    def members(self) -> int:
        """Maps of a group."""
        return prod(self._inner)

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns of a map."""
        return self.maps.shape[-2], self.maps.shape[-1]

    def looks_like(self, other: Seen | None) -> bool:
        """Whether another tensor has as many maps of the same size, so that places stay where they are."""
        mine = self.groups, self.members, self.tile
        return other is not None and mine == (other.groups, other.members, other.tile)

    def numbers(self, at: Places) -> np.ndarray:
        """Take out what is seen at some places.

        Returns
        -------
        (n, m) array, or (n, m, 3) for colours
        """
        inner = np.unravel_index(at.member, self._inner) if self._inner else ()
        front = (self._places[at.group], *inner)
        if not self.colour:
            return np.asarray(self.maps[(*front, at.row, at.column)])
        return np.asarray(np.moveaxis(self.maps, -3, -1)[(*front, at.row, at.column)])

    def shrunk(self, at: Places, rows: int, columns: int) -> np.ndarray:
        """The same from maps made smaller first: of what falls together the mean, or the strength of weights.

        Parameters
        ----------
        at : Places
        rows, columns : int
            What is left of the rows and columns of a map.
        """
        first, last = int(at.group.min()), int(at.group.max()) + 1
        places = self._places[first:last]
        # A slice where that will do, since a list of places makes a copy.
        maps = self.maps[first:last] if self.order is None else self.maps[places]
        every = max(1, int((maps.size / _MOST_SHRUNK) ** 0.5))
        maps = maps[..., ::every, ::every]
        height, width = maps.shape[-2:]
        rows, columns = min(rows, height), min(columns, width)
        # The mean of thousands of weights is nothing.
        kind = "maps" if self.channel_axis is not None and self.members == 1 else "kernels"
        small = reduction(kind, maps.dtype)(maps.reshape(-1, height, width), rows, columns)
        tile = (at.group - first) * self.members + at.member
        row, column = (
            cells * left // size
            for cells, left, size in zip((at.row, at.column), (rows, columns), self.tile, strict=True)
        )
        if not self.colour:
            return small[tile, row, column]
        small = small.reshape(-1, COLOURS, rows, columns)
        return np.asarray(np.moveaxis(small, 1, -1)[tile, row, column])

    def index_of(self, cell: Cell) -> tuple[int, ...]:
        """Where in the tensor a cell's number stands; of three colours red."""
        place = int(self._places[cell.group])
        inner = [int(at) for at in np.unravel_index(cell.member, self._inner)] if self._inner else []
        front = [place, *inner][: len(self.arrangement.stack) - self.colour]
        first = [0] if self.colour else []
        return self.arrangement.index_of((*front, *first, cell.row, cell.column), self.array.shape)

    def value(self, cell: Cell) -> tuple[object, ...]:
        """The number in a cell, or those for red, green and blue."""
        index = self.index_of(cell)
        if not self.colour:
            return (self.array[index],)
        axis = self.arrangement.stack[-1]
        numbers = np.moveaxis(self.array, axis, -1)[(*index[:axis], *index[axis + 1 :])]
        return tuple(numbers[::-1] if axis in self.arrangement.flipped else numbers)

    def cell_of(self, index: Sequence[int]) -> Cell | None:
        """Where a number of the tensor is seen; None if it is not."""
        arrangement, shape = self.arrangement, self.array.shape
        for axis in arrangement.sliders:
            if range(shape[axis])[arrangement.at[axis]] != index[axis]:
                return None
        place = [
            shape[axis] - 1 - index[axis] if axis in arrangement.flipped else index[axis]
            for axis in arrangement.stack[: len(arrangement.stack) - self.colour]
        ]
        group = np.flatnonzero(self._places == (place[0] if place else 0))
        if not len(group):
            return None
        member = int(np.ravel_multi_index(place[1:], self._inner)) if self._inner else 0
        row, column = (
            0
            if axis is None
            else shape[axis] - 1 - index[axis]
            if axis in arrangement.flipped
            else index[axis]
            for axis in (arrangement.rows, arrangement.columns)
        )
        return Cell(int(group[0]), member, row, column)

    @cached_property
    def channels(self) -> np.ndarray:
        """(groups,) int array: number of each group's channel along its axis."""
        return len(self.maps) - 1 - self._places if self._backwards else self._places


def first_arrangement(shape: tuple[int, ...], letters: str) -> Arrangement:
    """As the kind of tensor suggests; a vector as a grid of cells: in a line they would be hair-thin."""
    found = arrangement_of(shape, letters)
    if found.rows is None and found.columns is not None and not found.stack:
        return replace(found, columns=None, stack=(found.columns,))
    return found


def colourable(shape: tuple[int, ...], arrangement: Arrangement) -> bool:
    """Whether the last axis of the stack can be red, green and blue."""
    stack = arrangement.stack
    seen = arrangement.rows is not None and arrangement.columns is not None
    return bool(stack) and seen and shape[stack[-1]] == COLOURS
