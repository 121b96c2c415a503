"""Labels in the scene: many short texts in one actor, always facing the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataObject, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper

from explorer3d.scene.fading import faded
from explorer3d.scene.glyphs import EM, PAD, Line, advance, ink, line
from explorer3d.scene.palette import DARK, Colour, Theme
from explorer3d.scene.pyramid import AVERAGED, pyramid
from explorer3d.scene.quads import fill, texture_of

__all__ = ["Label", "Labels", "Lines", "Type", "Writing", "fitted", "length", "set_in"]

SMALLEST = 0.66  # share of its size to which a long label shrinks before it is shortened
LEGIBLE = 5.5  # pixels of an em below which a label is only noise

# Seen aslant, the block above a label and the next one would cut into it: it stands before what is only a
# little nearer. Letters of a fixed size stand before everything.
_PLACE = """
  bool fixedSize = glyphOffset.z < 0.0;
  float unit = fixedSize ? (MCDCMatrix * vec4(vertexMC.xyz, 1.0)).w / pixelScale : 1.0;
  vec3 placed = vertexMC.xyz + (cameraRight * glyphOffset.x + cameraUp * glyphOffset.y) * unit;
  gl_Position = MCDCMatrix * vec4(placed, 1.0);
  vec4 ahead = MCDCMatrix * vec4(placed - cameraForward * min(1.2, 0.5 * gl_Position.w), 1.0);
  gl_Position.z = ahead.z / ahead.w * gl_Position.w;
  if (fixedSize) gl_Position.z = -0.999 * gl_Position.w;
  else if (glyphOffset.z * pixelScale < legible * gl_Position.w) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
"""
_INK = """
  vec2 place = tcoordVCVSOutput;
  float ink = averaged(glyphs, place, dFdx(place), dFdy(place)).r;
  if (ink < 0.02) discard;
  gl_FragData[0] = vec4(vertexColorVSOutput.rgb, vertexColorVSOutput.a * ink);
"""


@dataclass(frozen=True)
class Label:
    """A line of text at a point of the scene.

    Attributes
    ----------
    text : str
    anchor : (float, float, float)
        World units.
    height : float
        Of an em, in world units.
    colour : (int, int, int)
    align : float
        0 starts at the anchor, 0.5 is centred on it, 1 ends there.
    drop : float
        World units that the middle of the line stands below the anchor, in the picture's plane.
    bold : bool
    room : float
        Longest line in world units. A longer text is first written smaller, then shortened. 0: no limit.
    """

    text: str
    anchor: tuple[float, float, float]
    height: float
    colour: Colour = DARK.text
    align: float = 0.5
    drop: float = 0.0
    bold: bool = False
    room: float = 0.0


def length(text: str, bold: bool = False) -> float:
    """Length of a line in ems."""
    return sum(advance(character, bold) for character in text)


def fitted(text: str, room: float, bold: bool = False) -> str:
    """A text shortened to a length in ems: of a path the end is kept, of a name both ends."""
    if length(text, bold) <= room:
        return text
    for kept in range(len(text) - 1, 0, -1):
        front = 0 if "/" in text else (kept + 1) // 2
        short = text[:front] + "…" + text[len(text) - (kept - front) :]
        if length(short, bold) <= room:
            return short
    return "…"


@lru_cache(maxsize=8192)
def set_in(text: str, room: float, bold: bool) -> tuple[Line, float]:
    """A line as it is written where there is room for so many ems (0: no limit), and the share of its
    size that it takes for that."""
    text = "".join(c if c.isprintable() else " " for c in text)
    if not room:
        return line(text, bold), 1.0
    share = float(np.clip(room / max(length(text, bold), 1e-9), SMALLEST, 1.0))
    return line(fitted(text, room / share + 1e-6, bold), bold), share


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of text and where they are written.

    Attributes
    ----------
    lines : sequence of Line
    anchors : (m, 3) float array
        World units.
    heights : (m,) float array
        Of an em, in world units; of a fixed line, in pixels.
    drops : (m,) float array
        How far the middle of each line stands below its anchor, in the same units.
    colours : (m, 3) uint8 array
        RGB.
    aligns : (m,) float array or float
        See `Label`.
    limits : (m,) float array, optional
        Height that has to be legible for the line to be written; its own if not given.
    fixed : bool
        Whether they have the same size wherever they are, and stand before everything.
    nodes : (m,) int array, optional
        The node that each belongs to; -1: to none.
    plate : (int, int, int, int), optional
        Colour (RGBA) of what lies behind each line.
    """

    lines: Sequence[Line]
    anchors: np.ndarray
    heights: np.ndarray
    drops: np.ndarray
    colours: np.ndarray
    aligns: np.ndarray | float = 0.5
    limits: np.ndarray | None = None
    fixed: bool = False
    nodes: np.ndarray | None = None
    plate: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, eq=False)
class _Letters:
    """Rectangles: offsets (k, 4, 3) as the shader takes them, and of each its line, box, colour, node."""

    offsets: np.ndarray
    lines: np.ndarray
    boxes: np.ndarray
    colours: np.ndarray
    nodes: np.ndarray


class Type:
    """The ink of letters as a texture, for all that is written on one canvas: the driver is given it once."""

    def __init__(self) -> None:
        self._texels = ink().texels
        self.texture = texture_of(pyramid(self._texels), smooth=True)

    def renew(self) -> None:
        """Take in letters that have been drawn since."""
        if self._texels is not ink().texels:
            self._texels = ink().texels
            fill(self.texture, pyramid(self._texels))


class Writing:
    """Lines of text in one actor; at first none.

    Parameters
    ----------
    legible : float
        Pixels of an em below which a line is not drawn.
    type : Type, optional
        Its own if not given.
    """

    def __init__(self, legible: float = LEGIBLE, type: Type | None = None) -> None:
        self.legible = legible
        self._ink = ink()
        self._colours = np.zeros((0, 4), np.uint8)
        self._nodes = np.zeros(0, np.intp)
        self._data = vtkPolyData()
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(self._data)
        mapper.SetVBOShiftScaleMethod(0)
        mapper.MapDataArrayToVertexAttribute(
            "glyphOffset", "glyphOffset", vtkDataObject.FIELD_ASSOCIATION_POINTS, -1
        )
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().LightingOff()
        self._type = type or Type()
        self.actor.GetProperty().SetTexture("glyphs", self._type.texture)
        self.actor.ForceTranslucentOn()
        # The glyphs stand off their anchors, so the anchors' bounds would cull them too early.
        self.actor.UseBoundsOff()
        program = self.actor.GetShaderProperty()
        program.AddVertexShaderReplacement("//VTK::PositionVC::Dec", True, "in vec3 glyphOffset;\n", False)
        program.AddVertexShaderReplacement("//VTK::PositionVC::Impl", True, _PLACE, False)
        program.AddFragmentShaderReplacement(
            "//VTK::Normal::Dec", True, "//VTK::Normal::Dec" + AVERAGED, False
        )
        program.AddFragmentShaderReplacement("//VTK::TCoord::Impl", True, _INK, False)
        self.face(np.eye(3), 1.0)
        self.write([])

    def write(self, parts: Sequence[Lines]) -> None:
        """Write other lines, later ones over earlier ones."""
        letters, written = [], 0
        for part in parts:
            letters += self._set(part, written)
            written += len(part.lines)
        self._type.renew()

        def joined(arrays: list[np.ndarray], *shape: int) -> np.ndarray:
            return np.concatenate([*arrays, np.zeros((0, *shape), arrays[0].dtype if arrays else float)])

        offsets = joined([piece.offsets for piece in letters], 4, 3)
        self._lines = joined([piece.lines for piece in letters]).astype(np.intp)
        boxes = joined([piece.boxes for piece in letters], 4)
        self._colours = joined([piece.colours for piece in letters], 4).astype(np.uint8)
        self._nodes = joined([piece.nodes for piece in letters]).astype(np.intp)
        count = len(offsets)
        u0, v0, u1, v1 = boxes.T
        coordinates = np.stack([u0, v1, u1, v1, u1, v0, u0, v0], axis=1)
        self.stand(np.concatenate([*(part.anchors for part in parts), np.zeros((0, 3))]))
        faces = vtkCellArray()
        faces.SetData(4, numpy_to_vtkIdTypeArray(np.arange(4 * count, dtype=np.int64), deep=True))
        self._data.SetPolys(faces)
        attributes = self._data.GetPointData()
        attributes.SetTCoords(numpy_to_vtk(coordinates.reshape(-1, 2).astype(np.float32), deep=True))
        shift = numpy_to_vtk(offsets.reshape(-1, 3).astype(np.float32), deep=True)
        shift.SetName("glyphOffset")
        attributes.AddArray(shift)
        self._colour(self._colours)

    def stand(self, anchors: np.ndarray) -> None:
        """Put the same lines elsewhere.

        Parameters
        ----------
        anchors : (lines, 3) float array
            World units, in the order in which they were written.
        """
        points = vtkPoints()
        places = np.repeat(anchors[self._lines], 4, axis=0).astype(np.float32)
        points.SetData(numpy_to_vtk(places, deep=True))
        self._data.SetPoints(points)

    def _set(self, part: Lines, written: int) -> list[_Letters]:
        count = len(part.lines)
        if not count:
            return []
        lengths = np.array([len(line.glyphs) for line in part.lines], np.intp)
        heights = np.asarray(part.heights, float)
        shifts = np.broadcast_to(part.aligns, count) * np.array([line.length for line in part.lines])
        glyphs = np.concatenate([line.glyphs for line in part.lines])
        starts = np.concatenate([line.starts for line in part.lines]) - np.repeat(shifts, lengths)
        boxes = self._ink.boxes[glyphs]
        tall = np.repeat(heights, lengths)[:, None]
        left, top, right, bottom = boxes.T[:, :, None] / EM
        half = (bottom - top) / 2 * tall
        drops = np.repeat(part.drops, lengths)[:, None] + self._ink.drops[glyphs][:, None] * tall
        x0 = (starts[:, None] - PAD / EM) * tall
        x1 = x0 + (right - left) * tall
        limits = -heights if part.fixed else (heights if part.limits is None else part.limits)
        nodes = np.full(count, -1) if part.nodes is None else part.nodes
        solid = np.full((count, 1), 255)
        letters = _Letters(
            _rectangles(x0, x1, -half - drops, half - drops, np.repeat(limits, lengths)[:, None]),
            np.repeat(written + np.arange(count), lengths),
            boxes,
            np.repeat(np.concatenate([part.colours, solid], axis=1), lengths, axis=0),
            np.repeat(nodes, lengths),
        )
        if part.plate is None:
            return [letters]
        across = np.array([line.length for line in part.lines]) * heights
        x0 = (-shifts * heights - 0.35 * heights)[:, None]
        tall, drops = heights[:, None], np.asarray(part.drops)[:, None]
        plates = _Letters(
            _rectangles(
                x0, x0 + across[:, None] + 0.7 * tall, -0.62 * tall - drops, 0.62 * tall - drops,
                np.asarray(limits)[:, None],
            ),
            written + np.arange(count),
            np.repeat(self._ink.boxes[:1], count, axis=0),
            np.repeat(np.array([part.plate]), count, axis=0),
            np.full(count, -1),
        )  # fmt: skip
        return [plates, letters]

    def fade(self, which: np.ndarray, theme: Theme, share: float) -> None:
        """Let the labels of some nodes fade.

        Parameters
        ----------
        which : (nodes,) bool array
        theme : Theme
        share : float
            As in `faded`.
        """
        # The last place is for labels that belong to no node.
        chosen = np.append(which, False)[self._nodes]
        colours = self._colours.copy()
        colours[:, :3] = faded(colours[:, :3], chosen, theme, share)
        self._colour(colours)

    def _colour(self, colours: np.ndarray) -> None:
        self._data.GetPointData().SetScalars(numpy_to_vtk(np.repeat(colours, 4, axis=0), deep=True))

    def face(self, axes: np.ndarray, pixel_scale: float) -> None:
        """Turn the texts to the viewer.

        Parameters
        ----------
        axes : (3, 3) float array
            Rows: right, up, forward of the camera.
        pixel_scale : float
            Pixels per world unit at distance 1.
        """
        uniforms = self.actor.GetShaderProperty().GetVertexCustomUniforms()
        for name, axis in zip(("cameraRight", "cameraUp", "cameraForward"), axes, strict=True):
            uniforms.SetUniform3f(name, [float(value) for value in axis])
        uniforms.SetUniformf("pixelScale", pixel_scale)
        uniforms.SetUniformf("legible", self.legible)


class Labels(Writing):
    """Texts in one actor.

    Parameters
    ----------
    labels : sequence of Label
    type : Type, optional
    """

    def __init__(self, labels: Sequence[Label] = (), type: Type | None = None) -> None:
        super().__init__(type=type)
        self.label(labels)

    def label(self, labels: Sequence[Label]) -> None:
        """Write other texts."""
        if not labels:
            self.write([])
            return
        settings = [set_in(label.text, label.room / label.height, label.bold) for label in labels]
        shares, heights = [share for _, share in settings], np.array([label.height for label in labels])
        self.write(
            [
                Lines(
                    [line for line, _ in settings],
                    np.array([label.anchor for label in labels]),
                    heights * shares,
                    np.array([label.drop for label in labels]),
                    np.array([label.colour for label in labels]),
                    np.array([label.align for label in labels]),
                    # One that is written smaller is not the only one of a list to be missing.
                    limits=heights,
                )
            ]
        )


def _rectangles(x0: np.ndarray, x1: np.ndarray, y0: np.ndarray, y1: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(k, 4, 3) float array, of (k, 1) float arrays."""
    xs = np.concatenate([x0, x1, x1, x0], axis=1)
    ys = np.concatenate([y0, y0, y1, y1], axis=1)
    return np.stack([xs, ys, np.broadcast_to(z, xs.shape)], axis=-1)
