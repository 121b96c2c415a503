"""What is asked of the open network, and what was found: the same for the panel and the scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from explorer3d.attribution.request import Attribute
from explorer3d.document import MOST_RUN, Document
from explorer3d.qt.explain.offered import OFFERS
from explorer3d.qt.explain.request import Explain, Explained

TOPIC = "explain"
_MOST_KEPT = 24


class Explaining(QObject):
    """Asks for explanations; those of fast methods follow the input, the layer and the target.

    Signals
    -------
    changed()
        Something else is known, under way, or chosen.

    Attributes
    ----------
    method : str
        Key in `OFFERS`.
    target : str
        As in `attribute`; empty for the best class.
    of_selected : bool
        The layer is the selected one; else the method chooses.
    settings : dict of str to mapping of str to value
        By method.
    result : Explained or None
        What was found last of what is asked.
    neuron : str
        A target that is offered, since it is pinned in the scene; empty: none.
    watched : bool
        Somebody sees what is found: otherwise nothing runs by itself.
    """

    changed = Signal()
    _sketched = Signal(object, object)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.method, self.target, self.of_selected = "grad_cam", "", True
        self.settings: dict[str, Mapping[str, Any]] = {}
        self.result: Explained | None = None
        self.neuron = ""
        self.watched = False
        self._known: dict[tuple[object, ...], Explained] = {}
        self._last: dict[str | None, tuple[object, ...]] = {}
        self._request: Explain | None = None
        self._running: tuple[tuple[object, ...], object] = ((), None)
        self._sketched.connect(self._take_sketch, Qt.QueuedConnection)
        document.input_changed.connect(self._follow)
        document.selection_changed.connect(self._select)
        document.model_changed.connect(self._model_changed)
        document.dropped.connect(self._maybe_stopped)
        document.failed.connect(self._maybe_stopped)

    @property
    def layer(self) -> str | None:
        """The layer that is asked about; None: the method's own choice, or none."""
        model, selected = self._document.model, self._document.selected
        if model is None or not (self.of_selected and OFFERS[self.method].layer):
            return None
        return selected if selected in model.layer_by_name else None

    @property
    def under_way(self) -> bool:
        return self._document.under_way(TOPIC)

    @property
    def live(self) -> bool:
        """Whether the method follows by itself."""
        model = self._document.model
        return OFFERS[self.method].live and model is not None and model.node_count <= MOST_RUN

    @property
    def up_to_date(self) -> bool:
        """Whether what was found is what is asked."""
        return self.result is not None and not self.outdated and self.result.method == self.method

    @property
    def outdated(self) -> bool:
        """Whether what was found belongs to another input."""
        return self.result is not None and self.result.feeds is not self._document.feeds

    def choose(
        self,
        method: str | None = None,
        target: str | None = None,
        of_selected: bool | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Ask something else; what is None stays."""
        self.method = method or self.method
        self.target = self.target if target is None else target
        self.of_selected = self.of_selected if of_selected is None else of_selected
        if settings is not None:
            self.settings[self.method] = settings
        self._follow()

    def offer(self, neuron: str) -> None:
        """Offer a target, if nobody has to take it."""
        if neuron != self.neuron:
            self.neuron = neuron
            self.changed.emit()

    def watch(self, watched: bool) -> None:
        """Let fast methods run, or rest while nobody sees it."""
        began = watched and not self.watched
        self.watched = watched
        if began:
            self._follow()

    def start(self) -> None:
        """Have it found out what is asked."""
        document = self._document
        if document.network is None or document.feeds is None:
            return
        asked = self._asked
        self._running = asked, document.feeds
        feeds, layer = document.feeds, self.layer
        self._request = request = Explain(
            Attribute(
                document.key,
                feeds.arrays,
                self.method,
                layer,
                self.target or None,
                self.settings.get(self.method, {}),
            ),
            feeds,
            self._sketched.emit,
        )

        def accept(found: Explained) -> None:
            self.result = found
            self._keep(asked, found, layer)
            # Of the inputs that came meanwhile the last one counts.
            if self.watched and self.live and self._document.feeds is not feeds:
                self.start()
            else:
                self.changed.emit()

        rest = 0.0 if document.passing and self.live else None
        document.ask(TOPIC, f"Explaining: {OFFERS[self.method].title}", request, accept, rest=rest)
        self.changed.emit()

    def stop(self) -> None:
        """End what is under way: with what it has come to, if that is seen already; else it is given up."""
        if self._sketch is not None and self._request is not None:
            self._request.enough.set()
        else:
            self._document.give_up(TOPIC)
            self.changed.emit()

    @property
    def may_end_early(self) -> bool:
        """Whether something is under way that is seen already, and nobody has said yet that it is enough."""
        request = self._request
        return (
            self.under_way
            and self._sketch is not None
            and request is not None
            and not request.enough.is_set()
        )

    @property
    def _sketch(self) -> Explained | None:
        """What is seen before the end."""
        result = self.result
        return result if result is not None and result.found is None and not result.fault else None

    def _take_sketch(self, request: Explain, sketch: Explained) -> None:
        if request is self._request and self.under_way:
            self.result = sketch
            self.changed.emit()

    @property
    def _asked(self) -> tuple[object, ...]:
        settings = tuple(sorted(self.settings.get(self.method, {}).items()))
        return self.method, self.layer, self.target, settings

    @property
    def _still_wanted(self) -> bool:
        """Whether what is under way is what is asked; what takes long is no less wanted at another layer."""
        method, layer, *rest = self._asked
        asked, feeds = self._running
        same = asked == (method, layer if self.live else asked[1], *rest)
        return same and feeds is self._document.feeds

    def _keep(self, asked: tuple[object, ...], found: Explained, layer: str | None) -> None:
        if found.fault:
            return
        self._known.pop(asked, None)
        self._known[asked] = found
        self._last[layer] = asked
        while len(self._known) > _MOST_KEPT:
            del self._known[next(iter(self._known))]

    def _follow(self) -> None:
        """Show what is known of what is asked now, and ask if that is quick."""
        document = self._document
        if self.under_way and self._still_wanted:
            self.changed.emit()
            return
        known = self._known.get(self._asked)
        if known is not None and (known.feeds is document.feeds or not self.live):
            document.give_up(TOPIC)
            self.result = known
        elif self.watched and self.live and document.feeds is not None:
            if not (document.passing and self.under_way):
                self.start()
            return
        else:
            document.give_up(TOPIC)
            self.result = known
        self.changed.emit()

    def _select(self) -> None:
        self._follow()
        if self.result is None and not self.under_way:
            # Of another method, perhaps, as its title says.
            self.result = self._known.get(self._last.get(self.layer, ()))
            self.changed.emit()

    def _model_changed(self) -> None:
        self._known, self._last, self.result = {}, {}, None
        self.settings, self.target = {}, ""
        self._follow()

    def _maybe_stopped(self, _: object) -> None:
        # What is dropped may be about to be asked for anew.
        QTimer.singleShot(0, self._tell_stopped)

    def _tell_stopped(self) -> None:
        if self._sketch is not None and not self.under_way:
            self.result = None
        self.changed.emit()
