"""The window VTK draws into: never on a screen, read back as pixels."""

from __future__ import annotations

import os
import sys

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkProp, vtkRenderer, vtkRenderWindow
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLRenderWindow, vtkTextureObject

from explorer3d.errors import ExplorerError
from explorer3d.scene.camera import VIEW_ANGLE, Pose
from explorer3d.scene.overlay import Overlay
from explorer3d.scene.palette import DARK, Colour, Theme


def _render_window(on_screen: bool) -> vtkOpenGLRenderWindow:
    if sys.platform.startswith("linux") and not (on_screen and os.environ.get("DISPLAY")):
        # VTK's own choice would look for an X server first, and complain that there is none. Other
        # systems' VTK has no such class.
        from vtkmodules.vtkRenderingOpenGL2 import vtkEGLRenderWindow

        return vtkEGLRenderWindow()
    window = vtkRenderWindow()
    assert isinstance(window, vtkOpenGLRenderWindow)
    return window


_NOISE = 128  # columns of pixels


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """Half of a picture's width and height, rounded up."""
    return -(-size[0] // 2), -(-size[1] // 2)


def gradient(top: Colour, bottom: Colour, height: int, width: int) -> np.ndarray:
    """A ground that changes from a colour to another, with noise in the place of steps.

    Returns
    -------
    (height, width, 4) uint8 array
        RGBA.
    """
    share = (np.arange(height, dtype=np.float32)[:, None, None] + 0.5) / np.float32(height)
    # The same noise again and again cannot be told from noise everywhere.
    strip = np.full((height, min(_NOISE, width), 4), 255, np.uint8)
    noise = np.random.default_rng(0).random((*strip.shape[:2], 1), np.float32)
    strip[:, :, :3] = np.array(top, np.float32) * (1 - share) + np.array(bottom, np.float32) * share + noise
    across = np.tile(strip.view(np.uint32)[:, :, 0], -(-width // strip.shape[1]))
    return np.ascontiguousarray(across[:, :width]).view(np.uint8).reshape(height, width, 4)


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
        self._pixels = vtkUnsignedCharArray()
        camera = self._renderer.GetActiveCamera()
        camera.SetViewAngle(VIEW_ANGLE)

    def paint(self, theme: Theme) -> None:
        """Give the background a theme's colours."""
        self._ends = theme.top, theme.bottom
        self._grounds: dict[tuple[int, ...], np.ndarray] = {}
        self._plain = [(top + bottom) // 2 for top, bottom in zip(*self._ends, strict=True)]
        self._renderer.SetBackgroundAlpha(1.0)
        self._renderer.SetBackground(*(value / 255 for value in self._plain))

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
        self._renderer.SetUseFXAA(False)
        self.add(actor)
        self._window.Render()
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
            Without jagged edges; on software OpenGL this takes several times as long.

        Returns
        -------
        (H, W, 4) uint8 array
            RGBA, the top row first; overwritten by the next frame.
        """
        self._renderer.SetUseFXAA(smooth)
        pixels = self._rendered(self.size)
        if self.overlay is not None:
            self.overlay.onto(pixels)
        return pixels

    def draft(self) -> np.ndarray:
        """Draw a frame at half the resolution, without the overlay.

        Returns
        -------
        (⌈H / 2⌉, ⌈W / 2⌉, 4) uint8 array
            RGBA, the top row first; overwritten by the next frame.
        """
        size = halved(self.size)
        # A corner of the window: to give the window itself another size takes longer than a frame.
        self._renderer.SetViewport(0, 0, size[0] / self.size[0], size[1] / self.size[1])
        self._renderer.SetUseFXAA(False)
        actors = self._renderer.GetActors()
        actors.InitTraversal()
        surfaces = [actors.GetNextActor().GetProperty() for _ in range(actors.GetNumberOfItems())]
        for surface in surfaces:
            surface.SetLineWidth(surface.GetLineWidth() / 2)
        pixels = self._rendered(size)
        for surface in surfaces:
            surface.SetLineWidth(surface.GetLineWidth() * 2)
        self._renderer.SetViewport(0, 0, 1, 1)
        return pixels

    def _rendered(self, size: tuple[int, int]) -> np.ndarray:
        self._window.Render()
        width, height = size
        self._window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 1, self._pixels, 0)
        pixels = np.asarray(vtk_to_numpy(self._pixels).reshape(height, width, 4)[::-1])
        self._shade(pixels)
        return pixels

    def _shade(self, pixels: np.ndarray) -> None:
        """Let the ground change from its upper to its lower colour; OpenGL takes five times as long."""
        empty = np.array([*self._plain, 255], np.uint8).view(np.uint32)
        colours = pixels.view(np.uint32)[:, :, 0]
        if colours.shape not in self._grounds:
            if len(self._grounds) > 1:
                self._grounds.clear()
            self._grounds[colours.shape] = gradient(*self._ends, *colours.shape).view(np.uint32)[:, :, 0]
        np.copyto(colours, self._grounds[colours.shape], where=colours == empty)

    def close(self) -> None:
        """Free the graphics memory."""
        self._renderer.RemoveAllViewProps()
        self._window.RemoveRenderer(self._renderer)
        self._window.Finalize()
