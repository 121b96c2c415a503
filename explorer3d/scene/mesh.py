"""Lines and polygons that carry their own colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyvista as pv
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper


class _Shapes:
    """Shapes of equally many points in one actor, not lit; at first none."""

    _cells: str

    def __init__(self) -> None:
        self._mapper, self.actor = vtkOpenGLPolyDataMapper(), vtkActor()
        self.actor.SetMapper(self._mapper)
        self.actor.GetProperty().LightingOff()
        self.show(np.zeros((0, 3)), np.zeros((0, 2), int), np.zeros((0, 3)))

    def show(self, points: np.ndarray, cells: np.ndarray, colours: np.ndarray) -> None:
        """Draw others.

        Parameters
        ----------
        points : (n, 3) float array
            World units.
        cells : (m, k) int array
            The points of each line; the corners of each polygon, anticlockwise seen from its front.
        colours : (m, 3) or (3,) array
            RGB, 0..255, of each or of all.
        """
        data, (count, corners) = pv.PolyData(), cells.shape
        if count:
            # Colours of cells VTK keeps in a texture of their own, and the driver makes another program for
            # each kind of size that has.
            data.points = np.ascontiguousarray(points, np.float32)[cells.ravel()]
            apart: np.ndarray = np.arange(cells.size).reshape(count, corners)
            setattr(data, self._cells, pv.CellArray.from_regular_cells(apart))
            each = np.broadcast_to(np.asarray(colours, np.uint8), (count, 3))
            data.point_data["colour"] = np.repeat(each, corners, axis=0)
            data.set_active_scalars("colour", "point")
        self._mapper.SetInputData(data)


class Lines(_Shapes):
    """Polylines in one actor; at first none.

    Attributes
    ----------
    actor : vtkActor
    """

    _cells = "lines"


class Polygons(_Shapes):
    """Polygons in one actor; at first none.

    Attributes
    ----------
    actor : vtkActor
    """

    _cells = "faces"


def sharing(points: np.ndarray, colours: np.ndarray | None, count: int) -> list[vtkActor]:
    """Actors that draw different things between the same points; at first none.

    Parameters
    ----------
    points : (n, 3) float array
        World units.
    colours : (n, 3) uint8 array, optional
        RGB at each point; without them each actor has its own colour.
    count : int
        Number of actors.
    """
    places, actors = vtkPoints(), []
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    for _ in range(count):
        data = vtkPolyData()
        data.SetPoints(places)
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(data)
        actor = vtkActor()
        actor.SetMapper(mapper)
        # What is drawn is chosen by those who draw; to find the bounds of it takes as long.
        actor.UseBoundsOff()
        actors.append(actor)
    if colours is not None:
        recolour_points(actors, colours)
    return actors


def recolour_points(actors: Sequence[vtkActor], colours: np.ndarray) -> None:
    """Give the points of `sharing` actors other colours.

    Parameters
    ----------
    actors : sequence of vtkActor
    colours : (n, 3) uint8 array
        RGB at each point.
    """
    scalars = numpy_to_vtk(np.ascontiguousarray(colours, np.uint8), deep=True)
    for actor in actors:
        actor.GetMapper().GetInput().GetPointData().SetScalars(scalars)


def place_together(actors: Sequence[vtkActor], points: np.ndarray) -> None:
    """Give all `sharing` actors other points, in the place of the same ones.

    Parameters
    ----------
    actors : sequence of vtkActor
    points : (n, 3) float array
        World units.
    """
    places = actors[0].GetMapper().GetInput().GetPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    places.Modified()


def place(actor: vtkActor, points: np.ndarray) -> None:
    """Give one of the `sharing` actors other points.

    Parameters
    ----------
    actor : vtkActor
    points : (n, 3) float array
        World units.
    """
    places = vtkPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    actor.GetMapper().GetInput().SetPoints(places)


def draw(actor: vtkActor, cells: np.ndarray) -> None:
    """Let one of the `sharing` actors draw other lines or polygons.

    Parameters
    ----------
    actor : vtkActor
    cells : (m, k) int array
        The points of each; two make a line.
    """
    array = vtkCellArray()
    flat = np.ascontiguousarray(cells, np.int64).ravel()
    array.SetData(cells.shape[1], numpy_to_vtkIdTypeArray(flat, deep=True))
    data = actor.GetMapper().GetInput()
    if cells.shape[1] == 2:
        data.SetLines(array)
    else:
        data.SetPolys(array)
