"""One pointer for all that shows tensors: what is pointed at here is marked there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QRectF, Signal

from explorer3d.graph.model import Port
from explorer3d.qt.tensor.places import Place, part_of

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField


class Pointer(QObject):
    """Passes on what one of several views points at; where none does, what is pinned.

    Signals
    -------
    moved(object, Place or None)
        Who points, and at which place in space.
    traced(object, ReceptiveField or None)
        Who points, and what the number depends on.
    input_marked(str, QRectF or None)
        What it sees of a model input, in shares of the picture.
    """

    moved = Signal(object, object)
    traced = Signal(object, object)
    input_marked = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pinned: tuple[object, Place, ReceptiveField | None, Sequence[Port]] | None = None

    def point(self, source: object, place: Place | None) -> None:
        """Somebody points at a place, or no longer at any."""
        if place is None and self._pinned is not None:
            source, place, field, inputs = self._pinned
            self.moved.emit(source, place)
            self._trace(source, field, inputs)
        else:
            self.moved.emit(source, place)

    def trace(self, source: object, field: ReceptiveField | None, inputs: Sequence[Port]) -> None:
        """It has been found what the number depends on.

        Parameters
        ----------
        source : object
        field : ReceptiveField or None
            None: not known, or nothing is pointed at any more.
        inputs : sequence of Port
            Of the model.
        """
        if field is not None or self._pinned is None:
            self._trace(source, field, inputs)

    def pin(
        self, source: object, place: Place | None, field: ReceptiveField | None, inputs: Sequence[Port]
    ) -> None:
        """Mark a place whenever nobody points at another; None: none."""
        self._pinned = (source, place, field, inputs) if place is not None else None

    def _trace(self, source: object, field: ReceptiveField | None, inputs: Sequence[Port]) -> None:
        self.traced.emit(source, field)
        for port in inputs:
            region = field.regions.get(port.value) if field is not None else None
            part = part_of(region, port.axes) if region is not None else None
            self.input_marked.emit(port.value, QRectF(*part) if part is not None else None)
