"""Ways through the network by keys and clicks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QToolTip

from explorer3d.qt.key_sheet import KeySheet
from explorer3d.qt.window import Window
from explorer3d.scene.camera import Pose
from tests.qt.driving import Opener, click, finish, point_of, press


@pytest.fixture
def branched(open_window: Opener, tmp_path: Path) -> Window:
    """x → stem, from which two branches of two layers and a way past them lead to join."""
    nodes = [
        helper.make_node("Relu", ["x"], ["s"], name="stem"),
        helper.make_node("Relu", ["s"], ["a"], name="up1"),
        helper.make_node("Tanh", ["a"], ["b"], name="up2"),
        helper.make_node("Sigmoid", ["s"], ["c"], name="down1"),
        helper.make_node("Tanh", ["c"], ["d"], name="down2"),
        helper.make_node("Sum", ["b", "d"], ["y"], name="join"),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in "xy"]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:])
    path = tmp_path / "branched.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return open_window(path)


def test_arrows_follow_the_flow_and_choose_among_branches(qtbot: QtBot, branched: Window) -> None:
    seen = []
    for _ in range(7):
        press(qtbot, branched, Qt.Key_Right)
        seen.append(branched.document.selected)
    assert seen[:2] == ["x", "stem"] and seen[-2:] == ["join", "join"]
    branch = seen[2:4]
    assert branch in (["up1", "up2"], ["down1", "down2"])
    press(qtbot, branched, Qt.Key_Left)
    assert branched.document.selected == branch[1]
    # The other branch stands beside this one, on one side or the other.
    other = {"up2": "down2", "down2": "up2"}[branch[1]]
    lane = dict(zip(branched.stage.layout.names, branched.stage.layout.lane, strict=True))
    towards, back = (Qt.Key_Down, Qt.Key_Up) if lane[other] > lane[branch[1]] else (Qt.Key_Up, Qt.Key_Down)
    press(qtbot, branched, towards)
    assert branched.document.selected == other
    press(qtbot, branched, towards)
    assert branched.document.selected == other  # nothing further out
    press(qtbot, branched, Qt.Key_Left)
    assert branched.document.selected == {"up2": "up1", "down2": "down1"}[other]  # stays on its branch
    press(qtbot, branched, back)
    assert branched.document.selected == branch[0]


def test_shift_click_lights_all_paths_and_escape_ends_it(qtbot: QtBot, branched: Window) -> None:
    click(qtbot, branched, "stem")
    finish(qtbot, branched)
    branched.fit()
    branched.view.settle()
    qtbot.mouseClick(branched.view, Qt.LeftButton, Qt.ShiftModifier, point_of(branched, "join"))
    finish(qtbot, branched)
    assert (branched.document.start, branched.document.selected) == ("stem", "join")
    assert branched.stage.lit == {"stem", "up1", "up2", "down1", "down2", "join"}
    assert "6 layers" in branched.statusBar().currentMessage()
    assert set(branched.document.opened) == {"stem"}  # nothing else was opened
    press(qtbot, branched, Qt.Key_Escape)
    assert (branched.document.start, branched.document.selected) == (None, "join")
    assert branched.stage.lit == {"up2", "down2", "join"}
    assert set(branched.document.opened) == {"stem"}


def test_between_branches_nothing_flows(qtbot: QtBot, branched: Window) -> None:
    branched.document.select("up1")
    branched.view.refresh()
    qtbot.mouseClick(branched.view, Qt.LeftButton, Qt.ShiftModifier, point_of(branched, "down2"))
    assert branched.stage.lit == {"up1", "down2"} and not branched.stage.linked
    assert "No data flows" in branched.statusBar().currentMessage()


def test_paths_by_keys_alone(qtbot: QtBot, branched: Window) -> None:
    press(qtbot, branched, Qt.Key_Right)
    press(qtbot, branched, Qt.Key_Right)
    press(qtbot, branched, Qt.Key_M)
    for _ in range(3):
        press(qtbot, branched, Qt.Key_Right)
    assert (branched.document.start, branched.document.selected) == ("stem", "join")
    assert len(branched.stage.lit) == 6
    press(qtbot, branched, Qt.Key_M)
    assert branched.document.start is None


def test_back_and_forward_to_places_visited(qtbot: QtBot, lenet: Window) -> None:
    home = lenet.stage.pose
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    at_conv1 = lenet.stage.pose
    assert at_conv1 != home
    lenet.fit()
    lenet.view.settle()
    overview = lenet.stage.pose
    click(qtbot, lenet, "fc1")
    finish(qtbot, lenet)
    at_fc1 = lenet.stage.pose
    press(qtbot, lenet, Qt.Key_Left, Qt.AltModifier)
    assert lenet.document.selected == "conv1" and lenet.stage.pose == overview
    press(qtbot, lenet, Qt.Key_Left, Qt.AltModifier)
    assert lenet.document.selected is None and lenet.stage.pose == home
    press(qtbot, lenet, Qt.Key_Left, Qt.AltModifier)
    assert "began" in lenet.statusBar().currentMessage()
    for _ in range(2):
        press(qtbot, lenet, Qt.Key_Right, Qt.AltModifier)
    assert lenet.document.selected == "fc1" and lenet.stage.pose == at_fc1
    press(qtbot, lenet, Qt.Key_Right, Qt.AltModifier)
    assert lenet.document.selected == "fc1" and "no place" in lenet.statusBar().currentMessage()


def test_back_does_not_look_at_what_was_closed(qtbot: QtBot, lenet: Window) -> None:
    for layer in ("conv1", "pool1", "conv2"):
        lenet.document.show(layer)
        finish(qtbot, lenet)
    opened_at = lenet.stage.pose
    lenet.document.show("fc2")
    finish(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_Escape, Qt.ShiftModifier)
    press(qtbot, lenet, Qt.Key_Left, Qt.AltModifier)
    assert lenet.document.selected == "conv2" and lenet.stage.pose != opened_at
    width, height = lenet.stage.canvas.size
    x, y = lenet.stage.where("conv2")
    # It stands in the middle, or above it: its tensors would open below.
    assert abs(x - width / 2) < 0.2 * width and 0.15 * height < y < 0.6 * height


def test_back_leads_to_where_the_camera_rested(qtbot: QtBot, lenet: Window) -> None:
    rest = lenet.journey.rest
    rest.setInterval(20)

    def look_at(x: float) -> Pose:
        pose = replace(lenet.stage.pose, focus=(x, 0.0, 0.0), distance=8.0)
        lenet.stage.move_camera(pose)
        with qtbot.waitSignal(rest.timeout):
            lenet.view.refresh()
        return pose

    with qtbot.waitSignal(rest.timeout):
        lenet.view.refresh()
    fitted = lenet.stage.pose
    left, right = look_at(2.0), look_at(14.0)
    look_at(14.5)
    for expected in (left, fitted):
        press(qtbot, lenet, Qt.Key_Left, Qt.AltModifier)
        assert lenet.stage.pose == expected
    press(qtbot, lenet, Qt.Key_Right, Qt.AltModifier)
    assert lenet.stage.pose == left
    press(qtbot, lenet, Qt.Key_Right, Qt.AltModifier)
    assert lenet.stage.pose.focus[0] == pytest.approx(right.focus[0], abs=0.6)
    # Nothing was ever selected.
    assert lenet.document.selected is None


def test_bookmarks_are_kept_for_each_file(
    qtbot: QtBot, lenet: Window, open_window: Opener, samples: Path
) -> None:
    press(qtbot, lenet, Qt.Key_3)
    assert "not set" in lenet.statusBar().currentMessage()
    click(qtbot, lenet, "conv2")
    finish(qtbot, lenet)
    pose = lenet.stage.pose
    press(qtbot, lenet, Qt.Key_3, Qt.ControlModifier)
    lenet.close()

    again = open_window(samples / "lenet_fashion.h5")
    assert again.stage.pose != pose
    press(qtbot, again, Qt.Key_3)
    assert again.document.selected == "conv2" and again.stage.pose == pose
    again.open_model(samples / "lenet_fashion.onnx")
    finish(qtbot, again)
    press(qtbot, again, Qt.Key_3)
    assert again.document.selected is None
    assert "not set" in again.statusBar().currentMessage()


def test_pointing_at_an_edge_names_the_tensor(qtbot: QtBot, lenet: Window) -> None:
    left, right = point_of(lenet, "conv1", "output"), point_of(lenet, "pool1", "input")
    QTest.mouseMove(lenet.view, (left + right) / 2)
    qtbot.waitUntil(QToolTip.isVisible, timeout=5000)
    assert "28 × 28 × 6" in QToolTip.text() and "conv1 → pool1" in QToolTip.text().replace("&rarr;", "→")


def test_the_go_menu_and_the_sheet_tell_of_it(qtbot: QtBot, lenet: Window) -> None:
    titles = [action.text().replace("&", "") for action in lenet.menuBar().actions()]
    assert "Go" in titles
    listed = dict(KeySheet(lenet._actions.values(), lenet).entries)
    assert listed["Set bookmark"] == "Ctrl+1 … Ctrl+9" and listed["Go to bookmark"] == "1 … 9"
    assert QKeySequence(listed["Back"]) == QKeySequence("Alt+Left")
    assert len([what for what in listed if "ookmark" in what]) == 2


@pytest.fixture
def blocks(open_window: Opener, tmp_path: Path) -> Window:
    """Twelve layers in three blocks, all unfolded."""
    nodes, last = [], "x"
    for block in "abc":
        for step in range(4):
            nodes.append(helper.make_node("Relu", [last], [f"{block}{step}"], name=f"/{block}/r{step}/Relu"))
            last = f"{block}{step}"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in ("x", last)]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:])
    path = tmp_path / "blocks.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return open_window(path)


def test_a_place_is_found_again_when_it_was_folded_away(qtbot: QtBot, blocks: Window) -> None:
    window = blocks
    window.document.select("/c/r2/Relu")
    window.flight.to_selected()
    finish(qtbot, window)
    press(qtbot, window, Qt.Key_5, Qt.ControlModifier)
    window.document.fold_to_level(0)
    finish(qtbot, window)
    assert "/c/r2/Relu" not in window.stage.layout.names
    press(qtbot, window, Qt.Key_5)
    assert window.document.selected == "/c/r2/Relu"
    x, y = window.stage.where("/c/r2/Relu")
    width, height = window.stage.canvas.size
    assert 0 < x < width and 0 < y < height


def test_back_folds_what_was_unfolded_since(qtbot: QtBot, blocks: Window) -> None:
    document, layout = blocks.document, lambda: blocks.stage.layout.names
    press(qtbot, blocks, Qt.Key_E, Qt.ControlModifier | Qt.ShiftModifier)
    assert len(layout()) == 4
    block = layout()[2]
    click(qtbot, blocks, block)
    finish(qtbot, blocks)
    before = blocks.stage.pose
    qtbot.mouseDClick(blocks.view, Qt.LeftButton, pos=point_of(blocks, block))
    finish(qtbot, blocks)
    assert len(layout()) == 7
    inside = "/b/r1/Relu"
    blocks.visit(inside)
    finish(qtbot, blocks)
    at_the_layer = blocks.stage.pose
    press(qtbot, blocks, Qt.Key_Left, Qt.AltModifier)
    assert len(layout()) == 7 and document.selected is None
    press(qtbot, blocks, Qt.Key_Left, Qt.AltModifier)
    assert len(layout()) == 4 and document.selected == block and blocks.stage.pose == before
    press(qtbot, blocks, Qt.Key_Left, Qt.AltModifier)
    press(qtbot, blocks, Qt.Key_Left, Qt.AltModifier)
    # As it was opened.
    assert len(layout()) == 13 and document.selected is None
    for _ in range(4):
        press(qtbot, blocks, Qt.Key_Right, Qt.AltModifier)
    assert len(layout()) == 7 and document.selected == inside and blocks.stage.pose == at_the_layer


def test_a_way_back_that_is_given_up_is_no_hindrance(qtbot: QtBot, blocks: Window) -> None:
    press(qtbot, blocks, Qt.Key_E, Qt.ControlModifier | Qt.ShiftModifier)
    qtbot.keyClick(blocks.view, Qt.Key_Left, Qt.AltModifier)
    blocks.document.cancel()
    finish(qtbot, blocks)
    names = blocks.stage.layout.names
    assert len(names) == 4
    for node in names[1:3]:
        click(qtbot, blocks, node)
        finish(qtbot, blocks)
    press(qtbot, blocks, Qt.Key_Left, Qt.AltModifier)
    assert blocks.document.selected == names[1] and len(blocks.stage.layout.names) == 4
