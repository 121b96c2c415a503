"""A document that goes into the bodies of layers, with an executor moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from explorer3d.compute import requests
from explorer3d.document import Document
from explorer3d.entering import LoadedBody
from tests.body_models import states, write_looping
from tests.test_document import Desk

X = np.array([[1, -2, 3, -4, 5], [-5, 4, -3, 2, -1]], np.float32) / 4


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    before = dict(requests._runners)
    desk = Desk({})
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "other.npy", -X)
    desk.document.open(write_looping(tmp_path / "loop.onnx"), tmp_path / "x.npy")
    desk.finish()
    yield desk
    desk.document.close()
    assert requests._runners == before, "a network was not freed"


def entered(desk: Desk, *layers: str, body: str = "") -> Document:
    for layer in layers:
        desk.document.enter(layer, body)
        desk.finish()
    return desk.document


def output_of(desk: Desk, layer: str) -> np.ndarray:
    desk.document.show(layer)
    desk.finish()
    return next(tensor.array for tensor in desk.document.shown[layer].tensors if tensor.role == "output")


def loaded(document: Document) -> LoadedBody:
    assert isinstance(document.loaded, LoadedBody)
    return document.loaded


def test_a_body_is_seen_and_runs(desk: Desk) -> None:
    document = entered(desk, "loop")
    assert document.place == (("loop", "body"),)
    assert document.model is not None
    assert [layer.name for layer in document.model.layers][:2] == ["move", "cast"]
    assert set(document.faces) >= {"move", "count", "choice", "state", "h"}
    assert (loaded(document).iteration, loaded(document).count) == (0, 3)
    np.testing.assert_array_equal(output_of(desk, "move"), X + np.maximum(X, 0))


def test_each_iteration_has_its_own_numbers(desk: Desk) -> None:
    document = entered(desk, "loop")
    for number in (2, 1):
        document.iterate(number)
        desk.finish()
        assert loaded(document).iteration == number
        np.testing.assert_array_equal(output_of(desk, "state"), states(X)[number])
    document.iterate(7)
    desk.finish()
    assert loaded(document).iteration == 2
    # The iteration that was reached is the one from which one goes on.
    document.iterate(2)
    assert document.busy is None


def test_where_one_was_is_there_again(desk: Desk) -> None:
    document = desk.document
    document.show("last")
    desk.finish()
    document.show("loop")
    desk.finish()
    before = document.faces, document.opened.copy(), document.network
    entered(desk, "loop")
    assert (document.selected, dict(document.opened)) == (None, {})
    document.show("move")
    desk.finish()
    document.leave()
    desk.finish()
    assert document.place == ()
    assert (document.faces, document.opened, document.network) == before
    assert document.selected == "loop"
    assert set(document.shown) == {"last", "loop"}
    assert document.model is not None
    assert document.model.path.name == "loop.onnx"


def test_a_body_in_a_body(desk: Desk) -> None:
    document = entered(desk, "loop")
    document.iterate(1)
    desk.finish()
    positive = bool(output_of(desk, "positive"))
    entered(desk, "choice")
    taken = "then_branch" if positive else "else_branch"
    # Of two branches, the one that is taken.
    assert document.place == (("loop", "body"), ("choice", taken))
    assert document.feeds is not None
    assert document.feeds.description == f"{taken} is taken"
    np.testing.assert_array_equal(output_of(desk, "double" if positive else "turn"), states(X)[2])
    document.leave()
    desk.finish()
    # Still at the iteration that was chosen.
    assert loaded(document).iteration == 1
    entered(desk, "choice", body="else_branch" if positive else "then_branch")
    assert "is what" in document.feeds.description
    document.leave(2)
    desk.finish()
    assert document.place == ()


def test_another_input_given_in_a_body_goes_into_the_whole(desk: Desk, tmp_path: Path) -> None:
    document = entered(desk, "loop")
    document.iterate(1)
    desk.finish()
    document.load_input(tmp_path / "other.npy")
    desk.finish()
    np.testing.assert_array_equal(output_of(desk, "state"), states(-X)[1])
    document.leave()
    desk.finish()
    assert document.input_path == tmp_path / "other.npy"
    np.testing.assert_array_equal(output_of(desk, "last"), -states(-X)[3])


def test_going_to_another_place_leads_through_what_they_share(desk: Desk) -> None:
    document = entered(desk, "loop", "choice")
    there: list[str] = []
    first, second = document.place
    other = "else_branch" if second[1] == "then_branch" else "then_branch"
    document.go_to((first, ("choice", other)), lambda: there.append(document.place[-1][1]))
    desk.carry_out(desk.next())
    assert document.place == (first,)
    desk.finish()
    assert there == [other]
    document.go_to((), lambda: there.append("top"))
    desk.finish()
    assert (there[-1], document.place) == ("top", ())


def test_entering_while_the_input_is_on_its_way(desk: Desk, tmp_path: Path) -> None:
    document = desk.document
    document.load_input(tmp_path / "other.npy")
    document.enter("loop")
    (load, enter) = desk.tickets
    desk.tickets.clear()
    desk.carry_out(enter)
    desk.carry_out(load)  # comes too late
    desk.finish()
    np.testing.assert_array_equal(output_of(desk, "state"), -X)
    document.leave()
    desk.finish()
    assert document.input_path == tmp_path / "other.npy"
    assert set(document.faces) == {"x", "rise", "loop", "last"}


def test_entering_before_an_input_rests(desk: Desk, tmp_path: Path) -> None:
    """What was to be seen at rest is seen when one comes back."""
    document = desk.document
    document.load_input(tmp_path / "other.npy")
    desk.carry_out(desk.next())
    (faces,) = desk.tickets
    document.enter("loop")
    desk.tickets.remove(faces)
    desk.finish()
    assert faces.number in desk.dropped and document.place
    before = dict(document._left[0].state["faces"])
    document.leave()
    desk.finish()
    assert not document.place and not np.array_equal(document.faces["x"].texels, before["x"].texels)


def test_giving_up_and_closing_free_all_networks(desk: Desk) -> None:
    document = desk.document
    document.enter("loop")
    (ticket,) = desk.tickets
    document.cancel()
    desk.finish()
    assert ticket.topic == "place"
    assert document.place == ()
    entered(desk, "loop", "choice")
    document.close_model()
    assert document.keys == ()


def test_after_giving_up_a_click_in_a_body_brings_its_own_input(desk: Desk) -> None:
    document = desk.document
    document.enter("loop")
    desk.carry_out(desk.next())
    document.cancel()
    desk.tickets.clear()
    assert document.feeds is None
    np.testing.assert_array_equal(output_of(desk, "move"), X + np.maximum(X, 0))


def test_another_model_opened_in_a_body_takes_the_place_of_all(desk: Desk, tmp_path: Path) -> None:
    document = entered(desk, "loop")
    document.open(write_looping(tmp_path / "second.onnx"))
    desk.finish()
    assert (document.place, len(document.keys)) == ((), 1)
    document.leave()
    assert document.model is not None
    assert document.model.path.name == "second.onnx"


def test_layers_without_bodies_are_not_entered(desk: Desk) -> None:
    desk.document.enter("rise")
    desk.document.leave()
    desk.document.iterate(3)
    assert desk.tickets == []
    assert desk.document.place == ()
