"""Colour ranges chosen in the inspector, by mouse and keys, and what becomes of the maps in the scene."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from explorer3d.compute.picture import index_of
from explorer3d.manners import TILES
from explorer3d.qt.window import Window
from explorer3d.scene.colormaps import lookup
from tests.qt.driving import finish, grabbed, pixels
from tests.scene.test_quads import texel_colours


@pytest.fixture
def opened(qtbot: QtBot, lenet: Window) -> Window:
    """The output of conv1 as tiles that fill the view, the choice of colours unfolded beside it."""
    lenet.document.set_view(mode=TILES)
    lenet.document.show("conv1", "output")
    finish(qtbot, lenet)
    fill_view(lenet)
    qtbot.mouseClick(lenet.inspector.colours_section.button, Qt.LeftButton)
    finish(qtbot, lenet)
    return lenet


def fill_view(window: Window) -> None:
    panel = window.stage.opened["conv1"].panels[0]
    window.stage._frame(lambda: panel.quads.corners.reshape(-1, 3).astype(float), animated=False)


def colours(window: Window, tile: int, shown: np.ndarray | None = None) -> np.ndarray:
    """(28, 28, 3) array: a map as it is on the screen."""
    shown = pixels(window) if shown is None else shown
    corners = window.stage.opened["conv1"].panels[0].quads.corners[tile].astype(float)
    return texel_colours(shown, corners, 28, 28, window.stage.pose).astype(int)


def expected(window: Window, tile: int, low: float, high: float) -> np.ndarray:
    values = window.document.shown["conv1"].tensors[-1].array[0, :, :, tile]
    return lookup("inferno")[index_of(values, (low, high))].astype(int)


def drag(qtbot: QtBot, window: Window, value: float, steps: int = 3) -> None:
    """Drag the upper limit in the histogram somewhere, the button still held."""
    histogram = window.inspector.histogram
    start, end = (
        QPointF(histogram.x_of(one), 20.0) for one in (window.inspector.colours.shade.limits[1], value)
    )
    qtbot.mousePress(histogram, Qt.LeftButton, pos=start.toPoint())
    for step in range(1, steps + 1):
        at = start + (end - start) * step / steps
        event = QMouseEvent(QEvent.MouseMove, at, Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
        QApplication.sendEvent(histogram, event)


def test_dragging_a_limit_recolours_the_maps_live(qtbot: QtBot, opened: Window, samples: Path) -> None:
    inspector = opened.inspector
    low, high = inspector.colours.shade.limits
    automatic = colours(opened, 3)
    np.testing.assert_array_equal(automatic, expected(opened, 3, low, high))
    drag(qtbot, opened, 0.3)
    # The button is still held: nearly right at once, exactly right when it rests.
    during = colours(opened, 3)
    now = inspector.colours.shade.limits
    assert now == (low, pytest.approx(0.3, abs=0.01))
    exact = expected(opened, 3, *now)
    assert np.abs(during - exact).mean() < 4 < np.abs(automatic - exact).mean()
    qtbot.mouseRelease(inspector.histogram, Qt.LeftButton, pos=QPoint(5, 20))
    qtbot.waitUntil(lambda: (colours(opened, 3, grabbed(opened)) == exact).all())
    # It holds for another input too.
    opened.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, opened)
    np.testing.assert_array_equal(colours(opened, 3), expected(opened, 3, *now))
    # One drag is one step back, with the keys where colours are chosen; the layer stays open.
    qtbot.keyClick(inspector.histogram, Qt.Key_Z, Qt.ControlModifier)
    assert inspector.colours.ranges.currentText() == "Of the tensor"
    automatic = inspector.colours.shade.limits
    np.testing.assert_array_equal(colours(opened, 3), expected(opened, 3, *automatic))
    assert list(opened.document.opened) == ["conv1"]


def test_a_range_is_typed_shared_and_reset(qtbot: QtBot, opened: Window) -> None:
    inspector = opened.inspector
    inspector.colours.high.selectAll()
    qtbot.keyClicks(inspector.colours.high, "0.5")
    qtbot.keyClick(inspector.colours.high, Qt.Key_Return)
    assert inspector.colours.ranges.currentText() == "Set by hand"
    assert opened.stage.opened["conv1"].labels()[-1].text == "colours 0 … 0.5"
    qtbot.keyClick(inspector.colours.ranges, Qt.Key_Down)
    assert inspector.colours.ranges.currentText() == "The same for all"
    opened.document.show("pool1")
    finish(qtbot, opened)
    told = [label.text for label in opened.stage.opened["pool1"].labels()]
    assert told.count("colours 0 … 0.5") == 2
    assert inspector.colours.wanted.limits == (0.0, 0.5)
    qtbot.mouseClick(inspector.colours.reset, Qt.LeftButton)
    assert not any("colours" in label.text for label in opened.stage.opened["pool1"].labels())


def test_a_range_is_remembered_when_its_layer_is_opened_again(
    qtbot: QtBot, opened: Window, samples: Path
) -> None:
    document, choices = opened.document, opened.inspector.colours
    choices.high.selectAll()
    qtbot.keyClicks(choices.high, "0.5")
    qtbot.keyClick(choices.high, Qt.Key_Return)
    document.show("pool1", "output")
    finish(qtbot, opened)
    choices.high.selectAll()
    qtbot.keyClicks(choices.high, "0.25")
    qtbot.keyClick(choices.high, Qt.Key_Return)
    document.close_layer("conv1")
    # What is undone is what is seen: the choice for the layer that is still open.
    for _ in range(2):
        qtbot.keyClick(opened.inspector.histogram, Qt.Key_Z, Qt.ControlModifier)
    assert not any("colours" in label.text for label in opened.stage.opened["pool1"].labels())
    document.show("conv1", "output")
    finish(qtbot, opened)
    assert opened.stage.opened["conv1"].labels()[-1].text == "colours 0 … 0.5"
    fill_view(opened)
    np.testing.assert_array_equal(colours(opened, 3), expected(opened, 3, 0.0, 0.5))
    # Another network has other tensors, whatever their names.
    opened.open_model(samples / "lenet_fashion.keras")
    finish(qtbot, opened)
    opened.document.show("conv1", "output")
    finish(qtbot, opened)
    assert not any("colours" in label.text for label in opened.stage.opened["conv1"].labels())


def test_a_window_of_its_own_begins_with_the_colours_of_the_scene(qtbot: QtBot, opened: Window) -> None:
    choices = opened.inspector.colours
    choices.high.selectAll()
    qtbot.keyClicks(choices.high, "0.5")
    qtbot.keyClick(choices.high, Qt.Key_Return)
    choices.gamma.setFocus()
    qtbot.keyClick(choices.gamma, Qt.Key_Left)
    opened.view.setFocus()
    qtbot.keyClick(opened.view, Qt.Key_V)
    finish(qtbot, opened)
    assert opened.number_windows.tensors is not None
    window = opened.number_windows.tensors.windows[-1]
    assert repr(window.colours.shade) == repr(choices.shade) and choices.shade.limits == (0.0, 0.5)
    assert repr(window.canvas.shade) == repr(choices.shade)
    # From then on they are chosen apart, also if it is closed meanwhile.
    qtbot.mouseClick(choices.reset, Qt.LeftButton)
    assert window.colours.shade.limits == (0.0, 0.5)
    window.close()
    opened.number_windows.open_tensor()
    finish(qtbot, opened)
    window = opened.number_windows.tensors.windows[-1]
    assert window.colours.shade.limits == (0.0, 0.5)
    assert window.colours.gamma.value() != 0
    # Limits that are fixed are the same in all windows.
    window.colours.high.selectAll()
    qtbot.keyClicks(window.colours.high, "0.7")
    qtbot.keyClick(window.colours.high, Qt.Key_Return)
    opened.document.show("pool1", "output")
    finish(qtbot, opened)
    choices.high.selectAll()
    qtbot.keyClicks(choices.high, "0.4")
    qtbot.keyClick(choices.high, Qt.Key_Return)
    opened.number_windows.open_tensor()
    finish(qtbot, opened)
    assert opened.number_windows.tensors.windows[-1].colours.shade.limits == (0.0, 0.7)
    assert choices.shade.limits == (0.0, 0.4)


def test_each_map_of_its_own_and_gamma(qtbot: QtBot, opened: Window) -> None:
    choices = opened.inspector.colours
    qtbot.keyClick(choices.ranges, Qt.Key_Down)
    assert choices.ranges.currentText() == "Of each map" and not choices.high.isEnabled()
    values = opened.document.shown["conv1"].tensors[-1].array[0, :, :, 2].astype(float)
    exact = expected(opened, 2, values.min(), values.max())
    qtbot.waitUntil(lambda: np.abs(colours(opened, 2, grabbed(opened)) - exact).max() <= 3)
    before = colours(opened, 2)
    choices.gamma.setFocus()
    for _ in range(20):
        qtbot.keyClick(choices.gamma, Qt.Key_Left)
    assert choices.wanted.gamma < 0.8
    # Small numbers stand out more: all between the ends are brighter.
    assert (colours(opened, 2).sum(axis=2) >= before.sum(axis=2) - 3).all()
    assert colours(opened, 2).mean() > before.mean() + 5


def test_a_saved_picture_has_the_same_colours(qtbot: QtBot, opened: Window) -> None:
    drag(qtbot, opened, 0.3)
    qtbot.mouseRelease(opened.inspector.histogram, Qt.LeftButton, pos=QPoint(5, 20))
    finish(qtbot, opened)
    limits = opened.inspector.colours.shade.limits
    picture = opened._presentation.snapshot(opened.stage.canvas.size, 1.0)()
    found = colours(opened, 3, picture)
    # A saved picture has smooth edges; within a cell it is the same.
    assert np.median(np.abs(found - expected(opened, 3, *limits))) == 0


def test_a_table_of_channels_leads_to_the_maps(qtbot: QtBot, opened: Window) -> None:
    inspector = opened.inspector
    array = opened.document.shown["conv1"].tensors[-1].array
    qtbot.mouseClick(inspector.channels_section.button, Qt.LeftButton)
    finish(qtbot, opened)
    table = inspector.channels.table
    assert "6 of 6 shown" in inspector.channels.about.text()
    table.sortByColumn(3, Qt.DescendingOrder)
    best = int(array.mean(axis=(0, 1, 2)).argmax())
    assert table.rows.channel(0) == best
    table.setFocus()
    table.selectRow(0)
    assert opened.pointing.pinned is not None and opened.pointing.pinned.index == (0, 0, 0, best)
    # A tensor without channels has no such table.
    opened.document.show("fc1")
    finish(qtbot, opened)
    assert not inspector.channels_section.isVisible()
