"""Back and forward, and bookmarks as text."""

from __future__ import annotations

import pytest

from explorer3d.scene.camera import Pose
from explorer3d.scene.places import LONGEST_HISTORY, History, Place, from_text, to_text


def pose(number: int) -> Pose:
    return Pose((float(number), 0.0, 0.0))


def always(node: str) -> bool:
    return True


def test_back_and_forward_find_the_pose_that_was_left() -> None:
    history = History(Place(None, pose(0)))
    history.visit("a", pose(1))  # before going to a, the start was looked at from pose 1
    history.visit("b", pose(2))
    assert history.go(-1, pose(3), always) == Place("a", pose(2))
    assert history.go(-1, pose(4), always) == Place(None, pose(1))
    assert history.go(-1, pose(5), always) is None
    assert history.go(1, pose(6), always) == Place("a", pose(4))
    assert history.go(1, pose(7), always) == Place("b", pose(3))
    assert history.go(1, pose(8), always) is None


def test_going_on_forgets_what_was_ahead() -> None:
    history = History(Place(None, pose(0)))
    history.visit("a", pose(1))
    history.visit("b", pose(2))
    history.go(-1, pose(3), always)
    history.visit("c", pose(4))
    assert history.go(1, pose(5), always) is None
    assert history.go(-1, pose(5), always) == Place("a", pose(4))


def test_the_same_place_twice_is_one() -> None:
    history = History(Place(None, pose(0)))
    history.visit("a", pose(1))
    history.visit("a", pose(2))
    assert history.go(-1, pose(3), always) == Place(None, pose(1))


def test_nodes_that_are_gone_are_passed_over() -> None:
    history = History(Place(None, pose(0)))
    for node in "abc":
        history.visit(node, pose(1))
    assert history.go(-1, pose(1), lambda node: node == "a") == Place("a", pose(1))
    assert history.go(1, pose(1), lambda node: node == "a") is None


def test_it_does_not_grow_without_end() -> None:
    history = History(Place(None, pose(0)))
    for number in range(3 * LONGEST_HISTORY):
        history.visit(str(number), pose(number))
    back = 0
    while history.go(-1, pose(0), always):
        back += 1
    assert back == LONGEST_HISTORY - 1


def test_bookmarks_come_back_from_text() -> None:
    places = {1: Place("conv1", Pose((1.5, -2.0, 0.25), 14.0, 12.0, 7.5)), 9: Place(None, Pose())}
    assert from_text(to_text(places)) == places


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"1": []}', '{"1": ["a", [1, 2], 0, 0, 1]}', '{"1": ["a", [1, 2, 3], 0, 0, -1]}',
        '{"1": ["a", [1, 2, NaN], 0, 0, 1]}', '{"0": ["a", [1, 2, 3], 0, 0, 1]}',
        '{"1": [7, [1, 2, 3], 0, 0, 1]}', '{"1": ["a", "123", 0, 0, []]}',
    ],
)  # fmt: skip
def test_damaged_text_is_no_bookmark(text: str) -> None:
    assert from_text(text) == {}
