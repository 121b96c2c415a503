"""Back and forward, and bookmarks as text."""

from __future__ import annotations

import pytest

from explorer3d.scene.camera import Pose
from explorer3d.scene.places import LONGEST_HISTORY, History, Place, apart, from_text, to_text


def pose(number: int) -> Pose:
    return Pose((float(number), 0.0, 0.0))


def always(place: Place) -> bool:
    return True


def test_back_and_forward_find_the_pose_that_was_left() -> None:
    history = History(Place(None, pose(0)))
    history.visit(Place("a", pose(1)))  # before going to a, the start was looked at from pose 1
    history.visit(Place("b", pose(2)))
    assert history.go(-1, pose(3), always) == Place("a", pose(2))
    assert history.go(-1, pose(4), always) == Place(None, pose(1))
    assert history.go(-1, pose(5), always) is None
    assert history.go(1, pose(6), always) == Place("a", pose(4))
    assert history.go(1, pose(7), always) == Place("b", pose(3))
    assert history.go(1, pose(8), always) is None


def test_going_on_forgets_what_was_ahead() -> None:
    history = History(Place(None, pose(0)))
    history.visit(Place("a", pose(1)))
    history.visit(Place("b", pose(2)))
    history.go(-1, pose(3), always)
    history.visit(Place("c", pose(4)))
    assert history.go(1, pose(5), always) is None
    assert history.go(-1, pose(5), always) == Place("a", pose(4))


def test_the_same_place_twice_is_one() -> None:
    history = History(Place(None, pose(0)))
    history.visit(Place("a", pose(1)))
    history.visit(Place("a", pose(2)))
    assert history.go(-1, pose(3), always) == Place(None, pose(1))


def test_nodes_that_are_gone_are_passed_over() -> None:
    history = History(Place(None, pose(0)))
    for node in "abc":
        history.visit(Place(node, pose(1)))
    assert history.go(-1, pose(1), lambda place: place.node == "a") == Place("a", pose(1))
    assert history.go(1, pose(1), lambda place: place.node == "a") is None


def test_it_does_not_grow_without_end() -> None:
    history = History(Place(None, pose(0)))
    for number in range(3 * LONGEST_HISTORY):
        history.visit(Place(str(number), pose(number)))
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


SIZE = (800, 500)


def seen_from(x: float, distance: float = 10.0) -> Place:
    # At 10 world units the picture is 8 wide, since the camera sees 28 degrees of its height.
    return Place("a", Pose((x, 0.0, 0.0), 0.0, 0.0, distance))


def test_another_place_is_half_a_picture_away_or_much_nearer() -> None:
    here = seen_from(0).pose
    assert not apart(here, seen_from(3.9).pose, SIZE) and apart(here, seen_from(4.1).pose, SIZE)
    assert not apart(here, seen_from(0, 20).pose, SIZE) and apart(here, seen_from(0, 26).pose, SIZE)
    assert apart(here, seen_from(0, 3.9).pose, SIZE)
    # To turn about what is looked at goes nowhere.
    assert not apart(here, here.orbited(40, 10), SIZE)


def test_where_the_camera_rests_is_a_place() -> None:
    history = History(Place(None, pose(0)))
    history.visit(Place("a", pose(1)))
    for x in (0, 1, 2, 3):  # it arrives, and drifts a little
        history.rest(seen_from(x), SIZE)
    history.rest(seen_from(5), SIZE)
    history.rest(seen_from(5), SIZE)
    history.rest(seen_from(20), SIZE)
    assert history.go(-1, seen_from(21).pose, always) == seen_from(5)
    assert history.go(-1, seen_from(5).pose, always) == seen_from(0)
    assert history.go(-1, seen_from(0).pose, always) == Place(None, pose(1))
    assert history.go(1, pose(0), always) == seen_from(0)


def test_coming_back_is_no_new_place() -> None:
    history = History(seen_from(0))
    history.rest(seen_from(0), SIZE)
    history.rest(seen_from(9), SIZE)
    assert history.go(-1, seen_from(9).pose, always) == seen_from(0)
    # What is folded may have changed, so that one arrives elsewhere.
    history.rest(seen_from(30), SIZE)
    assert history.go(1, seen_from(30).pose, always) == seen_from(9)


def test_a_rest_on_the_way_elsewhere_is_none() -> None:
    history = History(Place("a", pose(0)))
    history.rest(Place("b", pose(50)), SIZE)
    history.rest(Place("b", pose(90)), SIZE)
    assert history.go(-1, pose(0), always) is None


def test_folding_makes_another_place() -> None:
    home, block = frozenset({"a"}), frozenset({"a", "b"})
    history = History(Place("b", pose(0), unfolded=home))
    history.leave(pose(1))
    # The camera was moved with the nodes: where the place before was seen from stays as it was left.
    history.visit(Place(None, pose(2), unfolded=block))
    history.rest(Place(None, pose(2), unfolded=block), SIZE)
    assert history.go(-1, pose(3), always) == Place("b", pose(1), unfolded=home)
    assert history.go(1, pose(1), always) == Place(None, pose(3), unfolded=block)


def test_what_is_unfolded_for_a_layer_inside_is_one_step() -> None:
    folded, unfolded = frozenset({"a"}), frozenset({"a", "b"})
    history = History(Place("start", pose(0), unfolded=folded))
    history.visit(Place("start", pose(1), unfolded=unfolded))
    history.visit(Place("b/1", pose(1), unfolded=unfolded))
    assert history.go(-1, pose(2), always) == Place("start", pose(0), unfolded=folded)
    # Whoever stayed to look saw two.
    history.visit(Place("start", pose(1), unfolded=unfolded))
    history.rest(Place("start", pose(1), unfolded=unfolded), SIZE)
    history.visit(Place("b/1", pose(1), unfolded=unfolded))
    assert history.go(-1, pose(2), always) == Place("start", pose(1), unfolded=unfolded)


def test_what_was_closed_since_is_not_there_to_be_looked_at() -> None:
    history = History(Place(None, pose(0)))
    for node in "aba":
        history.visit(Place(node, pose(1)))
    history.lose("a", ())
    # Where one is, one sees that it is gone.
    assert history.go(-1, pose(2), always) == Place("b", pose(1))
    assert history.go(-1, pose(2), always) == Place("a", pose(1), lost=True)
    assert history.go(1, pose(3), always) == Place("b", pose(2))
    assert history.go(1, pose(4), always) == Place("a", pose(2))
    # It was looked at since.
    assert history.go(-1, pose(5), always) == Place("b", pose(4))
    assert history.go(-1, pose(6), always) == Place("a", pose(3))
