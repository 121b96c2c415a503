"""The scene alone on the whole screen."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QToolBar, QWidget


class FullScreen:
    """Hides all bars and panels of a window; what was hidden by it comes back.

    Parameters
    ----------
    window : QMainWindow
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._hidden: list[QWidget] = []

    def toggle(self) -> None:
        window = self._window
        entering = not window.isFullScreen()
        if entering:
            bars = [window.menuBar(), window.statusBar()]
            bars += [*window.findChildren(QToolBar), *window.findChildren(QDockWidget)]
            self._hidden = [bar for bar in bars if bar.isVisible()]
        for bar in self._hidden:
            bar.setVisible(not entering)
        window.setWindowState(window.windowState() ^ Qt.WindowFullScreen)
        window.centralWidget().setFocus()

    def leave(self) -> None:
        if self._window.isFullScreen():
            self.toggle()
