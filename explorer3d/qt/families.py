"""A button that limits a search to families of operators."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QAction, QMenu, QToolButton

from explorer3d.scene.palette import FAMILIES, family_of

_SIDE = 16  # pixels of a box to tick


class Families(QToolButton):
    """A menu of the families in a model; it stays open while some are chosen by Space or the mouse.

    Signals
    -------
    chosen(frozenset of str or None)
        Operators of the chosen families; None: of all.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setPopupMode(QToolButton.InstantPopup)
        self.setToolTip("Find only operators of some families (Space)")
        self.setAccessibleName("Families of operators")
        self.setMenu(QMenu(self))
        self.menu().installEventFilter(self)
        self._operators: dict[str, set[str]] = {}
        self._tell()

    def show_operators(self, operators: Iterable[str]) -> None:
        """Offer the families of these operators; what is chosen stays chosen."""
        chosen = {action.data() for action in self.menu().actions() if action.isChecked()}
        self._operators = {}
        for operator in set(operators):
            self._operators.setdefault(family_of(operator), set()).add(operator)
        self.menu().clear()
        for name, family in FAMILIES.items():
            if name in self._operators:
                action = QAction(_box(QColor(*family.colour)), family.title, self.menu())
                action.setData(name)
                action.setCheckable(True)
                action.setChecked(name in chosen)
                action.toggled.connect(self._toggled)
                self.menu().addAction(action)
        if chosen:
            self._toggled()

    def clear(self) -> None:
        """Choose none, which is all."""
        for action in self.menu().actions():
            action.setChecked(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        by_key = event.type() == QEvent.KeyPress and event.key() == Qt.Key_Space
        if by_key or event.type() == QEvent.MouseButtonRelease:
            action = self.menu().activeAction() if by_key else self.menu().actionAt(event.pos())
            if action is not None:
                action.trigger()
                return True
        return super().eventFilter(watched, event)

    def _toggled(self) -> None:
        names = self._tell()
        operators = (operator for name in names for operator in self._operators[name])
        self.chosen.emit(frozenset(operators) if names else None)

    def _tell(self) -> list[str]:
        chosen = [action for action in self.menu().actions() if action.isChecked()]
        titles = [action.text() for action in chosen]
        kinds = "All kinds" if not titles else titles[0] if len(titles) == 1 else f"{len(titles)} kinds"
        self.setText(f"{kinds} ▾")
        return [str(action.data()) for action in chosen]


def _box(colour: QColor) -> QIcon:
    """A box of a colour, ticked where the action is checked."""
    icon = QIcon()
    for state in (QIcon.Off, QIcon.On):
        box = QPixmap(2 * _SIDE, 2 * _SIDE)
        box.fill(colour)
        box.setDevicePixelRatio(2.0)
        if state == QIcon.On:
            painter = QPainter(box)
            painter.setRenderHint(QPainter.Antialiasing)
            painter.setPen(QPen(Qt.white, 2.2, Qt.SolidLine, Qt.RoundCap, Qt.RoundJoin))
            painter.drawPolyline(QPoint(4, 8), QPoint(7, 11), QPoint(12, 5))
            painter.end()
        icon.addPixmap(box, QIcon.Normal, state)
    return icon
