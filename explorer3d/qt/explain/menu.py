"""The menu Explain: every method by a key of its own, and the panel they lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QSettings
from qtpy.QtWidgets import QDockWidget, QMainWindow, QMenu, QWidget

from explorer3d.document import Document
from explorer3d.qt.banner import Banner
from explorer3d.qt.explain.offered import GROUPS
from explorer3d.qt.panels import add_panel, in_sight, show_panel, toggle_panel

if TYPE_CHECKING:
    from explorer3d.qt.explain.explaining import Explaining
    from explorer3d.qt.explain.panel import ExplainPanel


class Explanations(QObject):
    """Docks the panel, which is made when it is first seen.

    Parameters
    ----------
    window : QMainWindow
    behind : QDockWidget
        The panel whose place it shares.
    document : Document
    banner : Banner
    settings : QSettings

    Attributes
    ----------
    dock : QDockWidget
    explaining : Explaining or None
    panel : ExplainPanel or None
        None until one was asked for.
    """

    def __init__(
        self,
        window: QMainWindow,
        behind: QDockWidget,
        document: Document,
        banner: Banner,
        settings: QSettings,
    ) -> None:
        super().__init__(window)
        self._document, self._banner, self._settings = document, banner, settings
        self.explaining: Explaining | None = None
        self.panel: ExplainPanel | None = None
        self.dock = add_panel(window, "Why?", QWidget(), behind)
        self.dock.hide()
        self.dock.visibilityChanged.connect(self._come_forward)

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer all in a menu; for the parameters see `Journey.add_to`."""
        add(menu, "Why?", ("E",), self.toggle, "Why the network says what it says: the panel")
        for group, offers in GROUPS.items():
            menu.addSection(group)
            for name, offer in offers.items():
                add(menu, offer.title, (offer.key,), lambda name=name: self.explain(name), group)

    def toggle(self) -> None:
        """Open the panel or close it."""
        toggle_panel(self.dock)
        if in_sight(self.dock) and self.panel is not None:
            self.panel.choices.methods.setFocus()

    def explain(self, method: str) -> None:
        """Explain what runs through the network now, by a method."""
        if self._document.model is None:
            self._banner.say("Open a network first: then it can be explained why it says what it says.")
            return
        explaining = self._made()
        show_panel(self.dock)
        explaining.choose(method=method)
        if not (explaining.under_way or explaining.up_to_date):
            explaining.start()

    def _made(self) -> Explaining:
        if self.explaining is None:
            # Here, since nobody waits for it when the program starts.
            from explorer3d.qt.explain.explaining import Explaining
            from explorer3d.qt.explain.panel import ExplainPanel

            self.explaining = Explaining(self._document, self)
            self.panel = ExplainPanel(self._document, self.explaining, self._settings)
            self.dock.setWidget(self.panel)
        return self.explaining

    def _come_forward(self, seen: bool) -> None:
        if seen or self.explaining is not None:
            self._made().watch(seen)
