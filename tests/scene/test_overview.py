from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from explorer3d.scene.camera import Pose, Projection
from explorer3d.scene.overview import Frame, Overview, drawn, footprint, framed, looking_at, nearest

GROUND, LIGHT = (6, 6, 15), (240, 240, 250)
RED, GREEN = (200, 0, 0), (0, 160, 0)


def overview(
    boxes: list[tuple[float, float, float, float]],
    colours: list[tuple[int, int, int]],
    folded: tuple[int, ...] = (),
    bright: tuple[int, ...] | None = None,
) -> Overview:
    """Of blocks given as left, bottom, right, top."""
    corners = np.array(boxes, float)
    every = np.arange(len(boxes))
    return Overview(
        corners[:, :2],
        corners[:, 2:],
        np.array(colours, np.uint8),
        np.isin(every, folded),
        None if bright is None else np.isin(every, bright),
        GROUND,
        LIGHT,
    )


def test_a_block_covers_each_pixel_by_its_share() -> None:
    # Left 1.25, right 4.5, top 0.5, bottom 2 in pixels of a map of 6 × 4 whose top stands at y = 4.
    shown = drawn(overview([(1.25, 2.0, 4.5, 3.5)], [RED]), Frame(0.0, 4.0, 1.0, (6, 4)))
    across, down = np.array([0, 0.75, 1, 1, 0.5, 0]), np.array([0.5, 1, 0, 0])
    assert shown[:, :, 3] == pytest.approx(255 * down[:, None] * across, abs=0.6)
    assert shown[:, :, 0] == pytest.approx(200 * down[:, None] * across, abs=0.6)
    assert not shown[:, :, 1:3].any()


def test_blocks_that_share_a_pixel_are_mixed() -> None:
    shown = drawn(overview([(0, 0, 2, 2), (2, 0, 4, 2)], [RED, GREEN]), Frame(0.0, 2.0, 0.25, (1, 1)))
    assert shown[0, 0, :3] == pytest.approx([100, 80, 0], abs=3)


def test_many_small_blocks_are_all_seen() -> None:
    boxes = [(3.0 * place, 0.0, 3.0 * place + 1, 1.0) for place in range(1000)]
    frame = framed(np.array(boxes).reshape(-1, 2), (200, 100), 20)
    shown = drawn(overview(boxes, [RED] * 1000), frame)
    row = int(frame.pixels(np.array([[0.0, 0.5]]))[0, 1])
    assert (shown[row, 1:-1, 3] > 100).all()
    assert not shown[0].any()


def test_a_folded_block_has_a_second_card_behind_it() -> None:
    frame = Frame(0.0, 4.0, 10.0, (40, 40))
    plain, folded = (drawn(overview([(1, 1, 3, 3)], [RED], which), frame) for which in ((), (0,)))
    above = (slice(7, 10), slice(14, 31))
    assert not plain[above].any()
    assert (folded[above][:, :, 0] == 120).all()
    assert (plain[10:30, 10:30] == folded[10:30, 10:30]).all()


def test_what_is_looked_for_stands_out_of_the_rest() -> None:
    boxes = [(float(place), 0.0, place + 1.0, 1.0) for place in range(100)]
    frame = Frame(0.0, 5.0, 1.0, (100, 10))
    shown = drawn(overview(boxes, [RED] * 100, bright=(50,)), frame)
    # It shines, and is higher and wider than the others, which are one pixel high.
    assert shown[2:7, 48:53, 3].min() > 100
    assert shown[4, 50, :3] == pytest.approx([223, 138, 144], abs=3) and shown[3, 50, 3] > 100
    assert 70 < shown[4, 20, 0] < 80 and not shown[3, 20, 3]


def test_most_of_a_network_need_not_shine() -> None:
    boxes = [(float(place), 0.0, place + 1.0, 1.0) for place in range(100)]
    shown = drawn(overview(boxes, [RED] * 100, bright=tuple(range(90))), Frame(0.0, 5.0, 1.0, (100, 10)))
    assert (shown[4, 50, :3] == RED).all()
    assert 70 < shown[4, 95, 0] < 80


def test_a_network_of_one_line_is_a_flat_strip() -> None:
    low = np.array([[2.7 * place, 0.0] for place in range(40)])
    line = framed(np.concatenate([low, low + 1.5]), (240, 160), 22)
    assert line.size == (240, 22)
    # The line runs along its middle.
    assert line.pixels(np.array([[0.0, 0.75]]))[0, 1] == pytest.approx(11, abs=0.6)
    tall = framed(np.concatenate([low, low + 1.5])[:, ::-1], (240, 160), 22)
    assert tall.size[1] == 160 and tall.size[0] == 22


@pytest.mark.parametrize("room", [(300, 100), (100, 300), (30, 20)])
def test_all_blocks_are_inside_their_map(room: tuple[int, int]) -> None:
    low = np.random.default_rng(3).uniform(-50, 90, (60, 2)) * [1.0, 0.4]
    frame = framed(np.concatenate([low, low + 2]), room, 12)
    places = frame.pixels(np.concatenate([low, low + 2]))
    assert (places >= 0).all() and (places <= frame.size).all()
    assert frame.size[0] <= room[0] and frame.size[1] <= room[1]
    assert np.allclose(frame.pixels(np.array([frame.point(7.0, 5.0)])), (7.0, 5.0))


@pytest.mark.parametrize("pose", [Pose(), Pose((7.0, -3.0, 2.0), -35.0, 40.0, 12.0)])
def test_the_footprint_is_what_fills_the_picture(pose: Pose) -> None:
    projection = Projection(pose, (800, 500))
    found = footprint(projection, 1000.0)
    seen = projection.pixels(np.column_stack([found, np.zeros(len(found))]))
    assert {tuple(corner) for corner in np.rint(seen).astype(int).tolist()} == {
        (0, 0),
        (800, 0),
        (800, 500),
        (0, 500),
    }
    turns = [
        (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
        for (a, b), (_, c) in pairwise(pairwise([*found, *found[:2]]))
    ]
    assert all(turn > 0 for turn in turns)


def test_a_view_along_the_plane_has_an_end() -> None:
    projection = Projection(Pose((0.0, 0.0, 0.0), 0.0, 80.0, 10.0), (800, 500))
    found = footprint(projection, 200.0)
    assert 3 <= len(found) <= 5
    assert np.abs(found).max() < 400
    # From above one sees what is close, and down to there.
    assert found[:, 1].max() < 10 and found[:, 1].min() < -100


def test_nothing_is_in_view_of_who_looks_away() -> None:
    away = Pose((0.0, 0.0, 20.0), 180.0, 0.0, 5.0)
    assert footprint(Projection(away, (800, 500)), 2.0).shape == (0, 2)


@pytest.mark.parametrize("pose", [Pose(), Pose((7.0, -3.0, 2.0), -35.0, 40.0, 12.0), Pose(azimuth=180.0)])
def test_what_is_looked_at_comes_to_the_middle(pose: Pose) -> None:
    goal = looking_at(pose, (4.0, -6.0))
    seen = Projection(goal, (800, 500)).pixels(np.array([[4.0, -6.0, 0.0]]))[0]
    assert seen == pytest.approx([400, 250], abs=1e-6)
    assert (goal.azimuth, goal.elevation, goal.distance) == (pose.azimuth, pose.elevation, pose.distance)


def test_the_block_under_a_point_is_named_or_the_nearest_in_reach() -> None:
    low = np.array([[0.0, 0.0], [5.0, 0.0]])
    high = low + [2.0, 1.0]
    assert nearest(low, high, (6.0, 0.5), 0.0) == 1
    assert nearest(low, high, (3.0, 0.5), 1.5) == 0
    assert nearest(low, high, (3.0, 0.5), 0.5) is None
    assert nearest(low[:0], high[:0], (3.0, 0.5), 9.0) is None
