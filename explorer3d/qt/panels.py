"""The panels beside the scene: docked, movable, one behind the other."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget


def add_panel(
    window: QMainWindow, title: str, widget: QWidget, behind: QDockWidget | None = None
) -> QDockWidget:
    """Dock a panel at the right.

    Parameters
    ----------
    window : QMainWindow
    title : str
    widget : QWidget
    behind : QDockWidget, optional
        The panel whose place it shares.
    """
    dock = QDockWidget(title, window)
    dock.setObjectName(title.lower())
    dock.setWidget(widget)
    dock.setMinimumWidth(290)
    window.addDockWidget(Qt.RightDockWidgetArea, dock)
    if behind is not None:
        window.tabifyDockWidget(behind, dock)
        behind.raise_()
    return dock


def in_sight(dock: QDockWidget) -> bool:
    """Whether a panel is open and not behind another."""
    return dock.isVisible() and not dock.visibleRegion().isEmpty()


def toggle_panel(dock: QDockWidget) -> None:
    """Close a panel that can be seen; open any other, and bring it forward."""
    if in_sight(dock):
        dock.close()
    else:
        dock.show()
        dock.raise_()
