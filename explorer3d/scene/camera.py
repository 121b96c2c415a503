"""A turntable camera: where it looks, how it moves, what it frames."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

VIEW_ANGLE = 28.0


@dataclass(frozen=True)
class Pose:
    """Where the camera stands.

    Attributes
    ----------
    focus : (float, float, float)
        Point in the middle of the picture, in world units.
    azimuth, elevation : float
        Degrees to the right of and above the view straight along −z.
    distance : float
        From the focus, in world units.
    """

    focus: tuple[float, float, float] = (0.0, 0.0, 0.0)
    azimuth: float = 5.0
    elevation: float = 5.0
    distance: float = 30.0

    def axes(self) -> np.ndarray:
        """Directions of the picture in the world.

        Returns
        -------
        (3, 3) float array
            Rows: right, up, forward; unit vectors.
        """
        # Asked for dozens of times a frame: in plain numbers that takes a tenth of what arrays of three do.
        a, e = math.radians(self.azimuth), math.radians(self.elevation)
        sin_a, cos_a, sin_e, cos_e = math.sin(a), math.cos(a), math.sin(e), math.cos(e)
        return np.array(
            [
                [cos_a, 0.0, -sin_a],
                [-sin_a * sin_e, cos_e, -cos_a * sin_e],
                [-sin_a * cos_e, -sin_e, -cos_a * cos_e],
            ]
        )

    def position(self) -> np.ndarray:
        """(3,) float array, world units."""
        return np.asarray(self.focus - self.axes()[2] * self.distance)

    def orbited(self, right: float, up: float) -> Pose:
        """Turned about the focus by degrees; never over the poles."""
        return replace(
            self, azimuth=self.azimuth + right, elevation=float(np.clip(self.elevation + up, -85.0, 85.0))
        )

    def panned(self, right: float, up: float) -> Pose:
        """Moved sideways by world units at the focus."""
        axes = self.axes()
        return self._with_focus(np.asarray(self.focus) + axes[0] * right + axes[1] * up)

    def zoomed(self, factor: float, right: float, up: float) -> Pose:
        """Closer by a factor, keeping the point at (right, up) world units from the focus where it is."""
        distance = float(np.clip(self.distance / factor, 0.05, 1e5))
        axes = self.axes()
        under = np.asarray(self.focus) + axes[0] * right + axes[1] * up
        scale = distance / self.distance
        return replace(self._with_focus(under + (np.asarray(self.focus) - under) * scale), distance=distance)

    def towards(self, goal: Pose, share: float) -> Pose:
        """Part of the way to another pose; exactly there at 1."""
        if share >= 1.0:
            return goal
        focus = np.asarray(self.focus) * (1 - share) + np.asarray(goal.focus) * share
        turn = (goal.azimuth - self.azimuth + 180.0) % 360.0 - 180.0
        return Pose(
            (float(focus[0]), float(focus[1]), float(focus[2])),
            self.azimuth + turn * share,
            self.elevation + (goal.elevation - self.elevation) * share,
            float(self.distance ** (1 - share) * goal.distance**share),
        )

    def _with_focus(self, focus: np.ndarray) -> Pose:
        return replace(self, focus=(float(focus[0]), float(focus[1]), float(focus[2])))


def framing(
    points: np.ndarray, pose: Pose, size: tuple[int, int], margins: tuple[float, float, float, float]
) -> Pose:
    """The closest pose of the same direction from which all points are seen.

    Parameters
    ----------
    points : (n, 3) float array
        World units.
    pose : Pose
        Gives the direction.
    size : (int, int)
        Width and height of the picture in pixels.
    margins : (float, float, float, float)
        Left, top, right, bottom shares of the picture to keep free.

    Returns
    -------
    Pose
    """
    axes = pose.axes()
    r, u, f = axes @ np.asarray(points, float).T
    tan_v = np.tan(np.radians(VIEW_ANGLE / 2))
    tan_h = tan_v * size[0] / size[1]
    left, top, right, bottom = margins
    # Each side of the view is a plane through the eye; a point inside satisfies one inequality
    # linear in the eye's coordinates, so the nearest eye follows in closed form.
    eye_r, far_h = _nearest(r, f, tan_h * (1 - 2 * left), tan_h * (1 - 2 * right))
    eye_u, far_v = _nearest(u, f, tan_v * (1 - 2 * bottom), tan_v * (1 - 2 * top))
    eye_f = min(far_h, far_v)
    # The axis with room to spare is centred at the depth of its own extremes.
    middle = float(np.sort(f)[len(f) // 2])
    if far_h > eye_f:
        eye_r = _centred(r, f, eye_f, tan_h * (right - left))
    if far_v > eye_f:
        eye_u = _centred(u, f, eye_f, tan_v * (top - bottom))
    distance = max(middle - eye_f, 0.5)
    focus = axes[0] * eye_r + axes[1] * eye_u + axes[2] * (eye_f + distance)
    return Pose((float(focus[0]), float(focus[1]), float(focus[2])), pose.azimuth, pose.elevation, distance)


def _nearest(side: np.ndarray, depth: np.ndarray, low: float, high: float) -> tuple[float, float]:
    upper = float(np.max(side - high * depth))
    lower = float(np.max(-side - low * depth))
    eye_depth = -(upper + lower) / (low + high)
    return upper + high * eye_depth, eye_depth


def _centred(side: np.ndarray, depth: np.ndarray, eye_depth: float, shift: float) -> float:
    """Sideways eye position that puts the extent as seen from that depth in the middle."""
    eye = float(side.min() + side.max()) / 2
    for _ in range(8):
        seen = (side - eye) / np.maximum(depth - eye_depth, 1e-6)
        eye += (float(seen.min() + seen.max()) / 2 + shift) * float(np.mean(depth) - eye_depth)
    return eye


@dataclass(frozen=True)
class Projection:
    """A pose seen in a picture of some size: between world units and pixels."""

    pose: Pose
    size: tuple[int, int]

    @property
    def pixels_per_unit(self) -> float:
        """At the focus."""
        return float(self.size[1] / (2 * self.pose.distance * np.tan(np.radians(VIEW_ANGLE / 2))))

    def ray(self, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
        """Line of sight through a pixel.

        Parameters
        ----------
        x, y : float
            Pixels from the left and the top.

        Returns
        -------
        origin, direction : (3,) float array
            World units; the direction is a unit vector.
        """
        right, up = self.offset(x, y)
        axes = self.pose.axes()
        direction = axes[0] * right + axes[1] * up + axes[2] * self.pose.distance
        return self.pose.position(), direction / np.linalg.norm(direction)

    def offset(self, x: float, y: float) -> tuple[float, float]:
        """World units right of and above the focus that a pixel stands for, at the focus."""
        scale = self.pixels_per_unit
        return (x - self.size[0] / 2) / scale, (self.size[1] / 2 - y) / scale

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Where points are seen.

        Parameters
        ----------
        points : (n, 3) float array

        Returns
        -------
        (n, 2) float array
            Pixels from the left and the top.
        """
        r, u, f = self.pose.axes() @ (np.asarray(points, float) - self.pose.position()).T
        scale = self.pixels_per_unit * self.pose.distance / np.maximum(f, 1e-9)
        return np.stack([self.size[0] / 2 + r * scale, self.size[1] / 2 - u * scale], axis=1)
