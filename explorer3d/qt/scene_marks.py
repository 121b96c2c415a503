"""Where in the scene the place is that is pointed at, in all tensors that are open."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QRectF
from qtpy.QtGui import QColor, QPainter, QPolygonF, QRegion

from explorer3d.qt.tensor.marks import CHANGED, CURSOR, LINKED, PINNED, outline
from explorer3d.qt.tensor.places import Place, region_spot, spot_of
from explorer3d.qt.tensor.seen import Cell, Seen
from explorer3d.qt.tensor.tiles import part_of, seen_of, share_of
from explorer3d.scene.panel import Panel
from explorer3d.scene.stage import Stage

if TYPE_CHECKING:
    from explorer3d.graph.receptive.field import ReceptiveField

_MOST_LINKED = 300
_SMALLEST_TILE = 14.0  # logical pixels of a map's side below which marks on it would only hide it
_WHOLE = (0.0, 0.0, 1.0, 1.0)
_DESIGNED = 1000.0  # logical pixels of the view's height from which on marks grow with it
_BESIDE = 24  # logical pixels beside a rectangle that its outline may reach


@dataclass(frozen=True)
class Spot:
    """A number of an opened tensor.

    Attributes
    ----------
    layer, tensor : str
        As in `ShownLayer` and `ShownTensor`.
    index : tuple of int
    """

    layer: str
    tensor: str
    index: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SceneMarks:
    """What is outlined in the scene, over whatever stands before it.

    Attributes
    ----------
    cursor, pinned : Spot or None
    source : Spot or None
        The one of both whose place is marked elsewhere; None: it is not in the scene.
    place : Place or None
        In all other tensors.
    field : ReceptiveField or None
        Exactly, in those that it comes from.
    changed : sequence of Spot
        On maps and kernels that somebody has changed.
    """

    cursor: Spot | None = None
    pinned: Spot | None = None
    source: Spot | None = None
    place: Place | None = None
    field: ReceptiveField | None = None
    changed: Sequence[Spot] = ()

    def paint(self, painter: QPainter, stage: Stage, ratio: float) -> QRegion:
        """Draw the outlines.

        Parameters
        ----------
        painter : QPainter
        stage : Stage
        ratio : float
            Pixels per logical pixel.

        Returns
        -------
        QRegion
            Where they are.
        """
        painter.setRenderHint(QPainter.Antialiasing)
        region, larger = QRegion(), max(1.0, stage.canvas.size[1] / ratio / _DESIGNED)
        for corners, colour, width in self.outlines(stage, ratio):
            polygons = list(_seen_from(stage, corners, ratio))
            for polygon in polygons:
                outline(painter, polygon, colour, width, larger)
            region += _around(polygons)
        return region

    def region(self, stage: Stage, ratio: float) -> QRegion:
        """Where they are to be drawn; parameters as of `paint`."""
        region = QRegion()
        for corners, _, _ in self.outlines(stage, ratio):
            region += _around(list(_seen_from(stage, corners, ratio)))
        return region

    def outlines(self, stage: Stage, ratio: float = 1.0) -> Iterator[tuple[np.ndarray, QColor, float]]:
        """Corners in world units ((n, 4, 3) float array), colour, and width in logical pixels."""
        if stage.network is None:
            return
        apart = (self.source.layer, self.source.tensor) if self.source is not None else None
        for layer, opened in stage.opened.items() if self.place is not None else ():
            for panel in opened.panels:
                found = self._linked(stage, panel, ratio) if (layer, panel.tensor.name) != apart else None
                if found is not None:
                    yield found, LINKED, 2.0
        for one in self.changed:
            # The number stands for its map; of a vector it is all.
            yield from itertools.islice(_spotted(stage, one, CHANGED), 1)
        for spot, colour in ((self.pinned, PINNED), (self.cursor, CURSOR)):
            if spot is not None:
                yield from _spotted(stage, spot, colour)

    def _linked(self, stage: Stage, panel: Panel, ratio: float) -> np.ndarray | None:
        tensor = panel.tensor
        seen = seen_of(tensor) if tensor.value else None
        if seen is None or self.place is None:
            return None
        spot = spot_of(self.place, tensor.array.shape, tensor.axes, seen.arrangement)
        region = self.field.regions.get(tensor.value) if self.field is not None else None
        if region is not None:
            spot = region_spot(region, tensor.array.shape, seen.arrangement)
        share = share_of(seen, panel.picture, *spot) if spot is not None else None
        if share is None:
            return None
        tiles = panel.facing[:_MOST_LINKED]
        first = stage.projection.pixels(panel.quads.corners[tiles[0]]) / ratio
        # Some marks tell more than hundreds of maps covered with them.
        if np.ptp(first, axis=0).min() < _SMALLEST_TILE:
            tiles = tiles[:1]
        return panel.parts(tiles, share)


def _spotted(stage: Stage, spot: Spot, colour: QColor) -> Iterator[tuple[np.ndarray, QColor, float]]:
    """A number, and the map that it is on."""
    panel = panel_of(stage, spot)
    seen = seen_of(panel.tensor) if panel is not None else None
    cell = cell_of(seen, spot) if seen is not None else None
    if panel is None or seen is None or cell is None:
        return
    part = part_of(seen, panel.picture, cell)
    if part is None:
        return
    tile, share = part
    if panel.picture.kind != "vector":
        # Of a stack one would not see otherwise which of its maps it is.
        yield panel.parts(np.array([tile]), _WHOLE), colour, 1.5
    yield panel.parts(np.array([tile]), share), colour, 2.0


def _around(polygons: Sequence[QPolygonF]) -> QRegion:
    box = QRectF()
    for polygon in polygons:
        box = box.united(polygon.boundingRect())
    return QRegion(box.toAlignedRect().adjusted(-_BESIDE, -_BESIDE, _BESIDE, _BESIDE))


def panel_of(stage: Stage, spot: Spot) -> Panel | None:
    """Where a tensor stands that is laid open."""
    opened = stage.opened.get(spot.layer)
    panels = opened.panels if opened is not None else []
    return next((panel for panel in panels if panel.tensor.name == spot.tensor), None)


def cell_of(seen: Seen, spot: Spot) -> Cell | None:
    """Where a number is seen; None if the tensor has no such place any more."""
    shape = seen.array.shape
    fits = len(spot.index) == len(shape) and all(
        at < size for at, size in zip(spot.index, shape, strict=True)
    )
    return seen.cell_of(spot.index) if fits else None


def _seen_from(stage: Stage, corners: np.ndarray, ratio: float) -> Iterator[QPolygonF]:
    """Rectangles as they are seen, but those beside or behind the eye."""
    pose, points = stage.pose, corners.reshape(-1, 3)
    depth = ((points - pose.position()) @ pose.axes()[2]).reshape(-1, 4)
    pixels = stage.projection.pixels(points).reshape(-1, 4, 2) / ratio
    for place in np.flatnonzero((depth > 0).all(axis=1)):
        yield QPolygonF([QPointF(x, y) for x, y in pixels[place].tolist()])
