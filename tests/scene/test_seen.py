"""What is inside the picture, beside projecting every corner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.seen import Drawn, Spots

SIZE = (640, 400)
POSES = [Pose((0, 0, 0), 14, 12, 40), Pose((30, -20, 0), -70, 50, 25), Pose((5, 5, -3), 200, -30, 3)]


def boxes() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    low = random.uniform(-60, 60, (3000, 3)) * [1, 1, 0.2]
    return low, low + random.uniform(0.2, 3, (3000, 3))


def with_a_corner_inside(low: np.ndarray, high: np.ndarray, projection: Projection) -> np.ndarray:
    inside = np.zeros(len(low), bool)
    for choice in np.ndindex(2, 2, 2):
        corners = np.where(np.array(choice, bool), high, low)
        before = (corners - projection.pose.position()) @ projection.pose.axes()[2] > 0
        pixels = projection.pixels(corners)
        inside |= before & (pixels >= 0).all(axis=1) & (pixels <= projection.size).all(axis=1)
    return inside


@pytest.mark.parametrize("pose", POSES)
def test_whatever_is_seen_is_inside(pose: Pose) -> None:
    low, high = boxes()
    projection = Projection(pose, SIZE)
    spots = Spots(low, high)
    depths = spots.depths(projection)
    inside = spots.inside(projection, depths)
    exact = with_a_corner_inside(low, high, projection)
    assert 0 < exact.sum() < 2000
    assert not (exact & ~inside).any()
    assert inside.sum() < 1.5 * exact.sum() + 60
    assert spots.inside(projection, depths, 0.3).sum() > inside.sum()


def test_a_ball_takes_as_many_pixels_as_its_diameter() -> None:
    spots = Spots(np.array([[-1.0, -1, 0]]), np.array([[1.0, 1, 0]]))
    projection = Projection(Pose((0, 0, 0), 0, 0, 20), SIZE)
    ends = projection.pixels(np.array([[-1.0, -1, 0], [1, 1, 0]]))
    expected = float(np.linalg.norm(ends[1] - ends[0]))
    assert spots.diameters(projection, spots.depths(projection))[0] == pytest.approx(expected, rel=1e-4)


def test_small_moves_draw_the_same_things() -> None:
    low, high = boxes()
    drawn = Drawn(Spots(low, high))
    pose = POSES[0]
    assert drawn.see(Projection(pose, SIZE))
    first = drawn.chosen
    assert not drawn.see(Projection(pose.panned(0.5, 0.2), SIZE))
    assert drawn.see(Projection(pose.panned(30, 0), SIZE))
    away = Projection(pose.panned(30, 0), SIZE)
    seen = np.flatnonzero(with_a_corner_inside(low, high, away))
    assert set(seen) <= set(drawn.chosen)
    assert set(first) != set(drawn.chosen)


def test_closer_by_fewer_are_drawn() -> None:
    random = np.random.default_rng(2)
    low = random.uniform(-60, 60, (20_000, 3)) * [1, 1, 0]
    drawn = Drawn(Spots(low, low + 1))
    drawn.see(Projection(Pose((0, 0, 0), 0, 0, 500), SIZE))
    assert len(drawn.chosen) == 20_000
    drawn.see(Projection(Pose((0, 0, 0), 0, 0, 20), SIZE))
    assert len(drawn.chosen) < 1500


def test_what_is_too_small_is_not_drawn() -> None:
    low = np.array([[-3.0, 0, 0], [3, 0, 0]])
    drawn = Drawn(Spots(low, low + [[0.1], [1.0]]))
    projection = Projection(replace(POSES[0], distance=60), SIZE)
    drawn.see(projection, least=8.0)
    assert drawn.chosen.tolist() == [1]
    assert drawn.see(replace(projection, pose=replace(projection.pose, distance=10)), least=8.0)
    assert drawn.chosen.tolist() == [0, 1]
