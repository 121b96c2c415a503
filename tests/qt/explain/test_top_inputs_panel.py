"""The panel of the top inputs by mouse and keys; expected inputs are those of `top_inputs`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QFileDialog

from explorer3d.attribution import top_inputs
from explorer3d.compute.edits import Edit
from explorer3d.compute.requests import runner
from explorer3d.graph.model import Model
from explorer3d.inputs import Feeds, InputSet, feeds_for, playlist
from explorer3d.qt.explain.many import top_search
from explorer3d.qt.explain.many.top_panel import TopInputsPanel
from explorer3d.qt.scene_marks import Spot
from explorer3d.qt.window import Window
from tests.qt.driving import choose, click, colour_at, finish, press


@pytest.fixture
def folder(samples: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "clothes"
    shutil.copytree(samples / "pictures", folder, ignore=shutil.ignore_patterns("c*.png", "r*.png"))
    return folder


def opened(qtbot: QtBot, window: Window) -> TopInputsPanel:
    with qtbot.waitActive(window):
        window.activateWindow()
    window.view.setFocus()
    press(qtbot, window, Qt.Key_F, Qt.ControlModifier | Qt.ShiftModifier)
    assert window.many.top is not None and window.many.top.isVisible()
    return window.many.top


def dropped(qtbot: QtBot, window: Window, panel: TopInputsPanel, folder: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    panel.source.dropEvent(QDropEvent(QPointF(5, 5), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier))
    finish(qtbot, window)


def drawn(panel: TopInputsPanel, grid: int = 0) -> list[tuple[int, float]]:
    """Numbers and activations of what is seen."""
    return [(number, tile.peak) for number, tile in panel.grids[grid].tiles if tile is not None]


def expected(window: Window, folder: Path, layer: str, channel: int) -> list[tuple[int, float]]:
    assert window.document.network is not None
    running, paths = runner(window.document.network.key), playlist(folder).paths
    found = top_inputs(
        running, len(paths), lambda at: feeds_for(running.model, paths[at]).arrays, layer, channel
    )
    return [(one.number, pytest.approx(one.peak)) for one in found]


def test_a_folder_that_is_dropped_is_looked_at(qtbot: QtBot, lenet: Window, folder: Path) -> None:
    panel = opened(qtbot, lenet)
    assert "Choose a folder" in panel.hint.text() and not panel.start.isEnabled()
    dropped(qtbot, lenet, panel, folder)

    assert panel.source.about.text() == "10 inputs of clothes"
    assert panel.layer.text() == "conv2"
    assert drawn(panel) == expected(lenet, folder, "conv2", 0)
    assert panel.hint.isHidden() and panel.fault.isHidden()


def test_the_next_channel_is_there_without_reading_the_folder_again(
    qtbot: QtBot, lenet: Window, folder: Path
) -> None:
    panel = opened(qtbot, lenet)
    dropped(qtbot, lenet, panel, folder)
    asked: list[str] = []
    lenet.document.requested.connect(lambda ticket: asked.append(ticket.topic))
    press(qtbot, lenet, Qt.Key_PageDown, Qt.ShiftModifier)
    assert panel.channel.value() == 1
    assert drawn(panel) == expected(lenet, folder, "conv2", 1)
    press(qtbot, lenet, Qt.Key_PageUp, Qt.ShiftModifier)
    press(qtbot, lenet, Qt.Key_PageUp, Qt.ShiftModifier)
    assert panel.channel.value() == 15
    panel.channel.setFocus()
    qtbot.keyClick(panel.channel, Qt.Key_Down)
    finish(qtbot, lenet)
    assert panel.channel.value() == 14
    assert drawn(panel) == expected(lenet, folder, "conv2", 14)
    assert top_search.TOPIC not in asked


def test_it_follows_the_selected_layer_and_remembers_both(qtbot: QtBot, lenet: Window, folder: Path) -> None:
    panel = opened(qtbot, lenet)
    dropped(qtbot, lenet, panel, folder)
    first = panel.search.ranking
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    assert panel.layer.text() == "conv1"
    assert drawn(panel) == expected(lenet, folder, "conv1", 0)
    lenet.document.select("conv2")
    finish(qtbot, lenet)
    assert panel.search.ranking is first

    # Changed, the network is looked at anew.
    lenet.document.select("conv1")
    finish(qtbot, lenet)
    before = [peak for _, peak in drawn(panel)]
    lenet.document.edit(Edit("conv1", 0, factor=2.0))
    finish(qtbot, lenet)
    assert [peak for _, peak in drawn(panel)] == pytest.approx([2 * peak for peak in before])
    assert len(before) > 2

    lenet.document.select("fc1")
    finish(qtbot, lenet)
    assert "gives no maps" in panel.fault.text() and panel.fault.isVisible()
    assert not panel.save.isEnabled() and panel.grids == []


def test_a_click_or_enter_runs_the_picture_through_the_network(
    qtbot: QtBot, lenet: Window, folder: Path
) -> None:
    panel = opened(qtbot, lenet)
    dropped(qtbot, lenet, panel, folder)
    grid, paths = panel.grids[0], playlist(folder).paths
    panel.ensureWidgetVisible(grid)
    second, third = (number for number, _ in drawn(panel)[1:3])
    qtbot.mouseClick(grid, Qt.LeftButton, pos=grid.projection_box(1).center().toPoint())
    finish(qtbot, lenet)
    assert lenet.document.input_path == paths[second]
    # Which one it is is outlined.
    box = grid.patch_box(1)
    grid.clearFocus()
    corner = QPoint(round(box.left()) - 1, round(box.center().y()))
    red, green, _ = colour_at(grid, corner)
    assert green > red + 50

    grid.setFocus()
    qtbot.keyClick(grid, Qt.Key_Right)
    qtbot.keyClick(grid, Qt.Key_Return)
    finish(qtbot, lenet)
    assert lenet.document.input_path == paths[third]


def test_the_list_that_is_gone_through_and_the_channel_that_is_pinned(
    qtbot: QtBot, lenet: Window, folder: Path
) -> None:
    lenet.entrance.play(folder)
    finish(qtbot, lenet)
    panel = opened(qtbot, lenet)
    finish(qtbot, lenet)
    assert panel.source.about.text() == "10 inputs of clothes"
    lenet.document.show("conv2")
    finish(qtbot, lenet)
    lenet.pointing.pin(Spot("conv2", "output", (0, 3, 4, 11)))
    finish(qtbot, lenet)
    assert panel.channel.value() == 11
    assert drawn(panel) == expected(lenet, folder, "conv2", 11)


def test_several_features_at_once_are_saved(
    qtbot: QtBot, lenet: Window, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = opened(qtbot, lenet)
    dropped(qtbot, lenet, panel, folder)
    choose(qtbot, panel.features, "The 4 strongest")
    finish(qtbot, lenet)
    assert [grid.heading for grid in panel.grids] == [
        f"Channel {channel}" for channel in panel.search.ranking.strongest(4)
    ]
    peaks = [drawn(panel, place)[0][1] for place in range(4)]
    assert peaks == sorted(peaks, reverse=True)
    assert drawn(panel, 3) == expected(lenet, folder, "conv2", panel.search.channels[3])
    channels = panel.search.channels
    for name in ("top.png", "top.npz"):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, name=name: (str(tmp_path / name), ""))
        panel.ensureWidgetVisible(panel.save)
        qtbot.mouseClick(panel.save, Qt.LeftButton)
        finish(qtbot, lenet)
        assert panel.said.text() == f"Saved {tmp_path / name}"
    with np.load(tmp_path / "top.npz", allow_pickle=False) as found:
        assert found["channels"].tolist() == channels
        assert found["numbers"][3].tolist()[:3] == [number for number, _ in drawn(panel, 3)[:3]]
    with Image.open(tmp_path / "top.png") as picture:
        numbers = ",".join(map(str, channels))
        assert picture.info["Title"].startswith(f"Top inputs: channels {numbers} of conv2 · 10 inputs of clo")


def test_what_cannot_be_read_is_said(qtbot: QtBot, lenet: Window, folder: Path) -> None:
    (folder / "fashion_2_pullover.png").write_bytes((folder / "fashion_1_trouser.png").read_bytes()[:70])
    panel = opened(qtbot, lenet)
    dropped(qtbot, lenet, panel, folder)
    assert panel.skipped.text().startswith("Skipped: ") and panel.skipped.isVisible()
    assert 2 not in [number for number, _ in drawn(panel)]


def test_many_inputs_wait_for_start_are_stopped_and_gone_on_with(
    qtbot: QtBot, lenet: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer3d.qt.explain.many.top_search.BY_ITSELF", 3)
    monkeypatch.setattr("explorer3d.qt.explain.many.top_panel.BY_ITSELF", 3)
    monkeypatch.setattr("explorer3d.qt.explain.many.top_requests._PACE", 0.0)
    for number in range(40):
        Image.fromarray(np.full((28, 28), 6 * number, np.uint8)).save(folder / f"plain_{number}.png")
    stopped, feeds = Event(), InputSet.feeds

    def held(inputs: InputSet, model: Model, number: int) -> Feeds:
        assert number < 20 or stopped.wait(60)
        return feeds(inputs, model, number)

    monkeypatch.setattr(InputSet, "feeds", held)
    panel = opened(qtbot, lenet)
    dropped(qtbot, lenet, panel, folder)
    assert panel.search.ranking is None and "Start looks at all" in panel.hint.text()

    qtbot.mouseClick(panel.start, Qt.LeftButton)
    qtbot.waitUntil(lambda: panel.search.ranking is not None, timeout=20_000)
    qtbot.mouseClick(panel.stop, Qt.LeftButton)
    stopped.set()
    finish(qtbot, lenet)
    begun = panel.search.ranking
    assert begun.read <= 21 and not begun.complete and panel.start.text() == "Go on"
    assert panel.said.text() == f"The first {begun.read:,} of 50"

    qtbot.mouseClick(panel.start, Qt.LeftButton)
    finish(qtbot, lenet)
    assert panel.search.ranking.complete and not panel.start.isEnabled()
    assert len(drawn(panel)) == 9


def test_a_folder_is_remembered(
    qtbot: QtBot,
    open_window: Callable[..., Window],
    samples: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = open_window(samples / "lenet_fashion.h5")
    panel = opened(qtbot, first)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    qtbot.mouseClick(panel.source.folder, Qt.LeftButton)
    finish(qtbot, first)
    assert drawn(panel)
    first.close()
    again = open_window(samples / "lenet_fashion.h5")
    panel = again.many.top or opened(qtbot, again)
    finish(qtbot, again)
    assert panel.source.about.text() == "10 inputs of clothes"
