"""Flat pictures over the scene, in pixels: the legend of operator families."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper

from explorer3d.scene.palette import DARK, FAMILIES, Theme
from explorer3d.scene.text import REGULAR, font


def legend(families: Sequence[str], scale: float, width: int, theme: Theme = DARK) -> np.ndarray:
    """Draw the legend in as few lines as fit.

    Parameters
    ----------
    families : sequence of str
        Keys in `FAMILIES`, in the order to list them.
    scale : float
        Pixels per logical pixel.
    width : int
        Room in pixels.
    theme : Theme

    Returns
    -------
    (H, W, 3) uint8 array
        RGB.
    """
    size = round(13 * scale)
    letters = font(REGULAR, size)
    line, square, gap = round(size * 1.7), round(size * 0.85), round(size * 0.55)
    places = []
    x = row = longest = 0
    for family in families:
        step = round(letters.getlength(FAMILIES[family].title)) + square + 4 * gap
        if x and x + step > width:
            x, row = 0, row + 1
        places.append((family, x, row))
        x += step
        longest = max(longest, x)
    image = Image.new("RGB", (max(longest, 1), max(line * (row + 1), 1)), theme.bottom)
    draw = ImageDraw.Draw(image)
    for family, left, row in places:
        middle = row * line + line / 2
        box = (left + gap, middle - square / 2, left + gap + square, middle + square / 2)
        draw.rounded_rectangle(box, radius=square * 0.2, fill=FAMILIES[family].colour)
        title = FAMILIES[family].title
        draw.text((left + 2 * gap + square, middle), title, fill=theme.dim, font=letters, anchor="lm")
    return np.asarray(image)


def flat(image: np.ndarray, left: int, bottom: int) -> vtkActor2D:
    """A picture at a place in pixels from the bottom left.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    left, bottom : int
    """
    height, width = image.shape[:2]
    data = vtkImageData()
    data.SetDimensions(width, height, 1)
    data.GetPointData().SetScalars(numpy_to_vtk(image[::-1].reshape(-1, 3), deep=True))
    mapper = vtkImageMapper()
    mapper.SetInputData(data)
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    actor = vtkActor2D()
    actor.SetMapper(mapper)
    actor.SetPosition(left, bottom)
    return actor
