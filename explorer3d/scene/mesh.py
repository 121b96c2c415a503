"""Lines and polygons that carry their own colours."""

from __future__ import annotations

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper


def lines(points: np.ndarray, cells: np.ndarray, colours: np.ndarray) -> vtkActor:
    """Polylines of equally many points, not lit.

    Parameters
    ----------
    points : (n, 3) float array
        World units.
    cells : (m, k) int array
        The points of each line.
    colours : (m, 3) or (3,) array
        RGB, 0..255, of each line or of all.
    """
    mesh = vtkPolyData()
    mesh.SetLines(_cells(cells))
    actor = _actor(mesh, points, cells, colours)
    actor.GetProperty().LightingOff()
    return actor


def polygons(points: np.ndarray, cells: np.ndarray, colours: np.ndarray) -> vtkActor:
    """Polygons of equally many corners.

    Parameters
    ----------
    points : (n, 3) float array
        World units.
    cells : (m, k) int array
        The corners of each polygon, anticlockwise seen from its front.
    colours : (m, 3) or (3,) array
        RGB, 0..255, of each polygon or of all.
    """
    mesh = vtkPolyData()
    mesh.SetPolys(_cells(cells))
    return _actor(mesh, points, cells, colours)


def _cells(cells: np.ndarray) -> vtkCellArray:
    array = vtkCellArray()
    array.SetData(cells.shape[1], numpy_to_vtkIdTypeArray(cells.astype(np.int64).reshape(-1), deep=True))
    return array


def _actor(mesh: vtkPolyData, points: np.ndarray, cells: np.ndarray, colours: np.ndarray) -> vtkActor:
    corners = vtkPoints()
    corners.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    mesh.SetPoints(corners)
    each = np.broadcast_to(np.asarray(colours, np.uint8), (len(cells), 3))
    mesh.GetCellData().SetScalars(numpy_to_vtk(np.ascontiguousarray(each), deep=True))
    mapper = vtkOpenGLPolyDataMapper()
    mapper.SetInputData(mesh)
    actor = vtkActor()
    actor.SetMapper(mapper)
    return actor
