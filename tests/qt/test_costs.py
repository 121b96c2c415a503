"""Costs as colour and as a table, by clicks and keys."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt

from explorer3d.compute.costs import COSTS
from explorer3d.document import CHANGE
from explorer3d.qt.window import Window
from explorer3d.scene.colormaps import lookup
from explorer3d.scene.paint import UNKNOWN
from tests.qt.driving import finish, pixels, point_of


def paint(qtbot: QtBot, window: Window, title: str) -> None:
    action = next(action for action in window._cost_menu.actions.values() if action.text() == title)
    action.trigger()
    finish(qtbot, window)
    assert action.isChecked()


def hue(picture: np.ndarray, window: Window, node: str) -> np.ndarray:
    """Direction in colour space of the middle of a block's front."""
    place = point_of(window, node)
    colour = picture[place.y(), place.x()].astype(float)
    return colour / np.linalg.norm(colour)


def test_the_dearest_layer_has_the_brightest_colour(qtbot: QtBot, lenet: Window) -> None:
    before = pixels(lenet)
    paint(qtbot, lenet, "Parameters")
    picture = pixels(lenet)
    # fc1 has most of the parameters, conv1 the fewest of those that have any; an input has none.
    table = lookup("viridis").astype(float)
    for node, colour in (("fc1", table[250]), ("conv1", table[1]), ("image", np.array(UNKNOWN, float))):
        assert hue(picture, lenet, node) @ (colour / np.linalg.norm(colour)) > 0.99, node
    assert (before != picture).any()
    paint(qtbot, lenet, "Operator family")
    np.testing.assert_array_equal(pixels(lenet), before)


# What has changed there is only after somebody changed something.
ANY = [cost for cost in COSTS if cost != CHANGE]


@pytest.mark.parametrize("cost", ANY)
def test_each_cost_has_a_legend_with_its_ends(qtbot: QtBot, lenet: Window, cost: str) -> None:
    before = pixels(lenet)
    paint(qtbot, lenet, COSTS[cost].title)
    assert set(lenet.document.costs[cost]) <= {layer.name for layer in lenet.document.model.layers}
    after = pixels(lenet)
    corner = (slice(-40, None), slice(0, 500))
    assert (before[corner] != after[corner]).any()
    # The bar of the scale: its bright end stands in the legend.
    bright = np.abs(after[corner].astype(int) - lookup("viridis")[250].astype(int)).max(axis=-1)
    assert (bright <= 3).sum() > 10


def test_one_key_goes_through_the_costs(qtbot: QtBot, lenet: Window) -> None:
    seen = []
    for _ in range(len(ANY) + 1):
        qtbot.keyClick(lenet.view, Qt.Key_C)
        finish(qtbot, lenet)
        seen.append(lenet.document.painted)
    assert seen == [*ANY, ""]


def test_the_colouring_is_remembered(
    qtbot: QtBot, lenet: Window, open_window: Callable[..., Window], samples: Path
) -> None:
    for title, cost in (("Run time", "time"), ("Parameters", "parameters")):
        paint(qtbot, lenet, title)
        another = open_window(samples / "lenet_fashion.onnx")
        assert another.document.painted == cost
        assert another.document.costs[cost]
        assert not another.banner.isVisible()
        # The next network in the same window is coloured the same way.
        another.open_model(samples / "lenet_fashion.h5")
        finish(qtbot, another)
        assert another.document.painted == cost
        assert another.document.costs[cost].keys() <= another.document.model.layer_by_name.keys()
    paint(qtbot, lenet, "Operator family")
    assert open_window(samples / "lenet_fashion.onnx").document.painted == ""


@pytest.fixture
def table(qtbot: QtBot, lenet: Window) -> Window:
    """The window with the table of layers open."""
    qtbot.keyClick(lenet.view, Qt.Key_L)
    finish(qtbot, lenet)
    assert lenet.layer_table.isVisible()
    return lenet


def column(window: Window, title: str) -> list[str]:
    rows = window.layer_table.rows
    titles = [rows.headerData(place, Qt.Horizontal) for place in range(rows.columnCount())]
    place = titles.index(title)
    return [rows.data(rows.index(row, place)) for row in range(rows.rowCount())]


def click_header(qtbot: QtBot, window: Window, place: int) -> None:
    header = window.layer_table.table.horizontalHeader()
    point = QPoint(header.sectionViewportPosition(place) + 30, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.LeftButton, pos=point)


def test_in_any_size_of_text_the_table_has_room_for_its_titles(qtbot: QtBot, table: Window) -> None:
    view = table.layer_table.table
    header, heights = view.horizontalHeader(), []
    for size in ("Projector text", "Normal text"):
        next(action for action in table.appearance.actions if action.text() == size).trigger()
        finish(qtbot, table)
        for place in range(1, table.layer_table.rows.columnCount()):
            title = table.layer_table.rows.headerData(place, Qt.Horizontal)
            assert header.sectionSize(place) > 10 + header.fontMetrics().horizontalAdvance(title), title
        assert header.sectionSize(0) > header.fontMetrics().horizontalAdvance("classes_of_everything")
        heights.append(view.rowHeight(0))
        assert view.rowHeight(0) > view.fontMetrics().height()
    assert heights[0] > 1.3 * heights[1]


def test_the_table_sorts_by_numbers_with_the_unknown_last(qtbot: QtBot, table: Window) -> None:
    counted = ["156", "0", "2,416", "0", "0", "48,120", "10,164", "850"]
    assert column(table, "Parameters") == counted
    click_header(qtbot, table, 3)
    click_header(qtbot, table, 3)
    assert column(table, "Layer")[:4] == ["fc1", "fc2", "conv2", "classes"]
    assert column(table, "Run time") == [""] * 8
    qtbot.mouseClick(table.layer_table.measure, Qt.LeftButton)
    finish(qtbot, table)
    assert all(column(table, "Run time"))
    table.layer_table.rows.sort(7, Qt.DescendingOrder)
    assert column(table, "Sparsity")[-3:] == ["", "", ""]  # no weights, no share of them


def test_the_table_and_the_scene_follow_each_other(qtbot: QtBot, table: Window) -> None:
    view = table.layer_table.table
    home = table.stage.pose
    place = view.visualRect(table.layer_table.rows.index(2, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=place)
    finish(qtbot, table)
    assert table.document.selected == "conv2" and table.stage.pose != home
    qtbot.keyClick(view, Qt.Key_Down)
    finish(qtbot, table)
    assert table.document.selected == "pool2"
    qtbot.keyClick(view, Qt.Key_Return)
    finish(qtbot, table)
    assert set(table.document.opened) == {"pool2"}
    table.document.select("fc1")
    assert table.layer_table.rows.name(view.currentIndex().row()) == "fc1"
    table.document.select("image")
    assert not view.selectionModel().hasSelection()


def test_the_saved_table_reads_back(qtbot: QtBot, table: Window, tmp_path: Path) -> None:
    qtbot.mouseClick(table.layer_table.measure, Qt.LeftButton)
    finish(qtbot, table)
    table.layer_table.save_as(tmp_path / "layers.csv")
    finish(qtbot, table)
    assert table.statusBar().currentMessage() == f"Saved {tmp_path / 'layers.csv'}"
    with (tmp_path / "layers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["Layer"] for row in rows] == [layer.name for layer in table.document.model.layers]
    assert [int(row["Parameters"]) for row in rows] == [156, 0, 2416, 0, 0, 48120, 10164, 850]
    assert int(rows[0]["Activations (bytes)"]) == 28 * 28 * 6 * 4
    assert all(0 < float(row["Run time (s)"]) < 1 for row in rows)
    assert rows[1]["Sparsity (share)"] == "" and rows[0]["Output"] == "1 × 28 × 28 × 6"
