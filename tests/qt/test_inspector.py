"""What the inspector says of tensors that are not plain pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

from explorer3d.compute.picture import NAN
from explorer3d.qt.title import Title
from explorer3d.qt.window import Window
from explorer3d.scene.colormaps import lookup
from tests.qt.driving import finish, pixels


@pytest.fixture
def odd(tmp_path: Path) -> tuple[Path, Path]:
    """A model whose layers make NaN, infinities, a number alone, nothing, and strings; and its input."""

    def value(name: str, kind: int, shape: list[int | str] | None) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    nodes = [
        helper.make_node("Div", ["x", "zero"], ["odd"], name="odd"),
        helper.make_node("ReduceMax", ["x"], ["number"], name="number", keepdims=0),
        helper.make_node("Slice", ["x", "one", "one"], ["nothing"], name="nothing"),
        helper.make_node("Identity", ["s"], ["same"], name="words"),
        helper.make_node("Sub", ["x", "x"], ["zeros"], name="zeros"),
        helper.make_node("Concat", ["zeros", "x", "x", "zeros"], ["four"], name="four", axis=1),
    ]
    zero = np.ones((1, 1, 8, 9), np.float32)
    zero[0, 0, :2] = 0.0
    graph = helper.make_graph(
        nodes,
        "odd",
        [value("x", TensorProto.FLOAT, [1, 1, 8, 9]), value("s", TensorProto.STRING, ["n"])],
        [
            value("odd", TensorProto.FLOAT, None),
            value("number", TensorProto.FLOAT, None),
            value("nothing", TensorProto.FLOAT, None),
            value("same", TensorProto.STRING, None),
            value("four", TensorProto.FLOAT, None),
        ],
        [numpy_helper.from_array(zero, "zero"), numpy_helper.from_array(np.array([1]), "one")],
    )
    path, arrays = tmp_path / "odd.onnx", tmp_path / "odd.npz"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    x = np.linspace(0.25, 7.25, 72, dtype=np.float32).reshape(1, 1, 8, 9)
    x[0, 0, 0, :3], x[0, 0, 1, :4] = 0.0, -1.0
    np.savez(arrays, x=x, s=np.array(["a cat", "", "<b>dog</b>"]))
    return path, arrays


def shown(qtbot: QtBot, window: Window, name: str) -> dict[str, str]:
    window.document.show(name)
    finish(qtbot, window)
    return {title: label.text() for title, label in window.inspector.values.items()}


def test_colours_are_chosen_once_there_is_something_coloured(
    qtbot: QtBot, open_window: Callable[..., Window], samples: Path
) -> None:
    window = open_window()
    assert window.inspector.isVisible()
    assert not window.inspector.colours_section.isVisible()
    window.open_model(samples / "lenet_fashion.h5")
    finish(qtbot, window)
    assert window.inspector.colours_section.isVisible()
    window.document.close_model()
    finish(qtbot, window)
    assert not window.inspector.colours_section.isVisible()


def test_odd_tensors(qtbot: QtBot, open_window: Callable[..., Window], odd: tuple[Path, Path]) -> None:
    window = open_window(*odd)
    found = shown(qtbot, window, "odd")
    assert (found["NaN"], found["+∞"], found["−∞"]) == ("3", "11", "4")
    assert found["First of these"] == "at [0, 0, 0, 0]"
    assert found["Values"].startswith("nan, nan, nan, inf")
    finite = np.linspace(0.25, 7.25, 72, dtype=np.float32)[18:]
    assert float(found["Max"]) == pytest.approx(finite.max())
    assert int(found["Above"]) == int(found["Below"]) == 1
    assert float(found["L2"]) == pytest.approx(np.linalg.norm(finite), rel=1e-5)
    assert "Dead channels" not in found
    # The colour beside the count is that of the scene.
    label = window.inspector.numbers.form.labelForField(window.inspector.values["NaN"])
    image = label.grab().toImage()
    expected = QColor(*(int(value) for value in lookup("inferno")[NAN]))
    assert image.pixelColor(3, image.height() // 2).name() == expected.name()
    assert (pixels(window) == lookup("inferno")[NAN]).all(axis=-1).any()
    assert "Above" not in shown(qtbot, window, "nothing")
    assert shown(qtbot, window, "nothing")["Values"] == "empty: no elements"
    assert not window.inspector.histogram.isVisible()
    found = shown(qtbot, window, "number")
    assert (found["Shape"], found["Values"], found["Max"]) == ("scalar", "7.25", "7.25")
    found = shown(qtbot, window, "four")
    assert found["Dead channels"] == "50.0% of 4: 0, 3"
    assert "First of these" not in found
    found = shown(qtbot, window, "words")
    assert (found["Type"], found["Values"]) == ("string", "a cat, (empty), <b>dog</b>")
    assert "Min" not in found
    assert not window.inspector.histogram.isVisible()


@pytest.mark.parametrize("text", [1.0, 1.6])
def test_a_long_name_cuts_nothing_off(
    open_window: Callable[..., Window], samples: Path, tmp_path: Path, qtbot: QtBot, text: float
) -> None:
    path = tmp_path / ("a_name_without_any_space_" * 3 + ".onnx")
    path.write_bytes((samples / "lenet_fashion.onnx").read_bytes())
    window = open_window(path)
    window.appearance._choose(text)
    finish(qtbot, window)
    inspector = window.inspector
    assert inspector.widget().width() == inspector.viewport().width()
    numbers = [label for label in inspector.values.values() if label.isVisible()]
    assert numbers
    for label in numbers:
        # Each number is seen whole: no wider than what it has.
        right = label.mapTo(inspector.viewport(), label.rect().bottomRight()).x()
        assert right <= inspector.viewport().width()
        longest = max(label.fontMetrics().horizontalAdvance(word) for word in label.text().split())
        assert longest <= label.width()
    assert path.name in inspector.name.toolTip()
    # The name itself is broken into as many lines as it takes.
    title = inspector.name.document()
    assert title.toPlainText() == path.name
    assert 0 < title.idealWidth() <= inspector.name.viewport().width()
    assert inspector.name.height() >= title.size().height() > 2 * inspector.name.fontMetrics().height()
    window.appearance._choose(1.0)


def test_of_an_endless_name_both_ends_are_shown(qtbot: QtBot) -> None:
    title = Title()
    qtbot.addWidget(title)
    title.resize(250, 50)
    title.setText("first" + 5000 * "x" + "last")
    written = title.toPlainText()
    assert written.startswith("firstxx") and written.endswith("xxlast") and "…" in written
    assert len(written) < 250 and len(title.text()) == 5009


def test_boxes_to_choose_from_are_of_one_colour(qtbot: QtBot, lenet: Window) -> None:
    box = lenet.inspector.colormaps
    qtbot.mouseClick(lenet.inspector.colours_section.button, Qt.LeftButton)
    finish(qtbot, lenet)
    image = box.grab().toImage()
    middle = image.height() // 2
    inside = {
        image.pixelColor(x, middle + 9).name() for x in range(image.width() * 2 // 3, image.width() - 4)
    }
    assert len(inside) == 1
    # The arrow is there.
    arrow = {image.pixelColor(x, middle).name() for x in range(image.width() - 22, image.width() - 4)}
    assert len(arrow) > 1


def test_the_attributes_take_the_room_of_their_rows(qtbot: QtBot, lenet: Window) -> None:
    lenet.resize(1200, 1600)
    shown(qtbot, lenet, "flatten")
    table = lenet.inspector.attributes
    rows = table.rowCount()
    assert 1 <= rows <= 3
    bottom = table.rowViewportPosition(rows - 1) + table.rowHeight(rows - 1)
    assert bottom <= table.viewport().height() <= bottom + 4
