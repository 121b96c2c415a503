"""All edges of a network in one actor: those in the picture, with the points that can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from explorer3d.scene import mesh
from explorer3d.scene.camera import Projection
from explorer3d.scene.courses import FINEST, segments
from explorer3d.scene.edges import outside
from explorer3d.scene.flight import free_depth
from explorer3d.scene.seen import Drawn, Spots, around, pixel_scale

_OFF = 0.35  # pixels by which a curve may be drawn beside its course
_STEP = 2.0  # ratio of two tolerances that differ enough to draw another curve
_THICK, _THIN = 3.0, 14.0  # pixels of a unit at which lines are as wide as blocks, and much narrower
_RECEDING = 0.65  # how much of the ground's colour lines take that would drown the blocks


class EdgeLines:
    """Edges that are drawn as straight pieces; at first none."""

    def __init__(self) -> None:
        self._colour, self._ground = np.zeros(3), np.zeros(3)
        self._receding = 0.0
        self.actor: vtkActor = mesh.sharing(np.zeros((0, 3)), None, 1)[0]
        self.actor.GetProperty().LightingOff()
        self.stand(np.zeros((0, 2, 3)), np.zeros((0, 2)), ())

    def stand(
        self,
        courses: np.ndarray,
        weights: np.ndarray,
        frames: Sequence[np.ndarray],
        spots: Spots | None = None,
    ) -> None:
        """Let others be drawn.

        Parameters
        ----------
        courses : (edges, points, 3) float array
            All in about the plane z = 0.
        weights : (edges, points) float array
            Of the points, as `courses.weights` gives them.
        frames : sequence of (4, 3) float array
            Corners of opened layers; edges pass behind them.
        spots : Spots, optional
            Those `around` the edges, if they are known.
        """
        self._courses, self._weights, self._frames = courses, weights, frames
        self._drawn = Drawn(spots or around(courses))
        self._level = -1
        self._owners = np.zeros(0, np.intp)

    def recolour(self, colour: np.ndarray, ground: np.ndarray) -> None:
        """Give all edges another colour.

        Parameters
        ----------
        colour, ground : (3,) array
            RGB, 0..255: where they are seen well, and behind them.
        """
        self._colour, self._ground = colour, ground
        self._recede()

    def _recede(self) -> None:
        mixed = self._colour + (self._ground - self._colour) * self._receding
        self.actor.GetProperty().SetColor(*(value / 255 for value in mixed))

    def see(self, projection: Projection) -> None:
        """Draw what is seen from somewhere."""
        unit = projection.pixels_per_unit
        receding = _RECEDING * float(np.clip((_THIN - unit) / (_THIN - _THICK), 0.0, 1.0))
        if receding != self._receding:
            self._receding = receding
            self._recede()
        nearest = free_depth(projection, 0.0)
        tolerance = _OFF * nearest / pixel_scale(projection)
        level = max(0, int(np.floor(np.log(max(tolerance, FINEST) / FINEST) / np.log(_STEP))))
        finer = level != self._level
        if finer:
            self._level = level
            self._bend(FINEST * _STEP**level)
        if self._drawn.see(projection) or finer:
            shown = np.zeros(len(self._courses), bool)
            shown[self._drawn.chosen] = True
            pieces = np.flatnonzero(shown[self._owners])
            mesh.draw(self.actor, 2 * pieces[:, None] + [0, 1])

    def _bend(self, tolerance: float) -> None:
        pieces, owners = segments(self._courses, self._weights > tolerance)
        for frame in self._frames:
            pieces, owners = outside(pieces, owners, frame[:, :2].min(axis=0), frame[:, :2].max(axis=0))
        self._owners = owners
        mesh.place([self.actor], pieces.reshape(-1, 3))
