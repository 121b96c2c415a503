"""What the scene shows of an explanation: over the input's block, and over opened pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from explorer3d.qt.window import Window
from explorer3d.scene.heat import Heat
from explorer3d.scene.laid import Laid
from tests.qt.driving import finish, pixels, point_of, press


def around(window: Window, node: str) -> np.ndarray:
    """(h, w, 3) int array: pixels at the middle of a block."""
    place = point_of(window, node)
    return pixels(window)[place.y() - 14 : place.y() + 15, place.x() - 8 : place.x() + 9].astype(int)


def test_the_picture_changes_and_a_key_takes_it_away(qtbot: QtBot, lenet: Window) -> None:
    lenet.document.set_view(colormap="gray")
    finish(qtbot, lenet)
    before, other = around(lenet, "image"), around(lenet, "pool2")
    assert np.ptp(before, axis=2).max() < 30
    press(qtbot, lenet, Qt.Key_G)
    qtbot.keyClick(lenet.explanations.panel.sliders["opacity"], Qt.Key_End)
    finish(qtbot, lenet)
    lenet.fit()
    finish(qtbot, lenet)
    assert (around(lenet, "image")[..., 0] - around(lenet, "image")[..., 2]).max() > 60
    assert np.ptp(around(lenet, "pool2"), axis=2).max() == np.ptp(other, axis=2).max()

    press(qtbot, lenet, Qt.Key_O)
    assert np.ptp(around(lenet, "image"), axis=2).max() < 30
    assert lenet.stage.laid is None
    press(qtbot, lenet, Qt.Key_O)
    assert lenet.stage.laid is not None


def test_what_is_above_in_the_map_is_above_in_the_scene(qtbot: QtBot, lenet: Window) -> None:
    lenet.document.set_view(colormap="gray")
    finish(qtbot, lenet)
    grey = np.zeros((28, 28, 3), np.uint8)
    shares = np.zeros((28, 28), np.float32)
    shares[:14, :14] = 0.6
    spread = (np.arange(28) + 0.5) / 28
    lenet.stage.lay(Laid(Heat(shares, spread, spread, grey, shares, 1.0, False), "image", "", 1.0, 0.0))
    warm = np.ptp(around(lenet, "image"), axis=2) > 60

    assert warm[:10, :6].all() and not warm[-10:].any() and not warm[:, -6:].any()


def test_it_lies_over_the_opened_picture_and_the_maps_of_its_layer(qtbot: QtBot, lenet: Window) -> None:
    lenet.document.show("image")
    lenet.document.show("conv2")
    finish(qtbot, lenet)
    press(qtbot, lenet, Qt.Key_G)
    lenet.view.settle()

    corners = lenet.stage._overlaid.corners
    output = next(panel for panel in lenet.stage.opened["conv2"].panels if panel.tensor.role == "output")
    photograph = lenet.stage.opened["image"].panels[0]
    # One on the block, one on the picture, and one on each of sixteen maps.
    assert len(corners) == 1 + 1 + 16
    for one in (*photograph.quads.corners, *output.quads.corners):
        near = np.abs(corners - one).max(axis=(1, 2))
        assert near.min() < 0.01
        assert (corners[near.argmin()] - one)[:, 2].min() > 0


def test_an_earlier_inputs_map_goes_and_the_new_one_comes(qtbot: QtBot, lenet: Window, samples: Path) -> None:
    press(qtbot, lenet, Qt.Key_G)
    first = lenet.stage.laid
    seen = []
    lenet.document.input_changed.connect(lambda: seen.append(lenet.stage.laid))
    lenet.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, lenet)

    assert seen == [None]
    assert lenet.stage.laid is not None and lenet.stage.laid is not first
    lenet.document.close_model()
    assert lenet.stage.laid is None


def test_it_moves_along_when_the_maps_unfold(qtbot: QtBot, lenet: Window) -> None:
    lenet.document.show("conv2")
    press(qtbot, lenet, Qt.Key_G)
    stacked = lenet.stage._overlaid.corners.copy()
    press(qtbot, lenet, Qt.Key_T)
    lenet.view.refresh()
    tiled = lenet.stage._overlaid.corners
    output = next(panel for panel in lenet.stage.opened["conv2"].panels if panel.tensor.role == "output")

    assert not np.array_equal(stacked, tiled)
    np.testing.assert_allclose(tiled[1:, :, :2], output.quads.corners[:, :, :2], atol=1e-6)


def test_saved_pictures_of_the_scene_show_it(qtbot: QtBot, lenet: Window) -> None:
    press(qtbot, lenet, Qt.Key_G)
    snapshot = lenet._presentation.snapshot((600, 400), 1.0)
    assert snapshot.laid is lenet.stage.laid is not None


def test_the_scene_says_what_lies_over_it_and_how_to_end_it(
    qtbot: QtBot, lenet: Window, samples: Path
) -> None:
    press(qtbot, lenet, Qt.Key_G)
    lenet.explanations.dock.close()
    caption = lenet.explanations.caption
    assert caption.isVisible() and caption.live.isVisible()
    assert caption.text.text() == "Grad-CAM: Trouser  ·  conv2"
    assert caption.text.width() >= caption.text.fontMetrics().horizontalAdvance(caption.text.text())

    # It follows, since somebody sees it.
    lenet.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, lenet)
    assert caption.text.text() == "Grad-CAM: Ankle boot  ·  conv2"

    qtbot.mouseClick(caption.end, Qt.LeftButton)
    assert lenet.stage.laid is None and not caption.isVisible()
    assert not lenet.explanations.explaining.watched


def test_what_only_the_panel_shows_rests_with_the_panel(qtbot: QtBot, lenet: Window, samples: Path) -> None:
    press(qtbot, lenet, Qt.Key_R, Qt.ControlModifier | Qt.ShiftModifier)
    assert lenet.explanations.panel.view.result.found.axes == "C"
    lenet.explanations.dock.close()
    asked = []
    lenet.document.requested.connect(asked.append)
    lenet.open_input(samples / "pictures" / "fashion_9_ankle_boot.png")
    finish(qtbot, lenet)
    assert "explain" not in [ticket.topic for ticket in asked]


def test_keys_change_opacity_and_threshold(qtbot: QtBot, lenet: Window) -> None:
    press(qtbot, lenet, Qt.Key_G)
    press(qtbot, lenet, Qt.Key_PageDown, Qt.ControlModifier)
    press(qtbot, lenet, Qt.Key_PageUp, Qt.AltModifier)
    press(qtbot, lenet, Qt.Key_PageUp, Qt.AltModifier)
    assert (lenet.stage.laid.opacity, lenet.stage.laid.threshold) == (0.7, 0.2)
