"""The map in a corner of the scene: when it is there, what it shows, and where a click on it leads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, QRectF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QToolTip

from explorer3d.qt.overview_map import OverviewMap
from explorer3d.qt.window import Window
from explorer3d.scene.camera import Pose
from explorer3d.scene.palette import DARK, LIGHT
from tests.qt.driving import Opener, colour_at, finish, point_of


@pytest.fixture
def rows(open_window: Opener, samples: Path) -> Window:
    return open_window(samples / "lenet_fashion.onnx", samples / "pictures" / "fashion_1_trouser.png")


@pytest.fixture
def near(qtbot: QtBot, rows: Window) -> Window:
    """The same, seen from so near that most of it is out of view."""
    visit(qtbot, rows, "conv2/Relu")
    return rows


def visit(qtbot: QtBot, window: Window, node: str) -> None:
    window.visit(node)
    rest(qtbot, window)


def rest(qtbot: QtBot, window: Window) -> None:
    """Wait for the map, which is drawn once nothing moves."""
    finish(qtbot, window)
    qtbot.waitUntil(lambda: window.view.still)
    finish(qtbot, window)


def place_of(window: Window, node: str) -> QPoint:
    """Where a node is on the map."""
    shown, network = window.overview_map, window.stage.network
    assert shown.frame is not None and network is not None
    x, y = shown.frame.pixels(network.placement.centres[network.index[node]][None])[0]
    inside = (np.array([shown.width(), shown.height()]) - shown.frame.size) / 2
    return QPoint(round(x + inside[0]), round(y + inside[1]))


def is_middle(window: Window, node: str) -> bool:
    return (point_of(window, node) - window.view.rect().center()).manhattanLength() < 80


def move(widget: OverviewMap, to: QPoint) -> None:
    # qtbot.mouseMove does not carry the buttons.
    event = QMouseEvent(QMouseEvent.MouseMove, QPointF(to), Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(widget, event)


def test_it_is_there_when_much_is_out_of_view(qtbot: QtBot, rows: Window) -> None:
    shown = rows.overview_map
    assert not shown.isVisible()
    visit(qtbot, rows, "conv2/Relu")
    assert shown.isVisible()
    # In the corner at the bottom right, and as wide as the network is against its height.
    view, box = rows.view, shown.geometry()
    assert 0 < view.width() - box.right() < 20 and 0 < view.height() - box.bottom() < 20
    assert rows.stage.network is not None
    spread = np.ptp(rows.stage.network.placement.centres, axis=0)
    assert box.width() / box.height() == pytest.approx(spread[0] / spread[1], rel=0.35)
    rows.fit()
    finish(qtbot, rows)
    assert not shown.isVisible()


def test_a_key_takes_it_away_for_good(qtbot: QtBot, near: Window, open_window: Opener) -> None:
    qtbot.keyClick(near, Qt.Key_N)
    assert not near.overview_map.isVisible()
    near.view.zoom(1.3)
    finish(qtbot, near)
    assert not near.overview_map.isVisible()
    assert not open_window()._actions["Overview map"].isChecked()
    qtbot.keyClick(near, Qt.Key_N)
    finish(qtbot, near)
    assert near.overview_map.isVisible()


def test_it_leaves_a_small_window_to_the_scene(qtbot: QtBot, near: Window) -> None:
    near.resize(800, 600)
    finish(qtbot, near)
    assert near.view.width() < 560 and not near.overview_map.isVisible()
    near.resize(1100, 700)
    finish(qtbot, near)
    assert near.overview_map.isVisible()


def test_a_click_flies_there(qtbot: QtBot, near: Window) -> None:
    assert not is_middle(near, "classes/Softmax")
    before = near.stage.pose
    qtbot.mouseClick(near.overview_map, Qt.LeftButton, pos=place_of(near, "classes/Softmax"))
    assert near.stage.moving  # it flies, and does not jump
    finish(qtbot, near)
    assert is_middle(near, "classes/Softmax")
    assert near.stage.pose.distance == before.distance and near.stage.pose.azimuth == before.azimuth
    # It is no click into the scene below.
    assert near.document.selected == "conv2/Relu" and not near.document.opened


def test_a_drag_takes_the_view_along(qtbot: QtBot, near: Window) -> None:
    shown = near.overview_map
    start, end = place_of(near, "fc1/Gemm"), place_of(near, "conv1/Relu")
    qtbot.mousePress(shown, Qt.LeftButton, pos=start)
    move(shown, start + (end - start) * 0.5)
    halfway = near.stage.pose
    assert not near.stage.moving
    move(shown, end)
    assert near.stage.pose != halfway and is_middle(near, "conv1/Relu")
    # It stays although all may be in view meanwhile.
    assert shown.isVisible()
    qtbot.mouseRelease(shown, Qt.LeftButton, pos=end)
    finish(qtbot, near)
    assert is_middle(near, "conv1/Relu")


def test_the_view_is_held_where_it_was_taken(qtbot: QtBot, near: Window) -> None:
    shown, pose = near.overview_map, near.stage.pose
    start = place_of(near, "conv2/Relu") + QPoint(4, 3)
    qtbot.mousePress(shown, Qt.LeftButton, pos=start)
    move(shown, start + QPoint(12, 0))
    move(shown, start)
    qtbot.mouseRelease(shown, Qt.LeftButton, pos=start)
    assert near.stage.pose.focus == pytest.approx(pose.focus, abs=1e-6)


def test_the_wheel_and_the_arrow_keys_work_on_it(qtbot: QtBot, near: Window) -> None:
    shown, pose = near.overview_map, near.stage.pose
    place = QPointF(shown.rect().center())
    wheel = QWheelEvent(
        place, shown.mapToGlobal(place.toPoint()), QPoint(), QPoint(0, 240), Qt.NoButton, Qt.NoModifier,
        Qt.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(shown, wheel)
    assert near.stage.pose.distance < pose.distance
    pose = near.stage.pose
    near.activateWindow()
    shown.setFocus(Qt.TabFocusReason)
    qtbot.keyClick(shown, Qt.Key_Right)
    finish(qtbot, near)
    assert near.stage.pose.focus[0] > pose.focus[0] + 0.5
    qtbot.keyClick(shown, Qt.Key_Down)
    finish(qtbot, near)
    assert near.stage.pose.focus[1] < pose.focus[1] - 0.5
    # Where the scene has the focus, the same key goes along the flow.
    assert near.document.selected == "conv2/Relu"


def test_it_names_what_lies_under_the_cursor(qtbot: QtBot, near: Window) -> None:
    qtbot.mouseMove(near.overview_map, place_of(near, "fc2/Gemm"))
    qtbot.waitUntil(lambda: "fc2/Gemm" in QToolTip.text())
    QToolTip.hideText()


def test_it_shows_what_is_selected_and_in_which_colours(qtbot: QtBot, near: Window) -> None:
    shown = near.overview_map

    def has(colour: tuple[int, int, int]) -> bool:
        image = shown.grab().toImage()
        middle = place_of(near, "conv2/Relu")
        seen = [
            image.pixelColor(middle + QPoint(x, y)).getRgb()[:3] for x in range(-9, 10) for y in range(-9, 10)
        ]
        return min(max(abs(a - b) for a, b in zip(colour, one, strict=True)) for one in seen) < 12

    assert has(DARK.selection) and not has(LIGHT.selection)
    ground = colour_at(shown, QPoint(8, 4))
    near.appearance._choose(LIGHT)
    finish(qtbot, near)
    assert has(LIGHT.selection)
    assert sum(colour_at(shown, QPoint(8, 4))) > sum(ground) + 300


def test_hits_shine_and_the_rest_fades(qtbot: QtBot, near: Window) -> None:
    shown = near.overview_map
    places = {name: place_of(near, name) for name in ("conv1/Relu", "fc1/Gemm")}
    before = {name: colour_at(shown, place) for name, place in places.items()}
    qtbot.keyClick(near.view, Qt.Key_F, Qt.ControlModifier)
    qtbot.keyClicks(near.find_bar.field, "fc1 op:gemm")
    rest(qtbot, near)
    after = {name: colour_at(shown, place) for name, place in places.items()}
    assert sum(after["fc1/Gemm"]) > sum(before["fc1/Gemm"]) + 60
    assert sum(after["conv1/Relu"]) < 0.6 * sum(before["conv1/Relu"])


def test_it_makes_room_for_what_is_laid_open(qtbot: QtBot, near: Window) -> None:
    before = near.overview_map.frame
    near.document.show("classes/Softmax")
    rest(qtbot, near)
    opened, after = near.stage.opened["classes/Softmax"], near.overview_map.frame
    assert before is not None and after is not None
    for frame, inside in ((before, False), (after, True)):
        corners = frame.pixels(opened.bounds())
        assert bool((corners >= 0).all() and (corners <= frame.size).all()) == inside


def test_it_covers_nothing_that_is_laid_open(qtbot: QtBot, near: Window) -> None:
    shown, view = near.overview_map, near.view
    near.resize(1000, 600)
    finish(qtbot, near)
    usual = shown.geometry()
    near.document.show("conv2/Relu")
    finish(qtbot, near)
    # A view from so near that what is open fills the lower half of the picture.
    stage = near.stage
    low, high = (stage.opened["conv2/Relu"].bounds()[corner] for corner in (3, 1))
    middle = tuple(((low + high) / 2 + [0, 0.6 * (high - low)[1], 0]).tolist())
    stage.move_camera(Pose(middle, 0.0, 0.0, 2.4 * float((high - low)[0])))
    view.refresh()
    finish(qtbot, near)
    edge = stage.projection.pixels(np.array([low, high])) / view.devicePixelRatioF()
    opened = QRectF(QPointF(*edge[0]), QPointF(*edge[1])).normalized()
    assert shown.isVisible() and opened.intersects(QRectF(usual))
    assert not opened.intersects(QRectF(shown.geometry()))
    assert shown.geometry().right() == usual.right()
    # It goes back when there is nothing to cover.
    near.document.close_layer("conv2/Relu")
    finish(qtbot, near)
    view.refresh()
    finish(qtbot, near)
    assert shown.isVisible() and shown.geometry().bottom() == usual.bottom()


def test_it_gives_way_where_every_corner_is_laid_open(qtbot: QtBot, near: Window) -> None:
    shown, stage = near.overview_map, near.stage
    near.document.show("conv2/Relu", "output")
    rest(qtbot, near)
    assert shown.isVisible()
    low, high = (stage.opened["conv2/Relu"].bounds()[corner] for corner in (3, 1))
    middle = tuple(((low + high) / 2).tolist())
    stage.move_camera(Pose(middle, 0.0, 0.0, 0.9 * float((high - low)[0])))
    near.view.refresh()
    rest(qtbot, near)
    assert not shown.isVisible()
    stage.frame_node("conv2/Relu", animated=False)
    near.view.refresh()
    rest(qtbot, near)
    assert shown.isVisible()


def test_it_stands_where_the_fewest_blocks_are(qtbot: QtBot, near: Window) -> None:
    """With blocks in the usual corner and another one free, it takes the free one."""
    shown, stage, ratio = near.overview_map, near.stage, near.view.devicePixelRatioF()
    assert shown.isVisible()

    def blocks() -> list[QRectF]:
        assert stage.network is not None
        middles, half = stage.network.placement.centres, stage.network.placement.sizes * [0.5, 0.5, 0.0]
        ends = [stage.projection.pixels(middles + side * half) / ratio for side in (-1, 1)]
        corners = zip(np.minimum(*ends).tolist(), np.maximum(*ends).tolist(), strict=True)
        return [QRectF(QPointF(*low), QPointF(*high)) for low, high in corners]

    corner = QPoint(near.view.width() - 60, near.view.height() - 60)
    for _ in range(3):
        way = corner - point_of(near, "conv2/Relu")
        right, down = (ratio * one / stage.projection.pixels_per_unit for one in (way.x(), way.y()))
        stage.move_camera(stage.pose.panned(-right, down))
    near.view.refresh()
    rest(qtbot, near)
    assert any(box.contains(QPointF(corner)) for box in blocks())
    assert shown.isVisible()
    assert not any(box.intersects(QRectF(shown.geometry())) for box in blocks())


def test_it_stands_below_what_is_looked_for(qtbot: QtBot, near: Window) -> None:
    # What is laid open reaches into the lower corner, so that the map goes up.
    near.document.show("conv2/Relu")
    finish(qtbot, near)
    near.stage.move_camera(near.stage.pose.panned(-2.0, 0.0))
    rest(qtbot, near)
    shown = near.overview_map
    assert shown.isVisible() and shown.y() < 30
    qtbot.keyClick(near.view, Qt.Key_F, Qt.ControlModifier)
    qtbot.keyClicks(near.find_bar.field, "relu")
    rest(qtbot, near)
    assert near.find_bar.y() < 30 and not shown.geometry().intersects(near.find_bar.geometry())
    qtbot.keyClick(near.find_bar.field, Qt.Key_Escape)
    rest(qtbot, near)
    assert shown.y() < 30


def test_a_wide_legend_lies_below_it(qtbot: QtBot, near: Window) -> None:
    near.resize(940, 800)
    near._dock.hide()
    near.appearance._choose(1.6)
    visit(qtbot, near, "conv2/Relu")
    shown, legend = near.overview_map.geometry(), near.stage.legend_size
    assert near.overview_map.isVisible() and legend[0] > shown.left()
    assert shown.bottom() < near.view.height() - legend[1] - 10


def test_it_goes_with_its_model(qtbot: QtBot, near: Window) -> None:
    assert near.overview_map.isVisible()
    near.document.close_model()
    finish(qtbot, near)
    assert not near.overview_map.isVisible()
