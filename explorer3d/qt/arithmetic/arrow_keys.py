"""Arrow keys that move a place on a map."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QWidget

Place = tuple[int, int]
_ARROWS = {Qt.Key_Up: (-1, 0), Qt.Key_Down: (1, 0), Qt.Key_Left: (0, -1), Qt.Key_Right: (0, 1)}


class ArrowKeys(QObject):
    """While a widget has the focus, arrow keys move a place by one row or column.

    Attributes
    ----------
    place : (int, int) or None
        Row and column it has been moved to; None: no arrow was pressed since the focus came.
    """

    def __init__(
        self,
        widget: QWidget,
        start: Callable[[], Place | None],
        size: Callable[[], Place],
        go: Callable[[int, int], object],
    ) -> None:
        """
        Parameters
        ----------
        widget : QWidget
        start : callable
            Where to begin.
        size : callable
            Rows and columns of the map.
        go : callable
            Told of every row and column the place comes to.
        """
        super().__init__(widget)
        self._widget, self._start, self._size, self._go = widget, start, size, go
        self.place: Place | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.FocusIn, QEvent.FocusOut):
            self.place = None
            self._widget.update()
            return False
        if event.type() not in (QEvent.ShortcutOverride, QEvent.KeyPress):
            return False
        if event.key() not in _ARROWS or event.modifiers() & ~Qt.KeypadModifier:
            return False
        # Elsewhere these are shortcuts of the window.
        event.accept()
        if event.type() == QEvent.KeyPress:
            self._move(*_ARROWS[event.key()])
        return True

    def _move(self, down: int, across: int) -> None:
        place, (rows, columns) = self.place or self._start(), self._size()
        if place is not None:
            row, column = place[0] + down, place[1] + across
            self.place = min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)
            self._go(*self.place)
            self._widget.update()
