"""Lines and polygons that carry their own colours."""

from __future__ import annotations

import numpy as np
import pyvista as pv
from vtkmodules.util.numpy_support import numpy_to_vtk
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
    mesh = pv.PolyData()
    mesh.points = np.ascontiguousarray(points, np.float32)
    mesh.lines = pv.CellArray.from_regular_cells(cells)
    actor = _actor(mesh, len(cells), colours)
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
    mesh = pv.PolyData()
    mesh.points = np.ascontiguousarray(points, np.float32)
    mesh.faces = pv.CellArray.from_regular_cells(cells)
    return _actor(mesh, len(cells), colours)


def recolour(actor: vtkActor, colours: np.ndarray) -> None:
    """Give lines or polygons other colours.

    Parameters
    ----------
    actor : vtkActor
    colours : (m, 3) uint8 array
        RGB of each line or polygon.
    """
    scalars = numpy_to_vtk(np.ascontiguousarray(colours, np.uint8), deep=True)
    actor.GetMapper().GetInput().GetCellData().SetScalars(scalars)


def _actor(mesh: pv.PolyData, count: int, colours: np.ndarray) -> vtkActor:
    if count:
        each = np.broadcast_to(np.asarray(colours, np.uint8), (count, 3))
        mesh.cell_data["colour"] = np.ascontiguousarray(each)
        mesh.set_active_scalars("colour", "cell")
    mapper = vtkOpenGLPolyDataMapper()
    mapper.SetInputData(mesh)
    actor = vtkActor()
    actor.SetMapper(mapper)
    return actor
