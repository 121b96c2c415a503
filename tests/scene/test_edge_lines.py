"""Edges drawn as few straight pieces, beside all of their points; culled, beside none left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from explorer3d.scene import mesh
from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.canvas import Canvas
from explorer3d.scene.courses import weights
from explorer3d.scene.edge_lines import EdgeLines

SIZE = (320, 200)
GREEN = (0, 255, 0)


def arches(count: int = 400) -> np.ndarray:
    """(count, 24, 3) float array: arches of all sizes all over a plane of 200 × 120."""
    random = np.random.default_rng(0)
    t = np.linspace(0, np.pi, 24)
    arch = np.stack([-np.cos(t), np.sin(t), 0 * t], axis=1)
    sizes = random.uniform(0.5, 12, (count, 1, 1)) * [1, 0.6, 1]
    return arch * sizes + random.uniform(-1, 1, (count, 1, 3)) * [100, 60, 0]


def drawn(canvas: Canvas, pose: Pose, actor: object) -> np.ndarray:
    """Where there is green, (H, W) bool array."""
    actor.GetProperty().SetColor(*(value / 255 for value in GREEN))
    canvas.add(actor)
    canvas.look(pose, 200.0)
    frame = canvas.draw(False)[:, :, :3]
    canvas.remove(actor)
    return (frame == GREEN).all(axis=2)


def edge_lines(courses: np.ndarray, frames: Sequence[np.ndarray] = ()) -> EdgeLines:
    lines = EdgeLines()
    lines.stand(courses, weights(courses), frames)
    return lines


def everything(courses: np.ndarray) -> object:
    actor = mesh.sharing(courses.reshape(-1, 3), None, 1)[0]
    starts = np.arange(courses.shape[0] * courses.shape[1]).reshape(courses.shape[:2])[:, :-1].ravel()
    mesh.draw(actor, starts[:, None] + [0, 1])
    actor.GetProperty().LightingOff()
    return actor


def near(mask: np.ndarray) -> np.ndarray:
    """The pixels themselves and their eight neighbours."""
    padded = np.pad(mask, 1)
    height, width = mask.shape
    found = np.zeros_like(mask)
    for y in range(3):
        for x in range(3):
            found |= padded[y : y + height, x : x + width]
    return found


@pytest.mark.parametrize(
    "pose",
    [Pose((0, 0, 0), 14, 12, 500), Pose((30, 10, 0), -20, 5, 30), Pose((-60, 20, 0), 60, -30, 120)],
)
def test_no_line_is_missing_or_elsewhere(canvas: Canvas, pose: Pose) -> None:
    courses = arches()
    lines = edge_lines(courses)
    lines.see(Projection(pose, SIZE))
    ours, all_points = drawn(canvas, pose, lines.actor), drawn(canvas, pose, everything(courses))
    assert all_points.sum() > 800
    assert not (ours & ~near(all_points)).any()
    assert not (all_points & ~near(ours)).any()


def test_fewer_pieces_from_afar_and_fewer_edges_close_by() -> None:
    courses = arches()
    lines = edge_lines(courses)

    def pieces(distance: float) -> int:
        lines.see(Projection(Pose((0, 0, 0), 0, 0, distance), SIZE))
        return int(lines.actor.GetMapper().GetInput().GetNumberOfLines())

    close, middle, far = pieces(10), pieces(300), pieces(3000)
    assert close < 400
    assert far < middle < 23 * 400
    assert far >= 400  # all of them
    assert pieces(300) == middle


def test_edges_end_at_the_frames_of_opened_layers(canvas: Canvas) -> None:
    course = np.linspace([-10.0, 0, 0], [10, 0, 0], 24)[None]
    frame = np.array([[-4.0, -2, 0], [4, -2, 0], [4, 2, 0], [-4, 2, 0]])
    lines = edge_lines(course, [frame])
    pose = Pose((0, 0, 0), 0, 0, 60)
    lines.see(Projection(pose, SIZE))
    columns = np.flatnonzero(drawn(canvas, pose, lines.actor).any(axis=0))
    scale = Projection(pose, SIZE).pixels_per_unit
    expected = [160 - 10 * scale, 160 - 4 * scale, 160 + 4 * scale, 160 + 10 * scale]
    gap = np.flatnonzero(np.diff(columns) > 1)[0]
    ends = [columns[0], columns[gap], columns[gap + 1], columns[-1]]
    assert ends == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize(
    ("unit", "share"),
    [(20.0, 0.0), (14.0, 0.0), (8.5, 0.325), (3.0, 0.65), (1.0, 0.65)],
    ids=["near", "almost", "halfway", "far", "very far"],
)
def test_where_lines_are_as_wide_as_blocks_they_recede(unit: float, share: float) -> None:
    pose = Pose((0, 0, 0), 0, 0, 100)
    pose = Pose((0, 0, 0), 0, 0, 100 * Projection(pose, SIZE).pixels_per_unit / unit)
    courses = arches(3)
    lines = edge_lines(courses)
    lines.recolour(np.array([200.0, 100.0, 0.0]), np.array([0.0, 0.0, 100.0]))
    lines.see(Projection(pose, SIZE))
    expected = np.array([200 * (1 - share), 100 * (1 - share), 100 * share])
    np.testing.assert_allclose(np.array(lines.actor.GetProperty().GetColor()) * 255, expected, atol=1e-6)
