"""Upright boxes: of each only those sides are drawn that are seen, in the shade that they have there."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from explorer3d.scene import mesh
from explorer3d.scene.camera import Projection
from explorer3d.scene.seen import Spots, pixel_scale

AMBIENT, DIFFUSE = 0.42, 0.62
_THINNEST = 0.6  # pixels below which a side is not drawn

_CORNERS = np.array([[x, y, z] for z in (-1, 0) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
# By axis: the side where the coordinate is lowest, and that where it is highest.
_SIDES = np.array([[[0, 4, 6, 2], [1, 3, 7, 5]], [[0, 1, 5, 4], [2, 6, 7, 3]], [[0, 2, 3, 1], [4, 5, 7, 6]]])


class Boxes:
    """Boxes in one actor for each axis.

    They look as if lit from the eye: all sides of the same direction then have the same shade, which is
    set once for each actor instead of being found for each pixel.

    Parameters
    ----------
    centres : (n, 3) float array
        Middle of each front face, in world units.
    sizes : (n, 3) float array
        Width, height, depth.
    colours : (n, 3) uint8 array
        RGB.
    """

    def __init__(self, centres: np.ndarray, sizes: np.ndarray, colours: np.ndarray) -> None:
        corners = self._stand(centres, sizes)
        self.actors: list[vtkActor] = mesh.sharing(corners, np.repeat(colours, 8, axis=0), 3)
        self.drawn = [np.zeros(0, np.int64)] * 3
        for actor in self.actors:
            actor.GetProperty().LightingOff()

    def move(self, centres: np.ndarray, sizes: np.ndarray) -> None:
        """Put the same boxes elsewhere, in other sizes."""
        mesh.place(self.actors, self._stand(centres, sizes))

    def _stand(self, centres: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """(8 n, 3) float array: their corners."""
        low, high = centres - sizes * [0.5, 0.5, 1.0], centres + sizes * [0.5, 0.5, 0.0]
        self._spots = Spots(low, high)
        self._low, self._high = (np.ascontiguousarray(corner.T, np.float32) for corner in (low, high))
        self._depths = np.asarray(sizes[:, 2], np.float32)
        return np.asarray((centres[:, None] + _CORNERS * sizes[:, None]).reshape(-1, 3))

    def recolour(self, colours: np.ndarray) -> None:
        """Give the boxes other colours.

        Parameters
        ----------
        colours : (n, 3) uint8 array
            RGB.
        """
        mesh.recolour_points(self.actors, np.repeat(colours, 8, axis=0))

    def see(self, projection: Projection) -> None:
        """Draw what is seen from somewhere."""
        forward, eye = projection.pose.axes()[2], projection.pose.position().astype(np.float32)
        scale = np.float32(pixel_scale(projection))
        distances = self._spots.depths(projection)
        inside = self._spots.inside(projection, distances)
        # Seen from aside, no side is wider.
        aside = inside & (self._depths * scale > np.float32(_THINNEST) * distances)
        for axis, actor in enumerate(self.actors):
            actor.GetProperty().SetAmbient(AMBIENT)
            actor.GetProperty().SetDiffuse(DIFFUSE * abs(float(forward[axis])))
            chosen = np.flatnonzero(inside if axis == 2 else aside)
            upper = eye[axis] > self._high[axis, chosen]
            met = upper | (eye[axis] < self._low[axis, chosen])
            if axis < 2:
                away = (self._low[:, chosen] + self._high[:, chosen]) / 2 - eye[:, None]
                share = np.abs(away[axis]) / np.sqrt((away * away).sum(axis=0))
                pixels = self._depths[chosen] * share * scale / np.maximum(distances[chosen], 1e-3)
                met &= pixels > _THINNEST
            cells = 8 * chosen[met, None] + _SIDES[axis][upper[met].astype(np.intp)]
            if not np.array_equal(cells, self.drawn[axis]):
                self.drawn[axis] = cells
                mesh.draw(actor, cells)
