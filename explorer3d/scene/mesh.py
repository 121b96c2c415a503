"""Lines and polygons that carry their own colours."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import pyvista as pv
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper


class _Shapes(ABC):
    """Shapes of equally many points in one actor, not lit; at first none."""

    def __init__(self) -> None:
        self._data, self._points = pv.PolyData(), vtkPoints()
        self._data.SetPoints(self._points)
        self._shape = (0, 0)
        mapper, self.actor = vtkOpenGLPolyDataMapper(), vtkActor()
        mapper.SetInputData(self._data)
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().LightingOff()

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
        count, corners = cells.shape
        # Colours of cells VTK keeps in a texture of their own, and the driver makes another program for
        # each kind of size that has.
        places = np.asarray(points, np.float32)[cells.ravel()]
        self._points.SetData(numpy_to_vtk(places, deep=True))
        self._points.Modified()
        each = np.repeat(np.broadcast_to(np.asarray(colours, np.uint8), (count, 3)), corners, axis=0)
        self._data.GetPointData().SetScalars(numpy_to_vtk(each, deep=True))
        if cells.shape != self._shape:
            self._shape = count, corners
            apart: np.ndarray = np.arange(cells.size).reshape(count, corners)
            self._connect(pv.CellArray.from_regular_cells(apart))

    @abstractmethod
    def _connect(self, cells: vtkCellArray) -> None:
        """Draw lines or polygons between the points."""


class Lines(_Shapes):
    """Polylines in one actor; at first none.

    Attributes
    ----------
    actor : vtkActor
    """

    def _connect(self, cells: vtkCellArray) -> None:
        self._data.SetLines(cells)


class Polygons(_Shapes):
    """Polygons in one actor; at first none.

    Attributes
    ----------
    actor : vtkActor
    """

    def _connect(self, cells: vtkCellArray) -> None:
        self._data.SetPolys(cells)


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


def place(actors: Sequence[vtkActor], points: np.ndarray) -> None:
    """Give `sharing` actors other points.

    Parameters
    ----------
    actors : sequence of vtkActor
    points : (n, 3) float array
        World units.
    """
    places = actors[0].GetMapper().GetInput().GetPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))
    places.Modified()


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
