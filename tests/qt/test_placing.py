"""Windows stand on the screen, however large or far away they were left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QRect, QSettings
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QWidget

from explorer3d.qt.placing import place
from explorer3d.qt.window import Window

Placed = Callable[..., QWidget]


@pytest.fixture
def room() -> QRect:
    return QGuiApplication.primaryScreen().availableGeometry()


@pytest.fixture
def left(qtbot: QtBot) -> Iterator[Callable[[QRect], QWidget]]:
    """A window opened after one that was left somewhere."""

    def opener(geometry: QRect) -> QWidget:
        before, after = QWidget(), QWidget()
        for window in (before, after):
            qtbot.addWidget(window)
        before.setGeometry(geometry)
        place(after, before.saveGeometry(), (300, 200))
        return after

    return opener


def test_a_first_window_is_as_large_as_designed_or_as_the_screen(qtbot: QtBot, room: QRect) -> None:
    for size, width in (((400, 300), 400), ((room.width() + 500, 300), room.width())):
        window = QWidget()
        qtbot.addWidget(window)
        place(window, None, size)
        assert (window.width(), window.height()) == (width, 300)
    window = QWidget()
    qtbot.addWidget(window)
    place(window, None, (400, room.height() + 500))
    # Its title bar has room above it.
    assert room.height() - 60 < window.height() < room.height() - 20


def test_a_window_is_where_it_was_left(left: Placed, room: QRect) -> None:
    was = QRect(room.left() + 110, room.top() + 130, 420, 310)
    assert left(was).geometry() == was


@pytest.mark.parametrize("shift", [(-5000, 0), (9000, 0), (0, 7000), (300, -4000)])
def test_a_window_left_on_a_screen_that_is_gone_is_brought_back(
    left: Placed, room: QRect, shift: tuple[int, int]
) -> None:
    was = QRect(room.left() + 110 + shift[0], room.top() + 130 + shift[1], 420, 310)
    now = left(was).geometry()
    assert now.size() == was.size() and room.contains(now)


def test_a_window_left_on_a_larger_screen_fits(left: Placed, room: QRect) -> None:
    now = left(QRect(room.left(), room.top(), room.width() + 700, room.height() + 900)).geometry()
    assert room.contains(now)
    assert now.width() == room.width()


def test_the_programs_window_fits_the_screen(
    open_window: Callable[..., Window], settings: QSettings, room: QRect
) -> None:
    window = Window(settings)
    try:
        assert window.width() <= room.width() and window.height() <= room.height()
    finally:
        window.close()
        window.deleteLater()


def test_left_in_full_screen_it_opens_with_its_panels(
    qtbot: QtBot, open_window: Callable[..., Window]
) -> None:
    window = open_window()
    window.full_screen.toggle()
    qtbot.waitUntil(window.isFullScreen)
    window.close()
    again = open_window()
    assert not again.isFullScreen()
    assert all(bar.isVisible() for bar in (again.menuBar(), again.statusBar(), again.inspector))
