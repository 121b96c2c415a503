"""Converting with TensorFlow from the window: a button beside the message, a form, Cancel."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from explorer3d.formats.keras.layers import KERAS_LAYERS
from explorer3d.qt.convert_form import ConvertForm
from explorer3d.qt.files import CONVERT
from explorer3d.qt.window import Window
from tests.qt.driving import Opener, finish


@pytest.fixture
def sound(keras_made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a layer that only Keras has."""
    monkeypatch.delitem(KERAS_LAYERS, "STFTSpectrogram", raising=False)
    return keras_made / "sound.h5"


def forms(window: Window) -> list[ConvertForm]:
    QApplication.processEvents()
    return [form for form in window.findChildren(ConvertForm) if form.isVisible()]


def agree(qtbot: QtBot, window: Window) -> ConvertForm:
    """Press the button beside the message, and the one in the form."""
    qtbot.mouseClick(window.banner.remedy, Qt.LeftButton)
    (form,) = forms(window)
    qtbot.mouseClick(form.convert, Qt.LeftButton)
    return form


def test_a_network_with_an_unknown_layer_runs_once_it_is_converted(
    qtbot: QtBot, open_window: Opener, sound: Path, shared_results: Path
) -> None:
    window = open_window(sound)
    assert "STFTSpectrogram" in window.banner.text.text()
    assert window.banner.remedy.isVisible()
    assert window.banner.remedy.text() == CONVERT
    assert window._actions[CONVERT].isEnabled()
    assert not window.document.model.layer_by_name["stft"].runnable
    agree(qtbot, window)
    assert "Converting" in window.document.busy.title
    finish(qtbot, window)
    model = window.document.model
    assert model.path == sound
    assert window.windowTitle().startswith("sound.h5")
    assert all(layer.runnable for layer in model.layers)
    assert "was converted with TensorFlow" in window.banner.text.text()
    assert not window.banner.remedy.isVisible()
    assert not window._actions[CONVERT].isEnabled()
    assert window.document.faces


def test_cancel_keeps_what_is_open(qtbot: QtBot, open_window: Opener, sound: Path, no_results: Path) -> None:
    window = open_window(sound)
    before = window.document.network
    agree(qtbot, window)
    assert not window.banner.isVisible()
    qtbot.waitUntil(lambda: "(1 s)" in window.status_line.work.text(), timeout=20_000)
    qtbot.mouseClick(window.status_line.cancel, Qt.LeftButton)
    finish(qtbot, window)
    assert window.document.network is before
    assert window.document.convertible == sound
    assert not window.status_line.cancel.isVisible()
    assert list(no_results.iterdir()) == []


def test_closing_the_window_ends_the_conversion(
    qtbot: QtBot, open_window: Opener, sound: Path, no_results: Path
) -> None:
    window = open_window(sound)
    agree(qtbot, window)
    qtbot.waitUntil(lambda: no_results.exists() and any(no_results.iterdir()), timeout=20_000)
    window.close()
    assert list(no_results.iterdir()) == []


def test_the_form_waits_for_nobody_and_tells_its_limits(
    qtbot: QtBot, open_window: Opener, sound: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window(sound)
    wanted = []
    monkeypatch.setattr(window.document, "convert", lambda path, limits: wanted.append((path, limits)))
    window._actions[CONVERT].trigger()
    (form,) = forms(window)
    assert not form.isModal()
    # The model it was asked for, whatever has been opened since.
    window.open_model(samples / "lenet_fashion.h5")
    finish(qtbot, window)
    assert not window._actions[CONVERT].isEnabled()
    form.memory.setValue(3)
    form.minutes.setValue(2)
    qtbot.mouseClick(form.convert, Qt.LeftButton)
    ((path, limits),) = wanted
    assert (path, limits.memory, limits.seconds) == (sound, 3 << 30, 120.0)


def test_a_model_that_does_not_open_can_be_converted_too(
    qtbot: QtBot, open_window: Opener, lenet: Window, keras_made: Path, shared_results: Path
) -> None:
    lenet.open_model(keras_made / "sound_saved")
    finish(qtbot, lenet)
    assert lenet.document.model.path.name == "lenet_fashion.h5"
    assert "is a SavedModel" in lenet.banner.text.text()
    agree(qtbot, lenet)
    finish(qtbot, lenet)
    assert lenet.document.model.path == keras_made / "sound_saved"
    assert lenet.document.faces


def test_code_in_a_file_is_not_offered_for_conversion(open_window: Opener, keras_made: Path) -> None:
    window = open_window(keras_made / "code.h5")
    assert "never run" in window.banner.text.text()
    assert not window.banner.remedy.isVisible()
    assert not window._actions[CONVERT].isEnabled()


def test_the_button_goes_with_the_message(qtbot: QtBot, open_window: Opener, sound: Path) -> None:
    window = open_window(sound)
    assert window.banner.remedy.isVisible()
    qtbot.keyClick(window.view, Qt.Key_Escape)
    assert not window.banner.isVisible()
    window.banner.say("Something else.")
    assert not window.banner.remedy.isVisible()
    assert window._actions[CONVERT].isEnabled()
