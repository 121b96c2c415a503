"""Boxes of which only some sides are drawn, beside all six sides of each."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.scene import mesh
from explorer3d.scene.boxes import AMBIENT, DIFFUSE, Boxes
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas

SIZE = (320, 200)
CENTRES = np.array([[-3.0, 1, 0], [0, 0, 0], [3, -1, 0], [3.5, 2, -4]])
SIZES = np.array([[1.5, 1, 1.2], [1, 1, 0.5], [2, 1.4, 3], [1, 1, 1]])
COLOURS = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200], [150, 150, 150]], np.uint8)
POSES = [(0, 0), (14, 12), (-60, 30), (90, 0), (150, -40), (0, 85)]


def whole(axes: np.ndarray) -> list:
    """The same boxes as separate sides, each in the colour that its direction has."""
    actors = []
    for axis in range(3):
        across, along = (axis + 1) % 3, (axis + 2) % 3
        corners = []
        for centre, size in zip(CENTRES - SIZES * [0, 0, 0.5], SIZES, strict=True):
            for side in (-1, 1):
                for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                    corner = centre.copy()
                    corner[[axis, across, along]] += size[[axis, across, along]] / 2 * [side, u, v]
                    corners.append(corner)
        shade = AMBIENT + DIFFUSE * abs(axes[2][axis])
        colours = np.minimum(np.repeat(COLOURS, 2, axis=0) * shade, 255).round()
        sides = mesh.Polygons()
        sides.show(np.array(corners), np.arange(len(corners)).reshape(-1, 4), colours)
        sides.actor.GetProperty().LightingOff()
        actors.append(sides.actor)
    return actors


@pytest.mark.parametrize("direction", POSES)
def test_nothing_that_is_seen_is_missing(canvas: Canvas, direction: tuple[float, float]) -> None:
    pose = Pose((0.5, 0, -1), *direction, 16)
    boxes = Boxes(CENTRES, SIZES, COLOURS)
    boxes.see(Projection(pose, SIZE))
    pictures = []
    for actors in (boxes.actors, whole(pose.axes())):
        for actor in actors:
            canvas.add(actor)
        canvas.look(pose, 12.0)
        pictures.append(canvas.draw(False)[..., :3].astype(int))
        for actor in actors:
            canvas.remove(actor)
    canvas.look(pose, 12.0)
    ground = canvas.draw(False)[..., :3].astype(int)
    differing = (np.abs(pictures[0] - pictures[1]) > 2).any(axis=2).sum()
    assert (pictures[1] != ground).any(axis=2).sum() > 1500
    # Where two sides meet a pixel may be given to either.
    assert differing < 25


def test_sides_that_are_turned_away_are_not_drawn() -> None:
    boxes = Boxes(CENTRES, SIZES, COLOURS)
    boxes.see(Projection(Pose((0, 0, 0), 0, 0, 16), SIZE))
    assert [len(cells) for cells in boxes.drawn] == [3, 3, 4]
    boxes.see(Projection(Pose((100, 0, 0), 0, 0, 5), SIZE))
    assert [len(cells) for cells in boxes.drawn] == [0, 0, 0]


def test_from_afar_fronts_alone_are_drawn() -> None:
    boxes = Boxes(CENTRES, SIZES, COLOURS)
    boxes.see(Projection(Pose((0, 0, 0), 14, 12, 3000), SIZE))
    assert [len(cells) for cells in boxes.drawn] == [0, 0, 4]


def test_other_colours(canvas: Canvas) -> None:
    pose = Pose((0, 0, 0), 0, 0, 16)
    boxes = Boxes(CENTRES, SIZES, COLOURS)
    for actor in boxes.actors:
        canvas.add(actor)
    boxes.see(Projection(pose, SIZE))
    canvas.look(pose, 12.0)
    canvas.draw(False)
    boxes.recolour(np.full((4, 3), [100, 0, 50], np.uint8))
    middle = canvas.draw(False)[100, 160, :3]
    assert np.abs(middle.astype(float) - np.array([100, 0, 50]) * (AMBIENT + DIFFUSE)).max() <= 1
