"""Rays against boxes and rectangles, by hand and by many."""

from __future__ import annotations

import numpy as np
import pytest

from explorer3d.scene.picking import Enclosures, nearest_box, nearest_quad
from explorer3d.scene.quads import rectangle

AHEAD = np.array([0.0, 0.0, -1.0])
LOW = np.array([[0.0, 0, -1], [0, 0, -5], [2, 0, -1]])
HIGH = np.array([[1.0, 1, 0], [1, 1, -4], [3, 1, 0]])


def test_the_first_of_two_boxes() -> None:
    assert nearest_box(np.array([0.5, 0.5, 10]), AHEAD, LOW, HIGH) == (0, 10.0)
    assert nearest_box(np.array([0.5, 0.5, 10]), AHEAD, LOW[1:], HIGH[1:]) == (0, 14.0)
    assert nearest_box(np.array([2.5, 0.5, 10]), AHEAD, LOW, HIGH) == (2, 10.0)


def test_between_boxes_is_nothing() -> None:
    assert nearest_box(np.array([1.5, 0.5, 10]), AHEAD, LOW, HIGH) is None


def test_what_lies_behind_is_not_met() -> None:
    assert nearest_box(np.array([0.5, 0.5, -10]), AHEAD, LOW, HIGH) is None
    assert nearest_box(np.array([0.5, 0.5, -2]), AHEAD, LOW, HIGH) == (1, 2.0)


def test_through_a_slanting_side() -> None:
    direction = np.array([1.0, 0, -1]) / np.sqrt(2)
    # Enters the first box through its left side at (0, ½, −½).
    found = nearest_box(np.array([-2, 0.5, 1.5]), direction, LOW, HIGH)
    assert found is not None
    assert found == (0, pytest.approx(np.sqrt(8)))


def test_along_an_edge_is_no_error() -> None:
    # Zero divided by zero on the way: the ray runs in the plane of a side.
    assert nearest_box(np.array([0.0, 0.5, 10]), AHEAD, LOW, HIGH) == (0, 10.0)


def test_nothing_to_meet() -> None:
    none = np.zeros((0, 3))
    assert nearest_box(np.zeros(3), AHEAD, none, none) is None
    assert nearest_quad(np.zeros(3), AHEAD, np.zeros((0, 4, 3))) is None


def test_the_first_of_two_rectangles() -> None:
    corners = np.array([rectangle(0, 0, 2, 1, -3.0), rectangle(1, 0, 2, 1, -1.0)])
    assert nearest_quad(np.array([0.5, 0.5, 0]), AHEAD, corners)[:2] == (0, 3.0)
    assert nearest_quad(np.array([1.5, 0.5, 0]), AHEAD, corners)[:2] == (1, 1.0)
    assert nearest_quad(np.array([1.5, 0.5, -2]), AHEAD, corners)[:2] == (0, 1.0)
    assert nearest_quad(np.array([1.5, 1.5, 0]), AHEAD, corners) is None
    assert nearest_quad(np.array([1.5, 0.5, -4]), AHEAD, corners) is None


def test_a_rectangle_seen_edge_on_is_not_met() -> None:
    edge_on = np.array([[[0.0, 0, 0], [0, 0, -1], [0, 1, -1], [0, 1, 0]]])
    assert nearest_quad(np.array([0.0, 0.5, 5]), AHEAD, edge_on) is None


def test_a_rectangle_without_area_is_not_met() -> None:
    assert nearest_quad(np.array([0.0, 0, 5]), AHEAD, np.zeros((1, 4, 3))) is None


def test_rectangles_in_any_position() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        base, one, other = random.normal(size=(3, 3))
        other -= one * (one @ other) / (one @ one)
        corners = np.array([[base, base + one, base + one + other, base + other]])
        s, t = random.uniform(-0.5, 1.5, 2)
        goal = base + s * one + t * other
        origin = random.normal(size=3) * 10
        way = float(np.linalg.norm(goal - origin))
        found = nearest_quad(origin, (goal - origin) / way, corners)
        inside = 0 <= s <= 1 and 0 <= t <= 1
        assert (found is not None) == inside
        if found is not None:
            assert found == (0, pytest.approx(way), pytest.approx(s), pytest.approx(1 - t))


def test_few_boxes_are_looked_at_and_none_is_missed() -> None:
    random = np.random.default_rng(1)
    low = random.uniform(-900, 900, (4000, 3)) * [1, 1, 0.01]
    high = low + random.uniform(0.3, 3.0, (4000, 3))
    enclosures = Enclosures(low, high)
    hits = looked_at = 0
    for _ in range(100):
        goal = random.uniform(-800, 800, 3) * [1, 1, 0]
        if random.random() < 0.7:
            goal = (low + high)[random.integers(4000)] / 2
        origin = goal + random.normal(size=3) * 300 + [0, 0, 50]
        direction = (goal - origin) / np.linalg.norm(goal - origin)
        found = enclosures.met(origin, direction)
        assert isinstance(found, np.ndarray)
        best = nearest_box(origin, direction, low[found], high[found])
        assert (best and (int(found[best[0]]), best[1])) == nearest_box(origin, direction, low, high)
        hits += best is not None
        looked_at += len(found)
    assert hits > 60
    assert looked_at < 20 * 100


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_rays_along_an_axis_meet_the_boxes_before_them(axis: int) -> None:
    direction = np.eye(3)[axis]
    middles = 10.0 * np.eye(3)
    enclosures = Enclosures(middles - 1, middles + 1)
    assert enclosures.met(np.zeros(3), direction).tolist() == [axis]
    assert enclosures.met(np.zeros(3), -direction).tolist() == []


def test_a_box_without_depth_encloses_a_rectangle() -> None:
    corners = np.array([rectangle(500, 0, 2, 1, -3.0), rectangle(1, 0, 2, 1, -1.0)])
    enclosures = Enclosures(corners.min(axis=1), corners.max(axis=1))
    assert enclosures.met(np.array([500.5, 0.5, 0]), AHEAD).tolist() == [0]
    assert enclosures.met(np.array([500.5, 1.5, 0]), AHEAD).tolist() == []
