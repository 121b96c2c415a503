"""Which of many things are inside the picture, and how large: all at once, a few operations each."""

from __future__ import annotations

import numpy as np

from explorer3d.scene.camera import VIEW_ANGLE, Projection

_MARGIN = 0.15  # share of the picture around it in which things are drawn as well
_SPARE = 500  # things that may be drawn though they are not seen
_DWARFED = 0.8  # share of the least diameter below which things are drawn no more


class Spots:
    """Things that are each enclosed by a ball.

    Parameters
    ----------
    low, high : (n, 3) float array
        Opposite corners of the things, in world units.
    """

    def __init__(self, low: np.ndarray, high: np.ndarray) -> None:
        # Contiguous rows of the shortest floats: what is done with them is bound by memory.
        self._middles = np.ascontiguousarray((low + high).T / 2, np.float32)
        self._radii = np.linalg.norm(high - low, axis=1).astype(np.float32) / 2

    def depths(self, projection: Projection) -> np.ndarray:
        """(n,) float array: distance of the middles before the eye, along the line of sight."""
        forward = projection.pose.axes()[2]
        return np.asarray(self._along(forward) - np.float32(projection.pose.position() @ forward), np.float32)

    def inside(self, projection: Projection, depths: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """Which may be seen in the picture.

        Parameters
        ----------
        projection : Projection
        depths : (n,) float array
            As `depths` gave them.
        margin : float
            Share of the picture beyond each side of it that counts as inside.

        Returns
        -------
        (n,) bool array
        """
        axes, eye = projection.pose.axes(), projection.pose.position()
        tan = np.tan(np.radians(VIEW_ANGLE / 2)) * (1.0 + 2.0 * margin)
        met = depths > -self._radii
        for axis, slope in ((axes[0], tan * projection.size[0] / projection.size[1]), (axes[1], tan)):
            aside = np.abs(self._along(axis) - np.float32(eye @ axis))
            # A ball touches the plane through the eye that bounds the picture.
            met &= aside <= np.float32(slope) * depths + np.float32(np.hypot(1.0, slope)) * self._radii
        return np.asarray(met)

    def diameters(self, projection: Projection, depths: np.ndarray) -> np.ndarray:
        """(n,) float array: pixels that each ball takes; infinite around the eye."""
        scale = np.float32(2.0 * pixel_scale(projection))
        with np.errstate(divide="ignore"):
            return np.asarray(self._radii * scale / np.maximum(depths, 0.0), np.float32)

    def _along(self, axis: np.ndarray) -> np.ndarray:
        x, y, z = (np.float32(value) for value in axis)
        return np.asarray(self._middles[0] * x + self._middles[1] * y + self._middles[2] * z)


def around(courses: np.ndarray) -> Spots:
    """Balls around curves, of (curves, points, 3) float coordinates."""
    return Spots(courses.min(axis=1), courses.max(axis=1))


class Drawn:
    """Which of many things are drawn: all that are seen, and some around them.

    To draw others costs more than to draw a few too many, so that small moves change nothing.

    Parameters
    ----------
    spots : Spots
    """

    def __init__(self, spots: Spots) -> None:
        self._spots = spots
        self.chosen = np.zeros(0, np.intp)
        self._mask: np.ndarray | None = None

    def see(self, projection: Projection, least: float = 0.0) -> bool:
        """Choose what to draw.

        Parameters
        ----------
        projection : Projection
        least : float
            Diameter in pixels below which a thing is not drawn.

        Returns
        -------
        bool
            Whether it is others than before.
        """
        spots = self._spots
        depths = spots.depths(projection)
        diameters = spots.diameters(projection, depths)
        large = diameters >= least
        seen = spots.inside(projection, depths) & large
        if self._mask is not None and not (seen & ~self._mask).any():
            enough = 2 * np.count_nonzero(seen) + _SPARE
            dwarfed = least > 0.0 and bool((diameters[self.chosen] < _DWARFED * least).any())
            if np.count_nonzero(self._mask) <= enough and not dwarfed:
                return False
        self._mask = spots.inside(projection, depths, _MARGIN) & large
        self.chosen = np.flatnonzero(self._mask)
        return True


def pixel_scale(projection: Projection) -> float:
    """Pixels that a world unit takes at a distance of one."""
    return projection.pixels_per_unit * projection.pose.distance
