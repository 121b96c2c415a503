"""A window on the sample network, with settings of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QSettings
from qtpy.QtWidgets import QApplication

from explorer3d.qt.style import dress
from explorer3d.qt.window import Window
from tests.qt.driving import finish


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.IniFormat)


@pytest.fixture
def open_window(
    qtbot: QtBot, qapp: QApplication, settings: QSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Window]]:
    """Open windows that are closed again at the end."""
    dress(qapp)
    # What is said stays until something else is, however slow the machine.
    monkeypatch.setattr("explorer3d.qt.status_line._TOLD", 0)
    windows: list[Window] = []

    def opener(model: Path | None = None, picture: Path | None = None) -> Window:
        window = Window(settings)
        windows.append(window)
        window.resize(1200, 800)
        window.show()
        qtbot.waitExposed(window)
        if model is not None:
            window.open_model(model, picture)
            finish(qtbot, window)
        return window

    yield opener
    for window in windows:
        window.close()
        window.deleteLater()
    qapp.processEvents()


@pytest.fixture
def lenet(open_window: Callable[..., Window], samples: Path) -> Window:
    """The sample network with a trouser run through it."""
    return open_window(samples / "lenet_fashion.h5", samples / "pictures" / "fashion_1_trouser.png")
