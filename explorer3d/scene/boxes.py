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
        self._low, self._high = centres - sizes * [0.5, 0.5, 1.0], centres + sizes * [0.5, 0.5, 0.0]
        self._spots = Spots(self._low, self._high)
        self._sizes = np.asarray(sizes, np.float32)
        corners = (centres[:, None] + _CORNERS * sizes[:, None]).reshape(-1, 3)
        self.actors: list[vtkActor] = mesh.sharing(corners, np.repeat(colours, 8, axis=0), 3)
        self.drawn = [np.zeros(0, np.int64)] * 3
        for actor in self.actors:
            actor.GetProperty().LightingOff()

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
        forward = projection.pose.axes()[2]
        depths = self._spots.depths(projection)
        inside = np.flatnonzero(self._spots.inside(projection, depths))
        eye = projection.pose.position()
        low, high, sizes = self._low[inside], self._high[inside], self._sizes[inside]
        away = np.abs((low + high) / 2 - eye)
        # Pixels per world unit, and once more by the distance: |away| / distance is a cosine.
        scale = pixel_scale(projection) / np.maximum(depths[inside], 1e-3) / np.linalg.norm(away, axis=1)
        for axis, actor in enumerate(self.actors):
            actor.GetProperty().SetAmbient(AMBIENT)
            actor.GetProperty().SetDiffuse(DIFFUSE * abs(float(forward[axis])))
            lower, upper = eye[axis] < low[:, axis], eye[axis] > high[:, axis]
            met = lower | upper
            if axis < 2:
                met &= sizes[:, 2] * away[:, axis] * scale > _THINNEST
            sides = _SIDES[axis][upper[met].astype(np.intp)]
            cells = 8 * inside[met, None] + sides
            if not np.array_equal(cells, self.drawn[axis]):
                self.drawn[axis] = cells
                mesh.draw(actor, cells)
