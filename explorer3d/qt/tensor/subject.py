"""The tensor that a window is about, and what is asked about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, Signal

from explorer3d.compute.channel_order import CONTRIBUTION, OrderChannels, OrderedChannels
from explorer3d.compute.show import ShowLayer, ShownLayer, ShownTensor
from explorer3d.document import Document
from explorer3d.graph.model import Port
from explorer3d.graph.summary import shape_text
from explorer3d.progress import Progress
from explorer3d.qt.inquiry import Inquiry
from explorer3d.qt.tensor.tracing import TITLE, Trace
from explorer3d.work import Request

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField


class Subject(Inquiry):
    """One tensor of one layer.

    Signals
    -------
    changed()
        `tensor` is another one, or holds other numbers.
    ordered_changed()
        `ordered` is known, or no longer.

    Attributes
    ----------
    layer, name : str
        The layer (or model input), and the tensor's name in `ShownLayer`.
    shown : ShownLayer or None
    ordered : OrderedChannels or None
        Order and summary of the channels along some axis, as asked for last; those of the numbers before
        until the new ones are known, lest the maps jump to and fro with every input.
    """

    ordered_changed = Signal()
    topic = "tensor"

    def __init__(self, document: Document, layer: str, name: str, parent: QObject | None = None) -> None:
        super().__init__(document, layer, parent)
        self.name = name
        self.shown: ShownLayer | None = None
        self.ordered: OrderedChannels | None = None

    @property
    def tensor(self) -> ShownTensor | None:
        """What is there of it already."""
        tensors = self.shown.tensors if self.shown else ()
        return next((tensor for tensor in tensors if tensor.name == self.name), None)

    @property
    def title(self) -> str:
        tensor = self.tensor
        return f"{self.layer} · {tensor.title if tensor else self.name}"

    @property
    def model_inputs(self) -> tuple[Port, ...]:
        return self._model.inputs

    @property
    def value(self) -> str | None:
        """Name of its value in the graph; None for a weight."""
        layer, tensor = self._model.layer_by_name.get(self.layer), self.tensor
        if tensor is None or tensor.role not in ("input", "output"):
            return None
        if layer is None:
            return self.layer
        ports = layer.inputs if tensor.role == "input" else layer.outputs
        number = int(tensor.name.removeprefix(tensor.role) or 0)
        return [port.value for port in ports if port.readable][number]

    @property
    def message(self) -> str:
        """What is said of it where there are no numbers to be seen."""
        shown, tensor = self.shown, self.tensor
        if shown is None:
            again = "There are no numbers: computing them was given up, or failed. F5 tries again."
            return "Computing…" if self.loading else again
        if tensor is None:
            return shown.fault or "This layer has no tensors."
        if not tensor.array.size:
            return f"This tensor is empty: {shape_text(tensor.shape)} has no numbers."
        return "\n".join(tensor.picture.words)

    @property
    def maker(self) -> str | None:
        """The layer whose first output it is."""
        value = self.value
        made = (layer for layer in self._model.layers if layer.outputs and layer.outputs[0].value == value)
        found = next(made, None) if value is not None else None
        return found.name if found is not None else None

    def choose(self, name: str) -> None:
        """Look at another tensor of the layer."""
        if name != self.name:
            self.name, self.ordered = name, None
            self.changed.emit()

    def _load(self, feeds: Mapping[str, np.ndarray]) -> None:
        def accept(shown: ShownLayer) -> None:
            self.shown = shown
            if self.tensor is None and shown.tensors:
                self.name, self.ordered = shown.tensors[-1].name, None
            self.changed.emit()
            if shown.is_preview:
                whole = replace(first, at_once=False, known=shown.computed)
                self.ask("tensor", f"Reading all of {self.layer}", whole, accept)

        first = ShowLayer(self._key, feeds, self.layer, at_once=True)
        self.ask("tensor", f"Computing {self.layer}", first, accept)

    def order(self, axis: int, by: str, active_only: bool) -> None:
        """Ask for order and summary of the channels along an axis."""
        tensor = self.tensor
        if tensor is None:
            return

        def accept(ordered: OrderedChannels) -> None:
            if self.tensor is tensor:
                self.ordered = ordered
                self.ordered_changed.emit()

        request: Request = OrderChannels(tensor.array, axis, by, active_only)
        feeds = self._document.feeds
        if by == CONTRIBUTION and feeds is not None:
            request = self._by_contribution(feeds.arrays, tensor.array, axis, active_only)
        self.ask("order", f"Ordering the channels of {self.layer}", request, accept)

    def _by_contribution(
        self, feeds: Mapping[str, np.ndarray], array: np.ndarray, axis: int, active_only: bool
    ) -> Request:
        key, maker = self._key, self.maker

        def order(progress: Progress) -> OrderedChannels:
            # Here, since loading it would hold up the window.
            from explorer3d.attribution.contribution import OrderByContribution

            return OrderByContribution(key, feeds, maker, array, axis, active_only)(progress)

        return order

    def trace(self, index: tuple[int, ...], accept: Callable[[ReceptiveField | None], None]) -> None:
        """Ask what a number depends on; None if nobody can tell."""
        value, feeds = self.value, self._document.feeds
        if value is None or feeds is None:
            accept(None)
            return
        self.ask("sees", TITLE, Trace(self._key, feeds.arrays, value, index), accept)

    @property
    def answered(self) -> bool:
        return self.shown is not None


def is_numeric(array: np.ndarray) -> bool:
    """Whether there are numbers in an array that colours can stand for."""
    return array.size > 0 and array.dtype.kind in "fiub"
