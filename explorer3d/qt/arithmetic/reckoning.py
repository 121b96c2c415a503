"""What is asked about one number of a layer, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from qtpy.QtCore import QObject, Signal

from explorer3d.document import Document
from explorer3d.errors import ExplorerError
from explorer3d.graph.model import Layer, Port
from explorer3d.inputs import UNCHANGED
from explorer3d.progress import Progress
from explorer3d.qt.inquiry import Inquiry

if TYPE_CHECKING:
    from explorer3d.compute.arithmetic.centre import Centring
    from explorer3d.compute.arithmetic.photograph import Responded
    from explorer3d.compute.arithmetic.spell import SpelledOut
    from explorer3d.compute.arithmetic.way import Way
    from explorer3d.graph.receptive.field import ReceptiveField

Answer = TypeVar("Answer")


class Reckoning(Inquiry):
    """One number of one layer.

    Signals
    -------
    changed()
        `spelled` or `fault` is another one.
    traced()
        `field` is another one.
    way_changed()
        `way` is another one.
    responded()
        `response` is another one.

    Attributes
    ----------
    layer : str
    index : tuple of int or None
        The place asked about; None: where the largest amount stands.
    spelled : SpelledOut or None
    fault : str
        Why there is none.
    field : ReceptiveField or None
        What the number depends on.
    way : Way or None
        All that the data passes through on its way to the layer.
    response : Responded or str or None
        What a filter makes of the layer's input; or why that cannot be told.
    """

    traced = Signal()
    way_changed = Signal()
    responded = Signal()
    topic = "arithmetic"

    def __init__(
        self, document: Document, layer: str, index: tuple[int, ...] | None, parent: QObject | None = None
    ) -> None:
        super().__init__(document, layer, parent)
        self.index = index
        self.spelled: SpelledOut | None = None
        self.fault = ""
        self.field: ReceptiveField | None = None
        self.way: Way | None = None
        self.response: Responded | str | None = None
        self._filter: int | None = None
        self._sample = 0
        self._centrings: dict[str, Centring] = {}

    @property
    def about(self) -> Layer | None:
        return self._model.layer_by_name.get(self.layer)

    @property
    def answered(self) -> bool:
        return self.spelled is not None

    def _load(self, feeds: Mapping[str, np.ndarray]) -> None:
        # Another input may be of another size.
        self._centrings = {}
        self.go_to(self.index)
        self._follow(feeds)
        if self._filter is not None:
            self.respond(self._filter)

    def _follow(self, feeds: Mapping[str, np.ndarray]) -> None:
        key, layer, sample = self._key, self.layer, self._sample

        def follow(progress: Progress) -> Way:
            from explorer3d.compute.arithmetic.way import FollowWay

            return FollowWay(key, feeds, layer, sample)(progress)

        def accept(way: Way | str) -> None:
            self.way = None if isinstance(way, str) else way
            self.way_changed.emit()

        self._ask("way", f"Picturing what lies before {layer}", follow, accept)

    def _look_at(self, sample: int) -> None:
        """Show what has become of one sample of the batch: that in which the number stands."""
        if sample != self._sample and self._document.feeds is not None:
            self._sample = sample
            self._follow(self._document.feeds.arrays)
            if self._filter is not None:
                self.respond(self._filter)

    def go_to(self, index: tuple[int, ...] | None) -> None:
        """Ask about another number of the layer."""
        if self._document.feeds is None:
            return
        self.index = index
        key, feeds, layer = self._key, self._document.feeds.arrays, self.layer

        def spell(progress: Progress) -> SpelledOut:
            # Here, since loading it would hold up the window.
            from explorer3d.compute.arithmetic.spell import SpellOut

            return SpellOut(key, feeds, layer, index)(progress)

        def accept(spelled: SpelledOut | str) -> None:
            if isinstance(spelled, str):
                self.spelled, self.fault = None, spelled
            else:
                self.spelled, self.fault = spelled, ""
                self.index = spelled.explanation.index
                self._trace(self.index)
                self._look_at(self.index[spelled.axes.index("N")] if "N" in spelled.axes else 0)
            self.changed.emit()

        # Of a window that slides nobody wants to read that it does.
        self._ask(self.topic, "" if self.spelled else f"Computing {layer}", spell, accept)

    @property
    def has_maps(self) -> bool:
        """Whether the layer makes maps of rows and columns."""
        return self.about is not None and {"H", "W"} <= set(self.about.outputs[0].axes)

    def centre_at(self, port: Port, row: int, column: int) -> None:
        """Ask about the number, of the same map, whose window is centred at a place of a map before it."""
        layer, feeds, index = self.about, self._document.feeds, self.index
        if layer is None or feeds is None or index is None or not self.has_maps:
            return
        key, arrays, output = self._key, feeds.arrays, layer.outputs[0]

        def go(centring: Centring) -> None:
            place = list(index)
            rows, columns = (output.axes.index(letter) for letter in "HW")
            place[rows], place[columns] = centring.nearest(row, column)
            self.go_to(tuple(place))

        def centre(progress: Progress) -> Centring:
            from explorer3d.compute.arithmetic.centre import Centre

            return Centre(key, arrays, output, index, port)(progress)

        def accept(centring: Centring | str) -> None:
            if not isinstance(centring, str):
                self._centrings[port.value] = centring
                go(centring)

        if port.value in self._centrings:
            go(self._centrings[port.value])
        else:
            self._ask("centre", "", centre, accept)

    def _trace(self, index: tuple[int, ...]) -> None:
        layer, feeds = self.about, self._document.feeds
        if layer is None or feeds is None:
            return
        key, arrays, value = self._key, feeds.arrays, layer.outputs[0].value

        def trace(progress: Progress) -> ReceptiveField:
            from explorer3d.compute.arithmetic.trace import TraceBack

            return TraceBack(key, arrays, value, index)(progress)

        def accept(field: ReceptiveField | str) -> None:
            self.field = None if isinstance(field, str) else field
            self.traced.emit()

        self._ask("reaches", "", trace, accept)

    def respond(self, number: int | None) -> None:
        """Ask what a filter alone makes of the layer's input; None: no more."""
        self._filter = number
        feeds = self._document.feeds
        if number is None or feeds is None:
            return
        key, arrays, layer, sample = self._key, feeds.arrays, self.layer, self._sample
        given, preprocessing = self._document.input_path, feeds.preprocessing
        # What has been moved or turned is no longer the file's picture.
        path = given if isinstance(given, Path) and self._document.transform == UNCHANGED else None

        def respond(progress: Progress) -> Responded:
            from explorer3d.compute.arithmetic.photograph import RespondToPhotograph

            asked = RespondToPhotograph(key, arrays, layer, number, path, preprocessing, sample=sample)
            return asked(progress)

        def accept(response: Responded | str) -> None:
            self.response = response
            self.responded.emit()

        self._ask("filter", f"Applying a filter of {layer}", respond, accept)

    def _ask(
        self,
        topic: str,
        title: str,
        request: Callable[[Progress], Answer],
        accept: Callable[[Answer | str], None],
    ) -> None:
        """Have something found out off the GUI thread: the answer, or why there is none."""

        def told(progress: Progress) -> Answer | str:
            try:
                return request(progress)
            except ExplorerError as error:
                return str(error)

        self.ask(topic, title, told, accept)

    def _given_up(self) -> None:
        self.fault = self.fault or "Computing this was given up, or failed. F5 tries again."
        self.changed.emit()
