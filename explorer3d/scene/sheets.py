"""Rectangles that show a picture, the same or a part of it each, before what stands in the scene."""

from __future__ import annotations

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper

from explorer3d.scene.quads import texture_of

NOWHERE = np.zeros((0, 4, 3), np.float32)
WHOLE = np.array([[0, 0, 1, 1]], np.float32)


class Sheets:
    """Rectangles that show one texture, the whole of it or a part each.

    Attributes
    ----------
    corners : (n, 4, 3) float array
        Bottom left, bottom right, top right, top left of each.
    """

    def __init__(self) -> None:
        self.corners, self._cells = NOWHERE, WHOLE
        self._points, self._data = vtkPoints(), vtkPolyData()
        self._data.SetPoints(self._points)
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(self._data)
        # It would be quantised to where it was first.
        mapper.SetVBOShiftScaleMethod(0)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().LightingOff()
        self.texture = texture_of(np.zeros((1, 1, 4), np.uint8), smooth=True)
        self.actor.SetTexture(self.texture)

    def stand(self, corners: np.ndarray, cells: np.ndarray = WHOLE) -> None:
        """Put them somewhere.

        Parameters
        ----------
        corners : (n, 4, 3) float array
        cells : (n, 4) or (1, 4) float array
            Left, top, right, bottom of what each shows, as shares of the texture.
        """
        if np.array_equal(corners, self.corners) and np.array_equal(cells, self._cells):
            return
        self.corners, self._cells, count = corners, cells, len(corners)
        self._points.SetData(numpy_to_vtk(corners.reshape(-1, 3), deep=True))
        self._points.Modified()
        left, top, right, bottom = np.broadcast_to(cells, (count, 4)).T
        around = np.stack([left, bottom, right, bottom, right, top, left, top], axis=1)
        around = np.ascontiguousarray(around.reshape(-1, 2), np.float32)
        self._data.GetPointData().SetTCoords(numpy_to_vtk(around, deep=True))
        faces = vtkCellArray()
        faces.SetData(4, numpy_to_vtkIdTypeArray(np.arange(4 * count, dtype=np.int64), deep=True))
        self._data.SetPolys(faces)
