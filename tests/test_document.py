"""The document with an executor moved by hand: answers come when the test lets them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from explorer3d.compute import requests
from explorer3d.document import ALL_ROLES, Document
from explorer3d.errors import Cancelled, ModelError, RequestError, RunError
from explorer3d.inputs import UNCHANGED, Generated, Transform, fingerprint
from explorer3d.opening import GIVEN_UP, OpenNetwork
from explorer3d.progress import Progress, ignore
from explorer3d.work import Ticket
from tests.branched import branched


class Desk:
    """A document, the tickets that lie on the desk, and what was said."""

    def __init__(self, memory: dict[str, str] | None = None) -> None:
        self.document = Document(memory)
        self.tickets: list[Ticket] = []
        self.dropped: list[int] = []
        self.said: list[str] = []
        self.changes: list[str] = []
        self.document.requested.connect(self._take)
        self.document.dropped.connect(self._drop)
        self.document.failed.connect(self._say)
        self.document.noted.connect(self._say)
        self.document.layer_changed.connect(self._layer)
        self.document.model_changed.connect(self._model)
        self.document.faces_changed.connect(self._faces)
        self.document.selection_changed.connect(self._selection)

    def _take(self, ticket: Ticket) -> None:
        self.tickets.append(ticket)

    def _drop(self, number: int) -> None:
        self.dropped.append(number)

    def _say(self, text: str) -> None:
        self.said.append(text)

    def _layer(self, name: str) -> None:
        self.changes.append(f"layer {name}")

    def _model(self) -> None:
        self.changes.append("model")

    def _faces(self) -> None:
        self.changes.append("faces")

    def _selection(self) -> None:
        self.changes.append("selection")

    def next(self) -> Ticket:
        return self.tickets.pop(0)

    def carry_out(self, ticket: Ticket, progress: Progress = ignore) -> None:
        try:
            response = ticket.request(progress)
        except Exception as error:
            self.document.refuse(ticket, error)
        else:
            self.document.accept(ticket, response)

    def finish(self, progress: Progress = ignore) -> None:
        while self.tickets:
            self.carry_out(self.next(), progress)


@pytest.fixture
def desk() -> Iterator[Desk]:
    before = dict(requests._runners)
    desk = Desk()
    yield desk
    desk.document.close()
    assert requests._runners == before, "a model was not freed"


@pytest.fixture
def lenet(samples: Path) -> Path:
    return samples / "lenet_fashion.h5"


@pytest.fixture
def open_desk(desk: Desk, lenet: Path, samples: Path) -> Desk:
    desk.document.open(lenet, samples / "pictures" / "fashion_1_trouser.png")
    desk.finish()
    desk.changes.clear()
    return desk


def test_open_runs_the_picture(desk: Desk, lenet: Path, samples: Path) -> None:
    document = desk.document
    document.open(lenet, samples / "pictures" / "fashion_1_trouser.png")
    assert document.model is None
    assert document.busy is not None
    assert document.busy.title == "Opening lenet_fashion.h5"
    desk.carry_out(desk.next())
    assert document.model is not None
    assert document.feeds is None
    desk.carry_out(desk.next())
    assert document.feeds is not None
    desk.carry_out(desk.next())
    assert not desk.tickets
    assert document.busy is None
    assert set(document.faces) == {"image", *document.model.layer_by_name}
    guess = document.rankings["classes"].guesses[0]
    assert (guess.index, guess.name.lower()) == (1, "trouser")
    assert desk.changes == ["model", "selection", "faces"]
    assert desk.said == []


def test_a_network_is_seen_before_anything_is_put_into_it(desk: Desk, lenet: Path) -> None:
    desk.document.open(lenet)
    desk.carry_out(desk.next())
    (first,) = desk.tickets
    assert (first.topic, first.later) == ("input", True)
    desk.finish()
    desk.document.load_input(Generated("ones"))
    (second,) = desk.tickets
    assert (second.topic, second.later) == ("input", False)


def test_a_network_of_very_many_operators_runs_when_it_is_asked_to(
    desk: Desk, lenet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer3d.running.MOST_RUN", 5)
    document = desk.document
    document.open(lenet)
    desk.finish()
    assert document.feeds is not None and not document.faces
    assert desk.said == [
        f"lenet_fashion.h5 has {document.model.node_count} operators: onnxruntime would take long to "
        "prepare them all. A click on a layer runs the network up to there."
    ]
    document.show("conv1")
    desk.finish()
    assert document.shown["conv1"].tensors[3].shape == (1, 28, 28, 6)
    document.load_input(None)
    desk.finish()
    assert len(desk.said) == 1


def test_click_request_shown(open_desk: Desk) -> None:
    document = open_desk.document
    document.show("conv1")
    assert document.selected == "conv1"
    assert document.opened == {"conv1": ALL_ROLES}
    assert document.shown == {}
    assert open_desk.changes == ["selection"]
    open_desk.finish()
    assert [tensor.name for tensor in document.shown["conv1"].tensors] == [
        "input",
        "kernel",
        "bias",
        "output",
    ]
    assert document.shown["conv1"].tensors[3].shape == (1, 28, 28, 6)
    assert open_desk.changes == ["selection", "layer conv1"]


def test_a_second_click_asks_for_nothing(open_desk: Desk) -> None:
    open_desk.document.show("conv1")
    open_desk.document.show("conv1")
    assert len(open_desk.tickets) == 1
    open_desk.finish()
    open_desk.document.show("conv1")
    assert open_desk.tickets == []


def test_roles_toggle(open_desk: Desk) -> None:
    document = open_desk.document
    document.show("conv1", "weights")
    open_desk.finish()
    assert document.opened["conv1"] == {"weights"}
    document.show("conv1", "output")
    assert document.opened["conv1"] == {"weights", "output"}
    assert open_desk.tickets == []
    document.show("conv1", "weights")
    assert document.opened["conv1"] == {"output"}
    document.show("conv1")
    assert document.opened["conv1"] == ALL_ROLES
    assert open_desk.changes == ["selection"] + ["layer conv1"] * 4
    for role in sorted(ALL_ROLES):
        document.show("conv1", role)
    assert document.opened == {}
    assert document.shown == {}


def test_late_answer_of_a_closed_layer_is_dropped(open_desk: Desk) -> None:
    document = open_desk.document
    document.show("conv1")
    ticket = open_desk.next()
    document.close_layer("conv1")
    assert open_desk.dropped[-1] == ticket.number
    open_desk.changes.clear()
    open_desk.carry_out(ticket)
    assert (document.shown, document.opened, open_desk.changes) == ({}, {}, [])


def test_late_failure_is_not_told(open_desk: Desk) -> None:
    document = open_desk.document
    document.show("conv1")
    ticket = open_desk.next()
    document.close_layer("conv1")
    document.refuse(ticket, RequestError("too late"))
    assert open_desk.said == []


def test_late_model_is_freed(desk: Desk, lenet: Path, samples: Path) -> None:
    document = desk.document
    document.open(samples / "lenet_fashion.onnx")
    first = desk.next()
    document.open(lenet)
    second = desk.next()
    assert desk.dropped == [first.number]
    before = len(requests._runners)
    desk.carry_out(first)
    assert len(requests._runners) == before
    assert document.model is None
    desk.carry_out(second)
    assert document.model is not None
    assert document.model.path == lenet


def test_answers_out_of_order(open_desk: Desk, samples: Path) -> None:
    document = open_desk.document
    document.load_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    boot = open_desk.next()
    document.load_input(samples / "pictures" / "fashion_5_sandal.png")
    sandal = open_desk.next()
    open_desk.carry_out(sandal)
    open_desk.carry_out(boot)
    assert document.feeds is not None
    assert "sandal" in document.feeds.description
    open_desk.finish()
    assert document.rankings["classes"].guesses[0].name.lower() == "sandal"


def test_a_failed_open_keeps_the_open_model(open_desk: Desk, tmp_path: Path) -> None:
    document = open_desk.document
    document.show("conv1")
    open_desk.finish()
    network, shown, faces = document.network, dict(document.shown), document.faces
    open_desk.changes.clear()
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x07 this is no model")
    document.open(broken)
    open_desk.finish()
    assert document.network is network
    assert (dict(document.shown), document.faces) == (shown, faces)
    assert open_desk.changes == []
    assert len(open_desk.said) == 1
    assert "broken.onnx" in open_desk.said[0]
    document.show("conv2")
    open_desk.finish()
    assert "conv2" in document.shown


def test_another_model_replaces_the_first(open_desk: Desk, samples: Path) -> None:
    document = open_desk.document
    document.show("conv1")
    open_desk.finish()
    assert document.network is not None
    key = document.network.key
    document.open(samples / "lenet_fashion.onnx")
    open_desk.finish()
    assert (document.shown, document.opened, document.selected) == ({}, {}, None)
    assert "conv1/Conv" in document.faces
    with pytest.raises(RequestError):
        requests.runner(key)


def test_another_input_fills_the_opened_layers_again(open_desk: Desk, samples: Path) -> None:
    document = open_desk.document
    document.show("pool1")
    open_desk.finish()
    before = document.shown["pool1"].tensors[-1].array
    document.load_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    open_desk.finish()
    after = document.shown["pool1"].tensors[-1].array
    assert after.shape == before.shape
    assert not np.array_equal(after, before)


def test_a_bad_input_keeps_what_was_shown(open_desk: Desk, tmp_path: Path) -> None:
    document = open_desk.document
    feeds, faces = document.feeds, document.faces
    document.load_input(tmp_path / "nothing.png")
    open_desk.finish()
    assert (document.feeds, document.faces) == (feeds, faces)
    assert "nothing.png" in open_desk.said[0]


def test_input_without_a_model(desk: Desk, tmp_path: Path) -> None:
    desk.document.load_input(tmp_path / "x.png")
    assert desk.tickets == []
    assert "model" in desk.said[0]


def test_a_layer_opened_before_there_is_an_input_waits_for_it(desk: Desk, lenet: Path) -> None:
    desk.document.open(lenet)
    desk.carry_out(desk.next())
    desk.document.show("conv1")
    assert [ticket.topic for ticket in desk.tickets] == ["input"]
    desk.finish()
    assert set(desk.document.shown) == {"conv1"}


def test_reopen_brings_back_the_last_closed_with_its_roles(open_desk: Desk) -> None:
    document = open_desk.document
    document.show("conv1", "weights")
    document.show("pool1")
    open_desk.finish()
    document.close_layer("conv1")
    document.close_layer("pool1")
    document.reopen()
    open_desk.finish()
    assert set(document.shown) == {"pool1"}
    document.reopen()
    open_desk.finish()
    assert document.opened == {"pool1": ALL_ROLES, "conv1": {"weights"}}
    assert set(document.shown) == {"pool1", "conv1"}
    document.reopen()
    assert open_desk.tickets == []


def test_reopen_passes_over_what_is_open(open_desk: Desk) -> None:
    document = open_desk.document
    document.show("conv1")
    document.show("pool1")
    document.close_all()
    document.show("pool1")
    open_desk.finish()
    document.reopen()
    open_desk.finish()
    assert list(document.opened) == ["pool1", "conv1"]


def test_close_last_prefers_the_selected(open_desk: Desk) -> None:
    document = open_desk.document
    for name in ("conv1", "pool1", "conv2"):
        document.show(name)
    document.select("pool1")
    assert document.close_last()
    assert list(document.opened) == ["conv1", "conv2"]
    assert document.close_last()
    assert list(document.opened) == ["conv1"]
    assert document.close_last()
    assert not document.close_last()


def test_cancel_drops_everything(open_desk: Desk, samples: Path) -> None:
    document = open_desk.document
    document.show("conv1")
    document.open(samples / "lenet_fashion.onnx")
    tickets = list(open_desk.tickets)
    document.cancel()
    assert document.busy is None
    assert set(open_desk.dropped) >= {ticket.number for ticket in tickets}
    open_desk.finish(give_up)
    assert document.model is not None
    assert document.model.format == "keras-h5"
    assert document.shown == {}


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_a_layer_that_did_not_come_can_be_asked_for_again(open_desk: Desk, how: str) -> None:
    document = open_desk.document
    document.show("conv1")
    if how == "cancelled":
        document.cancel()
        open_desk.tickets.clear()
    else:
        document.refuse(open_desk.next(), RequestError("No."))
    assert document.opened == {}
    document.show("conv1")
    open_desk.finish()
    assert set(document.shown) == {"conv1"}


def test_a_layer_that_waited_for_the_first_input_can_be_asked_for_again(desk: Desk, lenet: Path) -> None:
    document = desk.document
    document.open(lenet)
    desk.carry_out(desk.next())
    document.show("conv1")
    assert set(document.opened) == {"conv1"}
    document.cancel()
    desk.tickets.clear()
    assert document.opened == {}
    document.show("conv1")
    desk.finish()
    assert set(document.shown) == {"conv1"}


def test_a_layer_goes_on_waiting_where_another_input_takes_the_place_of_a_refused_one(
    desk: Desk, lenet: Path, tmp_path: Path
) -> None:
    document = desk.document
    document.open(lenet, tmp_path / "missing.png")
    desk.carry_out(desk.next())
    document.show("conv1")
    desk.carry_out(desk.next())
    assert set(document.opened) == {"conv1"}
    desk.finish()
    assert set(document.shown) == {"conv1"}


def test_an_unexpected_error_is_told_as_such(open_desk: Desk) -> None:
    open_desk.document.show("conv1")
    open_desk.document.refuse(open_desk.next(), ZeroDivisionError("division by zero"))
    assert open_desk.said == ["Computing conv1 failed unexpectedly: division by zero. Please report this."]


def test_too_little_memory_is_said_as_such(open_desk: Desk) -> None:
    open_desk.document.show("conv1")
    open_desk.document.refuse(open_desk.next(), MemoryError())
    assert open_desk.said == [
        "There is not enough memory for this. Close other programs, or take something smaller."
    ]


def test_class_names_that_cannot_be_read_do_not_refuse_the_model(
    desk: Desk, lenet: Path, tmp_path: Path
) -> None:
    shutil.copy(lenet, tmp_path / "net.h5")
    (tmp_path / "net.labels.txt").write_bytes(b"T-shirt\nHosentr\xe4ger\n")
    desk.document.open(tmp_path / "net.h5")
    desk.finish()
    assert [text for text in desk.said if "net.labels.txt" in text] == [
        "net.labels.txt beside the model is not UTF-8 text, so the classes have no names. Save it as such."
    ]
    assert desk.document.rankings["classes"].guesses[0].name.startswith("class ")


def test_spread_stays_in_range(desk: Desk) -> None:
    seen: list[float] = []
    desk.document.view_changed.connect(lambda: seen.append(desk.document.spread))
    desk.document.set_view(spread=9.0)
    desk.document.set_view(spread=-1.0)
    desk.document.set_view(mode="tiles")
    assert seen == [3.0, 0.0, 0.0]
    assert desk.document.mode == "tiles"


def test_what_the_file_notes_is_told(desk: Desk, samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.h5"
    shutil.copy(samples / "lenet_fashion.h5", path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(json.loads(file.attrs["model_config"])).replace(
            '"MaxPooling2D"', '"Mystery"', 1
        )
    desk.document.open(path)
    desk.carry_out(desk.next())
    assert any("Mystery" in text for text in desk.said)
    assert desk.document.model is not None


def test_opening_given_up_frees_the_model(lenet: Path) -> None:
    before = dict(requests._runners)

    def give_up_late(fraction: float, message: str) -> None:
        if message.startswith("Gathering"):
            raise Cancelled

    with pytest.raises(Cancelled):
        OpenNetwork(lenet)(give_up_late)
    assert requests._runners == before


def give_up(fraction: float, message: str) -> None:
    """A person has pressed Cancel, and the work hears of it when it tells how far it is."""
    raise Cancelled


def give_up_arranging(fraction: float, message: str) -> None:
    if message.startswith("Arranging"):
        raise Cancelled


def test_opening_given_up_while_arranging_shows_the_network(desk: Desk, tmp_path: Path) -> None:
    desk.document.open(branched(tmp_path, 20, 2))
    desk.document.cancel()
    assert desk.document.busy is None
    desk.carry_out(desk.next(), give_up_arranging)
    folding = desk.document.folding
    assert folding is not None and not folding.layout.complete
    places = {tuple(place) for place in folding.layout.position.tolist()}
    assert len(places) == len(folding.layout.names) == 1 + 20 * 4 + 10
    assert desk.said == [GIVEN_UP]
    assert not desk.tickets, "nothing is run before a click asks for it"
    desk.document.show("/unit3/add")
    desk.finish()
    assert "/unit3/add" in desk.document.shown


def test_unfolding_given_up_shows_what_there_is(desk: Desk, tmp_path: Path) -> None:
    document = desk.document
    document.open(branched(tmp_path, 40, 2))
    desk.finish()
    before = document.folding
    assert before is not None and len(before.nodes) == 41
    document.fold_to_level(1)
    document.cancel()
    assert document.folding is before
    assert document.unfolded == before.unfolded
    desk.finish(give_up_arranging)
    assert document.folding is not None
    assert len(document.folding.nodes) == 1 + 40 * 4 + 20
    assert not document.folding.layout.complete
    assert desk.said == [GIVEN_UP]
    # The next time it is done in full.
    document.fold_block("unit0/")
    desk.finish()
    assert document.folding.layout.complete


def test_a_newer_request_makes_one_given_up_void(desk: Desk, tmp_path: Path, lenet: Path) -> None:
    desk.document.open(branched(tmp_path, 20, 2))
    given_up = desk.next()
    desk.document.cancel()
    desk.document.open(lenet)
    desk.carry_out(given_up, give_up_arranging)
    assert desk.document.model is None
    desk.finish()
    assert desk.document.model is not None and desk.document.model.path == lenet


def test_progress_of_opening_never_goes_back(lenet: Path) -> None:
    steps: list[float] = []
    opened = OpenNetwork(lenet)(lambda fraction, message: steps.append(fraction))
    requests.close(opened.key)
    assert steps == sorted(steps)
    assert 0 <= steps[0] <= steps[-1] <= 1


def test_opening_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        OpenNetwork(tmp_path / "nothing.onnx")()


def test_a_change_of_preprocessing_runs_again_and_is_remembered(lenet: Path, samples: Path) -> None:
    memory: dict[str, str] = {}
    for opening in range(3):
        desk = Desk(memory)
        document = desk.document
        document.open(lenet, samples / "pictures" / "fashion_9_ankle_boot.png")
        desk.finish()
        assert document.feeds is not None
        boot = document.feeds.arrays["image"]
        if opening == 0:
            document.prepare_input({"invert": True}, {})
            desk.finish()
            np.testing.assert_allclose(document.feeds.arrays["image"], 1 - boot, atol=1e-6)
            assert document.input_path == samples / "pictures" / "fashion_9_ankle_boot.png"
        elif opening == 1:
            assert document.preprocessing == {"invert": True}
            document.prepare_input({}, {})
            desk.finish()
            np.testing.assert_allclose(document.feeds.arrays["image"], 1 - boot, atol=1e-6)
        else:
            assert document.preprocessing == {}
            assert document.feeds.reason != ""
        document.close()
    assert len(memory) == 1


def test_what_is_made_instead_of_read_is_remembered(lenet: Path, samples: Path) -> None:
    memory: dict[str, str] = {}
    boot, ones = samples / "pictures" / "fashion_9_ankle_boot.png", Generated("ones")
    for given, found, then in (
        (None, None, ones),
        (None, ones, ones),
        (boot, boot, None),
        (None, ones, boot),
        (None, None, None),
    ):
        desk = Desk(memory)
        document = desk.document
        document.open(lenet, given)
        desk.finish()
        assert document.input_path == found
        assert document.feeds is not None
        assert (document.feeds.arrays["image"] == 1).all() == (found == ones)
        if then is not None:
            document.load_input(then)
            desk.finish()
            assert document.input_path == then
        document.close()


def test_a_transform_stays_as_long_as_the_model(open_desk: Desk, samples: Path, lenet: Path) -> None:
    document = open_desk.document
    document.load_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    open_desk.finish()
    assert document.feeds is not None
    boot = document.feeds.arrays["image"]
    document.transform_input(Transform(mirror=True))
    open_desk.finish()
    np.testing.assert_array_equal(document.feeds.arrays["image"], boot[:, :, ::-1])
    document.prepare_input({"invert": True}, {})
    open_desk.finish()
    np.testing.assert_allclose(document.feeds.arrays["image"], 1 - boot[:, :, ::-1], atol=1e-6)
    document.load_input(samples / "pictures" / "fashion_5_sandal.png")
    open_desk.finish()
    assert document.feeds.description.startswith("fashion_5_sandal.png, mirrored, 28×28")
    document.open(lenet)
    open_desk.finish()
    assert document.transform == UNCHANGED
    assert "mirrored" not in document.feeds.description


def test_what_is_said_on_opening_comes_before_what_is_remembered(lenet: Path) -> None:
    desk = Desk()
    desk.document.open(lenet)
    desk.finish()
    desk.document.prepare_input({"invert": True, "fit": "crop"}, {"image": (2, 28, 28, 1)})
    desk.finish()
    desk.document.open(lenet, None, {"invert": False}, {"image": (1, 28, 28, 1)})
    desk.finish()
    assert desk.document.preprocessing == {"invert": False, "fit": "crop"}
    assert desk.document.feeds is not None
    assert desk.document.feeds.arrays["image"].shape == (1, 28, 28, 1)
    desk.document.close()


def test_changes_add_up_while_one_is_on_its_way(open_desk: Desk, samples: Path) -> None:
    document = open_desk.document
    document.load_input(samples / "pictures" / "fashion_5_sandal.png")
    document.prepare_input({"invert": True}, {})
    document.load_input(samples / "pictures" / "fashion_8_bag.png")
    late = [ticket for ticket in open_desk.tickets if ticket.topic == "input"]
    open_desk.finish()
    assert open_desk.dropped == [ticket.number for ticket in late[:-1]]
    assert document.feeds is not None
    assert document.feeds.description == "fashion_8_bag.png, 28×28 stretch, x/255, inverted"
    document.open(document.model.path if document.model else Path())
    open_desk.finish()
    assert document.preprocessing == {"invert": True}


def test_a_refused_input_leaves_what_was_set(open_desk: Desk) -> None:
    document = open_desk.document
    feeds = document.feeds
    why: list[str] = []
    document.input_refused.connect(lambda text: why.append(text))
    for sizes in ({"image": (1, 28, 29, 1)}, {"photo": (1, 28, 28, 1)}):
        document.prepare_input({"invert": True}, sizes)
        open_desk.finish()
        assert (document.feeds, document.preprocessing, document.sizes) == (feeds, {}, {})
    assert why == open_desk.said
    assert ["29" in why[0], "photo" in why[1]] == [True, True]
    document.open(document.model.path if document.model else Path())
    open_desk.finish()
    assert document.preprocessing == {}


def test_what_is_remembered_may_be_damaged(lenet: Path) -> None:
    memory = {fingerprint(lenet): '{"preprocessing": {"std": 0}, "sizes": {}}'}
    desk = Desk(memory)
    desk.document.open(lenet)
    desk.finish()
    assert desk.document.preprocessing == {}
    assert desk.said == []
    desk.document.close()


def test_inputs_that_pass_get_answers_and_those_that_rest_everything(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network whose faces take too long to come along with every input."""
    desk, document = open_desk, open_desk.document
    document.show("conv1")
    desk.finish()
    monkeypatch.setattr("explorer3d.running._ALONG", 0.0)
    document.transform_input(UNCHANGED)
    desk.finish()
    faces, scores = document.faces, {}
    document.answers_changed.connect(lambda: scores.update(document.rankings))
    document.transform_input(Transform(mirror=True), passing=True)
    desk.carry_out(desk.next())
    answers, layer = desk.tickets
    assert (answers.topic, answers.rest, layer.topic, layer.rest) == ("answers", None, "layer conv1", 0.0)
    # While the layer is looked at, two more inputs pass: its tensors come of the first and of the last.
    shown = []
    document.layer_changed.connect(lambda name: shown.append(document.shown[name].tensors[0].array))
    desk.tickets.clear()
    desk.carry_out(answers)
    (rest,) = desk.tickets
    assert rest.topic == "faces" and rest.rest and document.faces is faces
    mirrored = scores["classes"].guesses
    for turn in (90, 180):
        desk.tickets.clear()
        document.transform_input(Transform(rotate=turn), passing=True)
        desk.carry_out(desk.next())
        assert [ticket.topic for ticket in desk.tickets] == ["answers"] and rest.number in desk.dropped
        desk.carry_out(desk.next())
    assert scores["classes"].guesses != mirrored
    desk.carry_out(layer)
    assert document.faces is faces and len(shown) == 1
    last = document.feeds
    desk.finish()
    np.testing.assert_array_equal(shown[0][0, ::-1], shown[1][0])
    np.testing.assert_array_equal(shown[1], last.arrays["image"])
    assert document.faces is not faces and len(shown) == 2 and document.feeds is last
    whole = {name: top.guesses for name, top in document.rankings.items()}
    assert [guess.index for guess in whole["classes"]] == [guess.index for guess in scores["classes"].guesses]
    for one, other in zip(whole["classes"], scores["classes"].guesses, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-5)


def test_of_what_is_large_a_part_does_until_the_input_rests(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, document = open_desk, open_desk.document
    monkeypatch.setattr("explorer3d.running._ALONG", 0.0)
    monkeypatch.setattr("explorer3d.compute.show._LARGE", 4000)
    document.transform_input(UNCHANGED)
    document.show("conv1")
    desk.finish()
    assert not document.shown["conv1"].is_preview
    document.transform_input(Transform(mirror=True), passing=True)
    for _ in range(3):
        desk.carry_out(desk.next())
    assert document.shown["conv1"].is_preview
    (faces,) = desk.tickets
    desk.carry_out(desk.next())
    (whole,) = desk.tickets
    assert (faces.topic, whole.topic, whole.later) == ("faces", "layer conv1", True)
    desk.finish()
    assert not document.shown["conv1"].is_preview


def test_faces_that_come_quickly_come_along(open_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, document = open_desk, open_desk.document
    monkeypatch.setattr("explorer3d.running._ALONG", 1e9)
    document.transform_input(Transform(mirror=True))
    desk.finish()
    faces = document.faces
    document.transform_input(UNCHANGED, passing=True)
    desk.carry_out(desk.next())
    (ticket,) = desk.tickets
    assert (ticket.topic, ticket.rest) == ("faces", None)
    desk.finish()
    assert document.faces is not faces


def test_what_cannot_be_predicted_is_run_as_far_as_it_goes(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, document = open_desk, open_desk.document
    monkeypatch.setattr("explorer3d.running._ALONG", 0.0)
    document.transform_input(UNCHANGED)
    desk.finish()
    document.transform_input(Transform(mirror=True), passing=True)
    desk.carry_out(desk.next())
    document.refuse(desk.next(), RunError("No memory."))
    assert desk.said == ["No memory."]
    (ticket,) = desk.tickets
    assert (ticket.topic, ticket.rest) == ("faces", None)


def test_an_input_that_stays_drops_what_was_to_come_at_rest(
    open_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, document = open_desk, open_desk.document
    monkeypatch.setattr("explorer3d.running._ALONG", 0.0)
    document.transform_input(UNCHANGED)
    desk.finish()
    document.transform_input(Transform(mirror=True), passing=True)
    for _ in range(2):
        desk.carry_out(desk.next())
    (rest,) = desk.tickets
    document.transform_input(UNCHANGED)
    desk.tickets.remove(rest)
    desk.carry_out(desk.next())
    assert rest.number in desk.dropped
    assert [(ticket.topic, ticket.rest) for ticket in desk.tickets] == [("faces", None)]


def test_what_is_at_fault_with_every_input_is_said_once(desk: Desk, lenet: Path, tmp_path: Path) -> None:
    path = tmp_path / "mysterious.h5"
    shutil.copy(lenet, path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        layer = next(one for one in config["config"]["layers"] if one["config"]["name"] == "fc2")
        layer["class_name"] = "Mystery"
        file.attrs["model_config"] = json.dumps(config)
    document, failures = desk.document, []
    document.failed.connect(failures.append)
    for times in (1, 2):
        document.open(path)
        desk.finish()
        document.load_input(Generated("ones"))
        desk.finish()
        assert len(failures) == times and "Mystery" in failures[-1]
