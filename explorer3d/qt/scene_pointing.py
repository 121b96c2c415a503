"""What is said of the number under the cursor in the scene, and the one number that is pinned there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, QPoint, QTimer, Signal
from qtpy.QtGui import QPainter, QRegion

from explorer3d.document import Document
from explorer3d.graph.model import Port
from explorer3d.qt.pointer import Pointer
from explorer3d.qt.scene_marks import SceneMarks, Spot, cell_of, panel_of
from explorer3d.qt.surgery.aim import changed_spots
from explorer3d.qt.tensor.places import Place, place_of
from explorer3d.qt.tensor.readout import channel_text, number_text, sees_text
from explorer3d.qt.tensor.tiles import cell_at, part_of, seen_of
from explorer3d.qt.tensor.tracing import RESTING, TITLE, Trace
from explorer3d.qt.view import View
from explorer3d.scene.camera import Projection
from explorer3d.scene.overview import looking_at
from explorer3d.scene.pointing import Hit

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField

_TOPIC = "sees scene"
_CLOSER = "click to come close enough to read the numbers"


class ScenePointing(QObject):
    """Follows the cursor over opened tensors, and marks there what is pointed at here or elsewhere.

    Parameters
    ----------
    document : Document
    view : View
    pointer : Pointer

    Signals
    -------
    pin_told(str)
        A line about the pinned number; empty if none is.

    Attributes
    ----------
    marks : SceneMarks
    """

    pin_told = Signal(str)

    def __init__(self, document: Document, view: View, pointer: Pointer) -> None:
        super().__init__(view)
        self._document, self._view, self._stage, self._pointer = document, view, view.stage, pointer
        self._cursor: Spot | None = None
        self._pinned: Spot | None = None
        self._pinned_field: ReceptiveField | None = None
        self._place: Place | None = None
        self._field: ReceptiveField | None = None
        self._source: Spot | None = None
        self._region = QRegion()
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(RESTING)
        self._resting.timeout.connect(self._trace)
        view.describe = self.describe
        view.over.append(self._paint)
        view.hovered.connect(self._hovered)
        view.clicked.connect(self._clicked)
        pointer.moved.connect(self._link)
        pointer.traced.connect(self._link_field)
        document.layer_changed.connect(self._layer_changed)
        document.model_changed.connect(self._forget)

    @property
    def marks(self) -> SceneMarks:
        changed = changed_spots(self._document.running_edits, self._stage)
        return SceneMarks(self._cursor, self._pinned, self._source, self._place, self._field, changed)

    @property
    def pinned(self) -> Spot | None:
        """The number that is pinned."""
        return self._pinned

    @property
    def spot(self) -> Spot | None:
        """The number that is pointed at, or else the one that is pinned."""
        return self._cursor or self._pinned

    # What is under the cursor

    def describe(self, hit: Hit) -> str:
        """One line on what the cursor points at; of an opened tensor the number."""
        # The view has told of the cursor before it asks what to say.
        return self._told(self._cursor) if self._cursor is not None else self._stage.describe(hit)

    def _told(self, spot: Spot, field: ReceptiveField | None = None) -> str:
        """What is said of a number beside it: how it can be read there, too."""
        here = self._hit_of(spot)
        closer = here is not None and self._stage.too_small(here)
        return self._text(spot, field) + (f"  ·  {_CLOSER}" if closer else "")

    @property
    def here(self) -> Hit | None:
        """Where the number is seen that is pointed at, or else the one that is pinned."""
        return self._hit_of(self.spot) if self.spot is not None else None

    def _hit_of(self, spot: Spot) -> Hit | None:
        panel = panel_of(self._stage, spot)
        seen = seen_of(panel.tensor) if panel is not None else None
        cell = cell_of(seen, spot) if seen is not None else None
        if panel is None or seen is None or cell is None:
            return None
        part = part_of(seen, panel.picture, cell)
        if part is None:
            return None
        tile, (left, top, right, bottom) = part
        middle = (left + right) / 2, (top + bottom) / 2
        return Hit(spot.layer, panel.tensor.role, spot.tensor, tile, *middle)

    def spot_of(self, hit: Hit | None) -> Spot | None:
        """The number of an opened tensor that a place in the scene belongs to."""
        if hit is None or hit.tile is None or hit.tensor is None:
            return None
        panel = panel_of(self._stage, Spot(hit.node, hit.tensor, ()))
        seen = seen_of(panel.tensor) if panel is not None else None
        cell = cell_at(seen, panel.picture, hit.tile, hit.across, hit.down) if panel and seen else None
        return Spot(hit.node, hit.tensor, seen.index_of(cell)) if seen and cell else None

    def _text(self, spot: Spot, field: ReceptiveField | None = None) -> str:
        panel = panel_of(self._stage, spot)
        seen = seen_of(panel.tensor) if panel is not None else None
        cell = cell_of(seen, spot) if seen is not None else None
        if panel is None or seen is None or cell is None:
            return ""
        tensor, model = panel.tensor, self._document.model
        title = f"{spot.layer}: {tensor.title}" if spot.layer != tensor.title else tensor.title
        sees = sees_text(field, model.inputs) if field is not None and model is not None else ""
        parts = [f"{title}  {number_text(seen, cell)}", channel_text(seen, cell, tensor.axes), sees]
        return "  ·  ".join(part for part in parts if part)

    def point_at(self, spot: Spot) -> None:
        """Point at a number without a mouse, bring it into view, and tell it there."""
        self._point(spot)
        outlines = [corners for corners, _, _ in SceneMarks(pinned=spot).outlines(self._stage)]
        if not outlines:
            return
        corners, stage = outlines[-1].reshape(-1, 3), self._stage
        if not self._in_view(corners):
            x, y, _ = corners.mean(axis=0).tolist()
            stage.fly(looking_at(stage.goal, (x, y)))
            self._view.refresh()
        # Where the camera is going to rest.
        pixels = Projection(stage.goal, stage.canvas.size).pixels(corners) / self._view.devicePixelRatioF()
        self._view.tell(self._text(spot), QPoint(*pixels.max(axis=0).astype(int).tolist()))

    def _hovered(self, hit: Hit | None) -> None:
        self._point(self.spot_of(hit))

    def _point(self, spot: Spot | None) -> None:
        if spot == self._cursor:
            return
        self._cursor = spot
        self._resting.stop()
        self._document.give_up(_TOPIC)
        self._pointer.point(spot, self._place_of(spot))
        if spot is None:
            self._pointer.trace(None, None, self._inputs)
        if spot is not None or self._pinned_field is None:
            self._resting.start()

    def _place_of(self, spot: Spot | None) -> Place | None:
        panel = panel_of(self._stage, spot) if spot is not None else None
        if spot is None or panel is None or not panel.tensor.value:
            return None
        return place_of(panel.tensor.array.shape, panel.tensor.axes, spot.index)

    @property
    def _inputs(self) -> Sequence[Port]:
        return self._document.model.inputs if self._document.model is not None else ()

    def _trace(self) -> None:
        """Ask what the number depends on that the mouse rests on, or else the one pinned."""
        document, spot = self._document, self._cursor or self._pinned
        panel = panel_of(self._stage, spot) if spot is not None else None
        if spot is None or panel is None or document.network is None or document.feeds is None:
            return
        value = panel.tensor.value
        if not value:
            return

        def accept(field: ReceptiveField | None) -> None:
            if field is None:
                return
            if spot == self._pinned:
                self._keep(field)
            if spot == self._cursor:
                self._view.tell(self._told(spot, field))
            if spot == (self._cursor or self._pinned):
                self._pointer.trace(spot, field, self._inputs)

        request = Trace(document.key, document.feeds.arrays, value, spot.index)
        document.ask(_TOPIC, TITLE, request, accept)

    # What is pinned

    def _clicked(self, hit: Hit | None) -> None:
        spot = self.spot_of(hit)
        if spot is not None:
            self._cursor = spot
            self.toggle_pin()

    def pin(self, spot: Spot | None) -> None:
        """Keep a number marked, and tell it; None: none any more."""
        self._pinned, self._pinned_field = spot, None
        self._keep(None)
        if self._cursor is None:
            self._pointer.point(spot, self._place_of(spot))
            if spot is None:
                self._pointer.trace(None, None, self._inputs)
        self._resting.start()
        self._refresh()

    def toggle_pin(self) -> bool:
        """Pin the number pointed at, or let go of it; say whether there is one."""
        spot = self.spot
        if spot is not None:
            self.pin(spot if spot != self._pinned else None)
        return spot is not None

    def unpin(self) -> None:
        """Let go of the pinned number."""
        if self._pinned is not None:
            self.pin(None)

    def _forget(self) -> None:
        """Another network is there."""
        self._point(None)
        self.unpin()

    def _keep(self, field: ReceptiveField | None) -> None:
        spot, self._pinned_field = self._pinned, field
        self._pointer.pin(spot, self._place_of(spot), field, self._inputs)
        self.pin_told.emit(self._text(spot, field) if spot is not None else "")

    def go_to(self, layer: str, tensor: str, index: tuple[int, ...]) -> None:
        """Pin a number of an opened tensor, and bring it into view."""
        self.pin(Spot(layer, tensor, index))
        corners = [corners for corners, _, _ in SceneMarks(pinned=self._pinned).outlines(self._stage)]
        if corners and not self._in_view(corners[-1].reshape(-1, 3)):
            self._stage.frame_node(layer)
            self._view.refresh()

    def _in_view(self, points: np.ndarray) -> bool:
        pixels = Projection(self._stage.goal, self._stage.canvas.size).pixels(points)
        return bool(((pixels >= 0) & (pixels <= self._stage.canvas.size)).all())

    def _layer_changed(self, name: str) -> None:
        """Other numbers are there, or the layer is gone."""
        if self._cursor is not None and self._cursor.layer == name and not self._text(self._cursor):
            self._point(None)
        if self._pinned is not None and self._pinned.layer == name:
            if self._text(self._pinned):
                self._keep(self._pinned_field)
            else:
                self.unpin()

    # What is pointed at elsewhere

    def _link(self, source: object, place: Place | None) -> None:
        self._source = source if isinstance(source, Spot) else None
        self._place, self._field = place, None
        self._refresh()

    def _link_field(self, source: object, field: ReceptiveField | None) -> None:
        self._field = field
        self._refresh()

    def _paint(self, painter: QPainter) -> None:
        self._region = self.marks.paint(painter, self._stage, self._view.devicePixelRatioF())

    def _refresh(self) -> None:
        """Draw anew what is covered by marks, or was: all of a large picture would take long."""
        now = self.marks.region(self._stage, self._view.devicePixelRatioF())
        self._view.update(now + self._region)
