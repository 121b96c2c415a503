"""The desk: themes, text sizes, recent models, full screen, pictures, the welcome card."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QRect, QSettings, Qt
from qtpy.QtGui import QColor, QPalette
from qtpy.QtWidgets import QAbstractButton, QApplication, QComboBox, QDockWidget, QSlider, QToolBar

from explorer3d.qt import appearance
from explorer3d.qt.key_sheet import KeySheet
from explorer3d.qt.window import Window
from explorer3d.scene import blueprint, presentation
from explorer3d.scene.palette import DARK, FAMILIES, LIGHT, Theme
from tests.qt.driving import Opener, click, finish, pixels, point_of


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """WCAG 2's contrast ratio of two colours."""

    def luminance(colour: tuple[int, ...]) -> float:
        shares = np.array(colour[:3]) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_writing_stands_out_from_its_ground(theme: Theme) -> None:
    for ground in (theme.top, theme.bottom):
        assert contrast(theme.text, ground) >= 7
        assert contrast(theme.dim, ground) >= 4.5
        assert all(contrast(theme.accent(family), ground) >= 4.5 for family in FAMILIES)
        assert contrast(theme.edge_active, ground) >= 3


def choose(window: Window, title: str) -> None:
    next(action for action in window.appearance.actions if action.text() == title).trigger()


def test_the_light_theme_changes_all_but_the_data(qtbot: QtBot, lenet: Window, qapp: QApplication) -> None:
    click(qtbot, lenet, "conv1")
    finish(qtbot, lenet)
    quads = lenet.stage.opened["conv1"].panels[-1].quads
    x, y = lenet.stage.projection.pixels(quads.corners[0].mean(axis=0)[None])[0].astype(int)
    before = pixels(lenet)
    choose(lenet, "Light")
    lenet.view.settle()
    after = pixels(lenet)
    assert before[5, 5].max() < 60 and after[5, 5].min() > 200
    np.testing.assert_array_equal(after[y - 3 : y + 3, x - 3 : x + 3], before[y - 3 : y + 3, x - 3 : x + 3])
    assert qapp.palette().color(QPalette.WindowText) == QColor(*LIGHT.text)
    choose(lenet, "Dark")
    lenet.view.settle()
    np.testing.assert_array_equal(pixels(lenet), before)


def test_larger_text_is_larger_and_remembered(
    lenet: Window, open_window: Opener, settings: QSettings
) -> None:
    def height_of_labels(window: Window) -> float:
        # Share of the distance between two columns that the name below a block takes.
        placement = window.stage.placement
        return (placement.centres[0, 1] - placement.sizes[0, 1] / 2 - placement.floors[0]) / placement.pitch

    small = height_of_labels(lenet)
    choose(lenet, "Projector text")
    assert height_of_labels(lenet) > 1.1 * small
    assert QApplication.font().pixelSize() == round(13 * 1.6)
    lenet.close()
    other = open_window()
    assert other.stage.text == 1.6
    other.reset_layout()
    assert other.stage.text == 1.0 and other.stage.theme is DARK


def test_on_a_large_screen_text_is_large_at_first(
    open_window: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {600: 1.0, 1080: 1.0, 1440: 1.0, 1800: 1.3, 2160: 1.6}
    assert {height: appearance.text_for(height) for height in sizes} == sizes
    monkeypatch.setattr(appearance, "text_for", lambda height: 1.6)
    window = open_window()
    assert window.stage.text == 1.6
    assert next(action for action in window.appearance.actions if action.isChecked() and action.data() == 1.6)
    choose(window, "Normal text")
    window.close()
    again = open_window()
    assert again.stage.text == 1.0
    again.reset_layout()
    assert again.stage.text == 1.6


def test_titles_of_panels_are_as_large_as_other_text(qtbot: QtBot, lenet: Window) -> None:
    def heights(name: str) -> int:
        """Rows with letters in the title of a panel."""
        dock = lenet.findChild(QDockWidget, name)
        picture = dock.grab(QRect(0, 0, 90, dock.widget().y())).toImage()
        ground = picture.pixelColor(2, 2)
        letters = [
            row
            for row in range(picture.height())
            if any(contrast(picture.pixelColor(x, row).getRgb(), ground.getRgb()) > 4 for x in range(90))
        ]
        return max(letters) - min(letters) + 1

    qtbot.keyClick(lenet.view, Qt.Key_L)
    before = {name: heights(name) for name in ("inspector", "layers")}
    choose(lenet, "Projector text")
    finish(qtbot, lenet)
    for name, height in before.items():
        assert 1.4 < heights(name) / height < 1.8, name


def test_room_for_larger_text_is_made_off_the_gui_thread(
    qtbot: QtBot, lenet: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_window: list[bool] = []
    places = blueprint._places

    def noting(*given: Any) -> Any:
        by_window.append(threading.current_thread() is threading.main_thread())
        return places(*given)

    monkeypatch.setattr(blueprint, "_places", noting)
    monkeypatch.setattr(presentation, "_FEW", 3)
    pitch = lenet.stage.placement.pitch
    choose(lenet, "Projector text")
    finish(qtbot, lenet)
    assert lenet.stage.text == 1.6
    assert lenet.stage.placement.pitch > 1.3 * pitch
    assert by_window == [False]
    # Who changes his mind gets what he chose last.
    choose(lenet, "Normal text")
    choose(lenet, "Light")
    choose(lenet, "Projector text")
    finish(qtbot, lenet)
    assert lenet.stage.text == 1.6 and lenet.stage.theme is LIGHT
    assert not any(by_window)


def test_text_chosen_while_another_model_opens_is_its_text(
    qtbot: QtBot, lenet: Window, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presentation, "_FEW", 3)
    choose(lenet, "Large text")
    lenet.document._drop("look")
    lenet.open_model(samples / "lenet_fashion.onnx")
    finish(qtbot, lenet)
    assert lenet.stage.text == 1.3
    assert lenet.stage.placement.text == 1.3


def test_recent_models_are_offered_again(
    qtbot: QtBot, open_window: Opener, samples: Path, tmp_path: Path, settings: QSettings
) -> None:
    window = open_window(samples / "lenet_fashion.h5")
    window.open_model(samples / "lenet_fashion.onnx")
    finish(qtbot, window)
    window.open_model(tmp_path / "missing.onnx")
    finish(qtbot, window)
    assert [path.name for (path,) in window.files.recent.models] == ["lenet_fashion.onnx", "lenet_fashion.h5"]
    window.close()
    second = open_window()
    first, *_ = second.files.recent._menu.actions()
    assert first.text() == "lenet_fashion.onnx"
    first.trigger()
    finish(qtbot, second)
    assert second.document.model.path.name == "lenet_fashion.onnx"


def test_full_screen_shows_the_scene_alone(qtbot: QtBot, lenet: Window) -> None:
    bars = [
        lenet.menuBar(),
        lenet.statusBar(),
        *lenet.findChildren(QToolBar),
        *lenet.findChildren(QDockWidget),
    ]
    shown = [bar for bar in bars if bar.isVisible()]
    qtbot.keyClick(lenet.view, Qt.Key_F11)
    assert lenet.isFullScreen() and not any(bar.isVisible() for bar in bars)
    qtbot.waitUntil(lambda: lenet.view.width() == lenet.width())
    qtbot.keyClick(lenet.view, Qt.Key_T)  # keys work without their menu
    assert lenet.document.mode == "tiles"
    qtbot.keyClick(lenet.view, Qt.Key_Escape)
    assert not lenet.isFullScreen()
    assert [bar for bar in bars if bar.isVisible()] == shown


@pytest.mark.parametrize("width", [640, 3840])
def test_a_saved_picture_is_the_scene_at_that_size(
    qtbot: QtBot, lenet: Window, tmp_path: Path, width: int
) -> None:
    click(qtbot, lenet, "conv2")
    finish(qtbot, lenet)
    seen_width, seen_height = lenet.stage.canvas.size
    size = (width, round(width * seen_height / seen_width))
    lenet.pictures.save_as(tmp_path / "picture.png", size)
    finish(qtbot, lenet)
    with Image.open(tmp_path / "picture.png") as picture:
        assert picture.size == size
        small = np.asarray(picture.resize((160, 100), Image.Resampling.BOX)).astype(float)
    screen = Image.fromarray(lenet.stage.draw()[:, :, :3])
    expected = np.asarray(screen.resize((160, 100), Image.Resampling.BOX)).astype(float)
    assert np.abs(small - expected).mean() < 3
    assert np.corrcoef(small.ravel(), expected.ravel())[0, 1] > 0.95


def test_a_picture_that_cannot_be_written_is_said(qtbot: QtBot, lenet: Window, tmp_path: Path) -> None:
    lenet.pictures.save_as(tmp_path / "no folder" / "picture.png", (320, 200))
    finish(qtbot, lenet)
    assert lenet.banner.isVisible() and "cannot be written" in lenet.banner.text.text()


def test_a_copied_picture_is_the_view(lenet: Window) -> None:
    lenet.pictures.copy()
    image = QApplication.clipboard().image()
    assert (image.width(), image.height()) == (lenet.view.width(), lenet.view.height())


def test_the_welcome_card_opens_samples(qtbot: QtBot, open_window: Opener, samples: Path) -> None:
    window = open_window()
    assert window.welcome.isVisible()
    assert len(window.welcome.buttons) == 4
    boot = next(button for button in window.welcome.buttons if "boot" in button.text())
    qtbot.mouseClick(boot, Qt.LeftButton)
    finish(qtbot, window)
    assert not window.welcome.isVisible()
    assert window.document.rankings["classes"].guesses[0].name == "Ankle boot"
    qtbot.keyClick(window.view, Qt.Key_W, Qt.ControlModifier)
    assert window.document.model is None
    assert window.welcome.isVisible()
    assert "explorer3d" in window.windowTitle()


def test_the_first_start_greets_once(qtbot: QtBot, open_window: Opener, samples: Path) -> None:
    for expected in (True, False):
        window = open_window()
        window.greet()
        window.open_model(samples / "lenet_fashion.h5")
        finish(qtbot, window)
        assert window.welcome.isVisible() is expected
        qtbot.mouseClick(window.view, Qt.LeftButton, pos=point_of(window, "fc1"))
        finish(qtbot, window)
        assert not window.welcome.isVisible()
        window.close()


@pytest.mark.parametrize("size", [(800, 600), (3840, 2160)])
def test_every_size_is_filled_and_nothing_is_cut(qtbot: QtBot, lenet: Window, size: tuple[int, int]) -> None:
    lenet.resize(*size)
    QApplication.processEvents()
    assert (lenet.width(), lenet.height()) == size
    for bar in (lenet.menuBar(), lenet.statusBar(), lenet._dock, lenet.view):
        place = bar.geometry()
        assert place.left() >= 0 and place.right() < size[0] and place.bottom() < size[1]
    assert lenet.view.width() > 0.55 * size[0]


def test_widgets_have_accessible_names_and_every_key_is_its_own(lenet: Window) -> None:
    nameless = [
        widget
        for kind in (QAbstractButton, QComboBox, QSlider)
        for widget in lenet.findChildren(kind)
        if widget.isVisible()
        and not (widget.accessibleName() or getattr(widget, "text", lambda: "")() or widget.objectName())
    ]
    assert nameless == []
    keys = [
        key.toString()
        for action in {id(action): action for action in lenet.actions()}.values()
        for key in action.shortcuts()
    ]
    assert len(keys) == len(set(keys))


def test_the_sheet_lists_every_key(qtbot: QtBot, lenet: Window) -> None:
    qtbot.keyClick(lenet.view, Qt.Key_F1)
    (sheet,) = lenet.findChildren(KeySheet)
    assert sheet.isVisible()
    listed = dict(sheet.entries)
    assert listed["Fit"].startswith("Space") and listed["Open model"] == "Ctrl+O"
    assert sheet.width() <= lenet.width() and sheet.height() <= lenet.height()
    qtbot.keyClick(sheet, Qt.Key_Escape)
    assert not lenet.findChildren(KeySheet) or not sheet.isVisible()
