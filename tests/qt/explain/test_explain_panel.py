"""The panel Why? by mouse and keys, on the sample network; expected maps are those of `attribute`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog

from explorer3d.attribution import METHODS, Attribution, attribute
from explorer3d.compute.requests import runner
from explorer3d.document import Document
from explorer3d.qt.explain.offered import OFFERS
from explorer3d.qt.explain.panel import ExplainPanel
from explorer3d.qt.window import Window
from tests.qt.driving import choose, colour_at, finish, press


def expected(document: Document, method: str = "grad_cam", **how: object) -> Attribution:
    assert document.network is not None and document.feeds is not None
    return attribute(runner(document.network.key), document.feeds.arrays, method, **how)


def opened(qtbot: QtBot, window: Window) -> ExplainPanel:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.view.setFocus()
    press(qtbot, window, Qt.Key_G)
    assert window.explanations.panel is not None and window.explanations.panel.isVisible()
    return window.explanations.panel


def array(panel: ExplainPanel) -> np.ndarray:
    result = panel.view.result
    assert result is not None and result.found is not None
    return result.found.array


def slide(qtbot: QtBot, panel: ExplainPanel, name: str, key: int) -> None:
    panel.sliders[name].setFocus()
    qtbot.keyClick(panel.sliders[name], key)


def test_every_method_is_offered_by_its_own_title_under_a_key_of_its_own(lenet: Window) -> None:
    assert {name: offer.title for name, offer in OFFERS.items()} == {
        name: method.title for name, method in METHODS.items()
    }
    keys = [key.toString() for action in lenet.actions() for key in action.shortcuts()]
    assert {offer.key for offer in OFFERS.values()} <= set(keys)
    assert len(set(keys)) == len(keys)


def test_a_key_shows_what_attribute_finds(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)

    np.testing.assert_array_equal(array(panel), expected(lenet.document).array)
    assert "Grad-CAM: Trouser" in panel.view.title.text() and "conv2" in panel.view.title.text()
    assert panel.choices.targets.currentText().startswith("Best: Trouser")


def test_the_map_lies_over_the_picture_as_opaque_as_wanted(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    result = panel.view.result
    assert result is not None and result.heat is not None
    row, column = np.unravel_index(result.heat.shares.argmax(), result.heat.shares.shape)
    target, (height, width) = panel.view.picture.target, result.heat.shares.shape
    place = QPoint(
        int(target.x() + (column + 0.5) / width * target.width()), int((row + 0.5) / height * target.height())
    )
    red, _, blue = colour_at(panel.view.picture, place)
    assert red > blue + 60

    slide(qtbot, panel, "opacity", Qt.Key_Home)
    red, green, blue = colour_at(panel.view.picture, place)
    assert red == green == blue
    slide(qtbot, panel, "opacity", Qt.Key_End)
    slide(qtbot, panel, "threshold", Qt.Key_End)
    assert len({*panel.view.picture.image.pixelColor(3, 3).getRgb()[:3]}) == 1


def test_pointing_reads_the_number_of_the_map(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    found = expected(lenet.document).array
    row, column = np.unravel_index(found.argmax(), found.shape)
    target = panel.view.picture.target
    x = target.x() + (column + 0.5) / found.shape[1] * target.width()
    qtbot.mouseMove(panel.view.picture, QPoint(5, 5))
    qtbot.mouseMove(panel.view.picture, QPoint(int(x), int((row + 0.5) / found.shape[0] * target.height())))

    assert panel.view.readout.text() == f"{found.max():.3g}"


def test_it_follows_the_input_the_layer_and_the_target(qtbot: QtBot, lenet: Window, samples: Path) -> None:
    panel = opened(qtbot, lenet)
    before = array(panel)
    lenet.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, lenet)
    assert not np.array_equal(array(panel), before)
    np.testing.assert_array_equal(array(panel), expected(lenet.document).array)

    lenet.document.select("conv1")
    finish(qtbot, lenet)
    np.testing.assert_array_equal(array(panel), expected(lenet.document, layer="conv1").array)
    assert array(panel).shape == (28, 28)

    edit = panel.choices.targets.lineEdit()
    edit.selectAll()
    qtbot.keyClicks(edit, "Sandal")
    qtbot.keyClick(edit, Qt.Key_Return)
    finish(qtbot, lenet)
    wanted = expected(lenet.document, layer="conv1", target="Sandal")
    np.testing.assert_array_equal(array(panel), wanted.array)
    assert "Sandal" in panel.view.title.text()


def test_going_back_to_a_layer_computes_nothing(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    lenet.document.select("conv1")
    finish(qtbot, lenet)
    first = panel.view.result
    lenet.document.select("conv2")
    finish(qtbot, lenet)
    assert panel.view.result is not first

    asked = []
    lenet.document.requested.connect(asked.append)
    lenet.document.select("conv1")
    assert panel.view.result is first
    assert not [ticket for ticket in asked if ticket.topic == "explain"]


def test_a_slow_method_waits_for_start_and_stops(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    choose_method(qtbot, panel, "Occlusion")
    finish(qtbot, lenet)
    assert panel.view.result is None and "Start" in panel.said.text()

    qtbot.mouseClick(panel.start, Qt.LeftButton)
    assert panel.stop.isEnabled() and not panel.start.isEnabled()
    qtbot.mouseClick(panel.stop, Qt.LeftButton)
    finish(qtbot, lenet)
    assert panel.view.result is None and panel.start.isEnabled()

    qtbot.mouseClick(panel.start, Qt.LeftButton)
    finish(qtbot, lenet)
    np.testing.assert_array_equal(array(panel), expected(lenet.document, "occlusion").array)


def test_a_picture_that_grows_is_seen_and_stays_when_stopped(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    explaining = lenet.explanations.explaining
    assert explaining is not None
    explaining.settings["activation_maximisation"] = {"steps": 1_000_000}
    qtbot.keyClick(lenet.view, Qt.Key_A, Qt.ControlModifier | Qt.ShiftModifier)
    seen: list[bytes] = []

    def grows() -> bool:
        pixels = panel.view.pixels
        if pixels is not None and explaining.under_way and pixels.tobytes() not in seen:
            seen.append(pixels.tobytes())
        return len(seen) > 2

    qtbot.waitUntil(grows, timeout=20_000)
    qtbot.mouseClick(panel.stop, Qt.LeftButton)
    finish(qtbot, lenet)

    result = panel.view.result
    assert result is not None and result.found is not None
    steps = result.found.settings["steps"]
    assert 2 < steps < 1_000_000 and f"steps {steps}" in panel.view.title.text()
    assert len(result.found.further["scores"]) == steps + 1


def test_settings_are_used_and_what_is_wrong_is_said(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_O, Qt.ControlModifier | Qt.ShiftModifier)
    field = panel.form.fields["patch"]
    field.selectAll()
    qtbot.keyClicks(field, "7")
    qtbot.keyClick(field, Qt.Key_Return)
    qtbot.mouseClick(panel.start, Qt.LeftButton)
    finish(qtbot, lenet)
    wanted = expected(lenet.document, "occlusion", settings={"patch": 7})
    np.testing.assert_array_equal(array(panel), wanted.array)

    field.selectAll()
    qtbot.keyClicks(field, "large")
    qtbot.keyClick(field, Qt.Key_Return)
    qtbot.mouseClick(panel.start, Qt.LeftButton)
    finish(qtbot, lenet)
    assert panel.fault.isVisible() and "patch" in panel.fault.sentence.text()


def test_two_classes_side_by_side(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    first = array(panel)
    qtbot.mouseClick(panel.compare, Qt.LeftButton)
    choose(qtbot, panel.choices.targets, panel.choices.targets.itemText(2))
    finish(qtbot, lenet)

    assert panel.pinned.isVisible() and panel.pinned.result is not None
    assert panel.pinned.result.found is not None
    np.testing.assert_array_equal(panel.pinned.result.found.array, first)
    assert not np.array_equal(array(panel), first)
    qtbot.mouseClick(panel.compare, Qt.LeftButton)
    assert not panel.pinned.isVisible()


def test_two_classes_share_one_scale_unless_each_is_to_have_its_own(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    qtbot.mouseClick(panel.compare, Qt.LeftButton)
    choose(qtbot, panel.choices.targets, panel.choices.targets.itemText(2))
    finish(qtbot, lenet)
    own = [view.result.heat.full for view in (panel.pinned, panel.view)]
    assert own[0] != own[1]
    assert [view.heat.full for view in (panel.pinned, panel.view)] == [max(own)] * 2
    # Side by side however narrow the panel is.
    assert panel.pinned.geometry().right() < panel.view.geometry().left()
    # The same number has the same colour, here as a share of the larger of the two.
    smaller = (panel.pinned, panel.view)[own.index(min(own))]
    np.testing.assert_allclose(
        smaller.heat.shares * max(own), smaller.result.heat.shares * min(own), rtol=1e-5, atol=1e-7
    )
    assert lenet.stage.laid.what is panel.view.heat

    # What another layer's maps amount to is no measure for this one's.
    lenet.document.select("conv1")
    finish(qtbot, lenet)
    assert not panel.same_scale.isVisible()
    assert panel.view.heat.full == panel.view.result.heat.full != max(own)
    lenet.document.select("conv2")
    finish(qtbot, lenet)

    qtbot.mouseClick(panel.same_scale, Qt.LeftButton)
    assert [view.heat.full for view in (panel.pinned, panel.view)] == own
    qtbot.mouseClick(panel.compare, Qt.LeftButton)
    assert not panel.same_scale.isVisible()


def test_a_class_is_found_by_a_part_of_its_name(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    edit = panel.choices.targets.lineEdit()
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClicks(edit, "BOO")
    popup = panel.choices.targets.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    assert popup.model().rowCount() == 1
    qtbot.keyClick(popup, Qt.Key_Down)
    qtbot.keyClick(popup, Qt.Key_Return)
    finish(qtbot, lenet)
    assert lenet.explanations.explaining.target == "Ankle boot"
    np.testing.assert_array_equal(array(panel), expected(lenet.document, target="Ankle boot").array)


def test_words_to_choose_from_are_offered_and_what_is_automatic_is_said(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_V, Qt.ControlModifier | Qt.ShiftModifier)
    box = panel.form.fields["sweep"]
    words = [box.itemData(place) for place in range(box.count())]
    assert words == ["rotation", "scale", "shift_x", "shift_y"]
    assert box.currentText() == "Rotation"
    choose(qtbot, box, "Scale")
    qtbot.mouseClick(panel.start, Qt.LeftButton)
    finish(qtbot, lenet)
    wanted = expected(lenet.document, "invariance", settings={"sweep": "scale"})
    np.testing.assert_array_equal(array(panel), wanted.array)

    press(qtbot, lenet, Qt.Key_O, Qt.ControlModifier | Qt.ShiftModifier)
    patch = panel.form.fields["patch"]
    assert (patch.text(), patch.placeholderText()) == ("", "an eighth of the picture")


def test_a_chart_has_the_panels_colours_and_curves_the_picture_under_the_pointer(
    qtbot: QtBot, lenet: Window
) -> None:
    panel = opened(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_V, Qt.ControlModifier | Qt.ShiftModifier)
    chart, ground = panel.view.chart, panel.palette().window().color().getRgb()[:3]
    assert chart.isVisible() and colour_at(chart, QPoint(1, 1)) == ground

    left, top, right, bottom = chart.chart.frames[0]
    qtbot.mouseMove(chart, QPoint(3, 3))
    qtbot.mouseMove(chart, QPoint(round(left + (right - left) * 0.75), round((top + bottom) / 2)))
    # Of 25 places from −180° to 180° the 19th is a quarter turn.
    assert panel.view.readout.text().startswith("rotation 90  ·  Trouser")
    shown = panel.view.swept.image
    fed = panel.view.result.swept[18]
    assert [shown.pixelColor(x, 14).red() for x in range(28)] == fed[14, :, 0].tolist()
    # A pair of trousers that lies.
    assert (fed[12, :, 0] > 0).sum() > (fed[:, 14, 0] > 0).sum()


def test_a_layer_without_maps_is_said_and_its_own_is_offered(qtbot: QtBot, lenet: Window) -> None:
    panel = opened(qtbot, lenet)
    lenet.document.select("fc1")
    finish(qtbot, lenet)
    assert "gives no maps" in panel.fault.sentence.text()
    assert not panel.view.picture.isVisible()

    qtbot.mouseClick(panel.fault.buttons[0], Qt.LeftButton)
    finish(qtbot, lenet)
    assert not panel.fault.isVisible()
    np.testing.assert_array_equal(array(panel), expected(lenet.document).array)


def test_saved_as_seen_and_as_numbers(
    qtbot: QtBot, lenet: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = opened(qtbot, lenet)
    for name in ("why.png", "why.npz"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        qtbot.mouseClick(panel.save, Qt.LeftButton)
        finish(qtbot, lenet)

    with Image.open(tmp_path / "why.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), panel.view.pixels)
        assert picture.text["Title"] == panel.view.title.text()
    saved = np.load(tmp_path / "why.npz", allow_pickle=False)
    np.testing.assert_array_equal(saved["attribution"], array(panel))


def test_nothing_runs_while_nobody_sees_it(qtbot: QtBot, lenet: Window, samples: Path) -> None:
    panel = opened(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_O)
    lenet.explanations.dock.close()
    asked = []
    lenet.document.requested.connect(asked.append)
    lenet.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, lenet)
    assert "explain" not in [ticket.topic for ticket in asked]

    press(qtbot, lenet, Qt.Key_E)
    np.testing.assert_array_equal(array(panel), expected(lenet.document).array)


def test_an_operator_without_derivative_is_said_and_others_are_offered(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["c"], name="conv", kernel_shape=[3, 3]),
        helper.make_node("Unique", ["c"], ["u"], name="unique"),
        helper.make_node("Reshape", ["u", "s"], ["y"], name="row"),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 4, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [
            onnx.numpy_helper.from_array(np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3), "k"),
            onnx.numpy_helper.from_array(np.array([1, -1]), "s"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "unique.onnx")
    window = open_window(tmp_path / "unique.onnx")
    panel = opened(qtbot, window)

    assert "Unique" in panel.fault.sentence.text()
    titles = [button.text() for button in panel.fault.buttons]
    assert titles == [OFFERS[name].title for name, one in METHODS.items() if not one.gradient]
    qtbot.mouseClick(panel.fault.buttons[titles.index("Score-CAM")], Qt.LeftButton)
    finish(qtbot, window)
    np.testing.assert_array_equal(array(panel), expected(window.document, "score_cam").array)


def choose_method(qtbot: QtBot, panel: ExplainPanel, title: str) -> None:
    box = panel.choices.methods
    box.setFocus()
    for _ in range(box.count()):
        if box.currentText().strip() == title:
            return
        qtbot.keyClick(box, Qt.Key_Down)
    raise AssertionError(title)


def test_of_the_methods_without_gradient_only_those_that_fit_are_offered(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    nodes = [
        helper.make_node(
            "Scaler", ["x"], ["s"], name="scaler", domain="ai.onnx.ml", offset=[0.0], scale=[2.0]
        ),
        helper.make_node("Softmax", ["s"], ["y"], name="softmax"),
    ]
    ends = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy")
    graph = helper.make_graph(nodes, "g", *([end] for end in ends))
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), tmp_path / "table.onnx")
    window = open_window(tmp_path / "table.onnx")
    window.document.give_up("explain")
    panel = opened(qtbot, window)
    press(qtbot, window, Qt.Key_Y)
    assert "Scaler" in panel.fault.sentence.text()
    # Nothing in it is a picture, and no layer gives maps.
    assert panel.fault.buttons == []
