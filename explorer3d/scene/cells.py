"""The numbers that the cells of a tensor's tiles stand for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.compute.picture import TensorPicture, kernel_grid
from explorer3d.compute.slices import Slices


@dataclass(frozen=True, eq=False)
class Cells:
    """A tensor as its tiles show it, cell by cell; nothing of it is copied.

    Attributes
    ----------
    slices : Slices
    picture : TensorPicture
        Of them.
    """

    slices: Slices
    picture: TensorPicture

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of a tile, where every element is seen."""
        return self.picture.full or self.picture.tile

    @property
    def lines(self) -> int:
        """Numbers in a cell: of a picture red, green and blue."""
        return 3 if self.slices.kind == "colour" else 1

    def passages(self, fine: bool) -> bool:
        """Whether there is something between cells side by side, and not another kernel beside a kernel.

        Parameters
        ----------
        fine : bool
            Each element has a cell of its own.
        """
        array = self.slices.array
        if self.slices.kind != "kernels" or array.shape[1] == 1:
            return True
        return fine and array.shape[2] * array.shape[3] > 1

    def numbers(
        self, tiles: np.ndarray, rows: np.ndarray, columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the same part of some tiles.

        Parameters
        ----------
        tiles : (m,) int array
        rows : (r,) int array
        columns : (c,) int array

        Returns
        -------
        numbers : (m, r, c) array, or (m, r, c, 3) of colours
        there : (m, r, c) bool array
            Elsewhere there is no number, such as between kernels.
        """
        kind, array = self.slices.kind, self.slices.array
        everywhere = np.ones((len(tiles), len(rows), len(columns)), bool)
        if kind == "vector":
            elements = [bar_element(array, self.picture.count, tile) for tile in tiles.tolist()]
            return array[np.array(elements, np.intp)][:, None, None], everywhere
        tiles, down, across = tiles[:, None, None], rows[:, None], columns
        if kind != "kernels":
            return array[tiles, down, across], everywhere
        if array.shape[1] == 1:
            return array[tiles, 0, down, across], everywhere
        _, inputs, height, width = array.shape
        _, kernels, gap = kernel_grid(array.shape)
        (below, row), (right, column) = np.divmod(down, height + gap), np.divmod(across, width + gap)
        member = below * kernels + right
        there = (member < inputs) & (row < height) & (column < width) & (right < kernels)
        found = array[
            tiles,
            np.minimum(member, inputs - 1),
            np.minimum(row, height - 1),
            np.minimum(column, width - 1),
        ]
        return found, everywhere & there


def bar_element(values: np.ndarray, bars: int, bar: int) -> int:
    """The element of a vector whose size a bar has: of several that share it the one furthest from zero.

    Parameters
    ----------
    values : (n,) array
    bars : int
        How many there are.
    bar : int
    """
    if len(values) <= bars:
        return bar
    first, last = (at * len(values) // bars for at in (bar, bar + 1))
    return first + int(np.abs(np.nan_to_num(values[first:last].astype(np.float64))).argmax())
