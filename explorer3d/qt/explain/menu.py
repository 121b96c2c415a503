"""The menu Explain: every method by a key of its own, and the panel they lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QSettings
from qtpy.QtWidgets import QDockWidget, QMainWindow, QMenu, QWidget

from explorer3d.document import Document
from explorer3d.qt.banner import Banner
from explorer3d.qt.executor import Executor
from explorer3d.qt.explain.offered import GROUPS
from explorer3d.qt.panels import add_panel, in_sight, show_panel, toggle_panel
from explorer3d.scene.laid import Laid

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
    executor : Executor
    banner : Banner
    settings : QSettings
    lay : callable
        Lays an explanation over what it is about in the scene; None: nothing.

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
        executor: Executor,
        banner: Banner,
        settings: QSettings,
        lay: Callable[[Laid | None], None],
    ) -> None:
        super().__init__(window)
        self._document, self._banner, self._settings, self._lay = document, banner, settings, lay
        self._executor = executor
        self._over, self._seen = True, False
        self._laid: tuple[tuple[object, ...], Laid] | None = None
        self.explaining: Explaining | None = None
        self.panel: ExplainPanel | None = None
        self.dock = add_panel(window, "Why?", QWidget(), behind)
        self.dock.hide()
        self.dock.visibilityChanged.connect(self._come_forward)

    def add_to(self, menu: QMenu, add: Callable[..., Any], add_switch: Callable[..., Any]) -> None:
        """Offer all in a menu; for the parameters see `Journey.add_to`.

        Parameters
        ----------
        add_switch : callable
            Adds what a person may want or not: menu, text, key, setting, on at first, slot, tip.
        """
        add(menu, "Why?", ("E",), self.toggle, "Why the network says what it says: the panel")
        tip = "Lay what was found over the picture, and over the maps of its layer, where they stand"
        add_switch(menu, "Lay over the scene", "O", "explain/over", True, self.want_over, tip)
        for group, offers in GROUPS.items():
            menu.addSeparator()
            menu.addAction(group).setEnabled(False)
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
            self.explaining.changed.connect(self._lay_over)
            self.panel.looks_changed.connect(self._lay_over)
            self._executor.progressed.connect(self.panel.tell)
        return self.explaining

    def want_over(self, over: bool) -> None:
        """Lay what is found over the scene, or let it be."""
        self._over = over
        self._watch()
        self._lay_over()

    def _come_forward(self, seen: bool) -> None:
        self._seen = seen
        if seen:
            self._made()
        self._watch()

    def _watch(self) -> None:
        if self.explaining is not None:
            self.explaining.watch(self._seen or self._over)

    def _lay_over(self) -> None:
        explaining, panel = self.explaining, self.panel
        if explaining is None or panel is None:
            return
        result = explaining.result
        # While an input is being moved, it is replaced in a moment.
        due = not explaining.outdated or (self._document.passing and explaining.under_way)
        heat = panel.view.heat
        if not self._over or result is None or result.found is None or heat is None or not due:
            self._laid = None
            self._lay(None)
            return
        looks = heat, panel.opacity, panel.threshold
        if self._laid is None or self._laid[0] != looks:
            found = result.found
            laid = Laid(heat, found.input, found.layer, panel.opacity, panel.threshold)
            self._laid = looks, laid
        self._lay(self._laid[1])
