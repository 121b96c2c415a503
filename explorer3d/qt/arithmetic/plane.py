"""The map of an output that a number stands in."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

_LONGEST = 64  # numbers in a line; more are folded into rows

Index = tuple[int, ...]


@dataclass(frozen=True)
class Plane:
    """Two axes of a tensor as rows and columns, or one that is folded.

    Attributes
    ----------
    shape, index : tuple of int
        The tensor's, and the place that is looked at.
    axes : tuple of int
        Those it is moved along: the last two are seen, or the only one; none of a single number.
    """

    shape: Index
    index: Index
    axes: Index

    @property
    def _across(self) -> int:
        """Numbers in a row, of one axis."""
        size = self.shape[self.axes[0]] if self.axes else 1
        return size if size <= _LONGEST else ceil(sqrt(size))

    def numbers(self, array: np.ndarray) -> np.ndarray:
        """(R, C) float array: what is seen of a tensor; NaN where a folded axis has come to its end."""
        seen = self.axes[-2:]
        place = [slice(None) if axis in seen else at for axis, at in enumerate(self.index)]
        part = np.asarray(array[tuple(place)])
        if len(seen) == 2:
            return part if seen[0] < seen[1] else part.T
        filled = np.full(-(-part.size // self._across) * self._across, np.nan)
        filled[: part.size] = part.reshape(-1)
        return filled.reshape(-1, self._across)

    @property
    def cell(self) -> tuple[int, int]:
        """Row and column of the place."""
        if len(self.axes) >= 2:
            return self.index[self.axes[-2]], self.index[self.axes[-1]]
        if not self.axes:
            return 0, 0
        row, column = divmod(self.index[self.axes[0]], self._across)
        return row, column

    def index_at(self, row: int, column: int) -> Index | None:
        """The place of the tensor at a row and column; None behind the end."""
        index = list(self.index)
        if len(self.axes) >= 2:
            index[self.axes[-2]], index[self.axes[-1]] = row, column
        elif self.axes:
            index[self.axes[0]] = row * self._across + column
        inside = all(at < size for at, size in zip(index, self.shape, strict=True))
        return tuple(index) if inside else None


def moving_axes(axes: str, rank: int, space: Index) -> Index:
    """Along which axes of an output one goes from number to number.

    Parameters
    ----------
    axes : str
        A letter for each; empty if unknown.
    rank : int
    space : tuple of int
        Those that a window slides along; empty if there is no window.
    """
    if space:
        return space
    if {"T", "C"} <= set(axes) and not {"H", "W"} & set(axes):
        # A series: what it is at each time.
        return axes.index("T"), axes.index("C")
    spatial = tuple(at for at, letter in enumerate(axes) if letter in "DHWT")
    if spatial:
        return spatial
    if rank > 1:
        return tuple(range(rank))[max(1, rank - 2) :]
    return tuple(range(rank))
