"""Going into the bodies of layers and back, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.qt.window import Window
from tests.body_models import states, write_looping
from tests.qt.driving import click, finish, pixels, point_of, press

X = np.array([[1, -2, 3, -4, 5], [-5, 4, -3, 2, -1]], np.float32) / 4


@pytest.fixture
def window(open_window: Callable[..., Window], tmp_path: Path, qtbot: QtBot) -> Window:
    np.save(tmp_path / "x.npy", X)
    return open_window(write_looping(tmp_path / "loop.onnx"), tmp_path / "x.npy")


def shown(window: Window, layer: str) -> np.ndarray:
    return next(one.array for one in window.document.shown[layer].tensors if one.role == "output")


def crumbs(window: Window) -> list[str]:
    breadcrumb = window.breadcrumb
    if not breadcrumb.isVisible():
        return []
    return [button.text() for button in (breadcrumb.steps[""], *breadcrumb.bodies)]


def test_a_double_click_goes_in_and_backspace_comes_back(qtbot: QtBot, window: Window) -> None:
    click(qtbot, window, "loop")
    finish(qtbot, window)
    hit = window.stage.pick(*window.stage.where("loop"))
    assert hit is not None
    assert window.stage.describe(hit) == "loop  ·  Loop ›  ·  5  ·  double click: into body"
    pose, before = window.stage.pose, pixels(window)
    qtbot.mouseDClick(window.view, Qt.LeftButton, pos=point_of(window, "loop"))
    finish(qtbot, window)
    assert crumbs(window) == ["loop.onnx", "loop · body"]
    texts = [(button.width(), button.sizeHint().width()) for button in window.breadcrumb.bodies]
    assert all(width >= wanted for width, wanted in texts), texts
    assert window.document.rankings == {}
    assert window.stage.layout is not None
    assert set(window.stage.layout.names) >= {"move", "choice", "state", "h"}
    assert (pixels(window) != before).any(axis=-1).mean() > 0.05
    click(qtbot, window, "move")
    finish(qtbot, window)
    np.testing.assert_array_equal(shown(window, "move"), X + np.maximum(X, 0))
    assert window.inspector.name.text() == "move"
    press(qtbot, window, Qt.Key_Backspace)
    assert crumbs(window) == []
    # All of it looks as it did.
    assert window.document.selected == "loop"
    assert window.stage.pose == pose
    np.testing.assert_array_equal(pixels(window), before)


def test_enter_opens_a_layer_and_then_goes_into_it(qtbot: QtBot, window: Window) -> None:
    window.document.select("loop")
    press(qtbot, window, Qt.Key_Return)
    assert "loop" in window.document.shown
    assert window.document.place == ()
    press(qtbot, window, Qt.Key_Return)
    assert window.document.place == (("loop", "body"),)
    press(qtbot, window, Qt.Key_Up, Qt.AltModifier)
    assert window.document.place == ()
    press(qtbot, window, Qt.Key_Down, Qt.AltModifier)
    assert window.document.place == (("loop", "body"),)


def test_iterations_by_number_and_by_keys(qtbot: QtBot, window: Window) -> None:
    window.document.enter("loop")
    finish(qtbot, window)
    iteration = window.breadcrumb.iteration
    assert iteration.number.isVisible()
    assert (iteration.number.value(), iteration.number.maximum()) == (0, 2)
    assert iteration.count.text() == "of 0 … 2"
    click(qtbot, window, "state")
    finish(qtbot, window)
    np.testing.assert_array_equal(shown(window, "state"), X)
    press(qtbot, window, Qt.Key_Period)
    np.testing.assert_array_equal(shown(window, "state"), states(X)[1])
    qtbot.keyClick(iteration.number, Qt.Key_Up)
    finish(qtbot, window)
    np.testing.assert_array_equal(shown(window, "state"), states(X)[2])
    assert "iteration 2 of loop" in window.status_line.about_model.text()
    press(qtbot, window, Qt.Key_Period)
    assert iteration.number.value() == 2
    press(qtbot, window, Qt.Key_Comma)
    assert iteration.number.value() == 1


def test_links_lead_into_branches_and_the_breadcrumb_out_of_them(qtbot: QtBot, window: Window) -> None:
    window.document.enter("loop")
    finish(qtbot, window)
    click(qtbot, window, "choice")
    finish(qtbot, window)
    assert list(window.inspector.bodies.buttons) == ["then_branch", "else_branch"]
    qtbot.mouseClick(window.inspector.bodies.buttons["else_branch"], Qt.LeftButton)
    finish(qtbot, window)
    assert crumbs(window) == ["loop.onnx", "loop · body", "choice · else_branch"]
    assert not window.breadcrumb.iteration.number.isVisible()
    # In the first iteration x, which adds up to 0, and relu(x), to 3.75, are positive together.
    assert window.breadcrumb.iteration.title.text() == "not taken"
    click(qtbot, window, "counted")
    finish(qtbot, window)
    assert window.inspector.operator.text().startswith("Taken from the network around")
    qtbot.mouseClick(window.breadcrumb.bodies[0], Qt.LeftButton)
    finish(qtbot, window)
    assert window.document.place == (("loop", "body"),)
    assert window.document.selected == "choice"
    assert crumbs(window) == ["loop.onnx", "loop · body"]
    qtbot.mouseClick(window.breadcrumb.steps[""], Qt.LeftButton)
    finish(qtbot, window)
    assert crumbs(window) == []


def test_back_and_forward_lead_through_bodies(qtbot: QtBot, window: Window) -> None:
    click(qtbot, window, "rise")
    finish(qtbot, window)
    window.document.enter("loop")
    finish(qtbot, window)
    click(qtbot, window, "count")
    finish(qtbot, window)
    there = window.stage.pose
    window.document.leave()
    finish(qtbot, window)
    click(qtbot, window, "last")
    finish(qtbot, window)

    def travel(key: int) -> tuple[tuple[tuple[str, str], ...], str | None]:
        press(qtbot, window, key, Qt.AltModifier)
        return window.document.place, window.document.selected

    inside = (("loop", "body"),)
    assert travel(Qt.Key_Left) == ((), "rise")
    assert travel(Qt.Key_Left) == (inside, "count")
    np.testing.assert_allclose(window.stage.pose.focus, there.focus)
    assert travel(Qt.Key_Left) == (inside, None)
    assert travel(Qt.Key_Left) == ((), "rise")
    assert travel(Qt.Key_Right) == (inside, None)
    assert travel(Qt.Key_Right) == (inside, "count")
    assert travel(Qt.Key_Right) == ((), "rise")
    assert travel(Qt.Key_Right) == ((), "last")


def test_finding_in_a_body(qtbot: QtBot, window: Window) -> None:
    window.document.enter("loop")
    finish(qtbot, window)
    qtbot.keyClick(window.view, Qt.Key_F, Qt.ControlModifier)
    qtbot.keyClicks(window.find_bar.field, "op:If")
    finish(qtbot, window)
    qtbot.keyClick(window.find_bar.field, Qt.Key_Return)
    finish(qtbot, window)
    assert window.document.selected == "choice"


def test_each_body_remembers_what_is_folded_and_its_bookmarks(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    window = open_window(write_looping(tmp_path / "loop.onnx", scope="step/"))
    window.document.enter("loop")
    finish(qtbot, window)
    assert window.document.folding is not None
    assert [block.title for block in window.document.folding.hierarchy.blocks] == ["step"]
    press(qtbot, window, Qt.Key_1, Qt.ControlModifier)
    window.document.fold_to_level(0)
    finish(qtbot, window)
    seen = window.document.folding.nodes
    assert "step/move" not in seen
    press(qtbot, window, Qt.Key_Backspace)
    press(qtbot, window, Qt.Key_1)
    assert window.statusBar().currentMessage().startswith("Bookmark 1 is not set")
    window.document.enter("loop")
    finish(qtbot, window)
    assert window.document.folding.nodes == seen
    window.statusBar().clearMessage()
    press(qtbot, window, Qt.Key_1)
    assert not window.statusBar().currentMessage().startswith("Bookmark 1 is not set")
