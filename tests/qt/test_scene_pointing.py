"""Pointing at the numbers of opened tensors in the scene, by mouse; what is marked elsewhere, by pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QToolTip

from explorer3d import open_model
from explorer3d.manners import TILES
from explorer3d.qt.window import Window
from explorer3d.scene.detail import parts
from tests.qt.driving import click, finish, grabbed

CURSOR, PINNED, LINKED = (255, 209, 102), (255, 138, 196), (95, 227, 161)


@pytest.fixture(scope="module")
def run() -> dict[str, np.ndarray]:
    """What the layers of the sample network make of the trouser."""
    samples = Path(__file__).parents[2] / "sample_models"
    run = open_model(samples / "lenet_fashion.h5").run(samples / "pictures" / "fashion_1_trouser.png")
    return {name: np.asarray(run[name].output) for name in ("conv1", "pool1", "fc1")}


@pytest.fixture
def tiled(qtbot: QtBot, lenet: Window) -> Window:
    """conv1 and pool1 laid open as tiles, both in view."""
    lenet.resize(1600, 1000)
    lenet.document.set_view(mode=TILES)
    for name in ("conv1", "pool1"):
        lenet.document.show(name)
        finish(qtbot, lenet)
    lenet.stage.frame_layers(["conv1", "pool1"])
    finish(qtbot, lenet)
    return lenet


def corners(window: Window, layer: str, tensor: str, tile: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """(4, 2) array: where rows and columns (left, top, right, bottom) of a map are seen."""
    panel = next(one for one in window.stage.opened[layer].panels if one.tensor.name == tensor)
    height, width = panel.picture.full or panel.picture.tile
    share = (box[0] / width, box[1] / height, box[2] / width, box[3] / height)
    where = parts(panel.quads.corners[tile : tile + 1], share)[0]
    return window.stage.projection.pixels(where) / window.view.devicePixelRatioF()


def cell(window: Window, layer: str, tensor: str, tile: int, row: int, column: int) -> QPoint:
    x, y = corners(window, layer, tensor, tile, (column, row, column + 1, row + 1)).mean(axis=0)
    return QPoint(round(x), round(y))


def hover(window: Window, at: QPoint) -> str:
    """Move the mouse; what is said then."""
    view = window.view
    event = QMouseEvent(
        QEvent.MouseMove, QPointF(at), QPointF(view.mapToGlobal(at)), Qt.NoButton, Qt.NoButton, Qt.NoModifier
    )
    QApplication.sendEvent(view, event)
    view._look_again()
    return view._said


def is_outlined(window: Window, where: np.ndarray, colour: tuple[int, int, int]) -> bool:
    """Whether a colour is on all four sides of a rectangle; of a small one, three pixels beside them."""
    shown = grabbed(window).astype(int)
    if np.ptp(where, axis=0).min() < 5:
        (left, top), (right, bottom) = where.min(axis=0) - 3, where.max(axis=0) + 3
        where = np.array([[left, bottom], [right, bottom], [right, top], [left, top]])
    near = []
    for one, other in zip(where, np.roll(where, -1, axis=0), strict=True):
        x, y = (one + other) / 2
        part = shown[int(y) - 2 : int(y) + 4, int(x) - 2 : int(x) + 4].reshape(-1, 3)
        near.append(bool((np.abs(part - colour).max(axis=1) < 40).any()))
    return all(near)


def test_a_number_is_read_and_what_it_sees(qtbot: QtBot, tiled: Window, run: dict[str, np.ndarray]) -> None:
    said = hover(tiled, cell(tiled, "conv1", "output", 4, 11, 9))
    assert said == f"conv1: output  [0, 11, 9, 4] = {run['conv1'][0, 11, 9, 4]!s}  ·  channel 4"
    qtbot.waitUntil(lambda: tiled.view._said == f"{said}  ·  sees rows 9–13, columns 7–11 of image")
    assert "sees rows 9–13" in QToolTip.text()
    # A kernel of one input channel; what it learnt sees nothing.
    said = hover(tiled, cell(tiled, "conv1", "kernel", 5, 3, 1))
    kernel = tiled.document.shown["conv1"].tensors[1].array
    assert said == f"conv1: kernel  [3, 1, 0, 5] = {kernel[3, 1, 0, 5]!s}  ·  output 5"


def test_the_same_place_is_marked_in_all_that_is_open(qtbot: QtBot, tiled: Window) -> None:
    tiled._input_dock.raise_()
    finish(qtbot, tiled)
    pool = corners(tiled, "pool1", "output", 2, (9, 3, 10, 4))
    linked = [corners(tiled, "conv1", "output", tile, (18, 6, 20, 8)) for tile in (0, 5)]
    linked += [corners(tiled, "pool1", "input", 1, (18, 6, 20, 8))]
    assert not any(is_outlined(tiled, one, LINKED) for one in linked)
    hover(tiled, cell(tiled, "pool1", "output", 2, 3, 9))
    assert is_outlined(tiled, pool, CURSOR)
    assert all(is_outlined(tiled, one, LINKED) for one in linked)
    # On the picture that goes in: exactly what the number sees, here and in the input panel.
    seen = corners(tiled, "conv1", "input", 0, (16, 4, 22, 10))
    qtbot.waitUntil(lambda: is_outlined(tiled, seen, LINKED))
    assert tiled.input_panel.pictures.fed.marked.getRect() == pytest.approx((16 / 28, 4 / 28, 6 / 28, 6 / 28))
    tiled.view.leaveEvent(QEvent(QEvent.Leave))
    assert not is_outlined(tiled, pool, CURSOR) and not is_outlined(tiled, linked[0], LINKED)
    assert tiled.input_panel.pictures.fed.marked is None


def test_a_click_pins_the_number_until_it_is_let_go(
    qtbot: QtBot, tiled: Window, run: dict[str, np.ndarray], samples: Path
) -> None:
    at = cell(tiled, "conv1", "output", 4, 11, 9)
    pinned = corners(tiled, "conv1", "output", 4, (9, 11, 10, 12))
    linked = corners(tiled, "pool1", "input", 0, (9, 11, 10, 12))
    qtbot.mouseClick(tiled.view, Qt.LeftButton, pos=at)
    finish(qtbot, tiled)
    inspector = tiled.inspector
    assert tiled.document.selected == "conv1" and inspector.pinned.isVisible()
    text = inspector.pinned.label.text()
    assert text.startswith(f"conv1: output  [0, 11, 9, 4] = {run['conv1'][0, 11, 9, 4]!s}")
    hover(tiled, cell(tiled, "pool1", "output", 2, 3, 9))
    tiled.view.leaveEvent(QEvent(QEvent.Leave))
    assert is_outlined(tiled, pinned, PINNED) and is_outlined(tiled, linked, LINKED)
    # The panel that is opened only now shows what it sees.
    qtbot.waitUntil(lambda: "sees" in inspector.pinned.label.text())
    tiled._input_dock.raise_()
    finish(qtbot, tiled)
    part = tiled.input_panel.pictures.fed.marked
    assert part is not None and part.getRect() == pytest.approx((7 / 28, 9 / 28, 5 / 28, 5 / 28))
    tiled._dock.raise_()
    # Other numbers come in: the pin stays, and tells the one that is there now.
    tiled.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, tiled)
    value = tiled.document.shown["conv1"].tensors[-1].array[0, 11, 9, 4]
    assert value != run["conv1"][0, 11, 9, 4]
    assert f"[0, 11, 9, 4] = {value!s}" in inspector.pinned.label.text()
    # How this number comes about is what is spelled out.
    qtbot.mouseClick(inspector.arithmetic, Qt.LeftButton)
    finish(qtbot, tiled)
    assert tiled.number_windows.arithmetic.windows[-1].reckoning.index == (0, 11, 9, 4)
    tiled.number_windows.close_all()
    qtbot.mouseClick(inspector.pinned.release, Qt.LeftButton)
    assert not is_outlined(tiled, pinned, PINNED) and not inspector.pinned.isVisible()
    qtbot.mouseClick(tiled.view, Qt.LeftButton, pos=at)
    qtbot.mouseClick(tiled.view, Qt.LeftButton, pos=at)
    assert tiled.pointing.pinned is None
    # It goes with its layer.
    qtbot.mouseClick(tiled.view, Qt.LeftButton, pos=at)
    tiled.document.close_layer("conv1")
    assert tiled.pointing.pinned is None
    # And with its network, as does what is under the mouse.
    at = cell(tiled, "pool1", "output", 2, 3, 9)
    hover(tiled, at)
    qtbot.mouseClick(tiled.view, Qt.LeftButton, pos=at)
    assert tiled.pointing.pinned is not None and tiled.pointing.marks.cursor is not None
    tiled.open_model(samples / "lenet_fashion.onnx")
    finish(qtbot, tiled)
    assert tiled.pointing.pinned is None and tiled.pointing.marks.cursor is None


def test_windows_about_tensors_and_the_scene_point_together(qtbot: QtBot, tiled: Window) -> None:
    tiled.document.select("pool1")
    finish(qtbot, tiled)
    tiled.inspector.choose("output")
    tiled.number_windows.open_tensor()
    finish(qtbot, tiled)
    window = tiled.number_windows.tensors.windows[-1]
    hover(tiled, cell(tiled, "conv1", "output", 0, 12, 20))
    assert window.canvas.linked == (range(6, 7), range(10, 11))
    tiled.view.leaveEvent(QEvent(QEvent.Leave))
    assert window.canvas.linked is None
    window.canvas._point(window.canvas.seen.cell_of((0, 3, 9, 2)))
    assert is_outlined(tiled, corners(tiled, "conv1", "output", 5, (18, 6, 20, 8)), LINKED)
    window.canvas.leaveEvent(None)
    assert not is_outlined(tiled, corners(tiled, "conv1", "output", 5, (18, 6, 20, 8)), LINKED)


def test_in_a_stack_the_whole_map_is_framed(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    # Of a map at the back only the upper and the right edge can be pointed at.
    said = hover(lenet, cell(lenet, "conv1", "output", 3, 0, 27))
    assert said.startswith("conv1: output  [0, 0, 27, 3] = ")
    assert is_outlined(lenet, corners(lenet, "conv1", "output", 3, (0, 0, 28, 28)), CURSOR)


def test_a_bar_is_read_from_above_too(qtbot: QtBot, lenet: Window, run: dict[str, np.ndarray]) -> None:
    lenet.document.show("fc1", "output")
    finish(qtbot, lenet)
    panel = lenet.stage.opened["fc1"].panels[0]
    bars = panel.quads.corners
    for bar in (0, 57, 119):
        top = np.array([[bars[bar, :2, 0].mean(), bars[:, :, 1].max() + 0.05, 0.0]])
        x, y = lenet.stage.projection.pixels(top)[0]
        assert f"[0, {bar}] = {run['fc1'][0, bar]!s}" in hover(lenet, QPoint(round(x), round(y)))


def test_the_first_nan_is_gone_to(qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path) -> None:
    nodes = [helper.make_node("Sqrt", ["x"], ["y"], name="root")]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 4, 5]) for name in "xy"]
    path = tmp_path / "root.onnx"
    graph = helper.make_graph(nodes, "root", ports[:1], ports[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    x = np.ones((1, 3, 4, 5), np.float32)
    x[0, 2, 3, 1:] = -1.0
    np.save(tmp_path / "x.npy", x)
    window = open_window(path, tmp_path / "x.npy")
    window.document.show("root", "output")
    finish(qtbot, window)
    qtbot.mouseClick(window.inspector.numbers.jump, Qt.LeftButton)
    assert window.inspector.pinned.label.text().startswith("root: output  [0, 2, 3, 1] = nan")
    assert is_outlined(window, corners(window, "root", "output", 2, (0, 0, 5, 4)), PINNED)
    # Far away, one flies there.
    window.view.zoom(30.0, QPoint(2, 2))
    finish(qtbot, window)
    qtbot.mouseClick(window.inspector.numbers.jump, Qt.LeftButton)
    finish(qtbot, window)
    assert window.view.rect().contains(cell(window, "root", "output", 2, 3, 1))


def test_a_kernel_leads_to_what_its_filter_makes_of_the_picture(qtbot: QtBot, tiled: Window) -> None:
    for tile in (5, 2):
        qtbot.mouseClick(tiled.view, Qt.LeftButton, pos=cell(tiled, "conv1", "kernel", tile, 3, 1))
        finish(qtbot, tiled)
        assert tiled.pointing.pinned is not None and tiled.pointing.pinned.index == (3, 1, 0, tile)
        with qtbot.waitActive(tiled):
            tiled.activateWindow()
        tiled.view.setFocus()
        qtbot.keyClick(tiled.view, Qt.Key_A)
        assert tiled.number_windows.arithmetic is not None
        (window,) = tiled.number_windows.arithmetic.windows
        reckoning = window.reckoning
        qtbot.waitUntil(lambda asked=reckoning, tile=tile: (asked.index or (-1,))[-1] == tile)
        finish(qtbot, tiled)
        assert window.tabs.currentWidget() is window.filter and window.channel.value() == tile
    qtbot.waitUntil(
        lambda: not isinstance(reckoning.response, str | None) and reckoning.response.response.filter == 2
    )


def test_numbers_are_gone_over_and_pinned_by_keys(
    qtbot: QtBot, tiled: Window, run: dict[str, np.ndarray]
) -> None:
    tiled.document.select("conv1")
    finish(qtbot, tiled)

    def key(key: int, more: Qt.KeyboardModifier = Qt.NoModifier) -> str:
        qtbot.keyClick(tiled.view, key, Qt.KeyboardModifiers(Qt.ControlModifier) | more)
        return tiled.view._said

    said = key(Qt.Key_Right)
    assert said.startswith("conv1") and "[0, 0, 0, 0]" in said
    for _ in range(3):
        key(Qt.Key_Right)
    said = [key(Qt.Key_Down) for _ in range(2)][-1]
    # Channels are Keras' last axis.
    assert "[0, 2, 3, 0]" in said and f"{run['conv1'][0, 2, 3, 0]:.4g}"[:5] in said
    assert tiled.pointing.pinned is None
    said = key(Qt.Key_Right, Qt.ShiftModifier)
    assert "[0, 2, 3, 1]" in said
    assert is_outlined(tiled, corners(tiled, "conv1", "output", 1, (3, 2, 4, 3)), CURSOR)
    key(Qt.Key_Return)
    pinned = tiled.pointing.pinned
    assert pinned is not None and (pinned.layer, pinned.index) == ("conv1", (0, 2, 3, 1))
    # From the left edge of a map to the end of the one before; another tensor begins anew.
    for _ in range(4):
        said = key(Qt.Key_Left)
    assert "[0, 2, 27, 0]" in said
    key(Qt.Key_Return)
    pinned = tiled.pointing.pinned
    assert pinned is not None and pinned.index == (0, 2, 27, 0)
    key(Qt.Key_Return)
    assert tiled.pointing.pinned is None
    names = set()
    for _ in range(8):
        said = key(Qt.Key_Down, Qt.ShiftModifier)
        names.add(said.split("  ")[0])
    assert {"conv1: input", "conv1: kernel", "conv1: bias", "conv1: output", "pool1: output"} <= names


def test_a_number_out_of_view_comes_into_view_and_without_an_open_layer_it_is_said(
    qtbot: QtBot, lenet: Window
) -> None:
    qtbot.keyClick(lenet.view, Qt.Key_Right, Qt.ControlModifier)
    assert "Open a layer first" in lenet.status_line.currentMessage()
    qtbot.keyClick(lenet.view, Qt.Key_Return, Qt.ControlModifier)
    assert "Point at a number first" in lenet.status_line.currentMessage()
    lenet.document.set_view(mode=TILES)
    lenet.document.show("conv1", "output")
    finish(qtbot, lenet)
    lenet.stage.move_camera(lenet.stage.goal.panned(40.0, 0.0))
    qtbot.keyClick(lenet.view, Qt.Key_Right, Qt.ControlModifier)
    finish(qtbot, lenet)
    at = cell(lenet, "conv1", "output", 0, 0, 0)
    assert lenet.view.rect().contains(at)
