"""Where a window stands: as it was left, if the screens there are now have the room."""

from __future__ import annotations

from qtpy.QtCore import QByteArray, QSize, Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QWidget

_TITLE = 40  # pixels that the bar above a window may take: it is known once the window has been shown


def place(window: QWidget, left: QByteArray | None, size: tuple[int, int]) -> None:
    """Give a window its size and its place before it is shown.

    Parameters
    ----------
    window : QWidget
    left : QByteArray or None
        What its `saveGeometry` gave when it was closed.
    size : (int, int)
        Width and height where nothing is remembered, and the screen is not smaller.
    """
    remembered = left is not None and window.restoreGeometry(left)
    if remembered and window.windowState() & (Qt.WindowMaximized | Qt.WindowFullScreen):
        return
    screen = QGuiApplication.primaryScreen()
    if remembered:
        screen = QGuiApplication.screenAt(window.geometry().center()) or screen
    else:
        window.resize(QSize(*size))
    room = screen.availableGeometry().adjusted(0, _TITLE, 0, 0)
    window.resize(window.size().boundedTo(room.size()))
    if remembered:
        inside = window.geometry()
        inside.moveLeft(max(min(inside.left(), room.right() + 1 - inside.width()), room.left()))
        inside.moveTop(max(min(inside.top(), room.bottom() + 1 - inside.height()), room.top()))
        window.setGeometry(inside)
