"""The drawing pad, what the network says to it, and the inputs that came before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from explorer3d.inputs import Generated
from explorer3d.qt.input import history as history_module
from explorer3d.qt.input.history import History
from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.window import Window
from tests.qt.driving import bring_forward, drop, finish


def fed(window: Window) -> np.ndarray:
    assert window.document.feeds is not None
    return np.asarray(window.document.feeds.arrays["image"])[0, :, :, 0]


def stroke(
    qtbot: QtBot,
    panel: InputPanel,
    *pixels: tuple[float, float],
    button: Qt.MouseButton = Qt.LeftButton,
) -> None:
    """From pixel to pixel of the picture, column and row."""
    pad = panel.drawing.pad
    scale = pad.target.width() / pad.image.width()

    def place(pixel: tuple[float, float]) -> QPoint:
        return (pad.target.topLeft() + QPointF(*pixel) * scale).toPoint()

    qtbot.mousePress(pad, button, pos=place(pixels[0]))
    for pixel in pixels[1:]:
        move = QMouseEvent(QEvent.MouseMove, QPointF(place(pixel)), Qt.NoButton, button, Qt.NoModifier)
        QApplication.sendEvent(pad, move)
    qtbot.mouseRelease(pad, button, pos=place(pixels[-1]))


def arrive(qtbot: QtBot, history: History) -> None:
    qtbot.waitUntil(lambda: not history._rest.isActive())


def test_drawing_runs_along(qtbot: QtBot, lenet: Window) -> None:
    qtbot.keyClick(lenet.view, Qt.Key_D)
    finish(qtbot, lenet)
    panel = lenet.input_panel
    pad, tools = panel.drawing.pad, panel.drawing
    assert pad.isVisible() and panel.sources.draw.isChecked() and not panel.pictures.isVisible()
    assert (pad.image.width(), pad.image.height()) == (28, 28)
    assert not fed(lenet).any() and not tools.undo.isEnabled()
    tools.pen_width.setFocus()
    while tools.pen_width.value() != 4:
        qtbot.keyClick(tools.pen_width, Qt.Key_Right if tools.pen_width.value() < 4 else Qt.Key_Left)
    answers: list[str] = []
    lenet.document.faces_changed.connect(lambda: answers.append(panel.answers.bars.texts[0][0]))
    stroke(qtbot, panel, (6, 14), (12, 14), (22, 14))
    # Faster than anything can be answered: the last step, and perhaps the first.
    finish(qtbot, lenet)
    assert 1 <= len(answers) <= 2
    np.testing.assert_allclose(fed(lenet)[12:16, 6:22], 1, atol=0.05)
    assert not fed(lenet)[:11].any() and not fed(lenet)[17:].any() and not fed(lenet)[:, :3].any()
    best = lenet.document.best_guess
    assert best is not None
    assert panel.answers.bars.texts[0] == (best.name, f"{best.probability:.1%}")
    assert panel.answers.latency.text().endswith("ms")
    line = fed(lenet)
    stroke(qtbot, panel, (14, 0), (14, 28), button=Qt.RightButton)
    finish(qtbot, lenet)
    assert fed(lenet)[12:16, 12:16].max() < 0.05 < fed(lenet)[12:16, 8:11].min()
    qtbot.keyClick(pad, Qt.Key_Z, Qt.ControlModifier)
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), line)
    qtbot.keyClick(pad, Qt.Key_E)
    stroke(qtbot, panel, (6, 14), (22, 14))
    finish(qtbot, lenet)
    assert tools.eraser.isChecked() and fed(lenet)[12:16, 6:22].max() < 0.05
    qtbot.mouseClick(tools.undo, Qt.LeftButton)
    qtbot.mouseClick(tools.clear, Qt.LeftButton)
    finish(qtbot, lenet)
    assert not fed(lenet).any()
    qtbot.mouseClick(tools.undo, Qt.LeftButton)
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), line)
    # Another input ends it.
    panel.sources.menu.actions()[1].trigger()
    finish(qtbot, lenet)
    assert not pad.isVisible() and not panel.sources.draw.isChecked() and panel.pictures.isVisible()


def test_deep_networks_answer_while_one_draws(
    qtbot: QtBot, lenet: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer3d.running._ALONG", 0.0)
    qtbot.keyClick(lenet.view, Qt.Key_D)
    finish(qtbot, lenet)
    monkeypatch.setattr("explorer3d.running._REST", 600.0)
    panel, faces = lenet.input_panel, lenet.document.faces
    before = panel.answers.bars.texts
    stroke(qtbot, panel, (6, 14), (12, 14), (22, 14))
    qtbot.waitUntil(lambda: not lenet.executor.busy)
    assert panel.answers.bars.texts != before and lenet.document.faces is faces
    assert fed(lenet)[13:15, 8:20].all()


def test_colours_and_logits(qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path) -> None:
    """A network of two logits: the mean of red and, with the sign turned, that of blue."""
    weights = np.float32([[1, 0], [0, 0], [0, -1]])
    nodes = [
        helper.make_node("GlobalAveragePool", ["image"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "two",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 16, 32])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(weights, "w")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8),
        tmp_path / "two.onnx",
    )
    window = open_window(tmp_path / "two.onnx")
    qtbot.keyClick(window.view, Qt.Key_D)
    finish(qtbot, window)
    panel = window.input_panel
    pad, answers = panel.drawing.pad, panel.answers
    red = next(b for b in panel.drawing._choice.buttons() if b.accessibleName() == "Red")
    qtbot.mouseClick(red, Qt.LeftButton)
    panel.drawing.pen_width.setValue(12)
    for row in (4, 12):
        stroke(qtbot, panel, (0, row), (32, row))
    finish(qtbot, window)
    array = window.document.feeds.arrays["image"][0]
    # 224, 48, 48 of 255 everywhere.
    np.testing.assert_allclose(
        array, np.float32([224, 48, 48])[:, None, None] / 255 * np.ones((3, 16, 32)), atol=0.01
    )
    logits = 224 / 255, -48 / 255
    share = np.exp(logits[0]) / np.exp(logits).sum()
    assert answers.bars.texts[0] == ("class 0", f"{share:.1%}")
    assert "Softmax" in answers.about.text()
    answers.scores.setFocus()
    qtbot.keyClick(answers.scores, Qt.Key_Space)
    assert [float(text.replace("−", "-")) for _, text in answers.bars.texts] == [
        round(logit, 4) for logit in logits
    ]
    assert "Logits" in answers.about.text()
    assert answers.about.fontMetrics().horizontalAdvance(answers.about.text()) <= answers.about.width()
    assert pad.isVisible()


def test_what_ran_before_the_panel_was_seen_can_be_gone_back_to(
    qtbot: QtBot, lenet: Window, samples: Path
) -> None:
    for name in ("fashion_8_bag.png", "fashion_9_ankle_boot.png"):
        arrive(qtbot, lenet.input_panel.history)
        lenet.open_input(samples / "pictures" / name)
        finish(qtbot, lenet)
    panel = bring_forward(qtbot, lenet)
    finish(qtbot, lenet)
    arrive(qtbot, panel.history)
    assert [fed.answer for fed in panel.history.entries] == ["Trouser", "Bag", "Ankle boot"]
    assert panel.history.buttons[0].isVisible() and panel.undo.isEnabled() and not panel.redo.isEnabled()
    qtbot.mouseClick(panel.history.buttons[0], Qt.LeftButton)
    finish(qtbot, lenet)
    assert lenet.document.answer is not None and lenet.document.answer[0] == "Trouser"


def test_the_last_inputs_come_back(
    qtbot: QtBot, lenet: Window, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.keyClick(lenet.view, Qt.Key_P)
    panel = lenet.input_panel
    qtbot.waitUntil(lambda: panel.isVisible() and panel._built)
    history = panel.history
    assert [fed.answer for fed in history.entries] == ["Trouser"]
    assert not panel.undo.isEnabled()
    history._rest.setInterval(50)
    lenet.document.load_input(samples / "pictures" / "fashion_8_bag.png")
    finish(qtbot, lenet)
    arrive(qtbot, history)
    qtbot.mouseClick(panel.fields.form.invert, Qt.LeftButton, pos=QPoint(8, 12))
    qtbot.waitUntil(lambda: not panel.fields.pause.isActive())
    finish(qtbot, lenet)
    inverted = fed(lenet)
    arrive(qtbot, history)
    assert [fed.answer for fed in history.entries][:2] == ["Trouser", "Bag"]
    assert len(history.buttons) == 3 and history.buttons[2].isChecked()
    assert history.buttons[1].text().split("\n")[0] == "Bag"
    for expected in (1, 0):
        qtbot.keyClick(panel.fields.form.mean, Qt.Key_Escape)
        panel.undo.setFocus()
        qtbot.keyClick(panel.undo, Qt.Key_Z, Qt.ControlModifier)
        finish(qtbot, lenet)
        assert history.now == expected and history.buttons[expected].isChecked()
    assert lenet.document.best_guess.name == "Trouser" and not panel.undo.isEnabled()
    assert lenet.document.preprocessing == {} and not panel.fields.form.invert.isChecked()
    qtbot.mouseClick(history.buttons[2], Qt.LeftButton)
    finish(qtbot, lenet)
    arrive(qtbot, history)
    np.testing.assert_array_equal(fed(lenet), inverted)
    assert panel.fields.form.invert.isChecked() and len(history.entries) == 3
    qtbot.mouseClick(panel.undo, Qt.LeftButton)
    finish(qtbot, lenet)
    qtbot.keyClick(panel.reset, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), inverted)
    # All strokes of a drawing are one input; the next drawing is another.
    for count in (4, 5):
        panel.drawing.want(True)
        finish(qtbot, lenet)
        for row in (4, 12):
            stroke(qtbot, panel, (4, row), (20, row))
            finish(qtbot, lenet)
        arrive(qtbot, history)
        assert len(history.entries) == count
    monkeypatch.setattr(history_module, "_MOST", 6)
    for seed in range(3):
        lenet.document.load_input(Generated("noise", (seed,)))
        finish(qtbot, lenet)
    arrive(qtbot, history)
    assert len(history.entries) == len(history.buttons) == 6
    assert [one.path for one in history.entries[3:]] == [Generated("noise", (seed,)) for seed in range(3)]


def test_class_names_by_dropping_a_list(qtbot: QtBot, lenet: Window, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("\n".join(f"word {index}" for index in range(10)))
    drop(lenet, tmp_path / "words.txt")
    finish(qtbot, lenet)
    guess = lenet.document.best_guess
    # Of Fashion-MNIST a trouser is the second class.
    assert guess is not None and (guess.index, guess.name) == (1, "word 1")
    assert "10 classes" in lenet.banner.text.text() and lenet.document.model.path.name == "lenet_fashion.h5"
    qtbot.keyClick(lenet.view, Qt.Key_P)
    qtbot.waitUntil(lambda: lenet.input_panel._built)
    assert lenet.input_panel.answers.bars.texts[0][0] == "word 1"
    lenet.open_model(lenet.document.model.path)
    finish(qtbot, lenet)
    assert lenet.document.best_guess.name == "word 1"
    (tmp_path / "others.json").write_text('["a", "b", "c"]')
    drop(lenet, tmp_path / "others.json")
    finish(qtbot, lenet)
    # Too short a list: the others have their number.
    assert [guess.name for guess in lenet.document.ranking.guesses][0] == "b"
    assert lenet.document.ranking.guesses[4].name.startswith("class ")
    qtbot.mouseClick(lenet.banner.remedy, Qt.LeftButton)
    assert lenet.document.best_guess.name == "word 1" and not lenet.banner.isVisible()
    # What is no list goes the way of all inputs.
    (tmp_path / "numbers.csv").write_text("\n".join(",".join(["0.5"] * 28) for _ in range(28)))
    drop(lenet, tmp_path / "numbers.csv")
    finish(qtbot, lenet)
    np.testing.assert_array_equal(fed(lenet), np.full((28, 28), 0.5, np.float32))
