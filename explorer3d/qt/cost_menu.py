"""View ▸ Colour by: what the colours of the nodes mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QSettings
from qtpy.QtWidgets import QAction, QActionGroup, QMenu

from explorer3d.compute.costs import COSTS
from explorer3d.document import CHANGE, Document


class CostMenu(QObject):
    """Chooses the cost that colours the nodes of this network and of those opened later.

    Parameters
    ----------
    document : Document
    settings : QSettings
        Where the choice is remembered.
    """

    def __init__(self, document: Document, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._settings = document, settings
        self.actions: dict[str, QAction] = {}
        document.costs_changed.connect(self._show)
        document.model_changed.connect(self._show)
        document.edits_changed.connect(self._show)
        document.model_changed.connect(self._repeat)
        document.input_changed.connect(self._repeat)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer the costs.

        Parameters
        ----------
        menu : QMenu
        add : callable
            Takes the menu, a title, keys, what to do, and a tip; returns the action.
        """
        sub = menu.addMenu("Colour by")
        sub.setToolTipsVisible(True)
        group = QActionGroup(self)
        choices = {"": ("Operator family", "With the feature maps on the nodes")}
        choices |= {name: (cost.title, f"{cost.about}; without feature maps") for name, cost in COSTS.items()}
        for name, (title, about) in choices.items():
            action = QAction(title, self)
            action.setCheckable(True)
            action.setToolTip(about)
            action.triggered.connect(lambda _, name=name: self._choose(name))
            group.addAction(action)
            sub.addAction(action)
            self.actions[name] = action
        sub.addSeparator()
        add(sub, "Next colouring", ("C",), self.next, "Colour the nodes by the next cost")
        self._show()

    def next(self) -> None:
        """The next of the choices, after the last the first."""
        names = [name for name, action in self.actions.items() if action.isEnabled()]
        self._choose(names[(names.index(self._document.painted) + 1) % len(names)])

    def _choose(self, name: str) -> None:
        if name != CHANGE:
            self._settings.setValue("colour_by", name)
        self._document.paint(name)

    def _repeat(self) -> None:
        """Colour another network as the last one; by what is measured in a run, when there is an input."""
        document, name = self._document, str(self._settings.value("colour_by", ""))
        if document.model is None or name not in COSTS or document.painted == name:
            return
        if document.feeds is not None or not COSTS[name].runs:
            document.paint(name)

    def _show(self) -> None:
        for name, action in self.actions.items():
            action.setChecked(name == self._document.painted)
            # Where nothing has been changed there is nothing to be seen.
            due = name != CHANGE or bool(self._document.edited)
            action.setEnabled(self._document.model is not None and due)
