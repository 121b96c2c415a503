"""Pictures that grow: in the panel and in the scene, by keys and mouse, and what stays of them."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.attribution import attribute
from explorer3d.compute.requests import runner
from explorer3d.qt.explain.explaining import Explaining
from explorer3d.qt.explain.panel import ExplainPanel
from explorer3d.qt.window import Window
from explorer3d.scene.grown import Grown
from tests.qt.driving import click, finish, pixels, point_of, press

ENDLESS = {"steps": 1_000_000}


def opened(qtbot: QtBot, window: Window) -> tuple[ExplainPanel, Explaining]:
    press(qtbot, window, Qt.Key_E)
    panel, explaining = window.explanations.panel, window.explanations.explaining
    assert panel is not None and explaining is not None
    return panel, explaining


def grow(qtbot: QtBot, window: Window, key: int, explaining: Explaining, times: int = 2) -> list[Grown]:
    """Start by a key, and wait until other pictures lie over the scene so many times."""
    seen: list[Grown] = []

    def look() -> bool:
        laid = window.stage.laid
        what = laid.what if laid is not None and explaining.under_way else None
        if isinstance(what, Grown) and (not seen or seen[-1] is not what):
            seen.append(what)
        return len(seen) >= times

    qtbot.keyClick(window.view, key, Qt.ControlModifier | Qt.ShiftModifier)
    qtbot.waitUntil(look, timeout=30_000)
    return seen


def test_the_filters_of_an_opened_layer_grow_where_its_maps_stand(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv2")
    finish(qtbot, lenet)
    panel, explaining = opened(qtbot, lenet)
    explaining.settings["layer_maximisation"] = {**ENDLESS, "channels": "2, 5-7"}
    first, second = grow(qtbot, lenet, Qt.Key_L, explaining)[:2]
    assert first.channels == second.channels == (2, 5, 6, 7) and first.layer == "conv2"
    assert (first.pixels != second.pixels).any()
    lenet.view.settle()
    lying = lenet.stage._overlaid._over_tiles.corners
    output = next(panel for panel in lenet.stage.opened["conv2"].panels if panel.tensor.role == "output")
    # All on the block, and each just before its own map.
    assert len(lying) == 1 + 4
    for place, channel in zip(lying[1:], (2, 5, 6, 7), strict=True):
        apart = place - output.quads.corners[channel]
        np.testing.assert_allclose(apart[:, :2], 0, atol=1e-6)
        assert (apart[:, 2] > 0).all()

    # Stopped, it stays as it is; and another layer may be looked at meanwhile.
    click(qtbot, lenet, "pool1")
    assert explaining.under_way
    qtbot.mouseClick(panel.stop, Qt.LeftButton)
    finish(qtbot, lenet)
    result = explaining.result
    assert result is not None and result.found is not None and not result.fault
    assert 1 < result.found.settings["steps"] < 1_000_000
    assert result.found.array.shape == (4, 28, 28, 1)
    assert "seed 0" in panel.view.title.text() and "conv2[2, 5-7]" in panel.view.title.text()
    laid = lenet.stage.laid
    assert laid is not None and laid.what is result.grown
    press(qtbot, lenet, Qt.Key_O)
    assert lenet.stage.laid is None


def test_cancel_in_the_status_line_keeps_what_has_grown(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv2")
    finish(qtbot, lenet)
    panel, explaining = opened(qtbot, lenet)
    explaining.settings["layer_maximisation"] = {**ENDLESS, "channels": "2, 5-7"}
    grow(qtbot, lenet, Qt.Key_L, explaining)
    qtbot.waitUntil(lenet.status_line.cancel.isVisible)
    qtbot.mouseClick(lenet.status_line.cancel, Qt.LeftButton)
    finish(qtbot, lenet)
    result, laid = explaining.result, lenet.stage.laid
    assert result is not None and result.found is not None and not result.fault
    assert 1 < result.found.settings["steps"] < 1_000_000
    assert laid is not None and laid.what is result.grown
    assert panel.save.isEnabled() and not lenet.status_line.cancel.isVisible()


def test_every_picture_lies_over_its_own_map(qtbot: QtBot, lenet: Window) -> None:
    click(qtbot, lenet, "conv2")
    press(qtbot, lenet, Qt.Key_T)
    panel, explaining = opened(qtbot, lenet)
    explaining.settings["layer_maximisation"] = {"steps": 12, "channels": "all"}
    press(qtbot, lenet, Qt.Key_L, Qt.ControlModifier | Qt.ShiftModifier)
    laid = lenet.stage.laid
    assert laid is not None and isinstance(laid.what, Grown)
    document = lenet.document
    assert document.network is not None and document.feeds is not None
    expected = attribute(
        runner(document.network.key),
        document.feeds.arrays,
        "layer_maximisation",
        layer="conv2",
        settings={"steps": 12, "channels": "all"},
    )
    result = panel.view.result
    assert result is not None and result.found is not None
    np.testing.assert_array_equal(result.found.array, expected.array)
    # Grey as they are drawn: between the least and the greatest number of what is fed.
    drawn = laid.what.pixels[..., 0] / 255
    np.testing.assert_allclose(drawn, np.clip(expected.array[..., 0], 0, 1), atol=1 / 255)
    texels, cells = laid.what.atlas
    for place, (left, top, right, bottom) in enumerate(cells):
        height, width = texels.shape[:2]
        part = texels[
            int(top * height) : int(bottom * height) + 1, int(left * width) : int(right * width) + 1
        ]
        factor = part.shape[0] // 28
        np.testing.assert_array_equal(part[::factor, ::factor], laid.what.pixels[place])


def test_the_picture_for_a_class_grows_where_the_input_stands(qtbot: QtBot, lenet: Window) -> None:
    _, explaining = opened(qtbot, lenet)
    explaining.settings["activation_maximisation"] = {"steps": 60}
    place = point_of(lenet, "image")
    before = pixels(lenet)[place.y() - 14 : place.y() + 15, place.x() - 8 : place.x() + 9].astype(int)
    press(qtbot, lenet, Qt.Key_A, Qt.ControlModifier | Qt.ShiftModifier)
    lenet.view.settle()
    after = pixels(lenet)[place.y() - 14 : place.y() + 15, place.x() - 8 : place.x() + 9].astype(int)
    # The trouser was drawn in colours; what grew is grey as the network is fed.
    assert np.ptp(before, axis=2).max() > 60
    assert np.ptp(after, axis=2).max() < 20
    result = explaining.result
    assert result is not None and result.grown is not None and result.grown.single
