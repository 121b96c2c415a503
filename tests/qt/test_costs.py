"""Costs as colour and as a table, by clicks and keys."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.compute.costs import COSTS
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


@pytest.mark.parametrize("cost", COSTS)
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
    for _ in range(len(COSTS) + 1):
        qtbot.keyClick(lenet.view, Qt.Key_C)
        finish(qtbot, lenet)
        seen.append(lenet.document.painted)
    assert seen == [*COSTS, ""]
