"""Cancel, pressed while layers are arranged, shows what there is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.compute import show
from explorer3d.compute.statistics import summarise
from explorer3d.graph import ordering
from explorer3d.opening import GIVEN_UP
from explorer3d.qt.window import Window
from tests.branched import branched
from tests.qt.driving import click, finish

FEW, MANY = 12, 18
"""Units of a network that opens unfolded, and of one that opens folded."""


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """The second part that is ordered takes until the test lets it; events: it is there, it may go on."""
    there, go_on = threading.Event(), threading.Event()
    order = ordering._sugiyama
    parts: list[int] = []

    def sugiyama(rank: Any, ends: Any) -> Any:
        parts.append(len(rank))
        if len(parts) == 2:
            there.set()
            assert go_on.wait(30)
        return order(rank, ends)

    monkeypatch.setattr(ordering, "_sugiyama", sugiyama)
    yield there, go_on
    go_on.set()


def check(window: Window, units: int) -> None:
    """All is seen, if not at its best, and can be worked with."""
    folding = window.document.folding
    assert folding is not None and not folding.layout.complete
    assert len(folding.nodes) == 1 + sum(unit + 4 for unit in range(units))
    assert window.banner.text.text() == GIVEN_UP


def test_opening_given_up_shows_the_network_all_the_same(
    qtbot: QtBot,
    open_window: Callable[..., Window],
    tmp_path: Path,
    slow: tuple[threading.Event, threading.Event],
) -> None:
    there, go_on = slow
    window = open_window()
    window.open_model(branched(tmp_path, FEW, FEW))
    qtbot.waitUntil(there.is_set)
    qtbot.waitUntil(window.status_line.cancel.isVisible)
    qtbot.mouseClick(window.status_line.cancel, Qt.LeftButton)
    go_on.set()
    finish(qtbot, window)
    check(window, FEW)
    assert not window.status_line.cancel.isVisible()
    click(qtbot, window, "/unit0/add")
    finish(qtbot, window)
    assert window.document.selected == "/unit0/add"
    assert "/unit0/add" in window.document.shown


def test_unfolding_given_up_shows_what_is_inside_all_the_same(
    qtbot: QtBot,
    open_window: Callable[..., Window],
    tmp_path: Path,
    slow: tuple[threading.Event, threading.Event],
) -> None:
    there, go_on = slow
    window = open_window(branched(tmp_path, MANY, MANY))
    assert window.document.folding is not None
    assert len(window.document.folding.nodes) == 1 + MANY
    qtbot.keyClick(window, Qt.Key_E, Qt.ControlModifier)
    qtbot.waitUntil(there.is_set)
    qtbot.mouseClick(window.status_line.cancel, Qt.LeftButton)
    go_on.set()
    finish(qtbot, window)
    check(window, MANY)


def test_reading_given_up_is_told_and_can_be_taken_up_again(
    qtbot: QtBot, open_window: Callable[..., Window], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = np.zeros((2048, 2048), np.float32)
    weights[3, 7] = 9.0  # not among the few numbers that are looked at first
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"], name="dense")],
        "wide",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2048])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2048])],
        [numpy_helper.from_array(weights, "w")],
    )
    path = tmp_path / "wide.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    there, go_on = threading.Event(), threading.Event()

    def slow(array: np.ndarray) -> Any:
        if array.size == weights.size:
            there.set()
            assert go_on.wait(30)
        return summarise(array)

    monkeypatch.setattr(show, "summarise", slow)
    window = open_window(path)
    inspector = window.inspector
    window.document.show("dense", "weights")
    qtbot.waitUntil(there.is_set)
    qtbot.waitUntil(lambda: "Read so far" in inspector.values)
    assert not inspector.read_on.isVisible()
    qtbot.waitUntil(window.status_line.cancel.isVisible)
    qtbot.mouseClick(window.status_line.cancel, Qt.LeftButton)
    go_on.set()
    finish(qtbot, window)
    qtbot.waitUntil(inspector.read_on.isVisible)
    assert inspector.values["Max"].text() == "0"
    qtbot.mouseClick(inspector.read_on, Qt.LeftButton)
    finish(qtbot, window)
    qtbot.waitUntil(lambda: "Read so far" not in inspector.values)
    assert inspector.values["Max"].text() == "9"
    assert not inspector.read_on.isVisible()
