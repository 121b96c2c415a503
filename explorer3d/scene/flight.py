"""The camera on its way: where it stands, where it flies to, and what it was framed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from explorer3d.scene.camera import Pose, Projection, framing

MARGINS = (0.03, 0.065, 0.03, 0.075)
FLIGHT = 0.55  # seconds


class Flight:
    """A camera that flies, and remembers what it was framed on."""

    def __init__(self) -> None:
        self.pose = Pose()
        self._way: tuple[Pose, Pose, float] | None = None
        self._home: Pose | None = None
        self._subject: tuple[Callable[[], np.ndarray], Callable[[], Pose]] | None = None

    def frame(
        self,
        points: Callable[[], np.ndarray],
        direction: Callable[[], Pose],
        size: tuple[int, int],
        animated: bool,
    ) -> None:
        """Fly to where all of some points are seen, and remember that as home.

        Parameters
        ----------
        points : callable
            Gives an (n, 3) float array in world units.
        direction : callable
            Gives a pose that looks the same way.
        size : (int, int)
            Of the picture, in pixels.
        animated : bool
        """
        self._subject = points, direction
        self._home = framing(points(), direction(), size, MARGINS)
        self.fly(self._home, animated)

    def reframe(self, size: tuple[int, int], animated: bool) -> None:
        """Frame again what was framed last, which may have changed."""
        if self._subject is not None:
            self.frame(*self._subject, size, animated)

    @property
    def at_home(self) -> bool:
        """Whether the camera still stands, or is about to, where the last framing put it."""
        return self.goal == self._home

    def fly(self, goal: Pose, animated: bool = True) -> None:
        if animated:
            self._way = (self.pose, goal, 0.0)
        else:
            self.move(goal)

    def move(self, pose: Pose) -> None:
        """Put the camera somewhere; ends a flight."""
        self._way, self.pose = None, pose

    def stop(self) -> None:
        self._way = None

    def shift(self, by: np.ndarray) -> None:
        """Move the camera by world units, wherever it flies."""
        x, y, z = np.asarray(self.pose.focus) + by
        self.pose = replace(self.pose, focus=(float(x), float(y), float(z)))

    @property
    def goal(self) -> Pose:
        """Where the camera stands, or is about to."""
        return self._way[1] if self._way else self.pose

    @property
    def moving(self) -> bool:
        return self._way is not None

    def advance(self, seconds: float) -> None:
        """Let the flight go on."""
        if self._way is not None:
            start, goal, elapsed = self._way
            elapsed = min(elapsed + seconds / FLIGHT, 1.0)
            # Fast at first: what was asked for comes into view at once.
            self.pose = start.towards(goal, 1 - (1 - elapsed) ** 3)
            self._way = (start, goal, elapsed) if elapsed < 1.0 else None

    def reveal(self, point: np.ndarray, size: tuple[int, int]) -> None:
        """Move sideways until a point is well inside the picture.

        Parameters
        ----------
        point : (3,) float array
            World units.
        size : (int, int)
            Of the picture, in pixels.
        """
        depth = float((point - self.pose.position()) @ self.pose.axes()[2])
        if depth < 0.1 * self.pose.distance:
            # Beside or behind the eye no pixel tells where it lies.
            self.fly(replace(self.pose, focus=(float(point[0]), float(point[1]), float(point[2]))))
            return
        projection = Projection(self.pose, size)
        seen = projection.pixels(point[None])[0] / size
        inside = np.clip(seen, 0.12, 0.88)
        if not np.allclose(seen, inside):
            per_unit = projection.pixels_per_unit * self.pose.distance / depth
            step = (seen - inside) * size / per_unit
            self.fly(self.pose.panned(float(step[0]), -float(step[1])))


def seen_from(pose: Pose, size: tuple[int, int], point: np.ndarray) -> bool:
    """Whether a point stands inside the picture that is seen from a pose.

    Parameters
    ----------
    pose : Pose
    size : (int, int)
        Of the picture, in pixels.
    point : (3,) float array
        World units.
    """
    if (point - pose.position()) @ pose.axes()[2] <= 0:
        return False
    seen = Projection(pose, size).pixels(point[None])[0] / size
    return bool((seen >= 0).all() and (seen <= 1).all())


def free_depth(projection: Projection, front: float) -> float:
    """Depth at which a view first meets the plane z = front; 0 if it stands behind it."""
    width, height = projection.size
    forward = projection.pose.axes()[2]
    depths = []
    for x, y in ((0, 0), (width, 0), (0, height), (width, height)):
        origin, direction = projection.ray(x, y)
        if origin[2] <= front:
            return 0.0
        if direction[2] < 0:
            depths.append((front - origin[2]) / direction[2] * float(direction @ forward))
    return float(min(depths, default=0.0))


def eased(share: float) -> float:
    """Slow at both ends."""
    return share * share * (3.0 - 2.0 * share)
