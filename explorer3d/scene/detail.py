"""Which parts of a tensor's tiles are seen so large that they should be drawn finer."""

from __future__ import annotations

import numpy as np

from explorer3d.compute.picture import TensorPicture
from explorer3d.compute.refine import FINEST, Crop
from explorer3d.scene.camera import VIEW_ANGLE, Projection

# Pixels that a texel may take before it is worth drawing it finer.
COARSE = {kind: 1.5 * max(1.0, pixels) for kind, pixels in FINEST.items()}
MOST_TILES = 1024
# Share of the seen part drawn around it, so that a small move of the camera shows nothing coarse.
_MARGIN = 0.12
WHOLE = (0.0, 0.0, 1.0, 1.0)


def crops(picture: TensorPicture, corners: np.ndarray, projection: Projection) -> tuple[Crop, ...]:
    """Find the parts to draw finer.

    Parameters
    ----------
    picture : TensorPicture
    corners : (n, 4, 3) float array
        Where its tiles stand: bottom left, bottom right, top right, top left in world units.
    projection : Projection

    Returns
    -------
    tuple of Crop
        None if the texture is fine enough, or if more than `MOST_TILES` tiles are seen.
    """
    if picture.full is None:
        return ()
    whole, cut = _candidates(picture, corners, projection)
    if len(whole) + len(cut) > MOST_TILES:
        return ()
    parts = [(tile, WHOLE, sides) for tile, sides in whole]
    parts += [(tile, *part) for tile in cut if (part := seen(corners[tile], projection))]
    return tuple(
        _crop(tile, picture.full, part, sides)
        for tile, part, sides in parts
        if max(sides[0] / picture.tile[1], sides[1] / picture.tile[0]) > COARSE[picture.kind]
    )


def seen(
    corners: np.ndarray, projection: Projection
) -> tuple[tuple[float, float, float, float], tuple[float, float]] | None:
    """Part of a rectangle that is inside the picture.

    Parameters
    ----------
    corners : (4, 3) float array
    projection : Projection

    Returns
    -------
    ((left, top, right, bottom), (across, down)) or None
        Shares of the rectangle's sides, counted from its top left; and pixels that each whole side would
        take at the scale of the part's middle. None if nothing is seen.
    """
    axes, eye = projection.pose.axes(), projection.pose.position()
    bottom_left, _, top_right, top_left = np.asarray(corners, float)
    # Camera coordinates are linear in the shares (s to the right, t down), so each side of the view cuts
    # the rectangle along a straight line.
    origin = axes @ (top_left - eye)
    along = np.stack([axes @ (top_right - top_left), axes @ (bottom_left - top_left)])
    tan_v = np.tan(np.radians(VIEW_ANGLE / 2))
    tan_h = tan_v * projection.size[0] / projection.size[1]
    polygon = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    for side in ([1, 0, tan_h], [-1, 0, tan_h], [0, 1, tan_v], [0, -1, tan_v], [0, 0, 1]):
        polygon = _clipped(polygon, origin @ np.array(side), along @ np.array(side))
        if not len(polygon):
            return None
    left, top = (float(value) for value in polygon.min(axis=0))
    right, bottom = (float(value) for value in polygon.max(axis=0))
    here = origin + np.array([(left + right) / 2, (top + bottom) / 2]) @ along
    scale = projection.pixels_per_unit * projection.pose.distance / max(here[2], 1e-6)
    # What runs away from the viewer is foreshortened.
    pixels = [
        float(np.linalg.norm(step[:2] - here[:2] / max(here[2], 1e-6) * step[2]) * scale) for step in along
    ]
    return (left, top, right, bottom), (pixels[0], pixels[1])


def _clipped(polygon: np.ndarray, level: float, slope: np.ndarray) -> np.ndarray:
    """Part of a convex polygon where a linear function is positive (Sutherland and Hodgman)."""
    values = level + polygon @ slope
    kept = []
    for place in range(len(polygon)):
        here, there = values[place - 1], values[place]
        if (here > 0) != (there > 0):
            share = here / (here - there)
            kept.append(polygon[place - 1] + share * (polygon[place] - polygon[place - 1]))
        if there > 0:
            kept.append(polygon[place])
    return np.array(kept).reshape(-1, 2)


def _candidates(
    picture: TensorPicture, corners: np.ndarray, projection: Projection
) -> tuple[list[tuple[int, tuple[float, float]]], list[int]]:
    """Tiles that look large enough: those seen whole, with their sides in pixels, and those cut off."""
    points = np.asarray(corners, float).reshape(-1, 3)
    depth = ((points - projection.pose.position()) @ projection.pose.axes()[2]).reshape(-1, 4)
    pixels = projection.pixels(points).reshape(-1, 4, 2)
    low, high = pixels.min(axis=1), pixels.max(axis=1)
    # Beside or behind the eye pixels tell nothing.
    before = (depth > 0).all(axis=1)
    beside = (depth > 0).any(axis=1) & ~before
    large = ((high - low) > COARSE[picture.kind] * np.array(picture.tile[::-1])).any(axis=1)
    met = before & large & (high > 0).all(axis=1) & (low < projection.size).all(axis=1)
    inside = met & (low >= 0).all(axis=1) & (high <= projection.size).all(axis=1)
    across = np.linalg.norm(pixels[:, 2] - pixels[:, 3], axis=1)
    down = np.linalg.norm(pixels[:, 0] - pixels[:, 3], axis=1)
    whole = [(int(tile), (float(across[tile]), float(down[tile]))) for tile in np.flatnonzero(inside)]
    return whole, [int(tile) for tile in np.flatnonzero((met & ~inside) | beside)]


def _crop(
    tile: int, full: tuple[int, int], part: tuple[float, float, float, float], sides: tuple[float, float]
) -> Crop:
    (left, top, right, bottom), (across, down) = part, sides
    y0, y1 = _widened(top, bottom, full[0])
    x0, x1 = _widened(left, right, full[1])
    return Crop(
        int(tile), y0, x0, y1, x1,
        int(np.ceil((y1 - y0) / full[0] * down)), int(np.ceil((x1 - x0) / full[1] * across)),
    )  # fmt: skip


def _widened(low: float, high: float, count: int) -> tuple[int, int]:
    margin = (high - low) * _MARGIN
    return max(0, int(np.floor((low - margin) * count))), min(count, int(np.ceil((high + margin) * count)))


def placed(crop: Crop, full: tuple[int, int], corners: np.ndarray) -> np.ndarray:
    """Where a crop stands.

    Parameters
    ----------
    corners : (4, 3) float array
        Of its whole tile.

    Returns
    -------
    (4, 3) float array
    """
    left, right = crop.left / full[1], crop.right / full[1]
    top, bottom = crop.top / full[0], crop.bottom / full[0]
    return np.asarray(parts(np.asarray(corners)[None], (left, top, right, bottom))[0])


def parts(corners: np.ndarray, share: tuple[float, float, float, float]) -> np.ndarray:
    """The same part of several rectangles.

    Parameters
    ----------
    corners : (n, 4, 3) float array
        Bottom left, bottom right, top right, top left of each.
    share : (float, float, float, float)
        Left, top, right, bottom as shares of the sides, counted from the top left.

    Returns
    -------
    (n, 4, 3) float array
    """
    left, top, right, bottom = share
    top_left = corners[:, 3].astype(float)
    across, down = corners[:, 2] - top_left, corners[:, 0] - top_left
    places = ((left, bottom), (right, bottom), (right, top), (left, top))
    return np.stack([top_left + x * across + y * down for x, y in places], axis=1)
