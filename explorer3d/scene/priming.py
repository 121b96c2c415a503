"""Has the graphics driver compile its programs one by one, so that the first network appears at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from vtkmodules.vtkRenderingCore import vtkActor

from explorer3d.scene import mesh
from explorer3d.scene.boxes import Boxes
from explorer3d.scene.quads import Quads, rectangle
from explorer3d.scene.seen import pixel_scale
from explorer3d.scene.stage import Stage
from explorer3d.scene.text import Label, Labels


def _boxes(stage: Stage) -> list[vtkActor]:
    boxes = Boxes(np.zeros((1, 3)), np.ones((1, 3)), np.zeros((1, 3), np.uint8))
    boxes.see(stage.projection)
    # All three take the same program; the last has the fronts.
    return boxes.actors[2:]


def _rectangles(stage: Stage) -> list[vtkActor]:
    texels = np.zeros((1, 1, 3), np.uint8)
    return [Quads(texels, np.array([[0, 0, 1, 1]]), rectangle(0.0, 0.0, 0.1, 0.1)[None]).actor]


def _letters(stage: Stage) -> list[vtkActor]:
    labels = Labels([Label("·", (0.0, 0.0, 0.0), 1.0)], stage.parts.type)
    labels.face(stage.pose.axes(), pixel_scale(stage.projection))
    return [labels.actor]


def _lines(stage: Stage) -> list[vtkActor]:
    line = mesh.sharing(np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0]]), None, 1)[0]
    mesh.draw(line, np.array([[0, 1]]))
    line.GetProperty().LightingOff()
    return [line]


_KINDS: tuple[Callable[[Stage], list[vtkActor]], ...] = (_boxes, _rectangles, _letters, _lines)


def primed(stage: Stage) -> Iterator[None]:
    """Draw a little of each kind on an empty stage, where nobody sees it; a step for each.

    Ends early when there is a network.
    """
    for kind in _KINDS:
        if stage.network is not None:
            return
        for actor in kind(stage):
            stage.canvas.compile(actor)
        yield


def primed_for_more(stage: Stage) -> Iterator[None]:
    """Prepare for moves, and for the first layer that is laid open, beside a network; a step for each."""
    stage.canvas.draft()
    yield
    texels, place = np.full((1, 1), 7, np.uint8), rectangle(0.0, 0.0, 0.1, 0.1)[None]
    # Maps, and the numbers that stand in the place of a map.
    for ground in (stage.theme.bottom, None):
        maps = Quads(texels, np.array([[0, 0, 1, 1]]), place, ground=ground)
        maps.recolour(np.full((256, 3), 255, np.uint8))
        maps.actor.SetPosition(*stage.pose.focus)
        maps.actor.SetScale(stage.pose.distance)
        stage.canvas.compile(maps.actor)
        yield
