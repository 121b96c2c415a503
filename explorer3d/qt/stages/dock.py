"""Where the panel of stages stands, which nobody waits for when the program starts."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from explorer3d.document import Document
from explorer3d.qt.panels import add_panel, toggle_panel

_SHARE = 0.5  # of the window's height


def add_stages(
    window: QMainWindow,
    behind: QDockWidget,
    document: Document,
    settings: QSettings,
    visit: Callable[[str], None],
) -> QDockWidget:
    """Dock the panel of stages; it is made when it is first seen.

    Parameters
    ----------
    window : QMainWindow
    behind : QDockWidget
        The panel whose place it shares.
    document : Document
    settings : QSettings
    visit : callable
        Goes to a layer in the scene.
    """
    dock = add_panel(window, "Stages", QWidget(), behind, Qt.BottomDockWidgetArea)
    dock.hide()

    def fill(seen: bool) -> None:
        if not seen:
            return
        dock.visibilityChanged.disconnect(fill)
        from explorer3d.qt.stages.panel import StagesPanel

        panel = StagesPanel(document, settings)
        panel.chosen.connect(visit)
        panel.opened.connect(document.show)
        dock.setWidget(panel)
        if not settings.value("stages/placed", False, type=bool):
            settings.setValue("stages/placed", True)
            window.resizeDocks([dock], [round(_SHARE * window.height())], Qt.Vertical)
        dock.visibilityChanged.connect(panel.come_forward)
        panel.come_forward(True)

    dock.visibilityChanged.connect(fill)
    return dock


def toggle_stages(dock: QDockWidget) -> None:
    """Open the panel, ready to be walked along by keys, or close it."""
    toggle_panel(dock)
    if dock.isVisible():
        dock.widget().setFocus()
