"""The part of the menu Explain that looks at many inputs, and the panels it leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QSettings, Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QMenu, QWidget

from explorer3d.document import Document
from explorer3d.qt.executor import Executor
from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.panels import add_panel, in_sight, show_panel, toggle_panel
from explorer3d.qt.scene_pointing import ScenePointing

if TYPE_CHECKING:
    from explorer3d.qt.explain.many.listed import Listed
    from explorer3d.qt.explain.many.parts_panel import PartsPanel
    from explorer3d.qt.explain.many.top_panel import TopInputsPanel

_SHARE = 0.42  # of the window's width, when a panel is seen for the first time


class ManyExplanations(QObject):
    """Docks the panels, which are made when they are first seen.

    Parameters
    ----------
    window : QMainWindow
    behind : QDockWidget
        The panel whose place they share.
    document : Document
    executor : Executor
    inputs : InputPanel
        Whose list of inputs is looked at, if there is one.
    settings : QSettings
    visit : callable
        Goes to a layer in the scene.

    Attributes
    ----------
    top : TopInputsPanel or None
    parts : PartsPanel or None
        None until it was asked for.
    """

    def __init__(
        self,
        window: QMainWindow,
        behind: QDockWidget,
        document: Document,
        executor: Executor,
        inputs: InputPanel,
        settings: QSettings,
        visit: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window, self._document, self._executor = window, document, executor
        self._inputs, self._settings, self._visit = inputs, settings, visit
        self._all_inputs: Listed | None = None
        self._pointing: ScenePointing | None = None
        self.top: TopInputsPanel | None = None
        self.parts: PartsPanel | None = None
        self.top_dock = self._dock("Top inputs", behind, self._made_top)
        self.parts_dock = self._dock("Correspondence", behind, self._made_parts)

    def _dock(
        self, title: str, behind: QDockWidget, make: Callable[[], TopInputsPanel | PartsPanel]
    ) -> QDockWidget:
        dock = add_panel(self._window, title, QWidget(), behind)
        dock.hide()

        def come_forward(seen: bool) -> None:
            if not seen and dock.widget() not in (self.top, self.parts):
                return
            panel = make()
            if seen:
                placed = f"{dock.objectName()}/placed"
                if not self._settings.value(placed, False, type=bool):
                    self._settings.setValue(placed, True)
                    width = max(dock.width(), round(_SHARE * self._window.width()))
                    self._window.resizeDocks([dock], [width], Qt.Horizontal)
            panel.search.watch(seen)

        dock.visibilityChanged.connect(come_forward)
        return dock

    def add_to(self, menu: QMenu, add: Callable[..., Any]) -> None:
        """Offer all in a menu; for the parameters see `Journey.add_to`."""
        menu.addSeparator()
        menu.addAction("Over many inputs").setEnabled(False)
        tip = "Which inputs of a folder excite the features of the selected layer most, and what in them"
        add(menu, "Top inputs", ("Ctrl+Shift+F",), self.toggle_top, tip)
        tip = "Mark the same part in several pictures: which layers take it for the same"
        add(menu, "Correspondence", ("Ctrl+Shift+P",), self.toggle_parts, tip)
        add(menu, "Next channel", ("Shift+PgDown",), lambda: self.step(1), "In the panel of the top inputs")
        add(menu, "Previous channel", ("Shift+PgUp",), lambda: self.step(-1), "The one before it")

    def follow(self, pointing: ScenePointing) -> None:
        """Show the channel of the number that is pinned in the scene."""
        self._pointing = pointing
        pointing.pin_told.connect(lambda _: self._take_pinned())

    def toggle_top(self) -> None:
        """Open the panel of the top inputs, or close it; what can be asked for is asked for."""
        toggle_panel(self.top_dock)
        if in_sight(self.top_dock):
            self._made_top().channel.setFocus()

    def toggle_parts(self) -> None:
        """Open the panel in which parts are compared, ready to be used by keys, or close it."""
        toggle_panel(self.parts_dock)
        if in_sight(self.parts_dock):
            self._made_parts().strip.setFocus()

    def step(self, by: int) -> None:
        """The next channel of the layer, or one before."""
        show_panel(self.top_dock)
        self._made_top().search.step(by)

    def _made_top(self) -> TopInputsPanel:
        if self.top is None:
            # Here, since nobody waits for it when the program starts.
            from explorer3d.qt.explain.many.top_panel import TopInputsPanel
            from explorer3d.qt.explain.many.top_search import TopSearch

            listed = self._listed()
            search = TopSearch(self._document, listed, self)
            self.top = TopInputsPanel(self._document, search, listed)
            self.top_dock.setWidget(self.top)
            self._executor.progressed.connect(self.top.tell)
            self._take_pinned()
        return self.top

    def _made_parts(self) -> PartsPanel:
        if self.parts is None:
            from explorer3d.qt.explain.many.comparing import Comparing
            from explorer3d.qt.explain.many.parts_panel import PartsPanel

            listed = self._listed()
            self.parts = PartsPanel(self._document, Comparing(self._document, listed, self), listed)
            self.parts_dock.setWidget(self.parts)
            self.parts.chosen.connect(self._visit)
            self._executor.progressed.connect(self.parts.tell)
        return self.parts

    def _listed(self) -> Listed:
        """The inputs, which are the same for all."""
        if self._all_inputs is None:
            from explorer3d.qt.explain.many.listed import Listed

            self._all_inputs = Listed(self._document, self._inputs, self._settings, self)
        return self._all_inputs

    def _take_pinned(self) -> None:
        spot = self._pointing.pinned if self._pointing is not None else None
        shown = self._document.shown.get(spot.layer) if spot is not None else None
        if self.top is None or spot is None or shown is None or spot.layer != self.top.search.layer:
            return
        for tensor in shown.tensors:
            if tensor.name == spot.tensor and tensor.role == "output" and "C" in tensor.axes:
                self.top.search.choose(spot.index[tensor.axes.index("C")], features=1)
