"""Coloured lines and polygons, by what they look like."""

from __future__ import annotations

import numpy as np

from explorer3d.scene import mesh
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas

RED, GREEN = (250, 10, 20), (10, 240, 30)
SIZE = (200, 120)


def drawn(actor: object, points: list[list[float]]) -> list[tuple[int, ...]]:
    """Colours of the pixels where points of the world are seen."""
    canvas = Canvas(SIZE)
    try:
        canvas.add(actor)  # type: ignore[arg-type]
        pose = Pose(distance=6.0)
        canvas.look(pose, 3.0)
        picture = canvas.draw(smooth=False).copy()
    finally:
        canvas.close()
    places = Projection(pose, SIZE).pixels(np.array(points))
    return [tuple(map(int, picture[int(y), int(x), :3])) for x, y in places]


def test_each_polygon_has_its_colour_and_no_light() -> None:
    points = np.array([[-1, -1, 0], [0, -1, 0], [0, 1, 0], [-1, 1, 0], [1, -1, 0], [1, 1, 0]], float)
    polygons = mesh.Polygons()
    polygons.show(points, np.array([[0, 1, 2, 3], [1, 4, 5, 2]]), np.array([RED, GREEN]))
    assert drawn(polygons.actor, [[-0.5, 0, 0], [0.5, 0, 0]]) == [RED, GREEN]


def test_each_line_has_its_colour_and_no_light() -> None:
    points = np.array([[-1, 1, 0], [1, 1, 0], [-1, -1, 0], [1, -1, 0]], float)
    lines = mesh.Lines()
    lines.show(points, np.array([[0, 1], [2, 3]]), np.array([RED, GREEN]))
    lines.actor.GetProperty().SetLineWidth(5.0)
    assert drawn(lines.actor, [[0, 1, 0], [0.3, -1, 0]]) == [RED, GREEN]


def test_one_colour_for_all() -> None:
    points = np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0]], float)
    lines = mesh.Lines()
    lines.show(points, np.array([[0, 1, 2]]), np.array(GREEN))
    lines.actor.GetProperty().SetLineWidth(5.0)
    assert drawn(lines.actor, [[0, 1, 0], [1, 0, 0]]) == [GREEN, GREEN]


def test_none_at_all() -> None:
    assert mesh.Lines().actor.GetMapper().GetInput().GetNumberOfCells() == 0
