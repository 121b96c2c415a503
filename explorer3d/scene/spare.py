"""Rectangles that show nothing any more, kept for what is shown next."""

from __future__ import annotations

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from explorer3d.scene.palette import Colour
from explorer3d.scene.quads import Quads, kind_of

_MOST = 12
_TEXELS = 1 << 20  # of a texture above which the memory is worth more than the milliseconds


class Spare:
    """Quads without a use.

    For new ones the driver prepares a program and buffers, which takes longer than to draw them.
    """

    def __init__(self) -> None:
        self._idle: list[Quads] = []

    def take(
        self, texels: np.ndarray, cells: np.ndarray, corners: np.ndarray, rim: Colour, ground: Colour | None
    ) -> Quads:
        """Quads that show something; parameters as of `Quads`."""
        kind = kind_of(texels, ground)
        found = next((quads for quads in self._idle if quads.kind == kind), None)
        if found is None:
            return Quads(texels, cells, corners, rim, ground=ground)
        self._idle.remove(found)
        found.show(texels, cells, corners, rim, ground=ground)
        found.actor.VisibilityOn()
        return found

    def give(self, quads: Quads) -> None:
        """Keep what shows nothing from now on, if there is not enough of it."""
        quads.actor.VisibilityOff()
        if len(self._idle) < _MOST and quads.texels <= _TEXELS:
            self._idle.append(quads)

    @property
    def actors(self) -> list[vtkActor]:
        """Of all that is kept; none of them is seen."""
        return [quads.actor for quads in self._idle]
