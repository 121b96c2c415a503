"""The menu Explain: every method by a key of its own, and the panel they lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QSettings
from qtpy.QtWidgets import QAction, QDockWidget, QMainWindow, QMenu, QWidget

from explorer3d.document import Document
from explorer3d.qt.banner import Banner
from explorer3d.qt.executor import Executor
from explorer3d.qt.explain.caption import Caption
from explorer3d.qt.explain.offered import GROUPS, OFFERS
from explorer3d.qt.explain.target_text import target_between
from explorer3d.qt.panels import add_panel, in_sight, show_panel, toggle_panel
from explorer3d.qt.scene_marks import Spot
from explorer3d.qt.scene_pointing import ScenePointing
from explorer3d.scene.laid import Laid

if TYPE_CHECKING:
    from explorer3d.qt.explain.explaining import Explaining
    from explorer3d.qt.explain.panel import ExplainPanel


_STEP = 10


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
    caption : Caption
        Says there what lies over it.

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
        caption: Caption,
    ) -> None:
        super().__init__(window)
        self._document, self._banner, self._settings, self._lay = document, banner, settings, lay
        self._executor, self.caption = executor, caption
        self._switch: QAction | None = None
        self._pinned: Spot | None = None
        caption.end_wanted.connect(self._end)
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
        self._switch = add_switch(menu, "Lay over the scene", "O", "explain/over", True, self.want_over, tip)
        for name, keys in (
            ("opacity", ("Ctrl+PgUp", "Ctrl+PgDown")),
            ("threshold", ("Alt+PgUp", "Alt+PgDown")),
        ):
            for key, step, word in zip(keys, (_STEP, -_STEP), ("More", "Less"), strict=True):
                tip = "Of what lies over the picture"
                add(menu, f"{word} {name}", (key,), lambda n=name, by=step: self.nudge(n, by), tip)
        tip = "Take the number that is pinned, of an opened layer's output, as the target"
        add(menu, "Why this number?", ("Shift+E",), self.explain_pinned, tip)
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

    def end_early(self) -> bool:
        """End what grows with what it has come to; False: nothing does, or it is about to end."""
        growing = self.explaining is not None and self.explaining.may_end_early
        if growing and self.explaining is not None:
            self.explaining.stop()
        return growing

    def nudge(self, name: str, by: int) -> None:
        """Make what lies over the picture more or less opaque, or its threshold higher or lower."""
        if self.panel is not None:
            slider = self.panel.sliders[name]
            slider.setValue(slider.value() + by)

    def follow(self, pointing: ScenePointing) -> None:
        """Offer the number that is pinned in the scene as the target."""

        def pinned(_: str) -> None:
            self._pinned = pointing.pinned
            if self.explaining is not None:
                self.explaining.offer(_target_of(self._pinned))

        pointing.pin_told.connect(pinned)

    def explain_pinned(self) -> None:
        """Ask why a number is as it is: the one pinned in the scene."""
        target = _target_of(self._pinned)
        if target:
            self.explain_target(target)
        else:
            self._banner.say(
                "Open a layer and click a number of its output first: it becomes the target then."
            )

    def explain_target(self, target: str) -> None:
        """Explain something else by the method chosen last; for `target` see `attribute`."""
        explaining = self._made()
        show_panel(self.dock)
        self.dock.window().raise_()
        self.dock.window().activateWindow()
        # Its own layer has nothing before it.
        explaining.choose(target=target, of_selected=False)
        if not (explaining.under_way or explaining.up_to_date):
            explaining.start()

    def _end(self) -> None:
        if self._switch is not None:
            self._switch.trigger()

    def _made(self) -> Explaining:
        if self.explaining is None:
            # Here, since nobody waits for it when the program starts.
            from explorer3d.qt.explain.explaining import Explaining
            from explorer3d.qt.explain.panel import ExplainPanel

            self.explaining = Explaining(self._document, self)
            self.explaining.offer(_target_of(self._pinned))
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
            result = self.explaining.result
            # What is a chart, not a map, is seen in the panel alone.
            elsewhere = result is not None and result.found is not None and not (result.heat or result.grown)
            self.explaining.watch(self._seen or (self._over and not elsewhere))

    def _lay_over(self) -> None:
        explaining, panel = self.explaining, self.panel
        if explaining is None or panel is None:
            return
        result = explaining.result
        # While an input is being moved, it is replaced in a moment.
        due = not explaining.outdated or (self._document.passing and explaining.under_way)
        grown = result.grown if result is not None else None
        heat = panel.view.heat if result is not None and result.found is not None else None
        what = grown or heat
        if not self._over or result is None or what is None or not due:
            self._laid = None
            self._lay(None)
            self.caption.tell("", None)
            return
        looks = what, panel.opacity, panel.threshold
        if self._laid is None or self._laid[0] != looks:
            if grown is not None:
                laid = Laid(grown, grown.input, grown.layer, growing=result.found is None)
            elif result.found is not None and heat is not None:
                found = result.found
                laid = Laid(heat, found.input, found.layer, panel.opacity, panel.threshold)
            self._laid = looks, laid
        self._lay(self._laid[1])
        self.caption.tell(OFFERS[result.method].title, result.found, explaining.live)


def _target_of(pinned: Spot | None) -> str:
    """A number of a layer's output, as `attribute` takes it; empty: it is none, or none of an output."""
    if pinned is None or pinned.tensor != "output":
        return ""
    return target_between(pinned.layer, pinned.index, pinned.index)
