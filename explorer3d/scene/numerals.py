"""The numbers of opened tensors, written into their cells wherever these are seen large enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper

from explorer3d.manners import MANNERS
from explorer3d.scene.camera import Projection
from explorer3d.scene.digits import digits_of
from explorer3d.scene.legible import Patch
from explorer3d.scene.look import Look, magnified
from explorer3d.scene.palette import Colour
from explorer3d.scene.panel import LIFT, Panel
from explorer3d.scene.parts import Parts
from explorer3d.scene.pyramid import AVERAGED
from explorer3d.scene.shade import DARK_INK, LIGHT_INK, takes_dark_ink
from explorer3d.scene.standing import Standing

MOST = 20_000  # numbers that are written at once
_LEAST = 10.0  # logical pixels of an em from which on one can read

# Letters lie in the plane of their cells; they stand before them, and before what lies over these, as far as
# depth goes, but not aside of them.
_PLACE = f"""
  gl_Position = MCDCMatrix * vertexMC;
  float nearer = min(max(0.02 * gl_Position.w, {4 * LIFT}), 0.5 * gl_Position.w);
  vec4 ahead = MCDCMatrix * vec4(vertexMC.xyz - cameraForward * nearer, 1.0);
  gl_Position.z = ahead.z / ahead.w * gl_Position.w;
"""
_INK = """
  vec2 place = tcoordVCVSOutput;
  float ink = averaged(glyphs, place, dFdx(place), dFdy(place)).r;
  if (ink < 0.02) discard;
  gl_FragData[0] = vec4(vertexColorVSOutput.rgb, ink);
"""


def least(scale: float, size: tuple[int, int], look: Look) -> float:
    """Pixels of an em from which on one can read a number.

    Parameters
    ----------
    scale : float
        Pixels per logical pixel.
    size : (int, int)
        Of the picture, in pixels.
    look : Look
    """
    return _LEAST * magnified(scale, size[1]) * look.text


@dataclass(frozen=True, eq=False)
class Written:
    """Numbers and where they are written.

    Attributes
    ----------
    texts : sequence of str
    ends : (n, 3) float array
        The right end of each, halfway up its line, in world units.
    right, up : (3,) float array
        An em along the line, and at right angles to it.
    inks : (n, 3) uint8 array
    """

    texts: Sequence[str]
    ends: np.ndarray
    right: np.ndarray
    up: np.ndarray
    inks: np.ndarray


class Numerals:
    """All numbers in one actor.

    Attributes
    ----------
    written : sequence of Written
        One for each part of a tensor.
    """

    def __init__(self, parts: Parts) -> None:
        self.written: Sequence[Written] = ()
        self._parts = parts
        self._known: tuple[object, ...] = ()
        self._data = vtkPolyData()
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(self._data)
        mapper.SetVBOShiftScaleMethod(0)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().LightingOff()
        self.actor.GetProperty().SetTexture("glyphs", parts.type.texture)
        self.actor.ForceTranslucentOn()
        program = self.actor.GetShaderProperty()
        program.AddVertexShaderReplacement("//VTK::PositionVC::Impl", True, _PLACE, False)
        program.AddFragmentShaderReplacement(
            "//VTK::Normal::Dec", True, "//VTK::Normal::Dec" + AVERAGED, False
        )
        program.AddFragmentShaderReplacement("//VTK::TCoord::Impl", True, _INK, False)

    def follow(self, standing: Standing, projection: Projection | None, look: Look, least: float) -> None:
        """Write what can be read now.

        Parameters
        ----------
        standing : Standing
        projection : Projection or None
            None: nothing can be read.
        look : Look
        least : float
            Pixels of an em from which on one can read.
        """
        manner = MANNERS[standing.mode]
        chosen: list[tuple[Panel, list[Patch]]] = []
        if manner.numbers and projection is not None and not standing.moving:
            room = MOST
            for panel in standing.panels:
                patches = panel.written(projection, least)
                count = sum(patch.size for patch in patches)
                if 0 < count <= room:
                    room -= count
                    chosen.append((panel, patches))
        for panel in standing.panels:
            panel.see(manner, look.theme, any(panel is one for one, _ in chosen))
        known = (manner, look, *((*entry, entry[0].stamp) for entry in chosen))
        if known != self._known:
            self._known = known
            ink = None if manner.colour else look.theme.text
            self._write([written for panel, patches in chosen for written in _set(panel, patches, ink)])
        if self.written and projection is not None:
            forward = [float(value) for value in projection.pose.axes()[2]]
            self.actor.GetShaderProperty().GetVertexCustomUniforms().SetUniform3f("cameraForward", forward)

    def _write(self, written: Sequence[Written]) -> None:
        self.written = written
        if not written:
            self._parts.replace("numerals", [])
            return
        self._parts.type.renew()
        # Far from the middle of a network, single precision would not tell one letter's sides apart.
        origin = written[0].ends[0]
        points, coordinates, inks = [], [], []
        for part in written:
            digits = digits_of(part.texts)
            left, bottom, right, top = (side[:, None, None] for side in digits.places.T)
            ends = (part.ends - origin)[digits.owners][:, None]
            corners = ((left, bottom), (right, bottom), (right, top), (left, top))
            points.append(np.concatenate([ends + x * part.right + y * part.up for x, y in corners], axis=1))
            u0, v0, u1, v1 = digits.boxes.T
            coordinates.append(np.stack([u0, v1, u1, v1, u1, v0, u0, v0], axis=1))
            inks.append(part.inks[digits.owners])
        vertices = np.concatenate(points).reshape(-1, 3).astype(np.float32)
        places = vtkPoints()
        places.SetData(numpy_to_vtk(vertices, deep=True))
        self._data.SetPoints(places)
        faces = vtkCellArray()
        faces.SetData(4, numpy_to_vtkIdTypeArray(np.arange(len(vertices), dtype=np.int64), deep=True))
        self._data.SetPolys(faces)
        attributes = self._data.GetPointData()
        around = np.concatenate(coordinates).reshape(-1, 2).astype(np.float32)
        attributes.SetTCoords(numpy_to_vtk(around, deep=True))
        attributes.SetScalars(numpy_to_vtk(np.repeat(np.concatenate(inks), 4, axis=0), deep=True))
        self.actor.SetPosition(*origin)
        self._parts.replace("numerals", [self.actor])


def _set(panel: Panel, patches: Sequence[Patch], ink: Colour | None) -> list[Written]:
    """Numbers of some parts of a tensor; without a given ink, in the one that is read on their colours."""
    setting, cells = panel.setting, panel.cells
    assert setting is not None and cells is not None
    rows, columns = cells.grid
    found = []
    for patch in patches:
        tiles = np.array(patch.tiles, np.intp)
        down, across = np.arange(patch.top, patch.bottom), np.arange(patch.left, patch.right)
        numbers, there = cells.numbers(tiles, down, across)
        corners = panel.quads.corners[tiles].astype(float)
        start, wide, high = corners[:, 3], corners[:, 2] - corners[:, 3], corners[:, 0] - corners[:, 3]
        middles = (
            start[:, None, None]
            + ((across + 0.5) / columns)[:, None] * wide[:, None, None]
            + ((down + 0.5) / rows)[:, None, None] * high[:, None, None]
        )
        inks = np.array(ink or LIGHT_INK, np.uint8)
        if ink is None:
            dark = takes_dark_ink(panel.colours_of(numbers, tiles))[..., None]
            inks = np.where(dark, np.array(DARK_INK, np.uint8), inks)
        inks = np.broadcast_to(inks, (*there.shape, 3))[there]
        right = setting.em * wide[0] / np.linalg.norm(wide[0])
        up = -setting.em * high[0] / np.linalg.norm(high[0])
        ends = middles[there] + setting.width / 2 * right
        values = numbers[there].reshape(len(ends), cells.lines)
        for place in range(cells.lines):
            lift = ((cells.lines - 1) / 2 - place) * setting.line * up
            texts = [setting.figures.write(value) for value in values[:, place].tolist()]
            found.append(Written(texts, ends + lift, right, up, inks))
    return found
