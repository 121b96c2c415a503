"""Textured rectangles in one actor: maps, faces, handles, all drawn by the same two shaders."""

from __future__ import annotations

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataObject, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkTexture
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLPolyDataMapper

from explorer3d.scene.palette import Colour
from explorer3d.scene.pyramid import pyramid
from explorer3d.scene.quad_program import apply


class Quads:
    """Rectangles that show parts of one texture.

    Parameters
    ----------
    texels : (rows, columns) uint8 array, or (rows, columns, 3)
        Colour indices, coloured by `recolour`, or RGB. The first row is the top.
    cells : (n, 4) int array
        Left, top, right, bottom of each rectangle in the texture, in texels.
    corners : (n, 4, 3) float array
        Bottom left, bottom right, top right, top left in world units.
    rim : (int, int, int), optional
        Colour of a hairline around each rectangle.
    shares : (n, 4) float array, optional
        For rectangles that are parts of framed ones: left, top, right, bottom as shares of the whole.
    ground : (int, int, int), optional
        Colour of empty texels, through which one otherwise sees what stands behind.
    whole : uint8 array, optional
        The `pyramid` of the texels, if it has been made.

    Attributes
    ----------
    corners : (n, 4, 3) float array
    kind : (bool, bool)
        As of `kind_of`.
    seen : (m,) int array
        The rectangles that are drawn.
    """

    def __init__(
        self,
        texels: np.ndarray,
        cells: np.ndarray,
        corners: np.ndarray,
        rim: Colour | None = None,
        shares: np.ndarray | None = None,
        ground: Colour | None = None,
        whole: np.ndarray | None = None,
    ) -> None:
        self.kind = kind_of(texels, ground)
        self._points, self._data = vtkPoints(), vtkPolyData()
        self._data.SetPoints(self._points)
        mapper = vtkOpenGLPolyDataMapper()
        mapper.SetInputData(self._data)
        for name in ("rim", "bounds"):
            mapper.MapDataArrayToVertexAttribute(name, name, vtkDataObject.FIELD_ASSOCIATION_POINTS, -1)
        # With VTK's own shift and scale a morph would be quantised to its first extent.
        mapper.SetVBOShiftScaleMethod(0)
        self.actor = vtkActor()
        self.actor.SetMapper(mapper)
        surface = self.actor.GetProperty()
        surface.LightingOff()
        self._tiles = texture_of(np.zeros((1, 1), np.uint8), smooth=True)
        surface.SetTexture("tiles", self._tiles)
        indexed, _ = self.kind
        self._palette: vtkTexture | None = None
        if indexed:
            self._palette = texture_of(np.zeros((1, 256, 3), np.uint8), smooth=False)
            surface.SetTexture("palette", self._palette)
        self._ways: tuple[bool, bool] | None = None
        self.show(texels, cells, corners, rim, shares, ground, whole)

    def show(
        self,
        texels: np.ndarray,
        cells: np.ndarray,
        corners: np.ndarray,
        rim: Colour | None = None,
        shares: np.ndarray | None = None,
        ground: Colour | None = None,
        whole: np.ndarray | None = None,
    ) -> None:
        """Show others, of the same kind; sooner than new ones could be shown.

        Parameters
        ----------
        texels, cells, corners, rim, shares, ground, whole
            As of the class.
        """
        assert kind_of(texels, ground) == self.kind
        fill(self._tiles, pyramid(texels) if whole is None else whole)
        self._shape = texels.shape[:2]
        self.move(corners)
        self._step = 0
        self.draw_some(max(len(cells), 1))
        self.show_cells(cells)
        left, top, right, bottom = (np.tile([0, 0, 1, 1], (len(cells), 1)) if shares is None else shares).T
        sides = np.stack([left, bottom, right, bottom, right, top, left, top], axis=1)
        around = numpy_to_vtk(sides.reshape(-1, 2).astype(np.float32), deep=True)
        around.SetName("rim")
        self._data.GetPointData().AddArray(around)
        uniforms = self.actor.GetShaderProperty().GetFragmentCustomUniforms()
        for name, colour in (("rimColour", rim), ("groundColour", ground)):
            uniforms.SetUniform4f(name, [*(value / 255 for value in colour), 1.0] if colour else [0.0] * 4)
        self.look()

    def redraw(self, texels: np.ndarray, cells: np.ndarray) -> None:
        """Show another picture of the same in the same places.

        Parameters
        ----------
        texels, cells
            As of the class, as many and of the same kind.
        """
        fill(self._tiles, pyramid(texels))
        self._shape = texels.shape[:2]
        self.show_cells(cells)

    def drawn(self) -> None:
        """Let go of what was made of the texels for the driver, four times as large: it has its own now."""
        made = self._tiles.GetMappedScalars()
        if made is not None:
            made.Initialize()

    @property
    def texels(self) -> int:
        """Number of those in its texture."""
        return int(self._shape[0] * self._shape[1])

    def show_cells(self, cells: np.ndarray) -> None:
        """Show other parts of the texture.

        Parameters
        ----------
        cells : (n, 4) int array
            Left, top, right, bottom of each rectangle in texels.
        """
        cells = np.asarray(cells, np.float32)
        left, top, right, bottom = cells.T
        coordinates = np.stack([left, bottom, right, bottom, right, top, left, top], axis=1)
        self._data.GetPointData().SetTCoords(numpy_to_vtk(coordinates.reshape(-1, 2), deep=True))
        bounds = numpy_to_vtk(np.repeat(cells, 4, axis=0), deep=True)
        bounds.SetName("bounds")
        self._data.GetPointData().AddArray(bounds)

    def draw_some(self, count: int) -> None:
        """Draw at most so many of the rectangles: every second, fourth, eighth, … one of them."""
        step = 1
        while step * count < len(self.corners):
            step *= 2
        if step == self._step:
            return
        self._step = step
        self.draw_only(np.arange(0, len(self.corners), step))

    def draw_only(self, chosen: np.ndarray) -> None:
        """Draw some of the rectangles.

        Parameters
        ----------
        chosen : (m,) int array
        """
        self.seen = chosen = np.asarray(chosen, np.int64)
        faces = vtkCellArray()
        faces.SetData(4, numpy_to_vtkIdTypeArray((4 * chosen[:, None] + np.arange(4)).ravel(), deep=True))
        self._data.SetPolys(faces)

    def look(self, smooth: bool = False, veil: Colour = (0, 0, 0), share: float = 0.0) -> None:
        """Show the texels with smooth passages between them, or behind a veil.

        Parameters
        ----------
        smooth : bool
            Within each rectangle, from the middle of a texel to that of the next.
        veil : (int, int, int)
        share : float
            Of the veil in what is seen; the rest is grey. 0: no veil, 1: only the edges of the texels are
            seen.
        """
        program, ways = self.actor.GetShaderProperty(), (smooth, share > 0.0)
        if ways != self._ways:
            self._ways = ways
            apply(program, *self.kind, *ways)
        if share:
            program.GetFragmentCustomUniforms().SetUniform4f(
                "veil", [*(value / 255 for value in veil), share]
            )

    def recolour(self, table: np.ndarray) -> None:
        """Give the colour indices other colours; RGB textures stay.

        Parameters
        ----------
        table : (256, 3) uint8 array
        """
        if self._palette is not None:
            fill(self._palette, table[None])

    def move(self, corners: np.ndarray) -> None:
        """Put the rectangles elsewhere.

        Parameters
        ----------
        corners : (n, 4, 3) float array
            World units.
        """
        self.corners = np.asarray(corners, np.float32)
        self._points.SetData(numpy_to_vtk(self.corners.reshape(-1, 3), deep=True))
        self._points.Modified()


def kind_of(texels: np.ndarray, ground: Colour | None) -> tuple[bool, bool]:
    """Whether texels are colour indices, and whether empty ones get a colour: others need other programs."""
    return texels.ndim == 2, ground is not None


def texture_of(texels: np.ndarray, smooth: bool) -> vtkTexture:
    """A texture whose first row is at coordinate 0."""
    texture = vtkTexture()
    texture.SetInputData(vtkImageData())
    texture.SetColorModeToDirectScalars()
    texture.SetRepeat(False)
    texture.SetEdgeClamp(True)
    texture.SetInterpolate(smooth)
    # The software driver blurs even unscaled texels when it filters anisotropically.
    texture.SetMaximumAnisotropicFiltering(1.0)
    fill(texture, texels)
    return texture


def fill(texture: vtkTexture, texels: np.ndarray) -> None:
    height, width = texels.shape[:2]
    image = texture.GetInput()
    image.SetDimensions(width, height, 1)
    image.GetPointData().SetScalars(
        numpy_to_vtk(np.ascontiguousarray(texels).reshape(height * width, -1), deep=True)
    )
    image.Modified()


def rectangle(left: float, bottom: float, width: float, height: float, z: float = 0.0) -> np.ndarray:
    """(4, 3) float array: corners of an upright rectangle facing +z, in the order `Quads` wants."""
    right, top = left + width, bottom + height
    return np.array([[left, bottom, z], [right, bottom, z], [right, top, z], [left, top, z]])
