"""Models of several inputs, or none for pictures: a row for each, and steps for those with states."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QLineEdit

from explorer3d.inputs import Generated, Held, Parts, Typed
from explorer3d.qt.window import Window
from tests.body_models import write_looping
from tests.qt.driving import choose, finish, settle

FLOAT = TensorProto.FLOAT


@pytest.fixture
def counting(open_window: Callable[..., Window], tmp_path: Path) -> Window:
    """A model that adds up: ``stateN = 2 · state + x``, and ``y`` is that times ``scale``."""
    nodes = [
        helper.make_node("Mul", ["state", "two"], ["doubled"]),
        helper.make_node("Add", ["doubled", "x"], ["stateN"], name="add"),
        helper.make_node("Mul", ["stateN", "scale"], ["y"]),
    ]
    kinds = {"x": ["batch", 3], "state": ["batch", 3], "scale": []}
    graph = helper.make_graph(
        nodes,
        "counting",
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in kinds.items()],
        [helper.make_tensor_value_info(name, FLOAT, ["batch", 3]) for name in ("y", "stateN")],
        [numpy_helper.from_array(np.float32(2), "two")],
    )
    path = tmp_path / "counting.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return open_window(path)


def fed(window: Window, name: str) -> np.ndarray:
    assert window.document.feeds is not None
    return np.asarray(window.document.feeds.arrays[name])


def write(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    qtbot.mouseClick(field, Qt.LeftButton)
    field.selectAll()
    qtbot.keyClicks(field, text)


def test_a_row_for_each_input(
    qtbot: QtBot, counting: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.keyClick(counting.view, Qt.Key_P)
    panel = counting.input_panel
    qtbot.waitUntil(lambda: panel._built and panel.fields.isVisible())
    rows = panel.fields.rows.rows
    assert list(rows) == ["x", "state", "scale"]
    assert [row.about.text() for row in rows.values()] == [
        "float32  1 × 3",
        "float32  1 × 3",
        "float32  scalar",
    ]
    # States begin with zeros; the field shows what is fed.
    assert rows["state"].field.placeholderText() == "0, 0, 0"
    before = fed(counting, "x")
    choose(qtbot, rows["scale"].source, "Ones")
    choose(qtbot, rows["state"].source, "Numbers")
    write(qtbot, rows["state"].field, "1 2, -3")
    settle(qtbot, counting)
    np.testing.assert_array_equal(fed(counting, "state"), [[1, 2, -3]])
    assert fed(counting, "scale").shape == () and fed(counting, "scale") == 1
    np.testing.assert_array_equal(fed(counting, "x"), before)
    assert counting.document.input_path == Parts({"state": Typed("1 2, -3"), "scale": Generated("ones")})
    qtbot.keyClicks(rows["state"].field, " 4")
    settle(qtbot, counting)
    assert panel.fault.isVisible() and "multiple of 3" in panel.fault.text()
    assert rows["state"].field.text() == "1 2, -3 4"
    write(qtbot, rows["state"].field, "7")
    settle(qtbot, counting)
    np.testing.assert_array_equal(fed(counting, "state"), [[7, 7, 7]])
    np.save(tmp_path / "mine.npy", np.float32([4, 5, 6]))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.npy"), ""))
    choose(qtbot, rows["x"].source, "File…")
    settle(qtbot, counting)
    np.testing.assert_array_equal(fed(counting, "x"), [[4, 5, 6]])
    assert rows["x"].source.currentText() == "mine.npy"
    qtbot.mouseClick(panel.reset, Qt.LeftButton)
    finish(qtbot, counting)
    assert counting.document.input_path is None
    assert [row.source.currentText() for row in rows.values()] == ["Automatic"] * 3
    np.testing.assert_array_equal(fed(counting, "x"), before)


def test_steps_hand_the_state_on(qtbot: QtBot, counting: Window) -> None:
    qtbot.keyClick(counting.view, Qt.Key_P)
    panel = counting.input_panel
    qtbot.waitUntil(lambda: panel._built and panel.fields.isVisible())
    rows = panel.fields.rows
    assert "stateN into state" in rows.step.toolTip() and not rows.first.isEnabled()
    choose(qtbot, rows.rows["x"].source, "Ones")
    settle(qtbot, counting)
    for count, state in ((2, 1), (3, 3), (4, 7)):
        qtbot.mouseClick(rows.step, Qt.LeftButton)
        finish(qtbot, counting)
        np.testing.assert_array_equal(fed(counting, "state"), np.full((1, 3), state))
        assert rows.counted.text() == f"step {count}"
    assert rows.rows["state"].source.currentText() == "stateN, step 3"
    held = counting.document.input_path.named["state"]
    assert isinstance(held, Held)
    # Another input goes into the step that is on.
    choose(qtbot, rows.rows["x"].source, "Zeros")
    settle(qtbot, counting)
    np.testing.assert_array_equal(fed(counting, "state"), np.full((1, 3), 7))
    rows.step.setFocus()
    qtbot.keyClick(rows.step, Qt.Key_Space)
    finish(qtbot, counting)
    np.testing.assert_array_equal(fed(counting, "state"), np.full((1, 3), 14))
    qtbot.mouseClick(rows.first, Qt.LeftButton)
    finish(qtbot, counting)
    assert not fed(counting, "state").any() and rows.counted.text() == "step 1"
    assert counting.document.input_path == Parts({"x": Generated("zeros")})


def test_sound_goes_on_by_steps(qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("ReduceMax", ["sound"], ["peak"])],
        "loud",
        [helper.make_tensor_value_info("sound", FLOAT, [1, 100])],
        [helper.make_tensor_value_info("peak", FLOAT, [1, 1])],
    )
    model = tmp_path / "loud.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), model)
    samples = np.arange(250, dtype="<i2")
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    window = open_window(model, tmp_path / "a.wav")
    qtbot.keyClick(window.view, Qt.Key_P)
    panel = window.input_panel
    qtbot.waitUntil(lambda: panel._built and panel.fields.isVisible())
    rows = panel.fields.rows
    assert rows.step.isVisible() and rows.step.isEnabled()
    for start, said in ((100, "step 2"), (200, "step 3")):
        qtbot.mouseClick(rows.step, Qt.LeftButton)
        finish(qtbot, window)
        heard = (fed(window, "sound")[0] * 2**15).round().astype(int).tolist()
        assert heard[:50] == list(range(start, start + 50)) and rows.counted.text() == said
        # A network that tells no classes apart says its number.
        peak = f"{min(start + 99, 249) / 2**15:.4g}"
        assert panel.answers.isVisible() and panel.answers.bars.texts == [("peak", peak)]
        assert not panel.answers.names.isVisible()
    # It is over.
    assert not rows.step.isEnabled()
    qtbot.mouseClick(rows.first, Qt.LeftButton)
    finish(qtbot, window)
    assert window.document.input_path == tmp_path / "a.wav" and rows.counted.text() == "step 1"
    assert rows.step.isEnabled()


def test_a_body_is_the_same_network(qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path) -> None:
    window = open_window(write_looping(tmp_path / "loop.onnx"))
    qtbot.keyClick(window.view, Qt.Key_P)
    panel = window.input_panel
    qtbot.waitUntil(lambda: panel._built and panel.fields.isVisible())
    panel.history._rest.setInterval(20)
    choose(qtbot, panel.fields.rows.rows["x"].source, "Ones")
    settle(qtbot, window)
    qtbot.waitUntil(lambda: len(panel.history.entries) == 2)
    window.document.enter("loop")
    finish(qtbot, window)
    assert window.document.place and not panel.fields.inputs.isVisible()
    window.document.leave()
    finish(qtbot, window)
    assert panel.fields.inputs.isVisible() and panel.fields.rows.rows["x"].source.currentText() == "Ones"
    assert len(panel.history.entries) == 2
    qtbot.mouseClick(panel.undo, Qt.LeftButton)
    finish(qtbot, window)
    assert window.document.input_path is None
