"""The window VTK draws into: never on a screen, read back as pixels."""

from __future__ import annotations

import os
import sys
from functools import partial

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkProp, vtkRenderer, vtkRenderWindow
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLRenderWindow, vtkTextureObject

from explorer3d.errors import ExplorerError
from explorer3d.scene.camera import VIEW_ANGLE, Pose
from explorer3d.scene.ground import Ground
from explorer3d.scene.overlay import Overlay
from explorer3d.scene.palette import DARK, Theme
from explorer3d.scene.smoothing import Smooth


def _render_window(on_screen: bool) -> vtkOpenGLRenderWindow:
    if sys.platform.startswith("linux") and not (on_screen and os.environ.get("DISPLAY")):
        # VTK's own choice would look for an X server first, and complain that there is none. Other
        # systems' VTK has no such class.
        from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow

        return vtkEGLRenderWindow()
    window = vtkRenderWindow()
    assert isinstance(window, vtkOpenGLRenderWindow)
    return window


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """Half of a picture's width and height, rounded up."""
    return -(-size[0] // 2), -(-size[1] // 2)


def _finished(pixels: np.ndarray, ground: Ground, overlay: Overlay | None) -> np.ndarray:
    pixels = ground.under(pixels)
    if overlay is not None:
        overlay.onto(pixels)
    return pixels


class Canvas:
    """A picture of some size that VTK draws into.

    Parameters
    ----------
    size : (int, int)
        Width and height in pixels.
    on_screen : bool
        Use the display's own OpenGL if there is one. False for another thread than the one that
        owns the display.

    Raises
    ------
    ExplorerError
        There is no OpenGL to draw with, or not at that size.

    Attributes
    ----------
    overlay : Overlay or None
        Laid on every frame at full resolution.
    """

    def __init__(self, size: tuple[int, int], on_screen: bool = True) -> None:
        self.size = size
        self.overlay: Overlay | None = None
        self._window = _render_window(on_screen)
        self._window.SetOffScreenRendering(1)
        # VTK's default of 4 costs twenty times an empty frame on software OpenGL.
        self._window.SetMultiSamples(0)
        self._window.SetSize(*size)
        # Rendering would end the process.
        self._window.Initialize()
        if not self._window.GetInitialized():
            raise ExplorerError(
                "This computer offers no OpenGL to draw with. Install Mesa's software driver "
                "(on Debian: apt-get install libegl1 libgl1-mesa-dri)."
            )
        largest = vtkTextureObject.GetMaximumTextureSize(self._window)
        if max(size) > largest:
            raise ExplorerError(
                f"A picture of {size[0]}×{size[1]} is larger than OpenGL can draw here. "
                f"Ask for at most {largest} pixels a side."
            )
        self._renderer = vtkRenderer()
        self.paint(DARK)
        # All that is translucent is the ink of letters; sorting it costs half of a frame.
        self._renderer.SetUseOIT(False)
        self._window.AddRenderer(self._renderer)
        self._whole, self._half = vtkUnsignedCharArray(), vtkUnsignedCharArray()
        camera = self._renderer.GetActiveCamera()
        camera.SetViewAngle(VIEW_ANGLE)

    def paint(self, theme: Theme) -> None:
        """Give the background a theme's colours."""
        self._ground = Ground(theme.top, theme.bottom)
        self._renderer.SetBackgroundAlpha(1.0)
        self._renderer.SetBackground(*(value / 255 for value in self._ground.plain))

    def add(self, prop: vtkProp) -> None:
        self._renderer.AddViewProp(prop)

    def remove(self, prop: vtkProp) -> None:
        self._renderer.RemoveViewProp(prop)
        prop.ReleaseGraphicsResources(self._window)

    def compile(self, actor: vtkActor) -> None:
        """Have the driver make the programs for something, in a frame of it alone that nobody sees."""
        props = self._renderer.GetViewProps()
        props.InitTraversal()
        every = [props.GetNextProp() for _ in range(props.GetNumberOfItems())]
        others = [prop for prop in every if prop.GetVisibility()]
        for prop in others:
            prop.VisibilityOff()
        self.add(actor)
        self._window.Render()
        # Or the driver would give up those that it shares with others.
        actor.GetProperty().RemoveAllTextures()
        self.remove(actor)
        for prop in others:
            prop.VisibilityOn()

    def props(self) -> int:
        """Number of things in the scene that are not hidden."""
        props = self._renderer.GetViewProps()
        props.InitTraversal()
        return sum(props.GetNextProp().GetVisibility() for _ in range(props.GetNumberOfItems()))

    def resize(self, size: tuple[int, int]) -> None:
        self.size = size
        self._window.SetSize(*size)

    def look(self, pose: Pose, reach: float, free: float = 0.0) -> None:
        """Put the camera at a pose.

        Parameters
        ----------
        pose : Pose
        reach : float
            Distance from the focus within which everything lies, in world units.
        free : float
            Depth from the eye up to which the view is empty. The deeper, the finer depths are told apart.
        """
        camera = self._renderer.GetActiveCamera()
        camera.SetFocalPoint(*pose.focus)
        camera.SetPosition(*pose.position())
        camera.SetViewUp(0.0, 1.0, 0.0)
        far = pose.distance + reach
        camera.SetClippingRange(max(pose.distance - reach, free, far / 5000), far)

    def draw(self, smooth: bool) -> np.ndarray:
        """Draw a frame.

        Parameters
        ----------
        smooth : bool
            Without jagged edges, see `smoothing`.

        Returns
        -------
        (H, W, 4) uint8 array
            RGBA, the top row first.
        """
        pixels = self._rendered(self.size, self._whole)
        return self.smoothing()() if smooth else _finished(pixels, self._ground, self.overlay)

    def smoothing(self) -> Smooth:
        """What makes of the last frame that was no draft one without jagged edges, on whatever thread."""
        finish = partial(_finished, ground=self._ground, overlay=self.overlay)
        return Smooth(_picture(self._whole, self.size).copy(), finish)

    def draft(self) -> np.ndarray:
        """Draw a frame at half the resolution, without the overlay.

        Returns
        -------
        (⌈H / 2⌉, ⌈W / 2⌉, 4) uint8 array
            RGBA, the top row first.
        """
        size = halved(self.size)
        # A corner of the window: to give the window itself another size takes longer than a frame.
        self._renderer.SetViewport(0, 0, size[0] / self.size[0], size[1] / self.size[1])
        actors = self._renderer.GetActors()
        actors.InitTraversal()
        surfaces = [actors.GetNextActor().GetProperty() for _ in range(actors.GetNumberOfItems())]
        for surface in surfaces:
            surface.SetLineWidth(surface.GetLineWidth() / 2)
        pixels = self._rendered(size, self._half)
        for surface in surfaces:
            surface.SetLineWidth(surface.GetLineWidth() * 2)
        self._renderer.SetViewport(0, 0, 1, 1)
        return self._ground.under(pixels)

    def _rendered(self, size: tuple[int, int], into: vtkUnsignedCharArray) -> np.ndarray:
        self._window.Render()
        width, height = size
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, into, 0)
        return _picture(into, size)

    def close(self) -> None:
        """Free the graphics memory."""
        self._renderer.RemoveAllViewProps()
        self._window.RemoveRenderer(self._renderer)
        self._window.Finalize()


def _picture(pixels: vtkUnsignedCharArray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 4) uint8 array: a frame as OpenGL drew it; overwritten by the next of its kind."""
    width, height = size
    return np.asarray(vtk_to_numpy(pixels).reshape(height, width, 4)[::-1])
