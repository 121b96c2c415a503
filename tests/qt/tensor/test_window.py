"""A tensor's own window, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QFileDialog, QWidget

from explorer3d import open_model
from explorer3d.attribution.contribution import contributions
from explorer3d.compute.picture import index_of
from explorer3d.qt.tensor.keeping import ALL, ARRAY, PICTURES, TABLE
from explorer3d.qt.tensor.seen import Cell
from explorer3d.qt.tensor.window import TensorWindow
from explorer3d.qt.window import Window
from explorer3d.scene.colormaps import lookup
from tests.qt.driving import click, colour_at, finish


@pytest.fixture(scope="module")
def conv1() -> np.ndarray:
    """(1, 28, 28, 6) array: what the sample network's first layer makes of the trouser."""
    samples = Path(__file__).parents[3] / "sample_models"
    run = open_model(samples / "lenet_fashion.h5").run(samples / "pictures" / "fashion_1_trouser.png")
    return np.asarray(run["conv1"].output)


@pytest.fixture
def opened(qtbot: QtBot, lenet: Window) -> TensorWindow:
    """The window of the output of conv1, opened by its key."""
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    press_v(qtbot, lenet)
    return tensor_window(qtbot, lenet)


def tensor_window(qtbot: QtBot, window: Window) -> TensorWindow:
    assert window.number_windows.tensors is not None
    found = window.number_windows.tensors.windows[-1]
    found.resize(1000, 700)
    with qtbot.waitActive(found):
        found.activateWindow()
    finish(qtbot, window)
    return found


def press_v(qtbot: QtBot, window: Window) -> None:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.view.setFocus()
    qtbot.keyClick(window.view, Qt.Key_V)


def point(found: TensorWindow, cell: Cell) -> QPoint:
    """Where on the canvas the middle of a cell is."""
    canvas = found.canvas
    assert canvas.framing is not None and canvas.geometry_seen is not None
    corners = [canvas.framing.pixel(corner) for corner in canvas.geometry_seen.outline(cell)]
    x, y = (sum(values) / 4 for values in zip(*corners, strict=True))
    return QPoint(int(x), int(y))


def move(widget: QWidget, to: QPoint, held: Qt.MouseButton = Qt.NoButton) -> None:
    # qtbot.mouseMove does not carry the buttons.
    event = QMouseEvent(QEvent.MouseMove, QPointF(to), Qt.NoButton, held, Qt.NoModifier)
    QApplication.sendEvent(widget, event)


def at(found: TensorWindow, index: tuple[int, ...]) -> QPoint:
    assert found.canvas.seen is not None
    cell = found.canvas.seen.cell_of(index)
    assert cell is not None
    return point(found, cell)


def is_outlined(found: TensorWindow, index: tuple[int, ...]) -> bool:
    """Whether the colour of pins stands on the left edge of a cell."""
    cell = found.canvas.seen.cell_of(index)
    x, y = found.canvas.framing.pixel(found.canvas.geometry_seen.outline(cell)[0])
    image, middle = found.canvas.grab().toImage(), round(y + found.canvas.framing.scale / 2)
    pixels = [image.pixelColor(round(x) + by, middle) for by in (-1, 0)]
    return any((one.red(), one.green(), one.blue()) == (255, 138, 196) for one in pixels)


def test_pointing_reads_the_number_and_a_click_pins_it(
    qtbot: QtBot, lenet: Window, opened: TensorWindow, conv1: np.ndarray
) -> None:
    move(opened.canvas, at(opened, (0, 11, 9, 4)))
    assert opened.readout.text().startswith(f"[0, 11, 9, 4] = {conv1[0, 11, 9, 4]!s}   ·   channel 4")
    # A kernel of 5 × 5 that keeps the size sees two more on each side.
    qtbot.waitUntil(lambda: "sees rows 9–13, columns 7–11 of image" in opened.readout.text())
    for index in ((0, 11, 9, 4), (0, 27, 0, 0)):
        qtbot.mouseClick(opened.canvas, Qt.LeftButton, pos=at(opened, index))
    assert opened.pins.indices == [(0, 11, 9, 4), (0, 27, 0, 0)]
    assert opened.pins.list.item(1).text() == f"[0, 27, 0, 0] = {conv1[0, 27, 0, 0]!s}"
    qtbot.keyClick(opened.canvas, Qt.Key_Escape)
    assert opened.pins.indices == [(0, 11, 9, 4)]
    # Its outline stays when the mouse has gone; that of the other pin has not stayed.
    opened.canvas.leaveEvent(None)
    finish(qtbot, lenet)
    assert is_outlined(opened, (0, 11, 9, 4)) and not is_outlined(opened, (0, 27, 0, 0))


def test_keyboard_wheel_and_drags_move_what_is_seen(
    qtbot: QtBot, lenet: Window, opened: TensorWindow, conv1: np.ndarray
) -> None:
    canvas = opened.canvas
    for key in (Qt.Key_Right, Qt.Key_Right, Qt.Key_Right, Qt.Key_Down, Qt.Key_PageDown, Qt.Key_PageDown):
        qtbot.keyClick(canvas, key)
    assert opened.readout.text().startswith(f"[0, 1, 2, 2] = {conv1[0, 1, 2, 2]!s}")
    qtbot.keyClick(canvas, Qt.Key_Return)
    assert opened.pins.indices == [(0, 1, 2, 2)]
    # Beyond the edge of a map is the one before.
    for _ in range(3):
        qtbot.keyClick(canvas, Qt.Key_Left)
    assert opened.readout.text().startswith(f"[0, 1, 27, 1] = {conv1[0, 1, 27, 1]!s}")
    whole = canvas.framing
    for _ in range(12):
        qtbot.keyClick(canvas, Qt.Key_Plus)
    assert canvas.framing.scale > 8 * whole.scale
    before = canvas.framing.top
    qtbot.keyClick(canvas, Qt.Key_Down, Qt.ShiftModifier)
    assert canvas.framing.top > before
    qtbot.keyClick(canvas, Qt.Key_Home)
    assert canvas.framing == whole
    canvas.show_map(1)
    where = at(opened, (0, 20, 20, 1))
    before = canvas.framing.point(where.x(), where.y())
    for _ in range(4):
        event = QWheelEvent(
            QPointF(where), QPointF(canvas.mapToGlobal(where)), QPoint(), QPoint(0, 120),
            Qt.NoButton, Qt.NoModifier, Qt.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
    assert canvas.framing.point(where.x(), where.y()) == pytest.approx(before)
    qtbot.mousePress(canvas, Qt.LeftButton, pos=where)
    move(canvas, where + QPoint(-60, -30), Qt.LeftButton)
    qtbot.mouseRelease(canvas, Qt.LeftButton, pos=where + QPoint(-60, -30))
    assert canvas.framing.point(where.x() - 60, where.y() - 30) == pytest.approx(before)
    assert opened.pins.indices == [(0, 1, 2, 2)]


def test_every_view_shows_colours_and_numbers_where_they_have_room(
    qtbot: QtBot, lenet: Window, opened: TensorWindow, conv1: np.ndarray
) -> None:
    statistics = opened.subject.tensor.statistics
    table = lookup("blue-orange" if statistics.diverging else "inferno")
    for key, manner in ((Qt.Key_1, "stack"), (Qt.Key_2, "tiles"), (Qt.Key_5, "smooth")):
        qtbot.keyClick(opened.canvas, key)
        assert opened.canvas.manner == manner
        opened.canvas.show_map(0)
        opened.canvas.leaveEvent(None)
        finish(qtbot, lenet)
        index = (0, 14, 3, 0)
        where = at(opened, index)
        expected = table[index_of(conv1[index], statistics.limits)].astype(int)
        assert np.abs(np.subtract(colour_at(opened.canvas, where), expected)).max() <= 12, manner

    def inks() -> int:
        """Colours that are seen in the middle map."""
        opened.canvas.leaveEvent(None)
        finish(qtbot, lenet)
        image = opened.canvas.grab(opened.canvas.rect().adjusted(200, 200, -200, -200)).toImage()
        return len({image.pixel(x, y) for x in range(image.width()) for y in range(0, image.height(), 3)})

    qtbot.keyClick(opened.canvas, Qt.Key_2)
    opened.canvas.show_map(2)
    for _ in range(6):
        qtbot.keyClick(opened.canvas, Qt.Key_Plus)
    without = inks()
    qtbot.keyClick(opened.canvas, Qt.Key_3)
    assert inks() > without + 20
    # Chosen while all is seen, they bring the window as close as they need; where that is little, at once.
    qtbot.keyClick(opened.canvas, Qt.Key_2)
    qtbot.keyClick(opened.canvas, Qt.Key_Home)
    whole = opened.canvas.framing.scale
    qtbot.keyClick(opened.canvas, Qt.Key_3)
    assert opened.canvas.framing.scale > 1.5 * whole
    opened.subject.choose("kernel")
    finish(qtbot, lenet)
    assert opened.canvas.framing.fits < opened.canvas.framing.scale < 2 * opened.canvas.framing.fits
    opened.subject.choose("output")
    opened.canvas.show_map(2)
    qtbot.keyClick(opened.canvas, Qt.Key_4)
    finish(qtbot, lenet)
    # Numbers alone stand on the window's own ground.
    assert opened.canvas.drawn.image.pixelColor(2, 2).alpha() == 0
    assert inks() > 20


def test_limits_are_dragged_and_typed_and_hold_for_other_tensors(
    qtbot: QtBot, lenet: Window, opened: TensorWindow, samples: Path
) -> None:
    colours = opened.colours
    histogram, limits = colours.histogram, colours.shade.limits
    start = QPoint(round(histogram.x_of(limits[1])), 20)
    end = QPoint(round(histogram.x_of(limits[1] / 2)), 20)
    qtbot.mousePress(histogram, Qt.LeftButton, pos=start)
    move(histogram, end, Qt.LeftButton)
    qtbot.mouseRelease(histogram, Qt.LeftButton, pos=end)
    low, high = colours.shade.limits
    assert low == limits[0] and high == pytest.approx(limits[1] / 2, abs=(limits[1] - limits[0]) / 50)
    assert colours.ranges.currentText() == "Fixed"
    lenet.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, lenet)
    assert colours.shade.limits == (low, high)
    colours.low.selectAll()
    qtbot.keyClicks(colours.low, "-2.5")
    qtbot.keyClick(colours.low, Qt.Key_Return)
    # Numbers of both signs have colours that are centred at zero, and stay so.
    assert colours.shade.limits == (-2.5, 2.5)
    qtbot.keyClick(histogram, Qt.Key_Left)
    low, high = colours.shade.limits
    assert low == -high and 2.4 < high < 2.5
    qtbot.mouseClick(colours.reset, Qt.LeftButton)
    assert colours.shade.limits == opened.subject.tensor.statistics.limits


@pytest.mark.parametrize("text", [1.0, 1.6])
def test_what_is_chosen_among_can_be_read_in_a_small_window(
    qtbot: QtBot, lenet: Window, opened: TensorWindow, text: float
) -> None:
    lenet.appearance._choose(text)
    try:
        opened.resize(800, 600)
        opened.close()
        # As small as it was left, before it is known what it shows.
        press_v(qtbot, lenet)
        finish(qtbot, lenet)
        assert lenet.number_windows.tensors is not None
        opened = lenet.number_windows.tensors.windows[-1]
        box = opened.tensors
        qtbot.waitUntil(lambda: box.width() >= box.sizeHint().width())
        assert opened.width() == 800 and box.currentText() == "output   1 × 28 × 28 × 6"
        edge = box.mapTo(opened, box.rect().bottomRight())
        assert edge.x() <= opened.width()
        views = opened.menuBar().actionGeometry(opened.menuBar().actions()[-1])
        assert box.mapTo(opened, QPoint()).x() > opened.menuBar().mapTo(opened, views.topRight()).x()
    finally:
        lenet.appearance._choose(1.0)


def test_axes_and_channels_in_another_order(
    qtbot: QtBot, lenet: Window, opened: TensorWindow, conv1: np.ndarray
) -> None:
    axes = opened.axes
    opened.tabs.setCurrentIndex(2)
    # Columns become the channels; the channels take the columns' role in return.
    axes.roles[3].setFocus()
    qtbot.keyClicks(axes.roles[3], "Col")
    axes.roles[3].activated.emit(axes.roles[3].currentIndex())
    assert (axes.arrangement.rows, axes.arrangement.columns, axes.arrangement.stack) == (1, 3, (2,))
    qtbot.mouseClick(axes.flips[1], Qt.LeftButton, pos=QPoint(10, axes.flips[1].height() // 2))
    finish(qtbot, lenet)
    move(opened.canvas, point(opened, Cell(5, 0, 0, 3)))
    assert opened.readout.text().startswith(f"[0, 27, 5, 3] = {conv1[0, 27, 5, 3]!s}")
    qtbot.mouseClick(axes.reset, Qt.LeftButton)
    finish(qtbot, lenet)
    assert opened.canvas.seen.tile == (28, 28)

    opened.tabs.setCurrentIndex(1)
    qtbot.keyClicks(opened.channels.orders, "Largest mean")
    opened.channels.orders.activated.emit(opened.channels.orders.currentIndex())
    finish(qtbot, lenet)
    means = conv1.astype(np.float64).mean(axis=(0, 1, 2))
    expected = sorted(range(6), key=lambda channel: -means[channel])
    assert opened.canvas.seen.channels.tolist() == expected
    move(opened.canvas, point(opened, Cell(0, 0, 3, 4)))
    assert f"channel {expected[0]}" in opened.readout.text()
    # What adds to the answer takes the gradients of the network.
    qtbot.keyClick(opened.channels.orders, Qt.Key_End)
    finish(qtbot, lenet)
    network, feeds = lenet.document.network, lenet.document.feeds
    title, axis, parts = contributions(network.key, feeds.arrays, "conv1")
    assert axis == 3
    assert opened.canvas.seen.channels.tolist() == np.argsort(-parts).tolist()
    assert opened.channels.about.text().startswith(f"What adds most to {title} comes first.\n6 of 6")
    # The table sorts for itself; a row leads to its map.
    opened.channels.table.sortByColumn(2, Qt.DescendingOrder)
    largest = int(conv1.max(axis=(0, 1, 2)).argmax())
    assert opened.channels.rows.channel(0) == largest
    opened.channels.table.setFocus()
    opened.channels.table.selectRow(0)
    assert opened.canvas.seen.channels[opened.canvas.cursor_cell.group] == largest


def test_two_windows_point_at_the_same_place(qtbot: QtBot, lenet: Window, opened: TensorWindow) -> None:
    lenet.document.select("image")
    lenet.activateWindow()
    lenet._input_dock.raise_()
    finish(qtbot, lenet)
    press_v(qtbot, lenet)
    image = tensor_window(qtbot, lenet)
    assert image is not opened and image.subject.tensor.shape == (1, 28, 28, 1)
    move(opened.canvas, at(opened, (0, 11, 9, 4)))
    assert image.canvas.linked == (range(11, 12), range(9, 10))
    qtbot.waitUntil(lambda: image.canvas.linked == (range(9, 14), range(7, 12)))
    fed = lenet.input_panel.pictures.fed
    assert fed.marked.getRect() == pytest.approx((7 / 28, 9 / 28, 5 / 28, 5 / 28))
    edge = fed.target
    left = round(edge.left() + edge.width() * 7 / 28)
    assert colour_at(fed, QPoint(left, round(edge.top() + edge.height() * 11.5 / 28))) == (95, 227, 161)
    opened.canvas.leaveEvent(None)
    assert image.canvas.linked is None and fed.marked is None
    # Limits that are fixed in both are the same in both.
    for one in (image, opened):
        one.colours.ranges.setCurrentText("Fixed")
        one.colours.ranges.activated.emit(one.colours.ranges.currentIndex())
    opened.colours.high.selectAll()
    qtbot.keyClicks(opened.colours.high, "0.75")
    qtbot.keyClick(opened.colours.high, Qt.Key_Return)
    assert image.colours.shade.limits == opened.colours.shade.limits == (0.0, 0.75)
    # The same tensor once more brings its window forward.
    press_v(qtbot, lenet)
    assert len(lenet.number_windows.tensors.windows) == 2


def test_what_is_saved_and_copied_is_what_is_shown(
    qtbot: QtBot,
    lenet: Window,
    opened: TensorWindow,
    conv1: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def save(name: str, kind: str) -> Path:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path / name), kind))
        qtbot.keyClick(opened, Qt.Key_S, Qt.ControlModifier)
        finish(qtbot, lenet)
        return tmp_path / name

    assert np.array_equal(np.load(save("a.npy", ARRAY)), conv1)
    with np.load(save("b.npz", ALL)) as arrays:
        assert np.array_equal(arrays["conv1/output"], conv1)
    rows = np.loadtxt(save("c.csv", TABLE), delimiter=",", skiprows=1, dtype=np.float64)
    assert np.array_equal(rows[:, :3].astype(int), list(np.ndindex(1, 28, 28)))
    assert np.array_equal(rows[:, 3:].astype(np.float32).reshape(conv1.shape), conv1)
    side = next(kind for kind, pixels in PICTURES.items() if pixels == 2)
    picture = np.asarray(Image.open(save("d.png", side)))
    statistics = opened.subject.tensor.statistics
    table = lookup("blue-orange" if statistics.diverging else "inferno")
    first = table[index_of(conv1[0, :, :, 0], statistics.limits)]
    assert np.array_equal(picture[:56:2, :56:2, :3], first)
    opened.canvas.show_map(3)
    qtbot.keyClick(opened, Qt.Key_C, Qt.ControlModifier | Qt.ShiftModifier)
    lines = QApplication.clipboard().text().splitlines()
    copied = np.array([line.split("\t") for line in lines], np.float32)
    assert np.array_equal(copied, conv1[0, :, :, 3])


def test_a_jump_to_the_first_nan_wherever_it_is(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    nodes = [helper.make_node("Sqrt", ["x"], ["y"], name="root")]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3, 4, 5]) for name in "xy"]
    path = tmp_path / "root.onnx"
    graph = helper.make_graph(nodes, "root", ports[:1], ports[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    x = np.ones((2, 3, 4, 5), np.float32)
    x[1, 2, 3, 1:] = -1.0
    x[:, 0] = 0.0
    np.save(tmp_path / "x.npy", x)
    window = open_window(path, tmp_path / "x.npy")
    window.document.select("root")
    press_v(qtbot, window)
    found = tensor_window(qtbot, window)
    assert found.numbers.values["NaN"].text() == "4"
    found.axes.roles[0].setCurrentText("One place")
    found.axes.roles[0].activated.emit(found.axes.roles[0].currentIndex())
    assert found.axes.arrangement.at[0] == 0
    qtbot.mouseClick(found.numbers.jump, Qt.LeftButton)
    finish(qtbot, window)
    assert found.readout.text().startswith("[1, 2, 3, 1] = nan")
    assert found.axes.arrangement.at[0] == 1
    # The first channel is dead: it is said so, and can be left out, also of what comes next.
    assert "1 dead (33.3%)" in found.channels.about.text()
    found.tabs.setCurrentIndex(1)
    qtbot.keyClick(found.channels.active, Qt.Key_Space)
    finish(qtbot, window)
    assert found.canvas.seen.channels.tolist() == [1, 2]
    found.go_to((0, 0, 1, 1))
    assert "left out" in found.readout.text()
    np.save(tmp_path / "y.npy", x + 1)
    window.open_input(tmp_path / "y.npy")
    finish(qtbot, window)
    assert found.canvas.seen.channels.tolist() == [0, 1, 2]
    # Three channels of the input are colours, but for numbers.
    found.subject.choose("input")
    finish(qtbot, window)
    assert found.canvas.seen.colour and found.canvas.seen.groups == 2
    qtbot.keyClick(found.canvas, Qt.Key_4)
    finish(qtbot, window)
    assert not found.canvas.seen.colour and (found.canvas.seen.groups, found.canvas.seen.members) == (2, 3)


def test_what_was_given_up_is_computed_again(qtbot: QtBot, lenet: Window) -> None:
    lenet.document.select("conv2")
    lenet.number_windows.open_tensor()
    found = lenet.number_windows.tensors.windows[-1]
    lenet.document.cancel()
    with qtbot.waitActive(found):
        found.activateWindow()
    QApplication.processEvents()
    assert "F5 tries again" in found.canvas.message
    qtbot.keyClick(found, Qt.Key_F5)
    finish(qtbot, lenet)
    assert found.canvas.seen is not None and found.subject.tensor.shape == (1, 10, 10, 16)


def test_a_window_goes_with_its_network(qtbot: QtBot, lenet: Window, opened: TensorWindow) -> None:
    lenet.document.close_model()
    finish(qtbot, lenet)
    assert lenet.number_windows.tensors.windows == []
    press_v(qtbot, lenet)
    assert lenet.banner.isVisible()
