"""The window as a person uses it: real clicks and keys, pixels and geometry checked."""

from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, QSettings, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication

from explorer3d import opening
from explorer3d.compute import requests
from explorer3d.errors import RequestError
from explorer3d.formats import read_model
from explorer3d.graph.hierarchy import Hierarchy
from explorer3d.manners import STACK, TILES
from explorer3d.qt.window import Window
from explorer3d.scene.camerawork import ASIDE
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.palette import FAMILIES
from tests.qt.driving import Opener, click, drop, finish, pixels, point_of


def near(picture: np.ndarray, colour: tuple[int, ...], tolerance: int = 2) -> np.ndarray:
    return np.abs(picture.astype(int) - colour).max(axis=-1) <= tolerance


def test_the_overview_shows_the_data_travelling(lenet: Window) -> None:
    document = lenet.document
    assert document.model is not None
    names = [layer.name for layer in document.model.layers]
    assert set(document.faces) == {"image", *names}
    assert document.rankings[names[-1]].guesses[0].name == "Trouser"
    picture = pixels(lenet)
    # Above the middle of a face stands the rim of its block, in its family's colour times the light.
    for name, family in (("conv1", "convolution"), ("fc1", "dense")):
        x, y = point_of(lenet, name).x(), point_of(lenet, name).y()
        around = picture[y - 90 : y + 90, x - 90 : x + 90].reshape(-1, 3).astype(float)
        hue = np.array(FAMILIES[family].colour) / np.linalg.norm(FAMILIES[family].colour)
        bright = around[np.linalg.norm(around, axis=1) > 60]
        assert (bright @ hue / np.linalg.norm(bright, axis=1) > 0.995).sum() > 40
    assert near(picture, (255, 209, 102)).sum() > 500  # the bar of the best class


def test_a_click_opens_a_layer_with_its_numbers(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv2")
    finish(qtbot, lenet)
    assert lenet.document.selected == "conv2"
    opened = lenet.stage.opened["conv2"]
    assert [panel.tensor.name for panel in opened.panels] == ["input", "kernel", "bias", "output"]
    model = read_model(lenet.document.model.path)
    kernel = model.layer_by_name["conv2"].weights[0].numpy()
    shown = opened.panels[1].tensor
    np.testing.assert_array_equal(shown.array, kernel)
    inspector = lenet.inspector
    inspector.choose("kernel")
    assert float(inspector.values["Min"].text()) == pytest.approx(float(kernel.min()), rel=1e-5)
    assert float(inspector.values["Std"].text()) == pytest.approx(float(kernel.astype(float).std()), rel=1e-5)
    assert inspector.values["Shape"].text() == "5 × 5 × 6 × 16"


def test_tiles_show_each_value_in_its_colour(qtbot: QtBot, lenet: Window) -> None:
    lenet.document.set_view(mode=TILES)
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    panel = next(p for p in lenet.stage.opened["conv1"].panels if p.tensor.name == "output")
    output = panel.tensor.array[0]
    low, high = panel.tensor.statistics.limits
    table = lookup("inferno").astype(int)
    picture = pixels(lenet)
    checked = 0
    for channel, row, column in ((0, 14, 14), (3, 10, 12), (5, 20, 17), (2, 5, 13)):
        corners = panel.quads.corners[channel].astype(float)
        # The middle of a texel: rows run from the top, corners from the bottom left.
        across, down = (column + 0.5) / 28, (row + 0.5) / 28
        place = corners[3] + (corners[2] - corners[3]) * across + (corners[0] - corners[3]) * down
        x, y = lenet.stage.projection.pixels(place[None])[0]
        share = np.clip((output[row, column, channel] - low) / (high - low), 0, 1)
        expected = table[round(1 + float(share) * 249)]
        found = picture[int(y), int(x)].astype(int)
        if 0.01 < share < 0.99:
            assert np.abs(found - expected).max() <= 12, (channel, row, column)
            checked += 1
    assert checked >= 2


def test_one_key_unfolds_and_the_morph_ends_exactly(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    panel = lenet.stage.opened["conv1"].panels[-1]
    stacked = panel.quads.corners.copy()
    assert len(np.unique(stacked[:, 0, 2])) == 6  # six slices at six depths
    qtbot.keyClick(lenet.view, Qt.Key_T)
    assert lenet.document.mode == TILES
    qtbot.waitUntil(lambda: not lenet.stage.moving, timeout=10_000)
    corner = lenet.stage.opened["conv1"].corner(panel)
    np.testing.assert_array_equal(panel.quads.corners, (panel.unfolding.tiles + corner).astype(np.float32))
    assert len(np.unique(panel.quads.corners[:, :, 2])) == 1
    qtbot.keyClick(lenet.view, Qt.Key_T)
    qtbot.waitUntil(lambda: not lenet.stage.moving, timeout=10_000)
    np.testing.assert_allclose(panel.quads.corners, stacked, atol=1e-5)


def test_a_handle_shows_only_its_own_tensors(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv2", "weights")
    finish(qtbot, lenet)
    assert [panel.tensor.name for panel in lenet.stage.opened["conv2"].panels] == ["kernel"]
    lenet.fit()
    lenet.view.settle()
    click(qtbot, lenet, "conv2", "output")
    finish(qtbot, lenet)
    assert [panel.tensor.name for panel in lenet.stage.opened["conv2"].panels] == ["kernel", "output"]
    lenet.fit()
    lenet.view.settle()
    click(qtbot, lenet, "conv2", "weights")
    finish(qtbot, lenet)
    assert [panel.tensor.name for panel in lenet.stage.opened["conv2"].panels] == ["output"]


def test_several_layers_stand_side_by_side_and_escape_closes_them(qtbot: QtBot, lenet: Window) -> None:
    before = lenet.stage.canvas.props()
    start = pixels(lenet)
    for name in ("conv1", "conv2", "fc1"):
        click(qtbot, lenet, name)
        finish(qtbot, lenet)
        lenet.fit()
        lenet.view.settle()
    frames = [opened.bounds() for opened in lenet.stage.opened.values()]
    assert len(frames) == 3
    frames.sort(key=lambda bounds: bounds[0, 0])
    for left, right in zip(frames, frames[1:], strict=False):
        assert left[:, 0].max() < right[:, 0].min()
    for remaining in (2, 1, 0):
        qtbot.keyClick(lenet.view, Qt.Key_Escape)
        assert len(lenet.stage.opened) == remaining
    qtbot.keyClick(lenet.view, Qt.Key_Escape)
    assert lenet.document.selected is None
    qtbot.keyClick(lenet.view, Qt.Key_Space)
    lenet.view.settle()
    assert lenet.stage.canvas.props() == before
    np.testing.assert_array_equal(pixels(lenet), start)
    qtbot.keyClick(lenet.view, Qt.Key_Z, Qt.ControlModifier)
    finish(qtbot, lenet)
    assert len(lenet.stage.opened) == 1


def test_clicking_faster_than_the_network_runs(qtbot: QtBot, lenet: Window) -> None:
    names = ["conv1", "pool1", "conv2", "pool2", "flatten", "fc1"]
    points = [point_of(lenet, name) for name in names]
    for point in points:
        qtbot.mouseClick(lenet.view, Qt.LeftButton, pos=point)
        qtbot.keyClick(lenet.view, Qt.Key_T)
    finish(qtbot, lenet)
    # A flight may carry another block under a later click, so the first is certain, the rest is consistent.
    assert "conv1" in lenet.document.opened
    assert set(lenet.stage.opened) == set(lenet.document.opened) == set(lenet.document.shown)
    assert lenet.stage.mode == lenet.document.mode == STACK


def test_a_wrong_file_keeps_the_open_model(qtbot: QtBot, lenet: Window, tmp_path: Path) -> None:
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    before = lenet.document.network
    wrong = tmp_path / "wrong.onnx"
    wrong.write_bytes(b"this is no network at all" * 20)
    drop(lenet, wrong)
    finish(qtbot, lenet)
    assert lenet.banner.isVisible() and "wrong.onnx" in lenet.banner.text.text()
    assert lenet.document.network is before
    assert set(lenet.stage.opened) == {"conv1"}
    qtbot.keyClick(lenet.view, Qt.Key_Escape)
    assert not lenet.banner.isVisible()
    assert set(lenet.stage.opened) == {"conv1"}


def test_dropped_pictures_and_models(qtbot: QtBot, lenet: Window, samples: Path) -> None:
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    before = next(p.tensor.array for p in lenet.stage.opened["conv1"].panels if p.tensor.name == "output")
    drop(lenet, samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, lenet)
    after = next(p.tensor.array for p in lenet.stage.opened["conv1"].panels if p.tensor.name == "output")
    assert not np.array_equal(before, after)
    assert lenet.document.rankings["classes"].guesses[0].name == "Ankle boot"
    drop(lenet, samples / "lenet_fashion.onnx", samples / "pictures" / "fashion_8_bag.png")
    finish(qtbot, lenet)
    assert lenet.windowTitle().startswith("lenet_fashion.onnx")
    (ranking,) = lenet.document.rankings.values()
    assert ranking.guesses[0].name == "Bag"


def test_a_picture_that_does_not_fit_is_refused(qtbot: QtBot, lenet: Window, tmp_path: Path) -> None:
    feeds = lenet.document.feeds
    wrong = tmp_path / "wrong.npy"
    np.save(wrong, np.zeros((3, 5, 7), np.float32))
    drop(lenet, wrong)
    finish(qtbot, lenet)
    assert lenet.banner.isVisible() and "wrong.npy" in lenet.banner.text.text()
    assert lenet.document.feeds is feeds


def test_drag_turns_right_drag_moves_wheel_zooms_to_the_cursor(qtbot: QtBot, lenet: Window) -> None:
    view, stage = lenet.view, lenet.stage
    pose = stage.pose

    def drag(button: Qt.MouseButton, start: QPoint, by: QPoint) -> None:
        qtbot.mousePress(view, button, pos=start)
        for part in (0.5, 1.0):
            # qtbot.mouseMove does not carry the buttons.
            move = QMouseEvent(
                QMouseEvent.MouseMove, QPointF(start + by * part), Qt.NoButton, button, Qt.NoModifier
            )
            QApplication.sendEvent(view, move)
        qtbot.mouseRelease(view, button, pos=start + by)

    drag(Qt.LeftButton, QPoint(300, 600), QPoint(100, 0))
    assert stage.pose.azimuth == pytest.approx(pose.azimuth - 30)
    assert stage.pose.focus == pose.focus
    assert not lenet.document.opened  # a drag is no click
    stage.move_camera(pose)
    point = np.array([stage.pose.focus])
    before = stage.projection.pixels(point)[0]
    drag(Qt.RightButton, QPoint(300, 600), QPoint(80, 40))
    after = stage.projection.pixels(point)[0]
    np.testing.assert_allclose(after - before, [80, 40], atol=0.5)
    stage.move_camera(pose)
    cursor = QPointF(700, 300)
    right, up = stage.projection.offset(700, 300)
    axes = pose.axes()
    under = (np.array(pose.focus) + axes[0] * right + axes[1] * up)[None]
    wheel = QWheelEvent(
        cursor, view.mapToGlobal(cursor.toPoint()), QPoint(), QPoint(0, 240), Qt.NoButton, Qt.NoModifier,
        Qt.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, wheel)
    assert stage.pose.distance < pose.distance
    np.testing.assert_allclose(stage.projection.pixels(under)[0], [700, 300], atol=0.01)


def test_space_frames_everything_and_double_click_flies(qtbot: QtBot, lenet: Window) -> None:
    home = lenet.stage.pose
    qtbot.mouseDClick(lenet.view, Qt.LeftButton, pos=point_of(lenet, "fc2"))
    finish(qtbot, lenet)
    assert lenet.stage.pose.distance < home.distance
    place = point_of(lenet, "fc2")
    assert abs(place.x() - lenet.view.width() / 2) < lenet.view.width() * 0.25
    qtbot.keyClick(lenet.view, Qt.Key_Escape, Qt.ShiftModifier)
    qtbot.keyClick(lenet.view, Qt.Key_Space)
    lenet.view.settle()
    assert lenet.stage.pose == home


def test_the_keyboard_alone_suffices(qtbot: QtBot, lenet: Window) -> None:
    view = lenet.view
    qtbot.keyClick(view, Qt.Key_Right)
    assert lenet.document.selected == "image"
    for _ in range(3):
        qtbot.keyClick(view, Qt.Key_Right)
    assert lenet.document.selected == "conv2"
    qtbot.keyClick(view, Qt.Key_Left)
    assert lenet.document.selected == "pool1"
    qtbot.keyClick(view, Qt.Key_Return)
    finish(qtbot, lenet)
    assert set(lenet.stage.opened) == {"pool1"}
    before = lenet.stage.pose
    qtbot.keyClick(view, Qt.Key_Left, Qt.ShiftModifier)
    lenet.view.settle()
    assert lenet.stage.pose.azimuth == pytest.approx(before.azimuth + 10)
    qtbot.keyClick(view, Qt.Key_BracketRight)
    assert lenet.document.spread == pytest.approx(1.2)
    assert lenet.stacking.spread.value() == 12


def test_another_colour_map_changes_the_pixels(qtbot: QtBot, lenet: Window) -> None:
    before = pixels(lenet)
    qtbot.mouseClick(lenet.inspector.colours_section.button, Qt.LeftButton)
    for _ in range(2):
        qtbot.keyClick(lenet.inspector.colormaps, Qt.Key_Down)
    assert lenet.inspector.colormaps.currentData() == lenet.document.colormap == "viridis"
    lenet.view.settle()
    after = pixels(lenet)
    # Inferno starts black, viridis purple: dead maps turn from one to the other.
    assert near(before, tuple(lookup("inferno")[1]), 1).sum() > 3000
    assert near(after, tuple(lookup("viridis")[1]), 3).sum() > 3000


def test_a_resized_window_still_frames_the_network(qtbot: QtBot, lenet: Window) -> None:
    for size in ((800, 600), (1600, 900)):
        lenet.resize(*size)
        qtbot.waitUntil(lambda: lenet.stage.canvas.size[0] == lenet.view.width())
        shown = lenet.stage.projection.pixels(lenet.stage.whole())
        assert (shown > 0).all() and (shown < lenet.stage.canvas.size).all()
        extent = np.ptp(shown, axis=0) / lenet.stage.canvas.size
        assert extent.max() > 0.85
        assert pixels(lenet).shape[:2] == (lenet.view.height(), lenet.view.width())


def test_cancel_gives_the_work_up(
    qtbot: QtBot, lenet: Window, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, given_up, arrange = lenet.document.network, threading.Event(), opening.hierarchy

    def slow(*given: Any) -> Hierarchy:
        given_up.wait(10)
        return arrange(*given)

    monkeypatch.setattr(opening, "hierarchy", slow)
    lenet.open_model(samples / "efficientnet_lite0.onnx")
    assert not lenet.status_line.cancel.isVisible()
    qtbot.waitUntil(lenet.status_line.cancel.isVisible)
    qtbot.mouseClick(lenet.status_line.cancel, Qt.LeftButton)
    given_up.set()
    finish(qtbot, lenet)
    assert lenet.document.network is before
    assert not lenet.status_line.cancel.isVisible()


def test_choices_are_remembered(
    qtbot: QtBot, open_window: Opener, samples: Path, settings: QSettings
) -> None:
    first = open_window(samples / "lenet_fashion.h5")
    first.document.set_view(mode=TILES, spread=1.6, colormap="cividis")
    first.close()
    second = open_window()
    assert (second.document.mode, second.document.spread) == (TILES, 1.6)
    assert second.document.colormap == "cividis"
    assert second.welcome.isVisible()  # nothing open: it says what to do


def test_closing_frees_everything(
    qtbot: QtBot, qapp: QApplication, samples: Path, settings: QSettings
) -> None:
    def use() -> list[weakref.ref[object]]:
        window = Window(settings)
        window.show()
        window.open_model(samples / "lenet_fashion.h5")
        finish(qtbot, window)
        click(qtbot, window, "conv1")
        finish(qtbot, window)
        key = window.document.network.key
        parts = (window, window.view, window.document, window.document.model, window.stage, window.inspector)
        window.close()
        window.deleteLater()
        with pytest.raises(RequestError):
            requests.runner(key)
        return [weakref.ref(part) for part in parts]

    left = use()
    for _ in range(3):  # deleting a widget posts the deletion of what it was connected to
        QApplication.sendPostedEvents(None, QEvent.DeferredDelete)
        qapp.processEvents()
        gc.collect()
    assert [part() for part in left if part() is not None] == []


def test_the_direction_of_the_first_view_suits_the_network(open_window: Opener, samples: Path) -> None:
    window = open_window(samples / "efficientnet_lite0.onnx", samples / "pictures" / "chelsea.png")
    assert window.stage.pose.azimuth == ASIDE.azimuth
    best = window.document.rankings["/_fc/Gemm"].guesses[0].index
    assert best in (281, 282, 285)  # ImageNet's cats


def test_priming_ends_by_itself_and_with_the_window(qtbot: QtBot, open_window: Opener) -> None:
    for closes in (False, True):
        window = open_window(None)
        props = window.stage.canvas.props()
        window.priming.start()
        assert window.priming.active
        if closes:
            window.close()
        qtbot.waitUntil(lambda window=window: not window.priming.active)
        assert window.stage.canvas.props() == props


def test_at_rest_edges_become_smooth_without_a_word(qtbot: QtBot, lenet: Window) -> None:
    said: list[str] = []
    lenet.executor.progressed.connect(lambda ticket, fraction, message: said.append(ticket.topic))
    lenet.view.refresh()

    def shown() -> np.ndarray:
        return lenet.view._pixels

    qtbot.waitUntil(lambda: lenet.view.still and "edges" in said and not lenet.executor.busy)
    assert not lenet.status_line.cancel.isVisible()
    rough = lenet.stage.draw(smooth=False)
    assert (shown() != rough).any(axis=2).sum() > 500
    np.testing.assert_array_equal(shown(), lenet.stage.draw(smooth=True))
