"""Parts marked in pictures by mouse and keys, and compared; expected numbers are those of `compare_parts`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QMouseEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from explorer3d.attribution.correspondence import RANDOM, _Hiding, compare_parts
from explorer3d.compute.requests import runner
from explorer3d.inputs import feeds_for, playlist
from explorer3d.qt.explain.many.parts_panel import PartsPanel
from explorer3d.qt.explain.plot import look_of
from explorer3d.qt.window import Window
from explorer3d.scene.consistency_chart import part_colour
from tests.qt.driving import choose, colour_at, finish, press

BOX = pytest.approx((0.25, 0.25, 0.75, 0.5), abs=0.02)


@pytest.fixture
def folder(samples: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "clothes"
    shutil.copytree(samples / "pictures", folder, ignore=shutil.ignore_patterns("c*.png", "r*.png"))
    return folder


def opened(qtbot: QtBot, window: Window, folder: Path) -> PartsPanel:
    window.entrance.play(folder)
    finish(qtbot, window)
    with qtbot.waitActive(window):
        window.activateWindow()
    window.view.setFocus()
    press(qtbot, window, Qt.Key_P, Qt.ControlModifier | Qt.ShiftModifier)
    panel = window.many.parts
    assert panel is not None and panel.isVisible()
    qtbot.waitUntil(lambda: {0, 1} <= panel.search.pictures.keys(), timeout=20_000)
    finish(qtbot, window)
    return panel


def drag(qtbot: QtBot, panel: PartsPanel, number: int, *shares: float) -> None:
    """Across a picture, from one place to another."""
    begin, end = (panel.strip.point_of(number, *shares[at : at + 2]).toPoint() for at in (0, 2))
    qtbot.mousePress(panel.strip, Qt.LeftButton, pos=begin)
    for point in ((begin + end) / 2, end):
        # QTest's own only moves the cursor, which there may not be.
        move = QMouseEvent(QEvent.MouseMove, QPointF(point), Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
        QApplication.sendEvent(panel.strip, move)
    qtbot.mouseRelease(panel.strip, Qt.LeftButton, pos=end)


def marked(panel: PartsPanel) -> dict[int, tuple[float, ...]]:
    return dict(panel.search.parts[panel.search.part])


def test_a_part_is_marked_by_mouse_and_compared(qtbot: QtBot, lenet: Window, folder: Path) -> None:
    panel = opened(qtbot, lenet, folder)
    assert "Drag a rectangle" in panel.hint.text() and not panel.start.isEnabled()
    drag(qtbot, panel, 0, 0.25, 0.25, 0.75, 0.5)
    assert marked(panel) == {0: BOX} and not panel.start.isEnabled()
    # Upwards as well.
    drag(qtbot, panel, 1, 0.75, 0.5, 0.25, 0.25)
    assert marked(panel) == {0: BOX, 1: BOX}
    corner = panel.strip.point_of(1, *marked(panel)[1][:2]).toPoint()
    red, _, blue = colour_at(panel.strip, corner + QPoint(12, 0))
    assert red > blue + 60

    qtbot.mouseClick(panel.start, Qt.LeftButton)
    finish(qtbot, lenet)
    running, paths = runner(lenet.document.network.key), playlist(folder).paths
    expected = compare_parts(
        running,
        lambda at: feeds_for(running.model, paths[at]).arrays,
        {"part 1": panel.search.parts["part 1"]},
    )
    table = panel.view.table
    assert [table.horizontalHeaderItem(at).text() for at in range(3)] == ["layer", "part 1", RANDOM]
    assert [table.item(row, 0).text() for row in range(4)] == ["conv1", "pool1", "conv2", "pool2"]
    for column, name in enumerate(("part 1", RANDOM), start=1):
        mean, spread = expected[name].mean[2], expected[name].spread[2]
        assert table.item(2, column).text() == f"{mean:.3f} ± {spread:.3f}"
    chart = panel.view.chart
    drawn, curve = chart.grab().toImage(), QColor(*part_colour(look_of(chart, 100), 0, False)).rgb()
    places = ((x, y) for x in range(drawn.width()) for y in range(drawn.height()))
    assert any(drawn.pixel(x, y) == curve for x, y in places)

    panel.ensureWidgetVisible(table)
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=table.visualItemRect(table.item(2, 0)).center())
    finish(qtbot, lenet)
    assert lenet.document.selected == "conv2"


def test_a_part_is_marked_by_keys_and_undone(qtbot: QtBot, lenet: Window, folder: Path) -> None:
    panel = opened(qtbot, lenet, folder)
    strip = panel.strip
    assert strip.hasFocus()
    fed = lenet.document.input_path
    qtbot.keyClick(strip, Qt.Key_Return)
    qtbot.keyClick(strip, Qt.Key_Right)
    qtbot.keyClick(strip, Qt.Key_Return)
    qtbot.keyClick(strip, Qt.Key_Left, Qt.ShiftModifier)
    qtbot.keyClick(strip, Qt.Key_Down, Qt.ControlModifier)
    first = (0.35, 0.35, 0.65, 0.65)
    moved = pytest.approx((0.33, 0.35, 0.63, 0.67))
    assert marked(panel) == {0: first, 1: moved}
    qtbot.keyClick(strip, Qt.Key_Delete)
    assert marked(panel) == {0: first}
    qtbot.keyClick(strip, Qt.Key_Z, Qt.ControlModifier)
    assert marked(panel) == {0: first, 1: moved}
    for _ in range(60):
        qtbot.keyClick(strip, Qt.Key_Up, Qt.ShiftModifier)
    assert marked(panel)[1] == pytest.approx((0.33, 0, 0.63, 0.32))
    finish(qtbot, lenet)
    assert lenet.document.input_path == fed and panel.start.isEnabled()


def test_parts_have_names(qtbot: QtBot, lenet: Window, folder: Path) -> None:
    panel = opened(qtbot, lenet, folder)
    edit = panel.parts.lineEdit()
    edit.selectAll()
    qtbot.keyClicks(edit, "left sleeve")
    qtbot.keyClick(edit, Qt.Key_Return)
    assert list(panel.search.parts) == ["left sleeve"]
    drag(qtbot, panel, 0, 0.1, 0.1, 0.4, 0.4)
    qtbot.mouseClick(panel.add, Qt.LeftButton)
    assert list(panel.search.parts) == ["left sleeve", "part 2"] and panel.search.part == "part 2"
    drag(qtbot, panel, 0, 0.6, 0.1, 0.9, 0.4)
    assert {name: list(boxes) for name, boxes in panel.search.parts.items()} == {
        "left sleeve": [0],
        "part 2": [0],
    }
    choose(qtbot, panel.parts, "left sleeve   (1 picture)")
    qtbot.mouseClick(panel.remove, Qt.LeftButton)
    assert list(panel.search.parts) == ["part 2"]
    panel.strip.setFocus()
    qtbot.keyClick(panel.strip, Qt.Key_Z, Qt.ControlModifier)
    assert list(panel.search.parts) == ["left sleeve", "part 2"]


def test_what_was_marked_is_there_again_and_is_saved(
    qtbot: QtBot,
    open_window: Callable[..., Window],
    samples: Path,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = open_window(samples / "lenet_fashion.h5")
    panel = opened(qtbot, first, folder)
    for number in (0, 1):
        drag(qtbot, panel, number, 0.25, 0.25, 0.75, 0.5)
    before = panel.search.parts
    first.close()
    again = open_window(samples / "lenet_fashion.h5")
    panel = opened(qtbot, again, folder)
    assert panel.search.parts == before

    panel.draws.setFocus()
    panel.draws.selectAll()
    qtbot.keyClicks(panel.draws, "3")
    qtbot.keyClick(panel.draws, Qt.Key_Return)
    # Of what comes in quick succession only some is drawn.
    monkeypatch.setattr("explorer3d.qt.explain.many.part_requests._PACE", 1e9)
    sketches: list[object] = []
    panel.search._sketched.connect(lambda _, found: sketches.append(found))
    qtbot.mouseClick(panel.start, Qt.LeftButton)
    finish(qtbot, again)
    assert len(sketches) == 1
    for name in ("c.png", "c.npz", "c.json"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        panel.ensureWidgetVisible(panel.save)
        qtbot.mouseClick(panel.save, Qt.LeftButton)
        finish(qtbot, again)
        assert panel.said.text() == f"Saved {tmp_path / name}"
    with np.load(tmp_path / "c.npz", allow_pickle=False) as found:
        assert "draws 3" in str(found["title"])
        assert json.loads(str(found["boxes"])) == json.loads((tmp_path / "c.json").read_text())
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.info["Title"].startswith("Correspondence: part 1 · 2 pictures of clothes")


def test_it_can_be_given_up_and_keeps_what_is_known(
    qtbot: QtBot, lenet: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, stopped, signs = count(), Event(), _Hiding.signs

    def held(*of: Any) -> list[np.ndarray]:
        # Both pictures of the part are looked at by then.
        assert next(runs) < 2 or stopped.wait(60)
        return signs(*of)

    monkeypatch.setattr(_Hiding, "signs", held)
    panel = opened(qtbot, lenet, folder)
    for number in (0, 1):
        drag(qtbot, panel, number, 0.25, 0.25, 0.75, 0.5)
    panel.draws.setValue(1000)
    qtbot.mouseClick(panel.start, Qt.LeftButton)
    qtbot.waitUntil(lambda: panel.search.found is not None, timeout=20_000)
    qtbot.mouseClick(panel.stop, Qt.LeftButton)
    stopped.set()
    finish(qtbot, lenet)
    assert panel.search.found.further["parts"].tolist() == ["part 1"]
    assert panel.view.table.rowCount() > 4 and panel.start.isEnabled()
    # Dragged elsewhere, other numbers.
    drag(qtbot, panel, 1, 0.5, 0.4, 0.5, 0.9)
    assert marked(panel)[1] == pytest.approx((0.25, 0.75, 0.75, 1.0), abs=0.02)
    assert panel.view.isHidden()
    # A click alone marks nothing.
    panel.ensureWidgetVisible(panel.strip)
    click = panel.strip.point_of(2, 0.5, 0.5).toPoint()
    qtbot.mouseClick(panel.strip, Qt.LeftButton, pos=click)
    assert panel.strip.place == 2 and list(marked(panel)) == [0, 1]
