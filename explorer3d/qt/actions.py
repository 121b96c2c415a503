"""All a person can do, each with its keys and its place in a menu."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSettings
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QAction, QMenu, QWidget


class Actions(dict[str, QAction]):
    """The actions of a window, by their text.

    Parameters
    ----------
    window : QWidget
        Where their keys count.
    settings : QSettings
    """

    def __init__(self, window: QWidget, settings: QSettings) -> None:
        super().__init__()
        self._window, self._settings = window, settings

    def add(
        self, menu: QMenu, text: str, keys: tuple[str, ...], slot: Callable[[], object], tip: str = ""
    ) -> QAction:
        """Offer something in a menu."""
        action = QAction(text, self._window)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setToolTip(f"{tip or text}{f' ({keys[0]})' if keys else ''}")
        action.triggered.connect(lambda: slot())
        menu.addAction(action)
        self._window.addAction(action)
        self[text] = action
        return action

    def add_switch(
        self,
        menu: QMenu,
        text: str,
        key: str,
        setting: str,
        on: bool,
        want: Callable[[bool], object],
        tip: str,
    ) -> QAction:
        """Offer what a person may want or not, which is remembered; `on` is what they want at first."""

        def switch() -> None:
            self._settings.setValue(setting, action.isChecked())
            want(action.isChecked())

        action = self.add(menu, text, (key,), switch, tip)
        action.setCheckable(True)
        action.setChecked(self._settings.value(setting, on, type=bool))
        want(action.isChecked())
        return action
