"""Labels in the scene: many short texts in one actor, always facing the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataObject, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper

from explorer3d.resources import resource
from explorer3d.scene.fading import faded
from explorer3d.scene.palette import DARK, Colour, Theme
from explorer3d.scene.quads import texture_of

REGULAR, BOLD = "Inter-Regular.otf", "Inter-SemiBold.otf"
_GLYPH = 64  # pixels of an em in the atlas: crisp up to that size, averaged below
_PAD = 4
_SMALLEST = 0.66  # share of its size to which a long label shrinks before it is shortened
_LEGIBLE = 5.5  # pixels of an em below which a label is only noise

_PLACE = """
  vec3 placed = vertexMC.xyz + cameraRight * glyphOffset.x + cameraUp * glyphOffset.y - cameraForward * 0.02;
  gl_Position = MCDCMatrix * vec4(placed, 1.0);
  if (glyphOffset.z * pixelScale < legible * gl_Position.w) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
"""
_INK = """
  float ink = texture(glyphs, tcoordVCVSOutput).r;
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
    node : int
        Index of the node it belongs to; -1: to none.
    """

    text: str
    anchor: tuple[float, float, float]
    height: float
    colour: Colour = DARK.text
    align: float = 0.5
    drop: float = 0.0
    bold: bool = False
    room: float = 0.0
    node: int = -1


@lru_cache(maxsize=8)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font of the project at a size in pixels."""
    return ImageFont.truetype(str(resource("assets", "fonts", name)), size)


@lru_cache(maxsize=4096)
def _advance(character: str, bold: bool) -> float:
    return font(BOLD if bold else REGULAR, _GLYPH).getlength(character) / _GLYPH


def length(text: str, bold: bool = False) -> float:
    """Length of a line in ems."""
    return sum(_advance(character, bold) for character in text)


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


def _fit(label: Label) -> Label:
    text = _printable(label.text)
    if not label.room:
        return replace(label, text=text)
    wanted = length(text, label.bold) * label.height
    height = label.height * float(np.clip(label.room / max(wanted, 1e-9), _SMALLEST, 1.0))
    return replace(label, text=fitted(text, label.room / height + 1e-6, label.bold), height=height)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


class Labels:
    """Texts in one actor.

    Parameters
    ----------
    labels : sequence of Label
    """

    def __init__(self, labels: Sequence[Label]) -> None:
        labels = [_fit(label) for label in labels]
        lines = [label.text for label in labels]
        atlas, where = _atlas(lines, labels)
        glyphs = {key: index for index, key in enumerate(where)}
        boxes = np.array(list(where.values()), float).reshape(-1, 4)
        advances = np.array([_advance(character, bold) for character, bold in where])
        chosen = [
            np.array([glyphs[character, label.bold] for character in text], np.intp)
            for label, text in zip(labels, lines, strict=True)
        ]
        starts = [
            np.cumsum(advances[line]) - advances[line] - label.align * advances[line].sum()
            for label, line in zip(labels, chosen, strict=True)
        ]
        lengths = [len(line) for line in chosen]
        line = np.concatenate([*chosen, np.zeros(0, np.intp)])
        heights = np.repeat([label.height for label in labels], lengths)[:, None]
        drops = np.repeat([label.drop for label in labels], lengths)[:, None]
        left, top, right, bottom = boxes[line].T[:, :, None] / _GLYPH
        # The box of a glyph spans ascent and descent; its middle is the middle of the line.
        half = (bottom - top) / 2 * heights
        x0 = (np.concatenate([*starts, np.zeros(0)])[:, None] - _PAD / _GLYPH) * heights
        x1 = x0 + (right - left) * heights
        offsets = np.stack(
            [
                np.concatenate([x0, x1, x1, x0], axis=1),
                np.concatenate([-half, -half, half, half], axis=1) - drops,
                np.broadcast_to(heights, (len(line), 4)),
            ],
            axis=-1,
        )
        u0, v0, u1, v1 = (boxes[line] / np.array(atlas.shape[::-1] * 2)).T
        coordinates = np.stack([u0, v1, u1, v1, u1, v0, u0, v0], axis=1)
        anchors = np.repeat(np.array([label.anchor for label in labels]).reshape(-1, 3), lengths, axis=0)
        colours = np.repeat(np.array([label.colour for label in labels]).reshape(-1, 3), lengths, axis=0)
        self._colours = colours
        self._nodes = np.repeat(np.array([label.node for label in labels], np.intp), lengths)
        count = len(line)
        data = vtkPolyData()
        points = vtkPoints()
        points.SetData(numpy_to_vtk(np.repeat(anchors, 4, axis=0).astype(np.float32), deep=True))
        data.SetPoints(points)
        faces = vtkCellArray()
        faces.SetData(4, numpy_to_vtkIdTypeArray(np.arange(4 * count, dtype=np.int64), deep=True))
        data.SetPolys(faces)
        attributes = data.GetPointData()
        attributes.SetTCoords(numpy_to_vtk(coordinates.reshape(-1, 2).astype(np.float32), deep=True))
        attributes.SetScalars(numpy_to_vtk(np.repeat(colours, 4, axis=0).astype(np.uint8), deep=True))
        shift = numpy_to_vtk(offsets.reshape(-1, 3).astype(np.float32), deep=True)
        shift.SetName("glyphOffset")
        attributes.AddArray(shift)
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(data)
        mapper.SetVBOShiftScaleMethod(0)
        mapper.MapDataArrayToVertexAttribute(
            "glyphOffset", "glyphOffset", vtkDataObject.FIELD_ASSOCIATION_POINTS, -1
        )
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        self.actor.GetProperty().LightingOff()
        self.actor.GetProperty().SetTexture("glyphs", texture_of(atlas, smooth=True))
        self.actor.ForceTranslucentOn()
        # The glyphs stand off their anchors, so the anchors' bounds would cull them too early.
        self.actor.UseBoundsOff()
        program = self.actor.GetShaderProperty()
        program.AddVertexShaderReplacement("//VTK::PositionVC::Dec", True, "in vec3 glyphOffset;\n", False)
        program.AddVertexShaderReplacement("//VTK::PositionVC::Impl", True, _PLACE, False)
        program.AddFragmentShaderReplacement("//VTK::TCoord::Impl", True, _INK, False)
        self.face(np.eye(3), 1.0)

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
        colours = np.repeat(faded(self._colours, chosen, theme, share), 4, axis=0)
        data = self.actor.GetMapper().GetInput().GetPointData()
        data.SetScalars(numpy_to_vtk(colours, deep=True))

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
        uniforms.SetUniformf("legible", _LEGIBLE)


def _atlas(
    lines: Sequence[str], labels: Sequence[Label]
) -> tuple[np.ndarray, dict[tuple[str, bool], tuple[int, int, int, int]]]:
    """Ink of all characters in use, and the box of each in it (left, top, right, bottom)."""
    wanted = sorted(
        {(character, label.bold) for text, label in zip(lines, labels, strict=True) for character in text}
    )
    height = _GLYPH + 2 * _PAD + 20
    widths = [int(np.ceil(_advance(c, bold) * _GLYPH)) + 2 * _PAD for c, bold in wanted]
    side = max(256, int(np.ceil(np.sqrt(sum(widths) * height) * 1.05)) + max(widths, default=0))
    where: dict[tuple[str, bool], tuple[int, int, int, int]] = {}
    x = y = 0
    for key, width in zip(wanted, widths, strict=True):
        if x + width > side:
            x, y = 0, y + height
        where[key] = (x, y, x + width, y + height)
        x += width
    ink = np.zeros((y + height, side), np.uint8)
    for (character, bold), (left, top, right, bottom) in where.items():
        ink[top:bottom, left:right] = _glyph(character, bold, right - left, bottom - top)
    return ink, where


@lru_cache(maxsize=4096)
def _glyph(character: str, bold: bool, width: int, height: int) -> np.ndarray:
    image = Image.new("L", (width, height))
    ImageDraw.Draw(image).text(
        (_PAD, height / 2 + _GLYPH * 0.36),
        character,
        fill=255,
        font=font(BOLD if bold else REGULAR, _GLYPH),
        anchor="ls",
    )
    return np.asarray(image)
