"""What the scene is made of: named parts, each replaced as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from vtkmodules.vtkRenderingCore import vtkActor, vtkProp

from explorer3d.scene.canvas import Canvas
from explorer3d.scene.look import magnified
from explorer3d.scene.text import Type


class Parts:
    """The parts of a scene.

    Parameters
    ----------
    canvas : Canvas
    scale : float
        Pixels per logical pixel.

    Attributes
    ----------
    props : dict of str to list of vtkProp
    type : Type
        What is written with.
    """

    def __init__(self, canvas: Canvas, scale: float) -> None:
        self.scale = scale
        self.props: dict[str, list[vtkProp]] = {}
        self.type = Type()
        self._canvas = canvas
        self._widths: WeakKeyDictionary[vtkActor, float] = WeakKeyDictionary()

    def replace(self, part: str, props: Sequence[vtkProp]) -> None:
        """Put other things in the place of a part; none: it is gone.

        What was there and stays keeps what the driver made for it, which takes some milliseconds to make.
        """
        before = self.props.pop(part, [])
        for prop in before:
            if prop not in props:
                self._canvas.remove(prop)
        for prop in props:
            if prop not in before:
                self._canvas.add(prop)
        if props:
            self.props[part] = list(props)

    def show(self, part: str, props: Sequence[vtkProp], shown: bool = True) -> None:
        """Show things, or hide them so that they are soon there again."""
        for prop in props:
            prop.SetVisibility(shown)
        self.replace(part, props)

    def clear(self) -> None:
        for part in list(self.props):
            self.replace(part, [])

    def stroked(self, actors: Sequence[vtkActor], width: float = 1.6) -> Sequence[vtkActor]:
        """Give lines a width in logical pixels; in large pictures they are wider, like what is written."""
        larger = magnified(self.scale, self._canvas.size[1])
        for actor in actors:
            self._widths[actor] = width
            actor.GetProperty().SetLineWidth(width * larger)
        return actors

    def resize(self, scale: float) -> None:
        """Fit the widths of lines to the picture's size, and to so many pixels per logical pixel."""
        self.scale = scale
        for actor, width in list(self._widths.items()):
            self.stroked([actor], width)
