"""Which of many labels are written where there is no room for all: those that tell most, not too close."""

from __future__ import annotations

import numpy as np

_CELL = 4.0  # pixels


def spread(
    rectangles: np.ndarray, apart: np.ndarray, size: tuple[int, int], taken: np.ndarray, most: int = 1500
) -> np.ndarray:
    """Choose rectangles that do not overlap, greedily.

    Parameters
    ----------
    rectangles : (n, 4) float array
        Left, top, right, bottom in pixels, the most wanted first.
    apart : (n, 2) float array
        How much room each wants on every side, across and up, in pixels.
    size : (int, int)
        Of the picture; nothing is chosen that is not wholly in it.
    taken : (m, 4) float array
        Rectangles that must stay free.
    most : int
        How many are tried.

    Returns
    -------
    (k,) int array
        The chosen ones, the most wanted first.
    """
    columns, rows = (int(extent // _CELL) + 2 for extent in size)
    grid = np.zeros((rows, columns), bool)
    for left, top, right, bottom in _cells(taken, columns, rows):
        grid[top:bottom, left:right] = True
    whole = (rectangles[:, :2] >= 0).all(axis=1) & (rectangles[:, 2:] <= size).all(axis=1)
    # Of those that begin in the same place only one can be chosen.
    wanted = np.flatnonzero(whole)
    rooms = rectangles + np.concatenate([-apart, apart], axis=1)
    begins = (rectangles[wanted, :2] // _CELL).astype(np.int64) @ [1, columns]
    wanted = np.sort(wanted[np.unique(begins, return_index=True)[1]])[:most]
    chosen = []
    for index, (left, top, right, bottom) in zip(
        wanted.tolist(), _cells(rooms[wanted], columns, rows), strict=True
    ):
        part = grid[top:bottom, left:right]
        if not part.any():
            part[:] = True
            chosen.append(index)
    return np.array(chosen, np.intp)


def _cells(rectangles: np.ndarray, columns: int, rows: int) -> list[list[int]]:
    """First and last cells, the latter exclusive, of some rectangles."""
    inside = np.clip(rectangles / _CELL, 0, [columns, rows] * 2)
    cells = np.concatenate([np.floor(inside[:, :2]), np.ceil(inside[:, 2:])], axis=1).astype(int)
    return cells.tolist()  # type: ignore[no-any-return]
