"""A number or a region of a layer becomes the target by mouse and keys."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from explorer3d.attribution import attribute
from explorer3d.compute.requests import runner
from explorer3d.qt.tensor.seen import Cell
from explorer3d.qt.tensor.window import TensorWindow
from explorer3d.qt.window import Window
from tests.qt.driving import choose, finish, press


def check(window: Window, target: str) -> None:
    """What is shown is the saliency of a target."""
    explaining, document = window.explanations.explaining, window.document
    assert explaining.target == target
    wanted = attribute(runner(document.network.key), document.feeds.arrays, "saliency", target=target)
    np.testing.assert_array_equal(explaining.result.found.array, wanted.array)
    assert wanted.array.any()


def pixel(opened: TensorWindow, cell: Cell) -> QPoint:
    canvas = opened.canvas
    corners = [canvas.framing.pixel(corner) for corner in canvas.geometry_seen.outline(cell)]
    x, y = (sum(values) / 4 for values in zip(*corners, strict=True))
    return QPoint(round(x), round(y))


def test_the_number_pinned_in_the_scene(qtbot: QtBot, lenet: Window) -> None:
    press(qtbot, lenet, Qt.Key_E, Qt.ShiftModifier)
    assert "click a number" in lenet.banner.text.text()
    press(qtbot, lenet, Qt.Key_Y)
    lenet.document.show("conv2")
    finish(qtbot, lenet)
    panel = next(one for one in lenet.stage.opened["conv2"].panels if one.tensor.name == "output")
    best, other = (
        [int(at) for at in np.unravel_index(flat, panel.tensor.array.shape)]
        for flat in np.argsort(-panel.tensor.array, axis=None)[:2]
    )
    lenet.pointing.go_to("conv2", "output", tuple(best))
    finish(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_E, Qt.ShiftModifier)
    check(lenet, f"conv2{best[1:]}")

    targets = lenet.explanations.panel.choices.targets
    choose(qtbot, targets, targets.itemText(0))
    finish(qtbot, lenet)
    assert lenet.explanations.explaining.target == ""
    lenet.pointing.go_to("conv2", "output", tuple(other))
    finish(qtbot, lenet)
    choose(qtbot, targets, f"Pinned: conv2{other[1:]}")
    finish(qtbot, lenet)
    check(lenet, f"conv2{other[1:]}")


def test_a_region_drawn_over_the_numbers_of_a_layer(qtbot: QtBot, lenet: Window) -> None:
    press(qtbot, lenet, Qt.Key_Y)
    lenet.document.select("conv2")
    press(qtbot, lenet, Qt.Key_V)
    (opened,) = lenet.number_windows.tensors.windows
    qtbot.waitUntil(lambda: opened.subject.answered and opened.canvas.seen is not None)
    numbers = opened.canvas.seen.array[0, 3:7, 2:8]
    channel = int(numbers.sum(axis=(0, 1)).argmax())
    first, last = Cell(channel, 0, 6, 2), Cell(channel, 0, 3, 7)
    qtbot.mousePress(opened.canvas, Qt.LeftButton, Qt.ControlModifier, pixel(opened, first))
    for cell in (Cell(channel, 0, 5, 4), last):
        # qtbot.mouseMove does not carry the buttons.
        place = QPointF(pixel(opened, cell))
        moved = QMouseEvent(QEvent.MouseMove, place, Qt.NoButton, Qt.LeftButton, Qt.ControlModifier)
        QApplication.sendEvent(opened.canvas, moved)
    qtbot.mouseRelease(opened.canvas, Qt.LeftButton, Qt.ControlModifier, pixel(opened, last))
    finish(qtbot, lenet)
    check(lenet, f"conv2[3:7, 2:8, {channel}]")
    opened.close()
