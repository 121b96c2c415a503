"""Maps and kernels changed in the window, by clicks and keys; what is seen of it, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QContextMenuEvent, QMouseEvent
from qtpy.QtWidgets import QApplication, QMenu, QToolTip, QWidget

from explorer3d.compute.edits import Edit
from explorer3d.document import CHANGE
from explorer3d.manners import TILES
from explorer3d.qt.tensor.marks import CHANGED
from explorer3d.qt.window import Window
from tests.qt.driving import click, finish, grabbed, point_of, press
from tests.qt.test_scene_pointing import cell, corners

BADGE = (CHANGED.red(), CHANGED.green(), CHANGED.blue())


@pytest.fixture
def opened(qtbot: QtBot, lenet: Window) -> Window:
    """conv1 and conv2 laid open as tiles, the first in view."""
    lenet.document.set_view(mode=TILES)
    for name in ("conv2", "conv1"):
        lenet.document.show(name)
        finish(qtbot, lenet)
    lenet.stage.frame_layers(["conv1"])
    finish(qtbot, lenet)
    return lenet


def output(window: Window, layer: str) -> np.ndarray:
    tensors = window.document.shown[layer].tensors
    return next(tensor.array for tensor in tensors if tensor.role == "output")


def menu_at(qtbot: QtBot, window: Window, tensor: str, tile: int) -> QMenu:
    """What a right click on a map of conv1 offers."""
    place = cell(window, "conv1", tensor, tile, 2, 2)
    qtbot.mouseClick(window.view, Qt.RightButton, pos=place)
    menu = window.surgery.menu
    qtbot.waitUntil(menu.isVisible)
    return menu


def pick(qtbot: QtBot, window: Window, menu: QMenu, text: str) -> None:
    action = next(one for one in menu.actions() if one.text().split("\t")[0] == text)
    qtbot.mouseClick(menu, Qt.LeftButton, pos=menu.actionGeometry(action).center())
    activate(qtbot, window)
    finish(qtbot, window)


def activate(qtbot: QtBot, window: Window) -> None:
    """Without a window manager nobody else gives it back the keys that a menu has had."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def pin(qtbot: QtBot, window: Window, tile: int) -> None:
    """Click a number of a map of conv1's output."""
    qtbot.mouseClick(window.view, Qt.LeftButton, pos=cell(window, "conv1", "output", tile, 2, 2))
    finish(qtbot, window)


def test_a_number_told_beside_the_cursor_does_not_outlast_a_change(qtbot: QtBot, opened: Window) -> None:
    pin(qtbot, opened, 3)
    qtbot.waitUntil(lambda: "conv1" in QToolTip.text() and QToolTip.isVisible())
    press(qtbot, opened, Qt.Key_X)
    assert opened.document.edited
    qtbot.waitUntil(lambda: "conv1" not in QToolTip.text() or not QToolTip.isVisible())


def drag(
    widget: QWidget, button: int, start: QPoint, end: QPoint, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Press, move in three steps, release."""
    steps = [start + (end - start) * share for share in (0, 0.3, 0.6, 1)]
    kinds = [QEvent.MouseButtonPress, *[QEvent.MouseMove] * 3]
    for kind, place in zip(kinds, steps, strict=True):
        pressed = button if kind == QEvent.MouseButtonPress else Qt.NoButton
        QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(place), pressed, button, Qt.NoModifier))
        meanwhile()
    last = QMouseEvent(QEvent.MouseButtonRelease, QPointF(end), button, Qt.NoButton, Qt.NoModifier)
    QApplication.sendEvent(widget, last)


def badges(window: Window) -> int:
    """How many pixels there are of a badge at conv1's block."""
    place, picture = point_of(window, "conv1"), grabbed(window)
    around = picture[max(place.y() - 120, 0) : place.y() + 120, max(place.x() - 120, 0) : place.x() + 160]
    return int((np.abs(around.astype(int) - BADGE).max(axis=-1) < 4).sum())


def outlined(window: Window, tile: int) -> bool:
    """Whether a map of conv1's output is marked as changed."""
    left, top = np.floor(corners(window, "conv1", "output", tile, (0, 0, 28, 28)).min(axis=0)).astype(int)
    right, bottom = np.ceil(corners(window, "conv1", "output", tile, (0, 0, 28, 28)).max(axis=0)).astype(int)
    part = grabbed(window)[top - 1 : bottom + 1, left - 1 : right + 1].astype(int)
    return int((np.abs(part - BADGE).max(axis=-1) < 5).sum()) > right - left


def test_a_right_click_mutes_a_map_and_everything_shows_it(qtbot: QtBot, opened: Window) -> None:
    before = {name: output(opened, name) for name in ("conv1", "conv2")}
    assert before["conv1"][..., 3].any() and badges(opened) == 0 and not opened.changes.isVisible()
    menu = menu_at(qtbot, opened, "output", 3)
    assert menu.actions()[0].text() == "Map 3 of conv1" and not menu.actions()[0].isEnabled()
    pick(qtbot, opened, menu, "Mute map")
    after = output(opened, "conv1")
    assert not after[..., 3].any() and np.array_equal(after[..., :3], before["conv1"][..., :3])
    assert not np.array_equal(output(opened, "conv2"), before["conv2"])
    assert opened.windowTitle() == "lenet_fashion.h5 (edited: 1 change) — explorer3d"
    assert "edited: 1 change" in opened.status_line.about_model.text()
    assert badges(opened) > 100 and opened.changes.isVisible()
    assert [outlined(opened, tile) for tile in (2, 3)] == [False, True]
    (row,) = opened.changes.rows.values()
    assert (row.what.text(), row.done.text(), row.on.isChecked()) == ("map 3 of conv1", "muted", True)
    press(qtbot, opened, Qt.Key_Z, Qt.ControlModifier)
    assert all(output(opened, name) is array for name, array in before.items())
    assert badges(opened) == 0 and not opened.changes.isVisible() and "edited" not in opened.windowTitle()
    press(qtbot, opened, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    assert np.array_equal(output(opened, "conv1"), after) and opened.changes.isVisible()

    opened.document.restore()
    finish(qtbot, opened)
    menu = menu_at(qtbot, opened, "input", 0)
    assert menu.actions()[0].text() == "image goes into the network: change the input instead."
    assert not menu.actions()[0].isEnabled()
    menu.close()
    opened.document.edit(Edit("conv1", 99))
    finish(qtbot, opened)
    assert "There is no channel 99" in opened.banner.text.text() and not opened.changes.isVisible()


def test_keys_change_what_is_pinned_and_show_the_original(qtbot: QtBot, opened: Window) -> None:
    before = output(opened, "conv1")
    press(qtbot, opened, Qt.Key_X)
    assert "Point at a map" in opened.status_line.currentMessage() and not opened.document.changes
    pin(qtbot, opened, 4)
    opened.view.hovered.emit(None)
    for factor in (2, 4):
        press(qtbot, opened, Qt.Key_U)
        assert np.array_equal(output(opened, "conv1")[..., 4], factor * before[..., 4])
    press(qtbot, opened, Qt.Key_X)
    assert not output(opened, "conv1")[..., 4].any()
    press(qtbot, opened, Qt.Key_X)
    assert output(opened, "conv1") is before
    press(qtbot, opened, Qt.Key_X)
    press(qtbot, opened, Qt.Key_X, Qt.ControlModifier | Qt.ShiftModifier)
    assert output(opened, "conv1") is before and not opened.document.changes

    before = output(opened, "conv2")
    qtbot.keyPress(opened.view, Qt.Key_H)
    qtbot.keyRelease(opened.view, Qt.Key_H)
    assert "this is the original" in opened.status_line.currentMessage()
    opened.document.edit(Edit("conv1", 3))
    finish(qtbot, opened)
    after = output(opened, "conv2")
    qtbot.keyPress(opened.view, Qt.Key_H)
    finish(qtbot, opened)
    assert output(opened, "conv2") is before and badges(opened) == 0
    assert "as it was, without 1 change" in opened.status_line.about_model.text()
    qtbot.keyRelease(opened.view, Qt.Key_H)
    finish(qtbot, opened)
    assert np.array_equal(output(opened, "conv2"), after) and badges(opened) > 100
    button = opened.changes.original
    qtbot.mousePress(button, Qt.LeftButton)
    finish(qtbot, opened)
    assert output(opened, "conv2") is before
    qtbot.mouseRelease(button, Qt.LeftButton)
    finish(qtbot, opened)
    assert np.array_equal(output(opened, "conv2"), after)


def test_the_list_switches_and_tunes_changes(qtbot: QtBot, opened: Window) -> None:
    before = output(opened, "conv1")
    opened.document.edit(Edit("conv1", 4, 2.0))
    finish(qtbot, opened)
    (row,) = opened.changes.rows.values()
    slider = row.factor
    middle = slider.height() // 2
    handle = QPoint(round(slider.width() * slider.value() / slider.maximum()), middle)
    drag(slider, Qt.LeftButton, handle, QPoint(slider.width() - 1, middle), lambda: finish(qtbot, opened))
    finish(qtbot, opened)
    assert slider.value() == slider.maximum()
    assert np.array_equal(output(opened, "conv1")[..., 4], 4 * before[..., 4])
    press(qtbot, opened, Qt.Key_Z, Qt.ControlModifier)
    assert opened.document.changes[0].edit.factor == 2 and slider.value() == slider.maximum() // 2

    opened.document.restore()
    finish(qtbot, opened)
    opened.document.edit(Edit("conv1", 3))
    opened.document.edit(Edit("conv1", 4, 2.0))
    finish(qtbot, opened)
    muted, boosted = opened.changes.rows.values()
    qtbot.mouseClick(muted.on, Qt.LeftButton, pos=muted.on.rect().center() - QPoint(muted.on.width() // 4, 0))
    finish(qtbot, opened)
    assert np.array_equal(output(opened, "conv1")[..., 3], before[..., 3])
    boosted.factor.setFocus()
    for _ in range(5):
        qtbot.keyClick(boosted.factor, Qt.Key_Right)
    finish(qtbot, opened)
    assert np.array_equal(output(opened, "conv1")[..., 4], np.float32(2.5) * before[..., 4])
    assert boosted.done.text() == "×2.5"
    qtbot.mouseClick(muted.remove, Qt.LeftButton)
    finish(qtbot, opened)
    assert [change.edit.what for change in opened.document.changes] == ["map 4 of conv1"]
    qtbot.mouseClick(opened.changes.title, Qt.LeftButton)
    assert not boosted.isVisible() and opened.changes.restore.isVisible()
    qtbot.mouseClick(opened.changes.restore, Qt.LeftButton)
    finish(qtbot, opened)
    assert output(opened, "conv1") is before and not opened.changes.isVisible()


def test_the_list_stands_below_what_is_said_of_an_explanation(qtbot: QtBot, opened: Window) -> None:
    caption, changes = opened.explanations.caption, opened.changes
    opened.document.edit(Edit("conv1", 4, 2.0))
    finish(qtbot, opened)
    alone = changes.y()
    press(qtbot, opened, Qt.Key_G)
    assert caption.isVisible() and changes.isVisible()
    assert changes.y() > caption.geometry().bottom() > alone
    press(qtbot, opened, Qt.Key_O)
    assert not caption.isVisible() and changes.y() == alone


def test_kernels_and_their_slices_and_a_right_drag_is_no_click(qtbot: QtBot, opened: Window) -> None:
    before = output(opened, "conv1")
    kernel = next(one.array for one in opened.document.shown["conv1"].tensors if one.role == "weights")
    menu = menu_at(qtbot, opened, "kernel", 2)
    texts = [action.text().split("\t")[0] for action in menu.actions()]
    assert texts[0] == "Kernel 2 of conv1" and "Kernel 2 of conv1, input 0" in texts
    pick(qtbot, opened, menu, "Replace kernel by…")
    dialog = opened.surgery.dialog
    qtbot.waitUntil(dialog.isVisible)
    dialog.setIntValue(5)
    qtbot.keyClick(dialog, Qt.Key_Return)
    finish(qtbot, opened)
    shown = next(one.array for one in opened.document.shown["conv1"].tensors if one.role == "weights")
    assert np.array_equal(shown[..., 2], kernel[..., 5]) and np.array_equal(shown[..., 3], kernel[..., 3])
    assert not np.array_equal(output(opened, "conv1")[..., 2], before[..., 2])
    menu = menu_at(qtbot, opened, "kernel", 2)
    assert menu.actions()[0].text() == "Kernel 2 of conv1, replaced by 5"
    pick(qtbot, opened, menu, "Restore kernel")
    assert output(opened, "conv1") is before
    pick(qtbot, opened, menu_at(qtbot, opened, "kernel", 2), "Mute slice")
    assert opened.document.changes[0].edit == Edit("conv1", 2, weight="kernel", taken=0)

    place, pose = cell(opened, "conv1", "output", 3, 2, 2), opened.stage.pose
    menu = opened.surgery.menu
    drag(opened.view, Qt.RightButton, place, place + QPoint(60, 0))
    assert opened.surgery.menu is menu
    assert not np.array_equal(opened.stage.pose.position(), pose.position())


def test_colours_of_change_and_undo_in_the_order_of_what_was_done(qtbot: QtBot, opened: Window) -> None:
    action = opened._cost_menu.actions[CHANGE]
    assert not action.isEnabled()
    opened.document.edit(Edit("conv2", 0, 3.0))
    finish(qtbot, opened)
    assert action.isEnabled()
    qtbot.mouseClick(opened.changes.colour, Qt.LeftButton)
    finish(qtbot, opened)
    values = opened.document.costs[CHANGE]
    assert opened.document.painted == CHANGE and action.isChecked()
    assert values["conv1"] == 0 and values["conv2"] > 0
    press(qtbot, opened, Qt.Key_Z, Qt.ControlModifier)
    assert opened.document.painted == "" and not action.isEnabled()

    press(qtbot, opened, Qt.Key_Z, Qt.ControlModifier)
    assert opened.status_line.currentMessage() == "There is nothing to undo."
    opened.document.edit(Edit("conv1", 3))
    press(qtbot, opened, Qt.Key_Escape)
    assert "conv1" not in opened.document.opened
    press(qtbot, opened, Qt.Key_Z, Qt.ControlModifier)
    assert "conv1" in opened.document.opened and opened.document.changes
    press(qtbot, opened, Qt.Key_Z, Qt.ControlModifier)
    assert not opened.document.changes

    opened.document.edit(Edit("conv1", 3))
    finish(qtbot, opened)
    click(qtbot, opened, "conv1")
    press(qtbot, opened, Qt.Key_W, Qt.ControlModifier)
    assert not opened.changes.isVisible() and opened.windowTitle() == "explorer3d"


def test_a_row_of_the_inspector_offers_the_same(qtbot: QtBot, opened: Window) -> None:
    inspector = opened.inspector
    qtbot.mouseClick(inspector.channels_section.button, Qt.LeftButton)
    finish(qtbot, opened)
    table = inspector.channels.table
    index = table.model().index(table.rows.row(4), 0)
    place = table.visualRect(index).center()
    asking = QContextMenuEvent(QContextMenuEvent.Mouse, place, table.viewport().mapToGlobal(place))
    QApplication.sendEvent(table.viewport(), asking)
    menu = opened.surgery.menu
    qtbot.waitUntil(menu.isVisible)
    assert menu.actions()[0].text() == "Map 4 of conv1"
    pick(qtbot, opened, menu, "Mute map")
    assert not output(opened, "conv1")[..., 4].any() and output(opened, "conv1")[..., 5].any()
