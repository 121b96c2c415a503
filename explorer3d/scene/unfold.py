"""How a tensor stands in the scene: as a stack of slices, or unfolded into a wall of tiles.

Both are places of the same rectangles, so that one can be turned into the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.picture import TensorPicture, grid_columns

# Direction in which a stack recedes: back, and a little to the right and up, so that its slices show
# even when looked at straight.
_RECEDE = np.array([0.34, 0.2, -1.0])
# How far a stack reaches to the right and up per unit of depth as the camera's home pose sees it.
_SEEN = np.array([0.5, 0.42])
_GAP = 0.07
_SLICE = 0.6
# Gaps narrower than a pixel would turn cells and bars into noise: more of them stand closer.
_DENSE = 512
# Height of a line and width of a usual letter in it, as shares of the room a tensor may take.
_LINE, _LETTER = 0.1, 0.045


@dataclass(frozen=True, eq=False)
class Unfolding:
    """The two places of a tensor's rectangles.

    Attributes
    ----------
    stack, tiles : (n, 4, 3) float array
        Corners in the order of `Quads`; x from 0 to `width`, y from −`height` to 0.
    width, height : float
        Room taken, in world units, the same for both.
    """

    stack: np.ndarray
    tiles: np.ndarray
    width: float
    height: float

    def at(self, share: float) -> np.ndarray:
        """Corners part of the way from the stack (0) to the tiles (1); exactly there at either end."""
        if share <= 0.0:
            return self.stack
        if share >= 1.0:
            return self.tiles
        return self.stack * (1 - share) + self.tiles * share


def unfold(picture: TensorPicture, extent: float, spread: float) -> Unfolding:
    """Places of a tensor's rectangles.

    Parameters
    ----------
    picture : TensorPicture
    extent : float
        Longest side of the room it may take, in world units.
    spread : float
        Distance between the slices of a stack, 1 as designed.

    Returns
    -------
    Unfolding
    """
    return UNFOLDINGS[picture.kind](picture, extent, spread)


def _sheets(picture: TensorPicture, extent: float, spread: float) -> Unfolding:
    """Slices of a stack, or tiles on a wall."""
    count = picture.count
    if not count:
        return _nothing(extent)
    rows, columns = picture.tile
    if count == 1:
        return _single(rows, columns, extent)
    across = grid_columns(count, rows / columns)
    down = -(-count // across)
    step = extent / max(across * columns, down * rows)
    cell_w, cell_h = columns * step, rows * step
    row, column = np.divmod(np.arange(count), across)
    width, height = across * cell_w, down * cell_h
    gap = _GAP * min(cell_w, cell_h)
    tiles = _rectangles(
        column * cell_w + gap / 2, -(row + 1) * cell_h + gap / 2, np.zeros(count), cell_w - gap, cell_h - gap
    )
    face_w, face_h = _fit(columns, rows, extent * _SLICE)
    depth = min(0.42 * (count - 1), 0.9 * extent) * spread
    drawn_w, drawn_h = face_w + depth * _SEEN[0], face_h + depth * _SEEN[1]
    room_w, room_h = max(width, drawn_w), max(height, drawn_h)
    tiles += [(room_w - width) / 2, (height - room_h) / 2, 0.0]
    place = (np.arange(count) / max(count - 1, 1))[:, None] * depth * _RECEDE
    left, bottom = (room_w - drawn_w) / 2, -(room_h + drawn_h) / 2
    stack = _rectangles(left + place[:, 0], bottom + place[:, 1], place[:, 2], face_w, face_h)
    return Unfolding(stack, tiles, room_w, room_h)


def _bars(picture: TensorPicture, extent: float, spread: float) -> Unfolding:
    """A bar chart, or one cell per element."""
    count = picture.count
    if not count or picture.heights is None:
        return _nothing(extent)
    heights = np.asarray(picture.heights, float)
    across = grid_columns(count, 1.5)
    down = -(-count // across)
    width = extent * min(1.0, 0.3 + 0.05 * count)
    cell = min(width / across, extent / down)
    room = max(down * cell, extent * 0.5)
    row, column = np.divmod(np.arange(count), across)
    gap = (_GAP if count <= _DENSE else _GAP / 50) * cell
    tiles = _rectangles(
        column * cell + gap / 2, -(row + 1) * cell + gap / 2, np.zeros(count), cell - gap, cell - gap
    )
    above, below = max(float(heights.max()), 0.0), max(float(-heights.min()), 0.0)
    scale = 0.94 * room / max(above + below, 1e-9)
    ground = -room + below * scale + 0.03 * room
    step = width / count
    thin = 0.02 * room / 2  # a bar of value 0 stays visible as a line
    bottom = ground + np.minimum(heights, 0.0) * scale - thin
    tall = np.abs(heights) * scale + 2 * thin
    share = 0.84 if count <= _DENSE / 4 else 1.0
    left = (np.arange(count) + (1 - share) / 2) * step
    stack = _rectangles(left, bottom, np.zeros(count), share * step, tall)
    return Unfolding(stack, tiles, width, room)


def _plain(picture: TensorPicture, extent: float, spread: float) -> Unfolding:
    """One heat map."""
    return _single(*picture.tile, extent) if picture.count else _nothing(extent)


def _lines(picture: TensorPicture, extent: float, spread: float) -> Unfolding:
    """Room for lines of writing, which is not drawn here."""
    # A number alone is what one came to see.
    size = 2.0 if len(picture.words) == 1 else 1.0
    width = extent * float(np.clip(size * _LETTER * max(map(len, picture.words), default=0), 0.2, 1.0))
    height = extent * size * _LINE * len(picture.words)
    page = _rectangles(np.zeros(1), np.full(1, -height), np.zeros(1), width, height)
    return Unfolding(page, page, width, height)


UNFOLDINGS: dict[str, Callable[[TensorPicture, float, float], Unfolding]] = {
    "maps": _sheets,
    "kernels": _sheets,
    "colour": _sheets,
    "matrix": _plain,
    "vector": _bars,
    "text": _lines,
}


def _single(rows: int, columns: int, extent: float) -> Unfolding:
    # A matrix of 4096 × 10 drawn to scale would be a hair.
    ratio = float(np.clip(columns / rows, 0.25, 4.0))
    width, height = _fit(ratio, 1.0, extent)
    face = _rectangles(np.zeros(1), np.full(1, -height), np.zeros(1), width, height)
    return Unfolding(face, face, width, height)


def _nothing(extent: float) -> Unfolding:
    none = np.zeros((0, 4, 3))
    return Unfolding(none, none, extent * 0.3, extent * 0.3)


def _fit(width: float, height: float, extent: float) -> tuple[float, float]:
    scale = extent / max(width, height)
    return width * scale, height * scale


def _rectangles(
    left: np.ndarray, bottom: np.ndarray, z: np.ndarray, width: float, height: float | np.ndarray
) -> np.ndarray:
    corners = np.empty((len(left), 4, 3))
    corners[:, :, 2] = z[:, None]
    corners[:, 0, :2] = np.stack([left, bottom], axis=1)
    corners[:, 1, :2] = np.stack([left + width, bottom], axis=1)
    corners[:, 2, :2] = np.stack([left + width, bottom + height], axis=1)
    corners[:, 3, :2] = np.stack([left, bottom + height], axis=1)
    return corners
