"""How a number comes about, by mouse and by keyboard, with numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, QRectF, Qt
from qtpy.QtWidgets import QWidget

from explorer3d.qt import own_window
from explorer3d.qt.arithmetic.cells import Cells
from explorer3d.qt.arithmetic.map_view import MapView
from explorer3d.qt.arithmetic.window import ArithmeticWindow
from explorer3d.qt.window import Window
from tests.qt.driving import click, finish

FLOAT = onnx.TensorProto.FLOAT
DATA = np.arange(1, 19, dtype=np.float32).reshape(1, 2, 3, 3)
KERNEL = np.float32([[[[1, 2], [3, 4]], [[1, 0], [0, -1]]], np.full((2, 2, 2), -1)])


@pytest.fixture
def small(open_window: Callable[..., Window], tmp_path: Path) -> Window:
    """Two channels of 1..9 and 10..18; windows of 2 × 2 with a row of padding above, two rows apart."""
    nodes = [
        make_node("Conv", ["x", "w", "b"], ["y"], "conv", pads=[1, 0, 0, 0], strides=[2, 1]),
        make_node("Relu", ["y"], ["z"], "relu"),
        make_node("MaxPool", ["z"], ["p"], "pool", kernel_shape=[2, 1]),
        make_node("Shape", ["p"], ["sizes"], "sizes"),
        make_node("Reshape", ["p", "sizes"], ["q"], "same"),
        make_node("CumSum", ["q", "axis"], ["s"], "running"),
    ]
    graph = make_graph(
        nodes,
        "g",
        [make_tensor_value_info("x", FLOAT, [1, 2, 3, 3])],
        [make_tensor_value_info("s", FLOAT, [1, 2, 1, 2])],
        [
            onnx.numpy_helper.from_array(KERNEL, "w"),
            onnx.numpy_helper.from_array(np.float32([0.5, 0]), "b"),
            onnx.numpy_helper.from_array(np.int64(3), "axis"),
        ],
    )
    path = tmp_path / "small.onnx"
    path.write_bytes(
        make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9).SerializeToString()
    )
    np.save(tmp_path / "data.npy", DATA)
    return open_window(path, tmp_path / "data.npy")


def spelled_out(qtbot: QtBot, window: Window, layer: str) -> ArithmeticWindow:
    """The window about a layer, opened by its key."""
    click(qtbot, window, layer)
    finish(qtbot, window)
    with qtbot.waitActive(window):
        window.activateWindow()
    window.view.setFocus()
    qtbot.keyClick(window.view, Qt.Key_A)
    return arithmetic_window(qtbot, window)


def arithmetic_window(qtbot: QtBot, window: Window) -> ArithmeticWindow:
    assert window.number_windows.arithmetic is not None
    found = window.number_windows.arithmetic.windows[-1]
    found.resize(1100, 760)
    with qtbot.waitActive(found):
        found.activateWindow()
    finish(qtbot, window)
    return found


def press(qtbot: QtBot, window: Window, found: ArithmeticWindow, *keys: Qt.Key) -> None:
    for key in keys:
        qtbot.keyClick(found.sum, key)
        finish(qtbot, window)


def sums(found: ArithmeticWindow) -> dict[str, str]:
    return {one.words: one.number for one in found.sum.ledger.entries}


def outlined(widget: QWidget, x: float, y: float) -> bool:
    """Whether a line of the outline's colour is at most two pixels away."""
    near = [colour_at(widget, x + right, y + down) for right in range(-2, 3) for down in range(-2, 3)]
    return (255, 209, 102) in near


def colour_at(widget: QWidget, x: float, y: float) -> tuple[int, int, int]:
    pixel = widget.grab().toImage().pixelColor(round(x), round(y))
    return pixel.red(), pixel.green(), pixel.blue()


def test_a_convolution_spelled_out(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "conv")
    assert found.focusWidget() is found.centralWidget()
    # The second filter sums all up and turns the sign: -(5+6+8+9) - (14+15+17+18) is the largest amount.
    assert found.reckoning.index == (0, 1, 1, 1)
    assert sums(found) == {
        "channel 1: Σ window × kernel": "−64",
        "+ 1 other channel": "−28",
        "=": "−92",
        "onnxruntime": "−92",
    }
    press(qtbot, small, found, Qt.Key_PageUp, Qt.Key_Home)
    assert found.reckoning.index == (0, 0, 0, 0)
    press(qtbot, small, found, Qt.Key_Right)
    assert "[0, 0, 0, 1] = 6.5   ·   place 2 of 4" in found.caption.text()
    assert sums(found) == {
        "channel 0: Σ window × kernel": "18",
        "+ 1 other channel": "−12",
        "+ bias": "0.5",
        "=": "6.5",
        "onnxruntime": "6.5",
    }
    assert found.sum.window_cells.numbers.tolist() == [[0, 0], [2, 3]]
    assert found.sum.kernel_cells.numbers.tolist() == [[1, 2], [3, 4]]
    assert found.sum.product_cells.numbers.tolist() == [[0, 0], [6, 12]]
    # On the input the window reaches into the padding above.
    assert (found.sum.input.rows, found.sum.input.columns) == ([-1, 0], [1, 2])
    # A click on the lower bar shows the other channel cell by cell.
    bars = found.sum.bars
    assert bars.places == [0, 1]
    qtbot.mouseClick(bars, Qt.LeftButton, pos=bars.where(1).toPoint())
    assert found.sum.product_cells.numbers.tolist() == [[0, 0], [0, -12]]
    assert sums(found)["channel 1: Σ window × kernel"] == "−12"
    qtbot.keyClick(bars, Qt.Key_Up)
    assert found.sum.channel == 0


def test_the_window_is_outlined_and_its_padding_hatched(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "conv")
    press(qtbot, small, found, Qt.Key_PageUp, Qt.Key_Home)
    view = found.sum.input
    half = view.where(1, 0).y() - view.where(0, 0).y()
    top = view.where(-1, 0)
    # The upper edge of the window lies around the padding's row, the lower one below row 0.
    for y in (top.y() - half / 2, view.where(0, 0).y() + half / 2):
        assert outlined(view, top.x(), y)
    assert not outlined(view, top.x(), view.where(1, 0).y() + half / 2)
    # Where there is padding, lines cross the cell; a cell with a number has one colour but for its digits.
    cells = found.sum.window_cells
    assert cells.box(0, 0).height() > 20
    assert hatching(cells, cells.box(0, 0)) > 0.1 > hatching(cells, cells.box(1, 0))


def hatching(cells: Cells, box: QRectF) -> float:
    """Share of pixels in a cell's lower corner that are not of its ground's colour."""
    image = cells.grab(box.adjusted(3, 0.75 * box.height(), -3, -3).toRect()).toImage()
    shades = [image.pixel(x, y) for x in range(image.width()) for y in range(image.height())]
    return 1 - max(shades.count(shade) for shade in set(shades)) / len(shades)


def test_it_slides_by_itself_and_stops_at_the_end(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "conv")
    press(qtbot, small, found, Qt.Key_PageUp, Qt.Key_Home)
    found.rate.setValue(30)
    values: list[str] = []
    found.reckoning.changed.connect(lambda: values.append(sums(found)["onnxruntime"]))
    qtbot.keyClick(found.sum, Qt.Key_Space)
    assert found.play.text() == "Pause" and found.slide.is_playing
    qtbot.waitUntil(lambda: not found.slide.is_playing, timeout=10_000)
    finish(qtbot, small)
    assert values == ["6.5", "63.5", "73.5"] and found.play.text() == "Play"
    press(qtbot, small, found, Qt.Key_Left)
    assert values[-1] == "63.5"
    press(qtbot, small, found, Qt.Key_Up)
    assert values[-1] == "0.5"
    # A click on the output goes there.
    output = found.sum.output
    qtbot.mouseClick(output, Qt.LeftButton, pos=output.where(1, 1).toPoint())
    finish(qtbot, small)
    assert values[-1] == "73.5"


def test_what_it_sees_of_every_layer_between(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "pool")
    press(qtbot, small, found, Qt.Key_PageUp, Qt.Key_End)
    assert found.reckoning.index == (0, 0, 0, 1)
    assert sums(found) == {"largest of 2 numbers": "73.5", "onnxruntime": "73.5"}
    assert found.sum.window_cells.numbers.tolist() == [[6.5], [73.5]]
    assert not found.sum.kernel_cells.isVisible()
    told = [(one.waypoint.name, one.words) for one in found.way.thumbnails]
    assert told == [("x", "3 × 2"), ("conv", "2 × 1"), ("relu", "2 × 1"), ("pool", "1 × 1")]
    first = found.way.thumbnails[0]
    # Columns 1 and 2 of 3, all rows.
    assert first.part == pytest.approx((1 / 3, 0, 2 / 3, 1))
    box = first.outline_box()
    assert box is not None
    assert outlined(first, box.left(), box.center().y())
    press(qtbot, small, found, Qt.Key_Left)
    assert first.part == pytest.approx((0, 0, 2 / 3, 1))
    second, third = found.way.thumbnails[1:3]
    # On its name, and twice on the picture.
    qtbot.mouseClick(second, Qt.LeftButton, pos=QPoint(40, second.height() - 8))
    finish(qtbot, small)
    assert small.document.selected == "conv"
    qtbot.mouseDClick(third, Qt.LeftButton, pos=third.where(0, 0).toPoint())
    finish(qtbot, small)
    assert small.document.selected == "relu"


def shade(widget: QWidget, at: QPointF) -> int:
    return widget.grab().toImage().pixel(at.toPoint())


def test_the_layer_itself_is_pictured_by_the_map_that_the_number_stands_in(
    qtbot: QtBot, small: Window, tmp_path: Path
) -> None:
    found = spelled_out(qtbot, small, "conv")
    seen = []
    for key, number in ((Qt.Key_PageUp, 0), (Qt.Key_PageDown, 1)):
        press(qtbot, small, found, key)
        last, output = found.way.thumbnails[-1], found.sum.output
        assert f"channel {number}" in last.toolTip()
        shades = [shade(last, last.where(*place)) for place in np.ndindex(2, 2)]
        assert shades == [shade(output, output.where(*place)) for place in np.ndindex(2, 2)]
        seen.append(shades)
    assert seen[0] != seen[1]
    # Also with another input, whichever of the two comes first.
    np.save(tmp_path / "other.npy", -DATA)
    small.open_input(tmp_path / "other.npy")
    finish(qtbot, small)
    last, output = found.way.thumbnails[-1], found.sum.output
    shades = [shade(last, last.where(*place)) for place in np.ndindex(2, 2)]
    assert shades == [shade(output, output.where(*place)) for place in np.ndindex(2, 2)] != seen[1]


def test_it_opens_larger_where_text_is_larger(
    qtbot: QtBot, small: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    monkeypatch.setattr(own_window, "place", lambda window, left, size: sizes.append(size))
    found = spelled_out(qtbot, small, "conv")
    box = found.way.thumbnails[0].picture_box()
    found.close()
    small.appearance._choose(1.6)
    try:
        large = spelled_out(qtbot, small, "conv")
        now = large.way.thumbnails[0].picture_box()
        assert now.height() / box.height() == pytest.approx(1.6, rel=0.1)
        # 21 pixels instead of 13.
        assert sizes == [(1180, 800), (1906, 1292)]
    finally:
        small.appearance._choose(1.0)


def test_an_open_one_follows_the_size_of_text(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "relu")
    qtbot.waitUntil(lambda: len(found.way.thumbnails) == 3)
    before = [(thumbnail.width(), thumbnail.height()) for thumbnail in found.way.thumbnails]
    small.appearance._choose(1.6)
    try:
        larger = [(round(1.5 * wide), round(1.5 * high)) for wide, high in before]
        qtbot.waitUntil(
            lambda: all(
                thumbnail.width() > wide and thumbnail.height() > high
                for thumbnail, (wide, high) in zip(found.way.thumbnails, larger, strict=True)
            )
        )
        for thumbnail in found.way.thumbnails:
            # Picture and names lie below each other within it, and it within the strip.
            below = thumbnail.height() - thumbnail.picture_box().bottom()
            assert below > 2 * thumbnail.fontMetrics().height()
            assert thumbnail.height() < found.way.viewport().height()
    finally:
        small.appearance._choose(1.0)


def test_a_place_of_the_input_brings_the_number_that_looks_at_it(qtbot: QtBot, small: Window) -> None:
    """Windows of 2 × 2, two rows and one column apart, the first row of them half in the padding."""
    found = spelled_out(qtbot, small, "conv")
    view = found.sum.input
    for place, index in (((2, 0), (1, 0)), ((0, 2), (0, 1)), ((2, 2), (1, 1))):
        qtbot.mouseClick(view, Qt.LeftButton, pos=view.where(*place).toPoint())
        finish(qtbot, small)
        assert found.reckoning.index[2:] == index
    # By keys: from the middle of what is outlined, rows 1 to 2 and columns 1 to 2.
    view.setFocus()
    for key, index in ((Qt.Key_Left, (1, 0)), (Qt.Key_Up, (0, 0)), (Qt.Key_Right, (0, 0))):
        qtbot.keyClick(view, key)
        finish(qtbot, small)
        assert found.reckoning.index[2:] == index
    # A cross stands at the place, and goes with the focus.
    at = view.where(0, 1)
    assert outlined(view, at.x() + 4, at.y())
    # Elsewhere the arrows go from number to number.
    found.tabs.setFocus()
    press(qtbot, small, found, Qt.Key_Right)
    assert found.reckoning.index[2:] == (0, 1)


def test_a_place_of_any_map_on_the_way(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "relu")
    picture, conv = found.way.thumbnails[:2]
    for thumbnail, place, index in (
        (picture, (2, 0), (1, 0)),
        (picture, (0, 2), (0, 1)),
        (conv, (1, 0), (1, 0)),
        (picture, (1, 1), (0, 0)),
    ):
        qtbot.mouseClick(thumbnail, Qt.LeftButton, pos=thumbnail.where(*place).toPoint())
        finish(qtbot, small)
        assert found.reckoning.index[2:] == index
    assert small.document.selected == "relu"
    conv.setFocus()
    for key, index in ((Qt.Key_Down, (1, 0)), (Qt.Key_Right, (1, 1))):
        qtbot.keyClick(conv, key)
        finish(qtbot, small)
        assert found.reckoning.index[2:] == index
    at = conv.where(1, 1)
    assert outlined(conv, at.x() + 5, at.y())
    qtbot.keyClick(conv, Qt.Key_Return)
    finish(qtbot, small)
    assert small.document.selected == "conv"


def test_what_one_filter_alone_makes(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "conv")
    qtbot.keyClick(found, Qt.Key_Tab, Qt.ControlModifier)
    finish(qtbot, small)
    # Filter 1: the sums of the windows, all of them negative.
    assert found.filter.positive.title == "positive, up to 0"
    assert found.filter.negative.title == "negative, down to −92"
    for view, least, most in ((found.filter.positive, 0, 60), (found.filter.negative, 400, 765)):
        where = view.where(1, 1)
        assert least <= sum(colour_at(view, where.x(), where.y())) <= most
    qtbot.keyClick(found, Qt.Key_PageUp)
    finish(qtbot, small)
    assert found.filter.positive.title == "positive, up to 73.5"
    assert [view.title for view in found.filter.parts[:2]] == ["of channel 0", "of channel 1"]
    view = found.filter.positive
    where, other = view.where(1, 0), view.where(0, 0)
    red, _, blue = colour_at(view, where.x(), where.y())
    assert red > blue + 60
    assert sum(colour_at(view, other.x(), other.y())) < 60


def test_of_a_batch_the_sample_of_the_number_is_seen(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path
) -> None:
    """Each of three samples has its only 5 at another place, and the largest number is the last one's."""
    graph = make_graph(
        [make_node("Conv", ["x", "w"], ["y"], "conv")],
        "g",
        [make_tensor_value_info("x", FLOAT, [3, 1, 2, 2])],
        [make_tensor_value_info("y", FLOAT, [3, 1, 2, 2])],
        [onnx.numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), "w")],
    )
    path, data = tmp_path / "batch.onnx", np.zeros((3, 1, 2, 2), np.float32)
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=9), path)
    for sample, largest in enumerate((5, 6, 7)):
        data[sample, 0].flat[sample + 1] = largest
    np.save(tmp_path / "data.npy", data)
    window = open_window(path, tmp_path / "data.npy")
    found = spelled_out(qtbot, window, "conv")
    found.tabs.setCurrentIndex(1)
    for sample, largest in ((2, "7"), (0, "5"), (1, "6")):
        found.reckoning.go_to((sample, 0, 0, 0))
        finish(qtbot, window)
        texels = [one.waypoint.texels for one in found.way.thumbnails]
        assert [int(one.argmax()) for one in texels] == [sample + 1] * 2
        assert found.filter.positive.title == f"positive, up to {largest}"


def test_what_only_settles_shapes_is_left_out(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "same")
    told = {one.waypoint.name: one.isVisible() for one in found.way.thumbnails}
    assert told.pop("sizes") is False and len(told) == 5 and all(told.values())
    assert sums(found) == {"Identity(pool 73.5)": "73.5", "onnxruntime": "73.5"}


def test_layers_that_look_at_each_place(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "relu")
    assert sums(found) == {"Relu(conv 73.5)": "73.5", "onnxruntime": "73.5"}
    assert not found.sum.input.isVisible() and found.sum.output.isVisible()


def test_what_cannot_be_spelled_out_is_said(qtbot: QtBot, small: Window) -> None:
    found = spelled_out(qtbot, small, "running")
    assert found.message.text().startswith("How 'running' (CumSum) comes to one number cannot be spelled out")
    assert found.message.isVisible() and not found.tabs.isVisible() and not found.play.isEnabled()
    # What it depends on is shown all the same.
    assert [one.waypoint.name for one in found.way.thumbnails][-1] == "running"


def test_another_input_at_the_same_place(qtbot: QtBot, small: Window, tmp_path: Path) -> None:
    found = spelled_out(qtbot, small, "conv")
    press(qtbot, small, found, Qt.Key_PageUp, Qt.Key_Home)
    np.save(tmp_path / "other.npy", np.ones((1, 2, 3, 3), np.float32))
    small.open_input(tmp_path / "other.npy")
    finish(qtbot, small)
    # 3 + 4 - 1 + 0.5
    assert found.reckoning.index == (0, 0, 0, 0) and sums(found)["="] == "6.5"
    small.document.close_model()
    finish(qtbot, small)
    assert small.number_windows.arithmetic is not None and not small.number_windows.arithmetic.windows


def test_a_number_pointed_at_in_a_tensor_window(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    with qtbot.waitActive(lenet):
        lenet.activateWindow()
    lenet.view.setFocus()
    qtbot.keyClick(lenet.view, Qt.Key_V)
    assert lenet.number_windows.tensors is not None
    tensor = lenet.number_windows.tensors.windows[-1]
    with qtbot.waitActive(tensor):
        tensor.activateWindow()
    finish(qtbot, lenet)
    for key in (Qt.Key_Right, Qt.Key_Right, Qt.Key_Down, Qt.Key_PageDown):
        qtbot.keyClick(tensor.canvas, key)
    qtbot.keyClick(tensor.canvas, Qt.Key_A)
    found = arithmetic_window(qtbot, lenet)
    marks: list[tuple[str, QRectF | None]] = []
    assert lenet.number_windows.arithmetic is not None
    lenet.number_windows.arithmetic.input_marked.connect(lambda name, part: marks.append((name, part)))
    # A window of 5 × 5 about row 20, column 11 of 28: the picture shows where.
    found.reckoning.go_to((0, 20, 11, 1))
    finish(qtbot, lenet)
    (_, part), *_ = marks
    assert part is not None and part.getRect() == pytest.approx((9 / 28, 18 / 28, 5 / 28, 5 / 28))
    found.reckoning.go_to((0, 2, 3, 1))
    finish(qtbot, lenet)
    explanation = found.reckoning.spelled.explanation
    assert explanation.layer == "conv1" and explanation.index[3] == 1
    assert (
        explanation.value == pytest.approx(explanation.total, abs=1e-5) or explanation.activation is not None
    )
    assert isinstance(found.sum.input, MapView) and found.sum.input.isVisible()
