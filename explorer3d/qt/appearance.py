"""Theme and size of all writing, chosen from a menu and remembered."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject, QSettings
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QAction, QActionGroup, QApplication, QMenu

from explorer3d.qt.style import dress
from explorer3d.scene.palette import DARK, THEMES, Theme

TEXT_SIZES = {"Normal text": 1.0, "Large text": 1.3, "Projector text": 1.6}
_LINES = 1350  # a screen of more logical pixels from top to bottom is large, or its letters are tiny


def text_for(height: int) -> float:
    """Size of text that suits a screen of so many logical pixels from top to bottom."""
    return max(size for size in TEXT_SIZES.values() if size == 1.0 or size * _LINES <= height)


class Appearance(QObject):
    """The look of the application.

    Parameters
    ----------
    settings : QSettings
    changed : callable
        Takes the new theme and text size.
    """

    def __init__(
        self, settings: QSettings, changed: Callable[[Theme, float], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._changed = settings, changed
        self.theme = THEMES.get(str(settings.value("theme", DARK.name)), DARK)
        wanted = str(settings.value("text", ""))
        self._suitable = text_for(QGuiApplication.primaryScreen().size().height())
        self.text = next((size for size in TEXT_SIZES.values() if str(size) == wanted), self._suitable)
        self.actions: list[QAction] = []

    def add_to(self, menu: QMenu) -> None:
        """Offer the choices in a menu."""
        for title, entries, current in (
            ("Theme", {name.capitalize(): theme for name, theme in THEMES.items()}, self.theme),
            ("Text size", TEXT_SIZES, self.text),
        ):
            sub = menu.addMenu(title)
            group = QActionGroup(self)
            for name, value in entries.items():
                action = QAction(name, self)
                action.setData(value.name if isinstance(value, Theme) else value)
                action.setCheckable(True)
                action.setChecked(value == current)
                action.triggered.connect(lambda _, value=value: self._choose(value))
                group.addAction(action)
                sub.addAction(action)
                self.actions.append(action)

    def reset(self) -> None:
        """Back to the dark theme, and to text of the size that suits the screen."""
        for action in self.actions:
            if action.data() in (DARK.name, self._suitable):
                action.trigger()

    def apply(self) -> None:
        application = QApplication.instance()
        if application is not None:
            dress(application, self.theme, self.text)
        self._changed(self.theme, self.text)

    def _choose(self, value: Theme | float) -> None:
        if isinstance(value, Theme):
            self.theme = value
        else:
            self.text = value
        self._settings.setValue("theme", self.theme.name)
        self._settings.setValue("text", str(self.text))
        self.apply()
