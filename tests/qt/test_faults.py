"""What strangers' files and people's slips do to the window: nothing but a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QToolTip

from explorer3d.qt.plain import plain
from explorer3d.qt.window import Window
from tests.qt.driving import Opener, click, finish, pixels, point_of


def save(path: Path, nodes: list[onnx.NodeProto], inputs: list[str], outputs: list[str]) -> Path:
    def infos(names: list[str]) -> list[onnx.ValueInfoProto]:
        return [make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3]) for name in names]

    graph = make_graph(nodes, "g", infos(inputs), infos(outputs))
    model = make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def test_a_tooltip_never_loads_what_a_name_asks_for(
    qtbot: QtBot, open_window: Opener, tmp_path: Path
) -> None:
    name = '<img src="/dev/zero">'
    path = save(tmp_path / "evil.onnx", [make_node("Relu", ["x"], ["y"], name=name)], ["x"], ["y"])
    window = open_window(path)
    qtbot.mouseMove(window.view, point_of(window, name))
    qtbot.waitUntil(lambda: "Relu" in QToolTip.text())
    assert "<img" not in QToolTip.text()
    assert "&lt;img" in QToolTip.text()
    assert plain("a < b\nc") == "<qt>a &lt; b<br>c</qt>"


@pytest.mark.parametrize("inputs", [["x"], []])
def test_a_network_without_layers_opens_empty(
    qtbot: QtBot, lenet: Window, tmp_path: Path, inputs: list[str]
) -> None:
    constant = make_node(
        "Constant", [], ["y"], value=onnx.numpy_helper.from_array(np.zeros((1, 3), np.float32))
    )
    lenet.open_model(save(tmp_path / "empty.onnx", [constant], inputs, ["y"]))
    finish(qtbot, lenet)
    assert lenet.document.model.path.name == "empty.onnx"
    assert "no layers" in lenet.banner.text.text()
    assert pixels(lenet).any()


def test_a_bad_first_input_leaves_a_network_that_can_be_looked_at(
    qtbot: QtBot, open_window: Opener, samples: Path, tmp_path: Path
) -> None:
    window = open_window(samples / "lenet_fashion.h5", tmp_path / "missing.png")
    assert "missing.png" in window.banner.text.text()
    click(qtbot, window, "conv1")
    finish(qtbot, window)
    assert set(window.stage.opened) == {"conv1"}
    assert set(window.document.faces) >= {"image", "conv1"}


def test_a_handle_tells_the_numbers_of_its_own_tensor(qtbot: QtBot, lenet: Window) -> None:
    for role, name in (("bias", "bias"), ("input", "input"), ("output", "output")):
        lenet.document.close_all()
        lenet.fit()
        lenet.view.settle()
        click(qtbot, lenet, "conv1", role)
        finish(qtbot, lenet)
        assert lenet.inspector.tensors.currentData() == name
    # A second handle of the same layer: its tensor, though another one is already told of.
    lenet.fit()
    lenet.view.settle()
    click(qtbot, lenet, "conv1", "weights")
    finish(qtbot, lenet)
    assert lenet.inspector.tensors.currentData() == "kernel"


def test_closing_the_last_layer_shows_the_network_again(qtbot: QtBot, lenet: Window) -> None:
    before = lenet.stage.pose
    click(qtbot, lenet, "conv2")
    finish(qtbot, lenet)
    assert lenet.stage.pose != before
    qtbot.keyClick(lenet.view, Qt.Key_Escape)
    lenet.view.settle()
    assert lenet.stage.pose == before


def test_several_sentences_stand_below_one_another(lenet: Window) -> None:
    for sentence in ("One.", "Two.", "One."):
        lenet.banner.say(sentence)
    assert lenet.banner.text.text() == "One.\nTwo."
    lenet.banner.hide()
    lenet.banner.say("Three.")
    assert lenet.banner.text.text() == "Three."


def test_a_layer_opened_before_the_first_faces_stays_framed(
    qtbot: QtBot, open_window: Opener, samples: Path
) -> None:
    window = open_window()
    window.open_model(samples / "lenet_fashion.h5")
    qtbot.waitUntil(lambda: window.document.feeds is not None, timeout=30_000)
    window.document.show("conv2")
    finish(qtbot, window)
    frame = window.stage.opened["conv2"].bounds()
    seen = np.ptp(window.stage.projection.pixels(frame), axis=0) / window.stage.canvas.size
    assert seen.max() > 0.85


def test_what_is_good_to_know_does_not_look_like_a_fault(lenet: Window) -> None:
    def ground() -> QColor:
        return lenet.banner.grab().toImage().pixelColor(lenet.banner.width() // 2, 4)

    lenet.banner.note("Good to know.")
    calm = ground()
    lenet.banner.say("Something is wrong.")
    assert lenet.banner.text.text() == "Good to know.\nSomething is wrong."
    assert ground().red() > calm.red() + 40
    # It stays one while the fault is there.
    lenet.banner.note("More to know.")
    assert ground().red() > calm.red() + 40
    lenet.banner.hide()
    lenet.banner.note("Later.")
    assert ground() == calm


@pytest.mark.parametrize("key", [Qt.Key_V, Qt.Key_A])
def test_a_hint_what_to_do_first_does_not_look_like_a_fault(qtbot: QtBot, lenet: Window, key: int) -> None:
    qtbot.keyClick(lenet.view, key)
    assert lenet.banner.isVisible() and "Select a layer" in lenet.banner.text.text()
    pixel = lenet.banner.grab().toImage().pixelColor(lenet.banner.width() // 2, 4)
    # Faults stand on red.
    assert pixel.red() < pixel.blue() + 20
