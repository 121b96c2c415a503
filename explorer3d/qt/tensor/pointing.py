"""What is said of the number that is pointed at, and where else the same place is marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from explorer3d.qt.tensor.canvas import TensorCanvas
from explorer3d.qt.tensor.places import Place, place_of, region_spot, spot_of
from explorer3d.qt.tensor.readout import channel_text, number_text, sees_text
from explorer3d.qt.tensor.subject import Subject
from explorer3d.qt.tensor.tracing import RESTING

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField


class Pointing(QObject):
    """Follows the cursor on a canvas, and marks there what is pointed at elsewhere.

    Signals
    -------
    told(str)
        A line about the number; empty if nothing is pointed at.
    channel_changed(int or None)
        The number's channel.
    pointed(Place or None)
        Where it stands in space.
    traced(ReceptiveField or None)
        What it depends on.
    """

    told = Signal(str)
    channel_changed = Signal(object)
    pointed = Signal(object)
    traced = Signal(object)

    def __init__(self, subject: Subject, canvas: TensorCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._subject, self._canvas = subject, canvas
        self._is_pointing = False
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(RESTING)
        self._resting.timeout.connect(self._trace)
        canvas.pointed.connect(self.update)

    def end(self) -> None:
        """Point at nothing any more."""
        self._resting.stop()
        self._leave()

    def update(self) -> None:
        """The cursor is elsewhere, or other numbers are there."""
        seen, cell, tensor = self._canvas.seen, self._canvas.cursor_cell, self._subject.tensor
        self._resting.stop()
        if seen is None or cell is None or tensor is None:
            self._leave()
            return
        self._is_pointing = True
        self._tell("")
        self.channel_changed.emit(int(seen.channels[cell.group]) if seen.channel_axis is not None else None)
        if self._subject.value is not None:
            self.pointed.emit(place_of(seen.array.shape, tensor.axes, seen.index_of(cell)))
            self._resting.start()

    def _leave(self) -> None:
        # Another window may be pointing meanwhile.
        if self._is_pointing:
            self._is_pointing = False
            self.told.emit("")
            self.channel_changed.emit(None)
            self.pointed.emit(None)
            self.traced.emit(None)

    def _tell(self, sees: str) -> None:
        seen, cell, tensor = self._canvas.seen, self._canvas.cursor_cell, self._subject.tensor
        assert seen is not None and cell is not None and tensor is not None
        parts = [number_text(seen, cell), channel_text(seen, cell, tensor.axes), sees]
        self.told.emit("   ·   ".join(part for part in parts if part))

    def _trace(self) -> None:
        seen, cell = self._canvas.seen, self._canvas.cursor_cell
        if seen is None or cell is None:
            return

        def accept(field: ReceptiveField | None) -> None:
            if self._canvas.cursor_cell == cell and self._canvas.seen is seen and field is not None:
                self._tell(sees_text(field, self._subject.model_inputs))
                self.traced.emit(field)

        self._subject.trace(seen.index_of(cell), accept)

    def link(self, place: Place | None) -> None:
        """Mark the same place as another window points at."""
        seen, tensor = self._canvas.seen, self._subject.tensor
        self._canvas.linked = None
        if place is not None and seen is not None and tensor is not None and self._subject.value is not None:
            self._canvas.linked = spot_of(place, seen.array.shape, tensor.axes, seen.arrangement)
        self._canvas.update()

    def link_field(self, field: ReceptiveField) -> None:
        """Mark exactly what a number in another window depends on, if that is here."""
        seen, region = self._canvas.seen, field.regions.get(self._subject.value or "")
        if seen is not None and region is not None:
            self._canvas.linked = region_spot(region, seen.array.shape, seen.arrangement)
            self._canvas.update()
