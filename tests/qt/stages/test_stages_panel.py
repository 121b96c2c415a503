"""The strip of stages, by mouse and by keyboard; its numbers are those of tests/compute/test_stages.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QFontMetricsF, QImage
from qtpy.QtWidgets import QDockWidget

from explorer3d.compute.picture import FIRST, LAST, index_of
from explorer3d.qt.stages.drawing import arrange
from explorer3d.qt.stages.panel import StagesPanel
from explorer3d.qt.window import Window
from explorer3d.scene.colormaps import lookup
from tests.qt.driving import click, finish

X = np.array([[1, -2, 3, 0], [0, 4, -1, 2], [-3, 1, 0, 5], [2, 2, -4, 1]], np.float32)
POOLED = np.array([[4, 2], [6, 8]])


@pytest.fixture
def window(open_window: Callable[..., Window], tmp_path: Path) -> Window:
    """Conv (once, and −2 times), ReLU, max-pooling, Flatten; X runs through it."""
    nodes = [
        helper.make_node("Conv", ["x", "kernel"], ["c"], name="conv", kernel_shape=[1, 1]),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("MaxPool", ["r"], ["p"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"], name="flat"),
    ]
    kernel = np.array([1, -2], np.float32).reshape(2, 1, 1, 1)
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 4, 4])],
        [helper.make_tensor_value_info("f", TensorProto.FLOAT, [1, 8])],
        [onnx.numpy_helper.from_array(kernel, "kernel")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "small.onnx")
    np.save(tmp_path / "x.npy", X[None, None])
    np.save(tmp_path / "other.npy", -X[None, None])
    return open_window(tmp_path / "small.onnx", tmp_path / "x.npy")


@pytest.fixture
def panel(qtbot: QtBot, window: Window) -> StagesPanel:
    return opened(qtbot, window)


def opened(qtbot: QtBot, window: Window) -> StagesPanel:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.view.setFocus()
    qtbot.keyClick(window.view, Qt.Key_S)
    finish(qtbot, window)
    found = window.findChild(StagesPanel)
    assert found is not None and found.isVisible()
    return found


def names(panel: StagesPanel) -> str:
    return " ".join(stage.layer for stage in panel.strip.stages)


def middle(panel: StagesPanel, layer: str) -> QPoint:
    place = names(panel).split().index(layer)
    return panel.strip.arrangement.boxes[place].center().toPoint()


def go_to_stage(qtbot: QtBot, window: Window, panel: StagesPanel, layer: str) -> None:
    qtbot.mouseClick(panel.strip.row, Qt.LeftButton, pos=middle(panel, layer))
    finish(qtbot, window)


def choose(qtbot: QtBot, window: Window, box: object, steps: int) -> None:
    """Go down in a list of choices by keys."""
    box.setFocus()  # type: ignore[attr-defined]
    for _ in range(steps):
        qtbot.keyClick(box, Qt.Key_Down)
    finish(qtbot, window)


def colours(panel: StagesPanel, layer: str) -> np.ndarray:
    """(2, 2, 3) array: what is drawn in the middle of each quarter of a stage."""
    image = panel.strip.row.grab().toImage()
    box = panel.strip.arrangement.boxes[names(panel).split().index(layer)]
    half = box.height() / 4
    return quarters(image, box.center().x(), box.center().y(), half)


def scale_colours(panel: StagesPanel) -> np.ndarray:
    """(3, 3) array: the bar beside the strip, its top, middle and bottom."""
    box, image = panel.strip.arrangement.boxes[0], panel.scale.grab().toImage()
    x = QFontMetricsF(panel.strip.arrangement.font).height() * 0.8
    ends = (box.top() + 2, box.center().y(), box.bottom() - 2)
    return np.array([image.pixelColor(round(x), round(y)).getRgb()[:3] for y in ends])


def quarters(image: QImage, x: float, y: float, half: float) -> np.ndarray:
    def at(right: int, down: int) -> tuple[int, ...]:
        return image.pixelColor(round(x + right * half), round(y + down * half)).getRgb()[:3]

    return np.array([[at(right, down) for right in (-1, 1)] for down in (-1, 1)])


def expected(values: np.ndarray, limits: tuple[float, float], colormap: str) -> np.ndarray:
    return lookup(colormap)[index_of(np.clip(values, *limits), limits)]


def test_a_key_shows_every_stage_in_the_colours_of_all_or_its_own(qtbot: QtBot, panel: StagesPanel) -> None:
    assert names(panel) == "x conv relu pool"
    # Percentiles 0.5 and 99.5: −9.85 … 9.85 of −2 times the picture, 0 … 7.85 of what is above zero, 2.03 …
    # 7.97 of the largest of each four. Of the upper ones the third quartile is 8.91.
    limits = panel.strip.look.limits
    assert limits == pytest.approx((-8.91, 8.91))
    assert np.array_equal(colours(panel, "pool"), expected(POOLED, limits, "blue-orange"))
    lines = panel.strip.caption(panel.strip.stages[3])
    assert lines[:3] == ("pool", "2×2 max pool, stride 2", "2 maps, 2×2")
    assert panel.about.text().startswith("4 stages   ·   no pictures after pool   ·   colours")
    wanted = lookup("blue-orange")[[LAST, 128, FIRST]].astype(int)
    assert np.abs(scale_colours(panel) - wanted).max() < 16
    own = panel.found.stages[3].limits
    assert 2 <= own[0] < own[1] <= 8
    common = panel.choices.common
    qtbot.mouseClick(common, Qt.LeftButton, pos=QPoint(8, common.height() // 2))
    assert not common.isChecked()
    assert np.array_equal(colours(panel, "pool"), expected(POOLED, own, "inferno"))
    # What each colour stands for is another number in each.
    assert not panel.scale.isVisible()


def test_a_click_and_keys_walk_along(qtbot: QtBot, window: Window, panel: StagesPanel) -> None:
    go_to_stage(qtbot, window, panel, "relu")
    assert window.document.selected == "relu" == panel.strip.current
    for key, layer in (
        (Qt.Key_Right, "pool"),
        (Qt.Key_Right, "pool"),
        (Qt.Key_Left, "relu"),
        (Qt.Key_Home, "x"),
        (Qt.Key_End, "pool"),
    ):
        qtbot.keyClick(panel.strip, key)
        finish(qtbot, window)
        assert window.document.selected == layer == panel.strip.current
    qtbot.keyClick(panel.strip, Qt.Key_Return)
    finish(qtbot, window)
    assert "pool" in window.document.opened
    # The frame of the stage where one is.
    box = panel.strip.arrangement.boxes[3]
    image = panel.strip.row.grab().toImage()
    left = round(box.center().x() - box.height() / 2 - 2.5)
    assert image.pixelColor(left, round(box.center().y())).name() == "#ffd166"


def test_the_way_ends_at_the_layer_selected_in_the_scene(
    qtbot: QtBot, window: Window, panel: StagesPanel
) -> None:
    choose(qtbot, window, panel.choices.end, 1)
    assert names(panel) == "x conv relu pool"
    window.fit()
    finish(qtbot, window)
    click(qtbot, window, "relu")
    finish(qtbot, window)
    assert names(panel) == "x conv relu"
    click(qtbot, window, "flat")
    finish(qtbot, window)
    assert names(panel) == "x conv relu pool"
    assert "flat gives no picture" in panel.about.text()
    click(qtbot, window, "relu")
    finish(qtbot, window)
    # Walking along the strip does not shorten it.
    go_to_stage(qtbot, window, panel, "conv")
    assert window.document.selected == "conv"
    assert names(panel) == "x conv relu"


def test_choices_of_layers_and_of_maps(qtbot: QtBot, window: Window, panel: StagesPanel) -> None:
    choose(qtbot, window, panel.choices.layers, 2)
    assert names(panel) == "x pool"
    choose(qtbot, window, panel.choices.maps, 3)
    number = panel.choices.numbers[0]
    assert number.isVisible() and not panel.choices.numbers[1].isVisible()
    assert np.array_equal(panel.strip.stages[1].picture, [[4, 3], [2, 5]])
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "7")
    qtbot.keyClick(number, Qt.Key_Return)
    finish(qtbot, window)
    assert np.array_equal(panel.strip.stages[1].picture, POOLED)
    assert "map 7" not in panel.strip.caption(panel.strip.stages[1])[3]
    assert "map 1 (last)" in panel.strip.caption(panel.strip.stages[1])[3]
    assert "1 with fewer maps" in panel.about.text()


def test_stages_are_saved_and_follow_the_input(
    qtbot: QtBot, window: Window, panel: StagesPanel, tmp_path: Path
) -> None:
    panel.save_as(tmp_path / "strip.png")
    finish(qtbot, window)
    image = QImage(str(tmp_path / "strip.png"))
    assert image.height() == 720 and image.width() > 4 * 400
    limits = panel.strip.look.limits
    box = arrange(panel.strip.stages, 720, panel.strip.look.font).boxes[-1]
    found = quarters(image, box.center().x(), box.center().y(), box.height() / 4)
    assert np.array_equal(found, expected(POOLED, limits, "blue-orange"))
    # Beside them the colours of all, the largest number on top.
    column = next(
        x
        for x in range(round(box.right()) + 2, image.width())
        if image.pixelColor(x, round(box.top()) + 20) != image.pixelColor(0, 0)
    )
    bar = [image.pixelColor(column + 5, round(box.top() + at * box.height())) for at in (0.01, 0.5, 0.99)]
    wanted = expected(np.array([limits[1], 0, limits[0]]), limits, "blue-orange")
    assert np.abs(np.array([colour.getRgb()[:3] for colour in bar]) - wanted.astype(int)).max() < 12
    window.open_input(tmp_path / "other.npy")
    finish(qtbot, window)
    assert np.array_equal(panel.strip.stages[0].picture, -X)
    # Behind another panel it asks for nothing, and catches up when it is in front again.
    qtbot.keyClick(panel.strip, Qt.Key_L)
    window.open_input(tmp_path / "x.npy")
    finish(qtbot, window)
    assert panel.strip.stages == ()
    assert np.array_equal(opened(qtbot, window).strip.stages[0].picture, X)
    # So does one that is closed.
    qtbot.keyClick(panel.strip, Qt.Key_S)
    assert not panel.isVisible()
    window.open_input(tmp_path / "other.npy")
    finish(qtbot, window)
    assert panel.strip.stages == ()
    assert np.array_equal(opened(qtbot, window).strip.stages[0].picture, -X)


def test_networks_without_pictures(qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"], name="relu")],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "plain.onnx")
    empty = open_window()
    panel = opened(qtbot, empty)
    assert panel.strip.message.startswith("Open a network")
    empty.open_model(tmp_path / "plain.onnx")
    finish(qtbot, empty)
    assert panel.strip.stages == ()
    assert panel.strip.message.startswith("Nothing in this network is a picture")
    assert not panel.choices.save.isEnabled()
    assert empty.findChild(QDockWidget, "stages").isVisible()
