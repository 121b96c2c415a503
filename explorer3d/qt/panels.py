"""The panels beside the scene: docked, movable, one behind the other."""

from __future__ import annotations

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QStyle,
    QStyleOptionDockWidget,
    QStyleOptionFrame,
    QStylePainter,
    QWidget,
)


class Panel(QDockWidget):
    """A docked widget with a title, which is as large as all other text.

    Qt goes on painting it in the font that the program had when the panel was made.
    """

    def paintEvent(self, event: QEvent) -> None:
        painter = QStylePainter(self)
        if self.isFloating():
            frame = QStyleOptionFrame()
            frame.initFrom(self)
            painter.drawPrimitive(QStyle.PE_FrameDockWidget, frame)
        title = QStyleOptionDockWidget()
        self.initStyleOption(title)
        painter.drawControl(QStyle.CE_DockWidgetTitle, title)


def add_panel(
    window: QMainWindow,
    title: str,
    widget: QWidget,
    behind: QDockWidget | None = None,
    area: Qt.DockWidgetArea = Qt.RightDockWidgetArea,
) -> QDockWidget:
    """Dock a panel.

    Parameters
    ----------
    window : QMainWindow
    title : str
    widget : QWidget
    behind : QDockWidget, optional
        The panel whose place it shares.
    area : Qt.DockWidgetArea
        At which side of the window; the right by default.
    """
    dock = Panel(title, window)
    dock.setObjectName(title.lower())
    dock.setWidget(widget)
    dock.setMinimumWidth(290)
    window.addDockWidget(area, dock)
    if behind is not None:
        window.tabifyDockWidget(behind, dock)
        behind.raise_()
    return dock


def in_sight(dock: QDockWidget) -> bool:
    """Whether a panel is open and not behind another."""
    return dock.isVisible() and not dock.visibleRegion().isEmpty()


def show_panel(dock: QDockWidget) -> None:
    """Open a panel, and bring it before those whose place it shares."""
    dock.show()
    dock.raise_()


def toggle_panel(dock: QDockWidget) -> None:
    """Close a panel that can be seen; open any other, and bring it forward."""
    if in_sight(dock):
        dock.close()
    else:
        show_panel(dock)
