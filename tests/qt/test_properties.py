"""The inspector's properties: links that are walked along, attributes, the standard's text, metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication

from explorer3d.graph.model import Port
from explorer3d.qt.links import AFTER, BEFORE, WEIGHTS, Link, Way
from explorer3d.qt.style import dress
from explorer3d.qt.window import Window
from tests.qt.driving import Opener, finish, pixels, point_of
from tests.qt.test_find import seen


@pytest.fixture
def rows(open_window: Opener, samples: Path) -> Window:
    return open_window(samples / "lenet_fashion.onnx", samples / "pictures" / "fashion_1_trouser.png")


def links(window: Window, side: str) -> list[Link]:
    return window.inspector.links.links[side]


def select(qtbot: QtBot, window: Window, name: str) -> None:
    window.document.select(name)
    finish(qtbot, window)


def middle(window: Window, name: str) -> bool:
    point, size = point_of(window, name), window.view.size()
    return abs(point.x() - size.width() / 2) < 0.15 * size.width()


def test_a_link_flies_to_where_a_tensor_comes_from(qtbot: QtBot, rows: Window) -> None:
    select(qtbot, rows, "pool1/MaxPool")
    before, after = links(rows, BEFORE), links(rows, AFTER)
    assert [link.text() for link in before] == ["conv1/Relu\nX:  1 × 6 × 28 × 28  float32"]
    assert [link.text() for link in after] == ["conv2/Conv\nY:  1 × 6 × 14 × 14  float32"]
    qtbot.mouseClick(before[0], Qt.LeftButton)
    finish(qtbot, rows)
    assert rows.document.selected == "conv1/Relu"
    assert middle(rows, "conv1/Relu")


def test_sizes_beside_hebrew_names_are_read_from_the_left(qtbot: QtBot, qapp: QApplication) -> None:
    dress(qapp)

    def drawn(name: str, shape: tuple[int, ...]) -> np.ndarray:
        """(H, W) bool array: the ink of the second line."""
        link = Link(Way(name, Port("y", name, shape, "float32")))
        qtbot.addWidget(link)
        link.resize(300, 44)
        image = link.grab(QRect(6, 23, 280, 16)).toImage().convertToFormat(QImage.Format_Grayscale8)
        bits = image.constBits()
        bits.setsize(image.sizeInBytes())
        rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
        ink = np.abs(rows[:, : image.width()].astype(int) - int(rows[0, 0])) > 60
        first = int(np.flatnonzero(ink.any(axis=0))[0])
        return ink[:, first : first + 60]

    found = drawn("שכבה", (1, 47, 2))
    same, reverse = ((found != drawn("layer", sizes)).mean() for sizes in ((1, 47, 2), (2, 47, 1)))
    assert same < 0.05 < 0.1 < reverse


def test_one_walks_along_links_by_keyboard(qtbot: QtBot, rows: Window) -> None:
    select(qtbot, rows, "pool1/MaxPool")
    rows.activateWindow()
    links(rows, BEFORE)[0].setFocus()
    qtbot.keyClick(links(rows, BEFORE)[0], Qt.Key_Tab)
    assert links(rows, AFTER)[0].hasFocus()
    for name, key in (
        ("conv2/Conv", Qt.Key_Return),
        ("conv2/Relu", Qt.Key_Space),
        ("pool2/MaxPool", Qt.Key_Enter),
    ):
        qtbot.keyClick(QApplication.focusWidget(), key)
        finish(qtbot, rows)
        assert rows.document.selected == name
        assert middle(rows, name)
    # No key was taken for one of the scene's.
    assert not rows.document.opened
    # At the end there is only the way back.
    select(qtbot, rows, "classes/Softmax")
    assert not links(rows, AFTER) and links(rows, BEFORE)[0].hasFocus()


def test_a_link_lays_a_weight_open(qtbot: QtBot, rows: Window) -> None:
    select(qtbot, rows, "conv2/Conv")
    kernel, bias = links(rows, WEIGHTS)
    assert [link.text() for link in (kernel, bias)] == [
        "kernel\nW:  16 × 6 × 5 × 5  float32",
        "bias\nB:  16  float32",
    ]
    assert not rows.document.opened
    qtbot.mouseClick(bias, Qt.LeftButton)
    finish(qtbot, rows)
    assert rows.document.opened == {"conv2/Conv": {"bias"}}
    assert rows.inspector.values["Shape"].text() == "16"
    # A second click does not fold it away, and one on the other shows both.
    qtbot.mouseClick(bias, Qt.LeftButton)
    links(rows, WEIGHTS)[0].setFocus()
    qtbot.keyClick(links(rows, WEIGHTS)[0], Qt.Key_Return)
    finish(qtbot, rows)
    assert rows.document.opened == {"conv2/Conv": {"bias", "weights"}}
    assert rows.inspector.values["Shape"].text() == "16 × 6 × 5 × 5"


def test_of_several_weights_the_one_clicked_is_told_of(
    qtbot: QtBot, open_window: Opener, tmp_path: Path
) -> None:
    names = {"scale": 1.0, "shift": 2.0, "mean": 3.0, "variance": 4.0}
    graph = helper.make_graph(
        [helper.make_node("BatchNormalization", ["x", *names], ["y"], name="norm")],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor(name, TensorProto.FLOAT, [3], [first, 7, 9]) for name, first in names.items()],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), tmp_path / "m.onnx")
    window = open_window(tmp_path / "m.onnx")
    select(qtbot, window, "norm")
    # Nothing is open yet, and all three of the weights are opened at once.
    link = next(link for link in links(window, WEIGHTS) if link.node == "mean")
    qtbot.mouseClick(link, Qt.LeftButton)
    finish(qtbot, window)
    assert window.document.opened == {"norm": {"weights"}}
    assert window.inspector.values["Min"].text() == "3"


def test_the_models_ends_are_links_too(qtbot: QtBot, rows: Window) -> None:
    assert [link.node for link in links(rows, BEFORE)] == ["image"]
    assert [link.node for link in links(rows, AFTER)] == ["classes/Softmax"]
    qtbot.mouseClick(links(rows, BEFORE)[0], Qt.LeftButton)
    finish(qtbot, rows)
    assert rows.document.selected == "image"
    assert [link.node for link in links(rows, AFTER)] == ["conv1/Transpose"]


def test_a_link_into_a_folded_block_unfolds_it(qtbot: QtBot, rows: Window) -> None:
    rows.document.fold("conv2/Conv")
    finish(qtbot, rows)
    select(qtbot, rows, "pool1/MaxPool")
    assert "conv2/Conv" not in rows.document.folding.nodes
    qtbot.mouseClick(links(rows, AFTER)[0], Qt.LeftButton)
    finish(qtbot, rows)
    assert rows.document.selected == "conv2/Conv"
    assert middle(rows, "conv2/Conv")


def test_a_hit_in_a_folded_block_is_seen_and_unfolded(qtbot: QtBot, rows: Window) -> None:
    rows.document.fold("conv2/Conv")
    finish(qtbot, rows)
    block = rows.document.selected
    rows.document.select(None)
    bright, other = seen(rows, block), seen(rows, "fc1/Gemm")
    qtbot.keyClick(rows.view, Qt.Key_F, Qt.ControlModifier)
    qtbot.keyClicks(rows.find_bar.field, "conv2 op:relu")
    finish(qtbot, rows)
    assert rows.find_bar.count.text() == "1 hit"
    # The block is as bright as anything in it.
    assert seen(rows, block) == pytest.approx(bright, abs=2)
    assert seen(rows, "fc1/Gemm") < 0.75 * other
    qtbot.keyClick(rows.find_bar.field, Qt.Key_Return)
    finish(qtbot, rows)
    assert rows.document.selected == "conv2/Relu"
    assert middle(rows, "conv2/Relu")


def test_defaults_are_told_from_what_the_file_says(qtbot: QtBot, rows: Window) -> None:
    select(qtbot, rows, "pool1/MaxPool")
    table = rows.inspector.attributes
    found = {
        table.item(row, 0).text(): (table.item(row, 1).text(), table.item(row, 2).text())
        for row in range(table.rowCount())
    }
    assert found["pads"] == ("none (default)", "ints")
    assert not table.isColumnHidden(2)
    given = rows.document.model.layer_by_name["pool1/MaxPool"].attributes
    colours = {
        table.item(row, 0).text(): table.item(row, 0).foreground().color() for row in range(table.rowCount())
    }
    assert given and all((colours[name] != colours["pads"]) == (name in given) for name in found)


def test_the_standards_text_unfolds(qtbot: QtBot, rows: Window) -> None:
    select(qtbot, rows, "conv1/Relu")
    told = rows.inspector.operator_text
    assert told.isVisible() and not told.text.isVisible()
    told.unfold.setFocus()
    qtbot.keyClick(told.unfold, Qt.Key_Space)
    assert told.text.isVisible()
    assert "rectified linear function" in told.text.text()
    assert told.text.width() <= rows.inspector.viewport().width()
    assert pixels(rows).any()
    # It stays so for the next layer.
    select(qtbot, rows, "classes/Softmax")
    assert told.text.isVisible() and "normalized exponential" in told.text.text()


def test_a_keras_layer_has_no_text_and_no_types(qtbot: QtBot, lenet: Window) -> None:
    select(qtbot, lenet, "conv1")
    assert not lenet.inspector.operator_text.isVisible()
    assert lenet.inspector.attributes.isColumnHidden(2)


def test_what_the_file_says_of_itself_is_no_html(
    qtbot: QtBot, open_window: Opener, samples: Path, tmp_path: Path
) -> None:
    proto = onnx.load(samples / "lenet_fashion.onnx")
    for key, value in (("licence", "<b>MIT</b>"), ("<img src=x>", "y" * 1000)):
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(proto, tmp_path / "m.onnx")
    window = open_window(tmp_path / "m.onnx")
    values = window.inspector.notes.texts
    assert values["Operator sets"].text() == "ai.onnx 18"
    assert values["IR version"].text() == "10"
    assert values["licence"].text() == "<b>MIT</b>"
    assert values["licence"].textFormat() == Qt.PlainText
    long = values["<img src=x>"]
    assert long.text() == "y" * 1000 and long.isReadOnly()
    assert window.inspector.widget().width() <= window.inspector.viewport().width()
