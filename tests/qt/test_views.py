"""The five views of opened tensors, by keys, menu and strip; numbers that come close when asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QSettings, Qt
from qtpy.QtWidgets import QToolBar

from explorer3d.compute.picture import picture_of
from explorer3d.compute.show import ShownTensor
from explorer3d.compute.slices import slices_of
from explorer3d.compute.statistics import summarise
from explorer3d.manners import MANNERS
from explorer3d.qt.key_sheet import KeySheet
from explorer3d.qt.reading import HINT
from explorer3d.qt.tensor.tiles import cell_at, seen_of
from explorer3d.qt.window import Window
from explorer3d.scene.cells import Cells
from tests.qt.driving import Opener, finish, pixels, press
from tests.qt.test_scene_pointing import cell, hover
from tests.scene.test_cells import AXES, numbered


@pytest.fixture
def conv2(qtbot: QtBot, lenet: Window) -> Window:
    """conv2 laid open and framed, all of its cells small."""
    lenet.document.show("conv2")
    finish(qtbot, lenet)
    return lenet


def written(window: Window) -> int:
    return sum(len(part.texts) for part in window.stage._numerals.written)


@given(st.data(), st.sampled_from(AXES))
def test_the_number_drawn_is_the_one_that_is_said_in_any_order_of_axes(
    data: st.DataObject, axes: str
) -> None:
    array = numbered(*(data.draw(st.integers(1, 4), letter) for letter in axes))
    statistics = summarise(array)
    # What has a batch is an activation; of weights all is drawn.
    picture = picture_of(array, axes, statistics)
    tensor = ShownTensor(
        "output", "output", "output", array.shape, "float32", array, axes, False, statistics, picture
    )
    seen = seen_of(tensor)
    if seen is None:
        return
    cells = Cells(slices_of(array, axes), picture)
    rows, columns = cells.grid
    numbers, there = cells.numbers(np.arange(picture.count), np.arange(rows), np.arange(columns))
    for tile, row, column in np.ndindex(there.shape):
        at = cell_at(seen, picture, tile, (column + 0.5) / columns, (row + 0.5) / rows)
        assert (at is not None) == there[tile, row, column]
        if at is not None:
            assert array[seen.index_of(at)] == numbers[tile, row, column]


def test_one_key_goes_through_the_five_views_as_the_window_of_a_tensor_names_them(
    qtbot: QtBot, conv2: Window
) -> None:
    titles = [manner.title for manner in MANNERS.values()]
    assert titles == ["Stack", "Cells", "Cells + numbers", "Numbers", "Smooth"]
    bar = [action for action in conv2.findChild(QToolBar, "tools").actions() if action.isCheckable()]
    assert [action.text() for action in bar] == titles
    shown = []
    for title in (*titles[1:], titles[0]):
        press(qtbot, conv2, Qt.Key_T, Qt.ShiftModifier)
        assert conv2.stage.mode == conv2.document.mode
        assert MANNERS[conv2.document.mode].title == title
        assert [action.text() for action in bar if action.isChecked()] == [title]
        conv2.stage.frame_layers(["conv2"], animated=False)
        shown.append(pixels(conv2))
    # Cells and cells with numbers differ nearer by only.
    np.testing.assert_array_equal(shown[0], shown[1])
    for one, other in ((0, 2), (0, 3), (2, 3), (3, 4), (4, 0)):
        assert (shown[one] != shown[other]).any(axis=2).mean() > 0.01
    press(qtbot, conv2, Qt.Key_T)
    assert conv2.document.mode == "tiles"
    conv2.document.set_view(mode="smooth")
    press(qtbot, conv2, Qt.Key_T)
    assert conv2.document.mode == "stack"


def test_the_strip_and_the_menu_choose_and_it_is_remembered(
    qtbot: QtBot, conv2: Window, open_window: Opener, settings: QSettings
) -> None:
    bar = conv2.findChild(QToolBar, "tools")
    for title, mode in (("Numbers", "numbers"), ("Stack", "stack"), ("Smooth", "smooth")):
        action = next(one for one in bar.actions() if one.text() == title)
        qtbot.mouseClick(bar.widgetForAction(action), Qt.LeftButton)
        finish(qtbot, conv2)
        assert conv2.document.mode == conv2.stage.mode == mode
        assert any(
            action in menu.menu().actions() for menu in conv2.menuBar().actions() if menu.text() == "&View"
        )
    conv2.close()
    second = open_window()
    assert second.document.mode == second.stage.mode == "smooth"
    settings.setValue("mode", "something of another version")
    second.stacking.restore()
    assert second.document.mode == "stack"
    entries = dict(KeySheet(second._actions.values(), second).entries)
    assert entries["Next view of tensors"] == "Shift+T" and entries["Read numbers"] == "Z"


def test_what_is_too_small_says_how_to_be_read_and_a_click_brings_it_close(
    qtbot: QtBot, conv2: Window
) -> None:
    at = cell(conv2, "conv2", "output", 6, 4, 4)
    assert "close enough" not in hover(conv2, at)
    for _ in range(3):
        press(qtbot, conv2, Qt.Key_T, Qt.ShiftModifier)
    assert conv2.document.mode == "numbers"
    conv2.stage.frame_layers(["conv2"], animated=False)
    finish(qtbot, conv2)
    assert conv2.status_line.currentMessage() == HINT and not written(conv2)
    at = cell(conv2, "conv2", "output", 6, 4, 4)
    closer = "click to come close enough to read the numbers"
    assert hover(conv2, at + QPoint(1, 0)).endswith(closer)
    qtbot.waitUntil(lambda: "sees rows" in conv2.view._said)
    assert conv2.view._said.endswith(closer)
    qtbot.mouseClick(conv2.view, Qt.LeftButton, pos=at)
    finish(qtbot, conv2)
    pixels(conv2)
    assert written(conv2) >= 100
    assert conv2.pointing.pinned is not None and conv2.pointing.pinned.index == (0, 4, 4, 6)
    pose = conv2.stage.pose
    at = cell(conv2, "conv2", "output", 6, 7, 7)
    assert "close enough" not in hover(conv2, at)
    qtbot.mouseClick(conv2.view, Qt.LeftButton, pos=at)
    finish(qtbot, conv2)
    assert conv2.stage.pose == pose and conv2.pointing.pinned.index == (0, 7, 7, 6)


def test_a_key_alone_shows_the_numbers_of_the_selected_layer(qtbot: QtBot, lenet: Window) -> None:
    press(qtbot, lenet, Qt.Key_Z)
    assert "Open a layer first" in lenet.status_line.currentMessage()
    assert lenet.document.mode == "stack"
    lenet.document.show("conv1")
    finish(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_Z)
    # It comes close by itself, so nobody is told how.
    assert "Zoom in" not in lenet.status_line.currentMessage()
    pixels(lenet)
    assert lenet.document.mode == "both" and written(lenet) > 100
    middle = QPoint(lenet.view.width() // 2, lenet.view.height() // 2)
    hit = lenet.stage.pick(middle.x(), middle.y())
    assert hit is not None and (hit.node, hit.tensor, hit.tile) == ("conv1", "output", 0)
    press(qtbot, lenet, Qt.Key_Escape)
    assert not lenet.stage.opened
    pixels(lenet)
    assert not written(lenet)


def test_other_inputs_and_colours_bring_other_numbers(qtbot: QtBot, conv2: Window) -> None:
    press(qtbot, conv2, Qt.Key_Z)
    pixels(conv2)

    def texts() -> list[str]:
        return [text for part in conv2.stage._numerals.written for text in part.texts]

    def inks() -> np.ndarray:
        return np.concatenate([part.inks for part in conv2.stage._numerals.written])

    before, dark = texts(), inks()
    assert any(float(text) for text in before)
    conv2.document.set_view(colormap="gray")
    pixels(conv2)
    assert texts() == before
    conv2.open_input(conv2.document.model.path.parent / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, conv2)
    pixels(conv2)
    panel = conv2.stage.opened["conv2"].panels[-1]
    assert texts() != before and len(texts()) == len(before)
    assert {float(text) for text in texts()} <= {round(float(x), 3) for x in panel.tensor.array.ravel()}
    assert (dark != inks()).any()
