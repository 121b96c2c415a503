"""Which cells of a tensor are seen so large that a number in them can be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.compute.refine import Crop
from explorer3d.scene.camera import Projection
from explorer3d.scene.detail import WHOLE, seen

FEW = 64  # cells of a tile that are written even if only some of them are seen
_STEP = 8  # cells by which a seen part grows, so that a small move of the camera changes nothing


@dataclass(frozen=True)
class Patch:
    """The same part of some tiles.

    Attributes
    ----------
    tiles : tuple of int
    top, left, bottom, right : int
        In cells.
    """

    tiles: tuple[int, ...]
    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> int:
        """Cells in all of them."""
        return len(self.tiles) * (self.bottom - self.top) * (self.right - self.left)

    def within(self, crop: Crop) -> Patch | None:
        """The part of it that is also in a crop; None if none is."""
        top, left = max(self.top, crop.top), max(self.left, crop.left)
        bottom, right = min(self.bottom, crop.bottom), min(self.right, crop.right)
        there = crop.tile in self.tiles and top < bottom and left < right
        return Patch((crop.tile,), top, left, bottom, right) if there else None


def legible(
    corners: np.ndarray, grid: tuple[int, int], em: float, least: float, projection: Projection
) -> tuple[Patch, ...]:
    """Find the cells.

    Parameters
    ----------
    corners : (n, 4, 3) float array
        Where the tiles stand: bottom left, bottom right, top right, top left in world units.
    grid : (int, int)
        Cells down and across in each.
    em : float
        Of the numbers, in world units.
    least : float
        Pixels of an em from which on one can read.
    projection : Projection
    """
    if not len(corners):
        return ()
    whole, cut = _candidates(corners, grid, em, least, projection)
    patches = [Patch(tuple(whole), 0, 0, *grid)] if whole else []
    for tile in cut:
        part = _part(corners[tile], grid, em, least, projection)
        if part is not None:
            patches.append(Patch((tile,), *part))
    return tuple(patches)


def pixels_of_em(corners: np.ndarray, em: float, sides: tuple[float, float]) -> float:
    """Size at which numbers are seen on a tile whose sides across and down take so many pixels."""
    wide, high = np.linalg.norm(corners[2] - corners[3]), np.linalg.norm(corners[0] - corners[3])
    return float(em * min(sides[0] / wide, sides[1] / high))


def _candidates(
    corners: np.ndarray, grid: tuple[int, int], em: float, least: float, projection: Projection
) -> tuple[list[int], list[int]]:
    """Tiles with large cells: those that are written as a whole, and those of which only a part is seen."""
    points = np.asarray(corners, float).reshape(-1, 3)
    depth = ((points - projection.pose.position()) @ projection.pose.axes()[2]).reshape(-1, 4)
    pixels = projection.pixels(points).reshape(-1, 4, 2)
    # Beside or behind the eye pixels tell nothing.
    before = (depth > 0).all(axis=1)
    beside = (depth > 0).any(axis=1) & ~before
    across, down = pixels[:, 2] - pixels[:, 3], pixels[:, 0] - pixels[:, 3]
    # Seen from behind, numbers would be mirrored.
    facing = across[:, 0] * down[:, 1] > across[:, 1] * down[:, 0]
    wide, high = (np.linalg.norm(corners[:, end] - corners[:, 3], axis=1) for end in (2, 0))
    ems = em * np.minimum(np.linalg.norm(across, axis=1) / wide, np.linalg.norm(down, axis=1) / high)
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    met = before & facing & (high > 0).all(axis=1) & (low < projection.size).all(axis=1)
    inside = (low >= 0).all(axis=1) & (high <= projection.size).all(axis=1)
    taken = met & (ems >= least) & (inside | (grid[0] * grid[1] <= FEW))
    # What runs away from the viewer is large where it is near.
    cut = (met & ~inside & ~taken & (grid[0] * grid[1] > FEW)) | beside
    return np.flatnonzero(taken).tolist(), np.flatnonzero(cut).tolist()


def _part(
    corners: np.ndarray, grid: tuple[int, int], em: float, least: float, projection: Projection
) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right of the cells of a tile that are seen, if they are large."""
    found = seen(corners, projection)
    if found is None or pixels_of_em(corners, em, found[1]) < least:
        return None
    left, top, right, bottom = found[0] if grid[0] * grid[1] > FEW else WHOLE
    (y0, y1), (x0, x1) = (
        (int(low * cells) // _STEP * _STEP, min(-(-int(np.ceil(high * cells)) // _STEP) * _STEP, cells))
        for low, high, cells in ((top, bottom, grid[0]), (left, right, grid[1]))
    )
    return y0, x0, y1, x1
