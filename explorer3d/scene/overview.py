"""The whole network seen from straight above, small: an image, and where in it things and the view are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.palette import Colour
from explorer3d.scene.placement import Placement

# World units around all blocks, and how far a folded block's second card looks out.
_RIM, _CARD = 0.5, 0.3

# Pixels that a node takes at least: so much, so much if it stands out, and as one of very few that do.
_LEAST, _LEAST_BRIGHT, _LEAST_FEW = 0.9, 2.4, 5.0

# Shares of another colour that those beside what stands out take, and what stands out.
_FAINT, _SHINE = 0.65, 0.6

# What each corner of a rectangle adds to the differences along one axis; see `_covered`.
_BEYOND = np.array([0, 1, 0, 1])


@dataclass(frozen=True, eq=False)
class Overview:
    """What is to be seen of a network in its overview map.

    Attributes
    ----------
    low, high : (n, 2) float array
        Opposite corners of each node's cell, in world units.
    colours : (n, 3) uint8 array
        RGB.
    folded : (n,) bool array
        Which stand for several layers.
    bright : (n,) bool array or None
        Which stand out, all others fading; None: none do.
    ground, light : (int, int, int)
        Colours that those which fade, and the few that stand out, take on in part.
    """

    low: np.ndarray
    high: np.ndarray
    colours: np.ndarray
    folded: np.ndarray
    bright: np.ndarray | None
    ground: Colour
    light: Colour


def cells(placement: Placement) -> tuple[np.ndarray, np.ndarray]:
    """Opposite corners ((n, 2) float arrays) of what nodes take with their labels, almost up to the next."""
    half = 0.43 * placement.pitch
    x, top = placement.centres[:, 0], placement.centres[:, 1] + placement.sizes[:, 1] / 2
    return np.stack([x - half, placement.floors], axis=1), np.stack([x + half, top], axis=1)


@dataclass(frozen=True)
class Frame:
    """Between the plane that all fronts stand in and the pixels of a map.

    Attributes
    ----------
    left, top : float
        World units at the map's top left corner.
    scale : float
        Pixels per world unit.
    size : (int, int)
        Width and height in pixels.
    """

    left: float
    top: float
    scale: float
    size: tuple[int, int]

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """(n, 2) float array: pixels from the left and the top, of (n, 2 or 3) points in world units."""
        return np.asarray((points[:, :2] - [self.left, self.top]) * [self.scale, -self.scale])

    def point(self, x: float, y: float) -> tuple[float, float]:
        """World units of a pixel."""
        return self.left + x / self.scale, self.top - y / self.scale


def framed(points: np.ndarray, room: tuple[int, int], least: int) -> Frame:
    """A map as large as there is room for, in the proportions of what it shows.

    Parameters
    ----------
    points : (n, 2) float array
        What is to be seen, in world units; n ≥ 1.
    room : (int, int)
        Largest width and height in pixels.
    least : int
        Smallest width and height in pixels; what is shown stands in the middle then.
    """
    start, stop = points.min(axis=0) - _RIM, points.max(axis=0) + _RIM
    extent = stop - start
    scale = float(np.min(room / extent))
    size = np.minimum(np.maximum(np.ceil(extent * scale), least), room).astype(int)
    spare = size / scale - extent
    return Frame(
        float(start[0] - spare[0] / 2), float(stop[1] + spare[1] / 2), scale, (int(size[0]), int(size[1]))
    )


def drawn(overview: Overview, frame: Frame) -> np.ndarray:
    """Draw all blocks; where many share a pixel, it takes the mean of their colours.

    Returns
    -------
    (H, W, 4) uint8 array
        RGBA, colours multiplied by their opacity.
    """
    colours = overview.colours.astype(np.float32)
    few = 0.0
    if overview.bright is not None and len(overview.bright):
        bright, faint = overview.bright, ~overview.bright
        colours[faint] += (np.asarray(overview.ground, np.float32) - colours[faint]) * _FAINT
        # Where most stand out, such as all that compute something, they need not shine.
        few = max(0.0, 1.0 - 4.0 * float(bright.mean()))
        colours[bright] += (np.asarray(overview.light, np.float32) - colours[bright]) * (_SHINE * few)
    low, high = _on_map(overview.low, overview.high, frame, _LEAST)
    folded = overview.folded
    # Of the cards behind a folded block, one.
    behind = np.array([_CARD, -_CARD]) * frame.scale
    picture = _covered(low[folded] + behind, high[folded] + behind, colours[folded] * 0.6, frame.size)
    picture = _over(picture, _covered(low, high, colours, frame.size))
    if overview.bright is not None and overview.bright.any():
        which = overview.bright
        least = _LEAST_BRIGHT + (_LEAST_FEW - _LEAST_BRIGHT) * few
        low, high = _on_map(overview.low[which], overview.high[which], frame, least)
        picture = _over(picture, _covered(low, high, colours[which], frame.size))
    return np.asarray(np.rint(np.clip(picture, 0.0, 255.0)), np.uint8)


def footprint(projection: Projection, reach: float) -> np.ndarray:
    """Where the view meets the plane of all fronts, z = 0.

    Parameters
    ----------
    projection : Projection
    reach : float
        World units from the eye at which the view is taken to end; it has no end itself, and meets the
        plane at infinity when it is looked along.

    Returns
    -------
    (m, 2) float array
        Corners of a convex polygon, in order; m is 0 where the plane is not in view, else 3 … 5.
    """
    width, height = projection.size
    rays = [projection.ray(x, y) for x, y in ((0, 0), (width, 0), (width, height), (0, height))]
    eye = rays[0][0]
    forward = projection.pose.axes()[2]
    far = [eye + direction * (reach / float(direction @ forward)) for _, direction in rays]
    # The pyramid of the view has eight edges, and the plane meets it where it crosses these.
    sides = [(eye, corner) for corner in far] + list(zip(far, [*far[1:], far[0]], strict=True))
    crossed = [
        one + (other - one) * (one[2] / (one[2] - other[2]))
        for one, other in sides
        if (one[2] > 0) != (other[2] > 0)
    ]
    if not crossed:
        return np.zeros((0, 2))
    corners = np.array(crossed)[:, :2]
    around = corners - corners.mean(axis=0)
    return np.asarray(corners[np.argsort(np.arctan2(around[:, 1], around[:, 0]))])


def middle_of(pose: Pose) -> tuple[float, float]:
    """Where the line of sight meets the plane of all fronts; of one that runs along it, below its focus."""
    x, y, z = pose.focus
    forward = pose.axes()[2]
    if forward[2] < -0.05:
        x, y = x - forward[0] * z / forward[2], y - forward[1] * z / forward[2]
    return float(x), float(y)


def looking_at(pose: Pose, point: tuple[float, float]) -> Pose:
    """Moved along the plane of all fronts until a point of it is in the middle of the picture."""
    x, y, z = pose.focus
    middle = middle_of(pose)
    return replace(pose, focus=(x + point[0] - middle[0], y + point[1] - middle[1], z))


def nearest(low: np.ndarray, high: np.ndarray, point: tuple[float, float], reach: float) -> int | None:
    """The block that a point lies on, or else the one closest to it.

    Parameters
    ----------
    low, high : (n, 2) float array
    point : (float, float)
    reach : float
        Longest distance, in world units.
    """
    if not len(low):
        return None
    away = np.maximum(np.maximum(low - point, point - high), 0.0)
    squares = (away**2).sum(axis=1)
    best = int(np.argmin(squares))
    return best if squares[best] <= reach**2 else None


def _on_map(low: np.ndarray, high: np.ndarray, frame: Frame, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Rectangles in pixels, none narrower or lower than so many."""
    one, other = frame.pixels(low), frame.pixels(high)
    middle, half = (one + other) / 2, np.maximum(np.abs(other - one), least) / 2
    return middle - half, middle + half


def _covered(low: np.ndarray, high: np.ndarray, colours: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Mean colour of the rectangles in each pixel, and how much of it they cover.

    What a rectangle covers of each pixel is the product of what it covers along either axis, and so are
    the differences between neighbours, of which only four along an axis are not zero: the sums of these,
    summed up twice, are the picture, in a time that does not depend on how large the rectangles are.

    Parameters
    ----------
    low, high : (n, 2) float array
        Pixels from the left and the top.
    colours : (n, 3) float array
    size : (int, int)

    Returns
    -------
    (H, W, 4) float array
        RGBA, 0 … 255, colours multiplied by their opacity.
    """
    width, height = size
    (x, by_x), (y, by_y) = (
        _differences(low[:, axis], high[:, axis], extent) for axis, extent in enumerate(size)
    )
    places = (y[:, :, None] * (width + 2) + x[:, None, :]).reshape(-1)
    weights = (by_y[:, :, None] * by_x[:, None, :]).reshape(len(low), 16)
    planes = []
    for channel in (*colours.T, np.full(len(low), 1.0)):
        sums = np.bincount(places, (weights * channel[:, None]).reshape(-1), (width + 2) * (height + 2))
        planes.append(sums.reshape(height + 2, width + 2).cumsum(axis=0).cumsum(axis=1)[:height, :width])
    cover = np.maximum(planes[3], 1e-6)
    opacity = np.minimum(cover, 1.0)
    return np.stack([*(plane / cover * opacity for plane in planes[:3]), 255.0 * opacity], axis=2)


def _differences(low: np.ndarray, high: np.ndarray, extent: int) -> tuple[np.ndarray, np.ndarray]:
    """Where along an axis the share that is covered changes from one pixel to the next, and by what."""
    low, high = np.clip(low, 0, extent), np.clip(high, 0, extent)
    start, stop = np.floor(low), np.floor(high)
    within, beyond = low - start, high - stop
    places = np.stack([start, start, stop, stop], axis=1).astype(np.int64) + _BEYOND
    return places, np.stack([1 - within, within, beyond - 1, -beyond], axis=1)


def _over(below: np.ndarray, above: np.ndarray) -> np.ndarray:
    return np.asarray(above + below * (1 - above[:, :, 3:] / 255.0))
