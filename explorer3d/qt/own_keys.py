"""Lets the widgets of a panel have the keys they live by, which are shortcuts of the window elsewhere."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QPushButton, QWidget

_KEYS = frozenset(
    {
        Qt.Key_Space,
        Qt.Key_Return,
        Qt.Key_Enter,
        Qt.Key_Left,
        Qt.Key_Right,
        Qt.Key_Up,
        Qt.Key_Down,
        Qt.Key_Home,
        Qt.Key_End,
    }
)


PAGES = frozenset({Qt.Key_PageUp, Qt.Key_PageDown})


class OwnKeys(QObject):
    """Event filter: Space presses the button that has the focus instead of fitting the view.

    The wheel scrolls the panel instead of changing what the pointer happens to pass over.

    Parameters
    ----------
    parent : QObject
    more : frozenset of Qt.Key
        Further keys they live by.
    """

    def __init__(self, parent: QObject, more: frozenset[Qt.Key] = frozenset()) -> None:
        super().__init__(parent)
        self._keys = _KEYS | more

    def keep(self, *widgets: QWidget) -> None:
        for widget in widgets:
            widget.setFocusPolicy(Qt.StrongFocus)
            widget.installEventFilter(self)

    def button(self, text: str, tip: str) -> QPushButton:
        """A button that keeps them."""
        button = QPushButton(text)
        button.setToolTip(tip)
        self.keep(button)
        return button

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.ShortcutOverride:
            if event.key() in self._keys and not event.modifiers() & ~Qt.KeypadModifier:
                event.accept()
        elif event.type() == QEvent.Wheel and not watched.hasFocus():
            event.ignore()
            return True
        return False
