"""A window beside the main one."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QSettings, Qt, Signal
from qtpy.QtWidgets import QApplication, QMainWindow, QTabWidget

from explorer3d.qt.actions import Actions
from explorer3d.qt.key_sheet import KeySheet
from explorer3d.qt.placing import place
from explorer3d.qt.style import TEXT_PIXELS


class OwnWindow(QMainWindow):
    """A window with menus and keys of its own, whose size and place are remembered.

    Signals
    -------
    closed()

    Attributes
    ----------
    kind : str
        What the settings of such windows are kept by.
    size_hint : (int, int)
        Width and height of the first one, in pixels where text is as high as designed.
    mouse : tuple of (str, str)
        What the mouse does, for the sheet of keys.
    """

    closed = Signal()
    kind = ""
    size_hint = (1180, 760)
    mouse: tuple[tuple[str, str], ...] = ()
    tabs: QTabWidget

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.setAttribute(Qt.WA_DeleteOnClose)
        self._settings = settings
        self._actions = Actions(self, settings)
        self._add = self._actions.add

    def _restore(self) -> None:
        text = max(QApplication.font().pixelSize() / TEXT_PIXELS, 1.0)
        width, height = (round(text * side) for side in self.size_hint)
        place(self, self._settings.value(f"{self.kind}/geometry"), (width, height))

    def show_keys(self) -> None:
        KeySheet(self._actions.values(), self, self.mouse).open()

    def _next_tab(self) -> None:
        self.tabs.setCurrentIndex((self.tabs.currentIndex() + 1) % self.tabs.count())

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowFullScreen)

    def closeEvent(self, event: QEvent) -> None:
        self._settings.setValue(f"{self.kind}/geometry", self.saveGeometry())
        self.closed.emit()
        super().closeEvent(event)
