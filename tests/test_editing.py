"""A document in whose network something is changed, with an executor moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from explorer3d.compute import requests
from explorer3d.compute.edit_model import EditModel
from explorer3d.compute.edits import Edit
from explorer3d.document import Document
from tests.body_models import write_looping
from tests.test_document import Desk

MUTED = Edit("conv1", 2)
KERNEL = Edit("conv2", 0, 3.0, weight="kernel")


@pytest.fixture
def desk(samples: Path) -> Iterator[Desk]:
    before = dict(requests._runners)
    desk = Desk({})
    desk.document.open(samples / "lenet_fashion.h5", samples / "pictures" / "fashion_8_bag.png")
    desk.finish()
    for name in ("conv1", "conv2"):
        desk.document.show(name)
    desk.finish()
    yield desk
    desk.document.close()
    assert requests._runners == before, "a network was not freed"


def _output(document: Document, layer: str) -> np.ndarray:
    return next(tensor.array for tensor in document.shown[layer].tensors if tensor.role == "output")


def _scores(document: Document) -> np.ndarray:
    (scores,) = document._scores.values()
    return scores


def _said(document: Document) -> list[tuple[str, str, bool]]:
    return [(change.edit.what, change.edit.done, change.on) for change in document.changes]


def test_everything_runs_with_the_change_and_undone_as_before(desk: Desk) -> None:
    document = desk.document
    before = {name: _output(document, name) for name in ("conv1", "conv2")}
    faces, scores = dict(document.faces), _scores(document).copy()
    document.edit(MUTED)
    desk.finish()
    after = _output(document, "conv1")
    assert not after[..., 2].any() and before["conv1"][..., 2].any()
    assert np.array_equal(np.delete(after, 2, 3), np.delete(before["conv1"], 2, 3))
    assert not np.array_equal(_output(document, "conv2"), before["conv2"])
    assert not np.array_equal(_scores(document), scores)
    apart = [
        name for name, face in faces.items() if not np.array_equal(face.texels, document.faces[name].texels)
    ]
    assert {"conv1", "pool1", "conv2"} <= set(apart) and document.model.inputs[0].value not in apart
    assert document.edited == {"conv1": 1}
    assert document.undo()
    # Nothing has to be drawn for it anew.
    assert not any(ticket.topic == "faces" for ticket in desk.tickets)
    assert all(document.faces[name] is face for name, face in faces.items())
    desk.finish()
    # The very arrays: nothing has been computed for it.
    assert all(_output(document, name) is array for name, array in before.items())
    assert np.array_equal(_scores(document), scores)
    assert document.changes == () and document.edited == {}
    assert document.redo()
    desk.finish()
    assert np.array_equal(_output(document, "conv1"), after)


def test_the_list_of_changes(desk: Desk) -> None:
    document = desk.document
    document.edit(MUTED)
    document.edit(KERNEL)
    document.edit(Edit("conv1", 2, 1.0, 4))
    assert _said(document) == [("map 2 of conv1", "replaced by 4", True), ("kernel 0 of conv2", "×3", True)]
    document.switch(MUTED, False)
    assert document.edited == {"conv2": 1}
    desk.finish()
    both = _output(document, "conv2")
    document.restore(MUTED)
    desk.finish()
    assert np.array_equal(_output(document, "conv2"), both)
    document.restore()
    desk.finish()
    assert document.changes == () and not document.redo()
    for _ in range(2):
        assert document.undo()
    assert _said(document) == [("map 2 of conv1", "replaced by 4", False), ("kernel 0 of conv2", "×3", True)]
    while document.undo():
        pass
    desk.finish()
    assert document.changes == () and document.key == document.network.key


def test_a_slider_is_one_step_and_prepares_nothing_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    document = desk.document
    document.edit(Edit("conv1", 2, 2.0))
    desk.finish()
    made = []
    monkeypatch.setattr("explorer3d.compute.runner.create_session", lambda *_, **__: made.append(1))
    before = _output(document, "conv1")
    for factor in (2.5, 3.0):
        document.edit(Edit("conv1", 2, factor), continued=True, passing=True)
    desk.finish()
    document.switch(MUTED, False)
    document.edit(Edit("conv1", 2, 4.0), continued=True)
    desk.finish()
    assert np.array_equal(_output(document, "conv1")[..., 2], 2 * before[..., 2]) and not made
    document.undo()
    document.undo()
    assert document.changes == ()


def test_the_original_is_seen_for_a_while(desk: Desk) -> None:
    document = desk.document
    before = _output(document, "conv2")
    document.edit(MUTED)
    desk.finish()
    after = _output(document, "conv2")
    document.see_original(True)
    desk.finish()
    assert _output(document, "conv2") is before and len(document.changes) == 1
    document.see_original(False)
    desk.finish()
    assert np.array_equal(_output(document, "conv2"), after)
    # A change made meanwhile is seen.
    document.see_original(True)
    document.edit(KERNEL)
    desk.finish()
    assert not document.seeing_original and not np.array_equal(_output(document, "conv2"), after)


def test_what_cannot_be_changed_is_said_and_not_in_the_list(desk: Desk) -> None:
    document = desk.document
    document.edit(MUTED)
    desk.finish()
    document.edit(Edit("conv1", 99))
    desk.finish()
    assert "no channel 99" in desk.said[-1]
    assert _said(document) == [("map 2 of conv1", "muted", True)]
    document.edit(KERNEL)
    document.cancel()
    assert _said(document) == [("map 2 of conv1", "muted", True)]
    desk.finish()
    assert document.undo() and not document.changes


def test_undo_takes_things_back_in_the_order_they_were_done(desk: Desk) -> None:
    document = desk.document
    document.close_layer("conv2")
    document.edit(MUTED)
    document.close_layer("conv1")
    assert document.undo()
    assert list(document.opened) == ["conv1"] and document.changes
    assert document.undo()
    assert list(document.opened) == ["conv1"] and not document.changes
    assert document.undo()
    assert list(document.opened) == ["conv1", "conv2"]
    assert not document.undo()


def test_changes_are_gone_with_the_model_and_a_late_one_is_freed(desk: Desk, samples: Path) -> None:
    document = desk.document
    document.edit(MUTED)
    desk.finish()
    document.edit(KERNEL)
    ticket = next(ticket for ticket in desk.tickets if isinstance(ticket.request, EditModel))
    desk.tickets.clear()
    late = ticket.request()
    document.restore()
    document.accept(ticket, late)
    assert late.key not in requests._runners
    document.edit(MUTED)
    desk.finish()
    document.open(samples / "lenet_fashion.onnx")
    desk.finish()
    assert document.changes == () and document.key == document.network.key and not document.undo()


def test_a_body_runs_with_what_is_changed_around_it(tmp_path: Path) -> None:
    desk = Desk({})
    np.save(tmp_path / "x.npy", np.ones((2, 5), np.float32))
    document = desk.document
    document.open(write_looping(tmp_path / "loop.onnx"), tmp_path / "x.npy")
    desk.finish()
    names = [layer.name for layer in document.model.layers]
    first = document.model.layers[0]
    document.edit(Edit(first.name, 0))
    desk.finish()
    assert not desk.said, desk.said
    document.edit(Edit(first.name, 1))
    document.see_original(True)
    document.enter("loop")
    # What is not there yet is given up, and the original seen no more.
    desk.carry_out(next(ticket for ticket in desk.tickets if ticket.topic == "place"))
    desk.finish()
    assert document.told == "edited: 1 change"
    fed = {name: array.copy() for name, array in document.feeds.arrays.items()}
    document.edit(Edit("move", 0))
    assert "leave it first" in desk.said[-1] and document.changes == ()
    document.leave()
    desk.finish()
    assert document.edited == {first.name: 1} and not document.seeing_original, names
    document.undo()
    desk.finish()
    document.enter("loop")
    desk.finish()
    assert any(not np.array_equal(array, document.feeds.arrays[name]) for name, array in fed.items())
    document.close()
