"""Finding layers with real keys: hits lit, counted, flown to; the keys go back to the scene."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication

from explorer3d.qt.window import Window
from tests.qt.driving import Opener, finish, pixels, point_of

# Those of the sample in whose names, operators or weights this is found.
CONVOLUTIONS = ["conv1/Transpose", "conv1/Conv", "conv1/Relu", "conv2/Conv", "conv2/Relu"]


@pytest.fixture
def rows(open_window: Opener, samples: Path) -> Window:
    return open_window(samples / "lenet_fashion.onnx", samples / "pictures" / "fashion_1_trouser.png")


def ask(qtbot: QtBot, window: Window, query: str) -> None:
    qtbot.keyClick(window.view, Qt.Key_F, Qt.ControlModifier)
    qtbot.keyClicks(window.find_bar.field, query)
    finish(qtbot, window)


def seen(window: Window, name: str) -> float:
    """How bright a node is."""
    point = point_of(window, name)
    picture = pixels(window)[point.y() - 25 : point.y() + 25, point.x() - 25 : point.x() + 25]
    return float(picture.astype(float).max(axis=-1).mean())


def test_hits_stay_bright_and_all_else_is_dimmed(qtbot: QtBot, rows: Window) -> None:
    names = rows.stage.network.index
    before = {name: seen(rows, name) for name in names}
    ask(qtbot, rows, "conv")
    assert rows.find_bar.field.hasFocus()
    assert rows.find_bar.count.text() == "5 hits"
    hidden = rows.find_bar.geometry()
    for name in names:
        if hidden.contains(point_of(rows, name)):
            continue
        if name in CONVOLUTIONS:
            assert seen(rows, name) == pytest.approx(before[name], abs=2), name
        else:
            assert seen(rows, name) < 0.75 * before[name], name
    qtbot.keyClick(rows.find_bar.field, Qt.Key_Escape)
    assert not rows.find_bar.isVisible()
    assert rows.view.hasFocus()
    for name in names:
        assert seen(rows, name) == pytest.approx(before[name], abs=2), name
    # The keys are the scene's again.
    qtbot.keyClick(rows.view, Qt.Key_T)
    assert rows.document.mode == "tiles"


def test_enter_flies_from_hit_to_hit(qtbot: QtBot, rows: Window) -> None:
    ask(qtbot, rows, "conv")
    field, count = rows.find_bar.field, rows.find_bar.count
    for place, name in enumerate([*CONVOLUTIONS, CONVOLUTIONS[0]]):
        qtbot.keyClick(field, Qt.Key_Return)
        finish(qtbot, rows)
        assert rows.document.selected == name
        assert count.text() == f"{place % 5 + 1} of 5"
        x, y = point_of(rows, name).x(), point_of(rows, name).y()
        assert abs(x - rows.view.width() / 2) < 0.15 * rows.view.width()
        assert 0.15 * rows.view.height() < y < 0.6 * rows.view.height()
    qtbot.keyClick(field, Qt.Key_Return, Qt.ShiftModifier)
    assert rows.document.selected == CONVOLUTIONS[-1]
    qtbot.keyClick(field, Qt.Key_Up)
    assert rows.document.selected == CONVOLUTIONS[-2]
    qtbot.keyClick(field, Qt.Key_Down)
    assert rows.document.selected == CONVOLUTIONS[-1]
    # No key of the scene's has been taken for one.
    assert not rows.document.opened
    assert field.text() == "conv"
    # From the scene, and while another layer is selected.
    rows.view.setFocus()
    rows.document.select("pool1/MaxPool")
    assert count.text() == "5 hits"
    qtbot.keyClick(rows.view, Qt.Key_F3)
    assert rows.document.selected == "conv2/Conv"
    rows.document.select("pool1/MaxPool")
    qtbot.keyClick(rows.view, Qt.Key_F3, Qt.ShiftModifier)
    assert rows.document.selected == "conv1/Relu"


def test_the_buttons_do_the_same(qtbot: QtBot, rows: Window) -> None:
    ask(qtbot, rows, "op:relu")
    relus = ["conv1/Relu", "conv2/Relu", "fc1/Relu", "fc2/Relu"]
    qtbot.mouseClick(rows.find_bar.next, Qt.LeftButton)
    assert rows.document.selected == relus[0]
    qtbot.mouseClick(rows.find_bar.before, Qt.LeftButton)
    assert rows.document.selected == relus[-1]
    rows.find_bar.next.setFocus()
    qtbot.keyClick(rows.find_bar.next, Qt.Key_Space)
    assert rows.document.selected == relus[0]
    qtbot.keyClick(rows.find_bar.next, Qt.Key_Escape)
    assert not rows.find_bar.isVisible()
    assert rows.document.bright is None


def test_nothing_found_is_said_kindly(qtbot: QtBot, rows: Window) -> None:
    ask(qtbot, rows, "cnov")
    bar = rows.find_bar
    assert bar.said.text() == "Nothing is called 'cnov'; did you mean 'conv'?"
    assert bar.said.isVisible() and bar.count.text() == "none" and not bar.next.isEnabled()
    assert rows.document.bright is None
    qtbot.keyClick(bar.field, Qt.Key_Return)
    assert rows.document.selected is None
    for _ in range(3):
        qtbot.keyClick(bar.field, Qt.Key_Backspace)
    assert bar.count.text().endswith("hits") and not bar.said.isVisible()
    qtbot.keyClick(bar.field, Qt.Key_Backspace)
    assert bar.count.text() == "" and rows.document.bright is None


def test_the_bar_keeps_clear_of_messages_and_inside(qtbot: QtBot, rows: Window) -> None:
    ask(qtbot, rows, "cnov")
    rows.banner.say("Something is wrong with this model, and here is a sentence about it.")
    QApplication.processEvents()
    assert not rows.find_bar.geometry().intersects(rows.banner.geometry())
    assert rows.view.rect().contains(rows.find_bar.geometry())
    qtbot.keyClick(rows.view, Qt.Key_Escape)
    assert not rows.banner.isVisible() and rows.find_bar.isVisible()
    assert rows.find_bar.y() < 20
    qtbot.keyClick(rows.view, Qt.Key_Escape)
    assert not rows.find_bar.isVisible()


def test_another_model_is_searched_for_the_same(qtbot: QtBot, rows: Window, samples: Path) -> None:
    ask(qtbot, rows, "op:conv")
    assert rows.document.bright == {"conv1/Conv", "conv2/Conv"}
    rows.open_model(samples / "lenet_fashion.h5")
    finish(qtbot, rows)
    assert rows.document.bright == {"conv1", "conv2"}
    assert rows.find_bar.count.text() == "2 hits"
    rows.document.close_model()
    assert not rows.find_bar.isVisible()
    qtbot.keyClick(rows.view, Qt.Key_F, Qt.ControlModifier)
    assert not rows.find_bar.isVisible()
    assert "Open a model first" in rows.banner.text.text()


def test_reshapes_and_casts_can_be_dimmed(
    qtbot: QtBot, rows: Window, open_window: Opener, samples: Path
) -> None:
    dimmed = {"conv1/Transpose", "pool2/Transpose_1", "flatten/Flatten"}
    before = {name: seen(rows, name) for name in rows.stage.network.index}
    qtbot.keyClick(rows.view, Qt.Key_R)
    for name, bright in before.items():
        if name in dimmed:
            assert seen(rows, name) < 0.75 * bright, name
        else:
            assert seen(rows, name) == pytest.approx(bright, abs=2), name
    # Who looks for them sees them.
    ask(qtbot, rows, "op:transpose")
    assert rows.document.bright == dimmed - {"flatten/Flatten"}
    qtbot.keyClick(rows.find_bar.field, Qt.Key_Escape)
    assert rows.document.bright == before.keys() - dimmed
    rows.close()
    another = open_window(samples / "lenet_fashion.onnx")
    assert another.document.bright == before.keys() - dimmed
    qtbot.keyClick(another.view, Qt.Key_R)
    assert another.document.bright is None


def test_a_saved_picture_is_dimmed_too(qtbot: QtBot, rows: Window, tmp_path: Path) -> None:
    from PIL import Image

    def saved(name: str) -> float:
        rows.pictures.save_as(tmp_path / name, (600, 400))
        finish(qtbot, rows)
        return float(np.asarray(Image.open(tmp_path / name).convert("RGB")).mean())

    before = saved("before.png")
    ask(qtbot, rows, "pool1")
    assert saved("after.png") < 0.9 * before


def test_families_are_chosen_by_keys_alone(qtbot: QtBot, rows: Window) -> None:
    rows.activateWindow()
    ask(qtbot, rows, "conv1")
    families = rows.find_bar.families
    pressed = []

    def in_the_menu() -> None:
        # Space has opened it, and waits until it is closed.
        menu = QApplication.activePopupWidget()
        assert menu is families.menu()
        for key in (Qt.Key_Down, Qt.Key_Down, Qt.Key_Return):
            pressed.append(key)
            qtbot.keyClick(menu, key)

    qtbot.keyClick(rows.find_bar.field, Qt.Key_Tab)
    assert families.hasFocus()
    QTimer.singleShot(100, in_the_menu)
    qtbot.keyClick(families, Qt.Key_Space)
    qtbot.waitUntil(lambda: len(pressed) == 3)
    assert families.text() == "Convolution ▾" and rows.document.bright == {"conv1/Conv"}
    # Back in the field, Enter flies to the hit.
    qtbot.keyClick(families, Qt.Key_Tab, Qt.ShiftModifier)
    assert rows.find_bar.field.hasFocus()
    qtbot.keyClick(rows.find_bar.field, Qt.Key_Return)
    finish(qtbot, rows)
    assert rows.document.selected == "conv1/Conv"


def test_several_families_are_chosen_in_one_go(qtbot: QtBot, rows: Window) -> None:
    ask(qtbot, rows, "")
    families = rows.find_bar.families
    menu = families.menu()
    menu.popup(families.mapToGlobal(families.rect().bottomLeft()))
    for key in (Qt.Key_Down, Qt.Key_Down, Qt.Key_Space, Qt.Key_Down, Qt.Key_Space):
        qtbot.keyClick(menu, key)
    assert menu.isVisible() and families.text() == "2 kinds ▾"
    # What is chosen is ticked: something white in the box of its colour.
    ticked = []
    for action in menu.actions():
        picture = menu.grab(menu.actionGeometry(action)).toImage()
        row = [picture.pixelColor(x, picture.height() // 2 + 2).lightness() for x in range(6, 20)]
        ticked.append(max(row) > 200)
    assert ticked == [False, True, True, False, False, False]
    pooling = menu.actions()[3]
    assert pooling.text() == "Pooling"
    qtbot.mouseClick(menu, Qt.LeftButton, pos=menu.actionGeometry(pooling).center())
    assert menu.isVisible() and families.text() == "3 kinds ▾"
    qtbot.keyClick(menu, Qt.Key_Space)
    assert families.text() == "2 kinds ▾"
    qtbot.keyClick(menu, Qt.Key_Escape)
    assert not menu.isVisible()
    finish(qtbot, rows)
    assert rows.document.bright == {
        name for name in rows.stage.layout.names if name.endswith(("Conv", "Relu", "Softmax"))
    }


def test_families_limit_what_is_found(qtbot: QtBot, rows: Window, samples: Path) -> None:
    ask(qtbot, rows, "conv1")
    assert rows.find_bar.count.text() == "3 hits"
    families, found = rows.find_bar.families, rows.find_bar.count
    menu = families.menu()
    assert [action.text() for action in menu.actions()] == [
        "Input", "Convolution", "Activation", "Pooling", "Dense", "Shape",
    ]  # fmt: skip
    # By keys: open the menu, go down to the third entry, choose it.
    menu.popup(families.mapToGlobal(families.rect().bottomLeft()))
    for key in (Qt.Key_Down, Qt.Key_Down, Qt.Key_Down, Qt.Key_Return):
        qtbot.keyClick(menu, key)
    assert rows.document.bright == {"conv1/Relu"}
    assert (found.text(), families.text()) == ("1 hit", "Activation ▾")
    rows.find_bar.field.clear()
    assert rows.document.bright == {"conv1/Relu", "conv2/Relu", "fc1/Relu", "fc2/Relu", "classes/Softmax"}
    qtbot.keyClicks(rows.find_bar.field, "pool1")
    assert rows.find_bar.said.text() == "Nothing in the chosen families; in the others: 1."
    menu.actions()[3].trigger()
    assert rows.document.bright == {"pool1/MaxPool"}
    assert families.text() == "2 kinds ▾"
    # In another model it is operators of the same families.
    rows.find_bar.field.clear()
    rows.open_model(samples / "lenet_fashion.h5")
    finish(qtbot, rows)
    assert rows.document.bright == {"pool1", "pool2"} and families.text() == "Pooling ▾"
    # Esc ends it all.
    qtbot.keyClick(rows.find_bar.field, Qt.Key_Escape)
    assert rows.document.bright is None
    ask(qtbot, rows, "conv1")
    assert (found.text(), families.text()) == ("1 hit", "All kinds ▾")


def test_large_text_has_the_room_it_needs(qtbot: QtBot, rows: Window) -> None:
    rows.resize(1600, 900)
    rows.appearance._choose(1.6)
    ask(qtbot, rows, "op:conv shape:*x28")
    field = rows.find_bar.field
    assert field.fontMetrics().horizontalAdvance(field.text()) < field.width() - 30
    families = rows.find_bar.families
    assert families.fontMetrics().horizontalAdvance(families.text()) < families.width()
    rows.appearance._choose(1.0)
