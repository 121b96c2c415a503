"""Poses, framing and projection, by hand and against a perspective matrix of our own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from explorer3d.scene.camera import VIEW_ANGLE, Pose, Projection, framing

TAN = np.tan(np.radians(14.0))
NONE = (0.0, 0.0, 0.0, 0.0)

number = st.floats(-50, 50)
angles = st.tuples(st.floats(-180, 180), st.floats(-85, 85))
clouds = hnp.arrays(np.float64, st.tuples(st.integers(2, 12), st.just(3)), elements=st.floats(-40, 40))


def seen(pose: Pose, size: tuple[int, int], points: np.ndarray) -> np.ndarray:
    """(n, 2): shares of the picture from the left and the top, by rotating the world about y, then x."""
    a, e = np.radians(pose.azimuth), np.radians(pose.elevation)
    about_y = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(e), -np.sin(e)], [0, np.sin(e), np.cos(e)]])
    x, y, z = about_x @ about_y @ (np.asarray(points) - pose.focus).T
    depth = pose.distance - z
    tall = 2 * depth * np.tan(np.radians(VIEW_ANGLE / 2))
    return np.stack([0.5 + x / (tall * size[0] / size[1]), 0.5 - y / tall], axis=1)


def is_broad(points: np.ndarray, pose: Pose) -> bool:
    wide, tall, deep = np.ptp(pose.axes() @ points.T, axis=1)
    return bool(max(wide, tall) > max(deep, 2))


def test_axes_by_hand() -> None:
    np.testing.assert_allclose(
        Pose(azimuth=0, elevation=0).axes(), [[1, 0, 0], [0, 1, 0], [0, 0, -1]], atol=1e-12
    )
    np.testing.assert_allclose(
        Pose(azimuth=90, elevation=0).axes(), [[0, 0, -1], [0, 1, 0], [-1, 0, 0]], atol=1e-12
    )
    np.testing.assert_allclose(Pose((1, 2, 3), 0, 0, 10).position(), [1, 2, 13])
    np.testing.assert_allclose(Pose((0, 0, 0), 0, 30, 10).position(), [0, 5, 10 * np.sqrt(0.75)])


@given(angles)
def test_axes_are_a_right_handed_frame(turn: tuple[float, float]) -> None:
    axes = Pose(azimuth=turn[0], elevation=turn[1]).axes()
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(np.cross(axes[0], axes[1]), -axes[2], atol=1e-12)
    assert axes[1, 1] > 0  # up is never down


def test_framing_by_hand() -> None:
    points = np.array([[-1, -0.5, 0], [1, 0.5, 0]])
    found = framing(points, Pose(azimuth=0, elevation=0), (200, 100), NONE)
    assert found.distance == pytest.approx(0.5 / TAN)
    assert found.focus == pytest.approx((0, 0, 0), abs=1e-9)


def test_framing_with_margins_by_hand() -> None:
    # Free: 10 % left, 30 % right, so that the points fill 60 % of the width, a tenth left of the middle.
    points = np.array([[0.0, 0, 0], [6.0, 0, 0]])
    found = framing(points, Pose(azimuth=0, elevation=0), (100, 100), (0.1, 0.0, 0.3, 0.0))
    assert 2 * TAN * found.distance == pytest.approx(10.0)
    assert found.focus == pytest.approx((4.0, 0, 0), abs=1e-6)


@given(
    clouds,
    angles,
    st.sampled_from([(1280, 800), (300, 900), (500, 500)]),
    st.tuples(*[st.floats(0, 0.3)] * 4),
)
def test_framing_is_tight(
    points: np.ndarray, turn: tuple[float, float], size: tuple[int, int], margins: tuple[float, ...]
) -> None:
    pose = Pose(azimuth=turn[0], elevation=turn[1])
    # Points in one line of sight need no room at all: the eye would stand on the first of them.
    assume(is_broad(points, pose))
    found = framing(points, pose, size, margins)  # type: ignore[arg-type]
    assert (found.azimuth, found.elevation) == turn
    x, y = seen(found, size, points).T
    left, top, right, bottom = margins
    assert x.min() >= left - 1e-6
    assert x.max() <= 1 - right + 1e-6
    assert y.min() >= top - 1e-6
    assert y.max() <= 1 - bottom + 1e-6
    wide = abs(x.min() - left) < 1e-6 and abs(x.max() - (1 - right)) < 1e-6
    tall = abs(y.min() - top) < 1e-6 and abs(y.max() - (1 - bottom)) < 1e-6
    assert wide or tall


@given(clouds, st.floats(-30, 30), st.floats(-30, 30))
def test_the_direction_with_room_is_centred(points: np.ndarray, azimuth: float, elevation: float) -> None:
    flat = points * [1, 0.05, 0.02]
    pose = Pose(azimuth=azimuth, elevation=elevation)
    assume(is_broad(flat, pose))
    x, y = seen(framing(flat, pose, (800, 800), NONE), (800, 800), flat).T
    for share in (x, y):
        assert share.min() + share.max() == pytest.approx(1.0, abs=0.02)


@given(number, number, angles, st.floats(1, 100), st.floats(0.2, 5), number, number)
def test_zoom_keeps_what_is_under_the_cursor(
    x: float, y: float, turn: tuple[float, float], distance: float, factor: float, right: float, up: float
) -> None:
    before = Pose((x, y, 0.0), *turn, distance)
    right, up = right / 100 * distance, up / 100 * distance
    axes = before.axes()
    point = np.array(before.focus) + axes[0] * right + axes[1] * up
    after = before.zoomed(factor, right, up)
    assert after.distance == pytest.approx(distance / factor)
    size = (800, 600)
    np.testing.assert_allclose(seen(after, size, point[None]), seen(before, size, point[None]), atol=1e-9)


def test_zoom_has_ends() -> None:
    pose = Pose()
    assert pose.zoomed(1e9, 0, 0).distance == 0.05
    assert pose.zoomed(1e-9, 0, 0).distance == 1e5


@given(angles, st.floats(0, 800), st.floats(0, 600), st.floats(0.1, 100), st.floats(0.5, 50))
def test_ray_and_pixels_are_inverse(
    turn: tuple[float, float], x: float, y: float, way: float, distance: float
) -> None:
    projection = Projection(Pose((1, -2, 3), *turn, distance), (800, 600))
    origin, direction = projection.ray(x, y)
    assert np.linalg.norm(direction) == pytest.approx(1)
    np.testing.assert_allclose(projection.pixels((origin + way * direction)[None])[0], [x, y], atol=1e-6)


@given(angles, clouds)
def test_pixels_are_the_perspective_matrix_s(turn: tuple[float, float], points: np.ndarray) -> None:
    pose = Pose((1, -2, 3), *turn, 150.0)
    expected = seen(pose, (800, 600), points) * [800, 600]
    np.testing.assert_allclose(Projection(pose, (800, 600)).pixels(points), expected, atol=1e-6)


def test_pixels_per_unit_by_hand() -> None:
    projection = Projection(Pose((0, 0, 0), 0, 0, 1 / TAN), (800, 600))
    # At the focus the picture is 2 units high.
    assert projection.pixels_per_unit == pytest.approx(300)
    assert projection.offset(400, 300) == pytest.approx((0, 0))
    assert projection.offset(700, 0) == pytest.approx((1, 1))
    assert projection.pixels(np.array([[1.0, 1.0, 0.0]]))[0].tolist() == pytest.approx([700, 0])


def test_pan_moves_the_picture_by_as_much() -> None:
    pose = Pose((0, 0, 0), 33, 21, 10)
    size = (800, 600)
    point = np.zeros((1, 3))
    before, after = (Projection(one, size) for one in (pose, pose.panned(0.5, -0.25)))
    moved = after.pixels(point) - before.pixels(point)
    np.testing.assert_allclose(moved[0], np.array([-0.5, -0.25]) * before.pixels_per_unit)


def test_orbit_keeps_the_focus_and_stays_off_the_poles() -> None:
    pose = Pose((1, 2, 3), 10, 20, 10).orbited(15, 200)
    assert (pose.focus, pose.azimuth, pose.elevation, pose.distance) == ((1, 2, 3), 25, 85.0, 10)
    assert pose.orbited(0, -999).elevation == -85.0


def test_flight_ends_exactly_and_takes_the_short_way() -> None:
    start, goal = Pose((0, 0, 0), 170, 0, 1), Pose((1, 1, 1), -170, 10, 100)
    assert start.towards(goal, 1.0) is goal
    middle = start.towards(goal, 0.5)
    assert middle.azimuth == pytest.approx(180)
    assert middle.elevation == pytest.approx(5)
    assert middle.distance == pytest.approx(10)  # the geometric mean: even zoom
    assert middle.focus == pytest.approx((0.5, 0.5, 0.5))
    assert start.towards(goal, 0.0) == start
