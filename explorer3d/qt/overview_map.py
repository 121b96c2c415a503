"""The whole network in a corner of the scene, with what of it is in view; a click there flies there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, QSizeF, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QToolTip

from explorer3d.document import Document
from explorer3d.progress import Progress, ignore
from explorer3d.qt.card import Card
from explorer3d.qt.corners import cheapest, corners_of, covered
from explorer3d.qt.plain import plain
from explorer3d.qt.view import View
from explorer3d.scene.camera import Projection
from explorer3d.scene.overview import (
    Frame,
    Overview,
    drawn,
    footprint,
    framed,
    looking_at,
    middle_of,
    nearest,
)
from explorer3d.scene.placement import Placement
from explorer3d.scene.pointing import Hit

_TOPIC = "overview"
# All in logical pixels, but for the shares, which are of the view's width and height.
_PADDING = 5
_SMALLEST_VIEW = (560, 400)
_SHARES, _LARGEST, _LEAST = (0.24, 0.26), (460, 330), 22
_DRAG = 4  # a press may move so far and still be a click
_REACH = 5.0  # from a block within which the cursor points at it
_MARK = 8.0  # that the mark of what is selected takes at least
_STEPS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, 1), Qt.Key_Down: (0, -1)}
_STEP = 0.25  # of the picture
_IN_VIEW = (0.7, 0.8)  # share of a network below which a map comes, and stays
_GIVES_WAY = (0.25, 0.35)  # share of the map over what is laid open from which on it does not come, and goes
_BLOCKS = 0.3  # what a block under the map counts, of the same that is laid open
_SOME = 2000  # nodes that tell how much is in view


@dataclass(frozen=True, eq=False)
class DrawOverview:
    """Draw an overview map; the answer is (H, W, 4) uint8, see `scene.overview.drawn`."""

    overview: Overview
    frame: Frame

    def __call__(self, progress: Progress = ignore) -> np.ndarray:
        return drawn(self.overview, self.frame)


class OverviewMap(Card):
    """A map of the network, there whenever not all of it is in view.

    Parameters
    ----------
    view : View
    document : Document

    Attributes
    ----------
    frame : Frame or None
        Between the scene and the map's pixels: those of the screen, from inside the map's padding.
    """

    def __init__(self, view: View, document: Document) -> None:
        super().__init__(view, "overview")
        self._view, self._stage, self._document = view, view.stage, document
        self._wanted = True
        self._placement: Placement | None = None
        self._some = np.zeros((1, 3))
        self._key: tuple[Any, ...] = ()
        self._overview: Overview | None = None
        self._names: tuple[str, ...] = ()
        self.frame: Frame | None = None
        self._pixels = np.zeros(0, np.uint8)
        self._image: QImage | None = None
        self._press: QPoint | None = None
        self._grip = (0.0, 0.0)
        self._dragging = False
        self._corner, self._gives_way = 0, False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.TabFocus)
        self.setCursor(Qt.PointingHandCursor)
        self.setAccessibleName("Overview map")
        self.setAccessibleDescription(
            "The whole network, and what of it is in view; arrow keys move the view"
        )
        view.moved.connect(self.follow)
        view.rested.connect(self._renew)
        document.model_changed.connect(self._forget)
        self.hide()

    def want(self, wanted: bool) -> None:
        """Let it be there whenever it is of use, or never."""
        self._wanted = wanted
        self.follow()

    def place(self) -> None:
        self.follow()

    def follow(self) -> None:
        """Keep to what the scene shows."""
        view, network = self._view, self._stage.settled
        if network is not None and network.placement is not self._placement:
            self._placement, self._some = network.placement, _some(network.placement)
        room = view.width() >= _SMALLEST_VIEW[0] and view.height() >= _SMALLEST_VIEW[1]
        there = self._wanted and room and self._placement is not None
        if there and (self._press is not None or self._useful()):
            if self._image is None:
                self._order()
            self._stand()
            self.setVisible(self._image is not None and not self._gives_way)
            self.update()
        else:
            self.hide()

    def _renew(self) -> None:
        """Draw it anew once nothing moves: while something does, that would hold up the scene."""
        if self.isVisible():
            self._order()

    def _forget(self) -> None:
        self._placement, self._overview, self.frame, self._image, self._key = None, None, None, None, ()
        self._press = None
        self.hide()

    def _useful(self) -> bool:
        """Whether much of the network is out of view; at the verge, as it has been."""
        projection = self._stage.projection
        pose = projection.pose
        ahead = (self._some - pose.position()) @ pose.axes()[2] > 0
        seen = projection.pixels(self._some) / projection.size
        inside = ahead & ((seen >= 0) & (seen <= 1)).all(axis=1)
        return bool(inside.mean() < _IN_VIEW[self.isVisible()])

    def _order(self) -> None:
        """Have the map drawn, unless it is as it should be or about to be."""
        stage, view, network = self._stage, self._view, self._stage.settled
        if network is None or not len(network.index):
            return
        ratio = self.devicePixelRatioF()
        opened = [layer.bounds()[:, :2] for layer in stage.opened.values()]
        size = (view.width(), view.height(), ratio, *(corners.tobytes() for corners in opened))
        key = (network.placement, stage.bright, stage.painted, stage.theme, size)
        if key == self._key and (self._image is not None or self._document.under_way(_TOPIC)):
            return
        self._key = key
        overview, names = stage.overview(network), network.placement.names
        room = [
            round(min(share * extent, most) * ratio)
            for share, extent, most in zip(_SHARES, (view.width(), view.height()), _LARGEST, strict=True)
        ]
        points = np.concatenate([overview.low, overview.high, *opened])
        frame = framed(points, (room[0], room[1]), round(_LEAST * ratio))

        def accept(pixels: np.ndarray) -> None:
            height, width = pixels.shape[:2]
            self._pixels = np.ascontiguousarray(pixels)
            self._image = QImage(
                self._pixels.data, width, height, 4 * width, QImage.Format_RGBA8888_Premultiplied
            )
            self._image.setDevicePixelRatio(ratio)
            self._overview, self._names, self.frame = overview, names, frame
            self.follow()

        self._document.ask(_TOPIC, "Drawing the overview map", DrawOverview(overview, frame), accept)

    def _stand(self) -> None:
        """In that corner where it covers least of what is laid open, and of blocks.

        Where it would cover much in every corner, it gives way.
        """
        if self.frame is None:
            return
        view, stage, ratio = self._view, self._stage, self.devicePixelRatioF()
        width, height = (round(size / ratio) + 2 * _PADDING for size in self.frame.size)
        cards = view.findChildren(Card, options=Qt.FindDirectChildrenOnly)
        others = [card.geometry() for card in cards if card.isVisible() and card is not self]
        legend = stage.legend_size[0] / ratio, stage.legend_size[1] / ratio
        places = corners_of(view.size(), QSize(width, height), legend, others)
        if self._press is None:
            # Once the camera has come to rest.
            projection = Projection(stage.goal, stage.canvas.size)
            laid, blocks = stage.taken(projection) / ratio, self._blocks(projection) / ratio
            cards_over = np.array([one.getCoords() for one in others], float).reshape(-1, 4)
            hidden = [covered(place, laid) for place in places]
            costs = [
                one + covered(place, cards_over) + _BLOCKS * covered(place, blocks)
                for one, place in zip(hidden, places, strict=True)
            ]
            self._corner = cheapest(costs, self._corner)
            share = hidden[self._corner] / (width * height)
            self._gives_way = share > _GIVES_WAY[not self._gives_way]
        self.setGeometry(places[self._corner])

    def _blocks(self, projection: Projection) -> np.ndarray:
        """(m, 4) float array: left, top, right, bottom in pixels of blocks in view, of very many of some."""
        placement = self._placement
        if placement is None or not len(placement.names):
            return np.zeros((0, 4))
        some = slice(None, None, max(1, len(placement.names) // _SOME))
        middles, half = placement.centres[some], placement.sizes[some] * [0.5, 0.5, 0.0]
        ends = np.stack([projection.pixels(middles + side * half) for side in (-1, 1)])
        ahead = (middles - projection.pose.position()) @ projection.pose.axes()[2] > 0
        return np.concatenate([ends.min(axis=0), ends.max(axis=0)], axis=1)[ahead]

    # Painting

    def paintEvent(self, event: QEvent) -> None:
        if self._image is None or self.frame is None:
            return
        theme, stage = self._stage.theme, self._stage
        painter = QPainter(self)
        painter.setRenderHint(QPainter.Antialiasing)
        painter.setPen(QPen(QColor(*(theme.edge_active if self.hasFocus() else theme.frame)), 1))
        painter.setBrush(QColor(*theme.bottom, 235))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.drawImage(QPointF(_PADDING, _PADDING), self._image)
        painter.setClipRect(self.rect().adjusted(_PADDING - 2, _PADDING - 2, 2 - _PADDING, 2 - _PADDING))
        painter.setBrush(QColor(*theme.frame, 120))
        for opened in stage.opened.values():
            painter.setPen(QPen(QColor(*theme.handle_active), 1))
            painter.drawPolygon(self._on_map(opened.bounds()))
        painter.setBrush(QColor(*theme.text, 26))
        painter.setPen(QPen(QColor(*theme.text), 1.5))
        painter.drawPolygon(_visible(self._seen()))
        painter.setBrush(Qt.NoBrush)
        for name in (self._document.start, self._document.selected):
            mark = self._mark(name)
            if mark is not None:
                painter.setPen(QPen(QColor(*theme.selection), 2))
                painter.drawRect(mark)
        painter.end()

    def _mark(self, name: str | None) -> QRectF | None:
        """The frame around a node."""
        network = self._stage.settled
        index = network.index.get(name or "") if network is not None else None
        if index is None or self._overview is None or index >= len(self._overview.low):
            return None
        low, high = self._overview.low, self._overview.high
        ends = self._on_map(np.stack([low[index], high[index]]))
        mark = QRectF(ends.at(0), ends.at(1)).normalized()
        wider, higher = (max(_MARK - size, 2.0) / 2 for size in (mark.width(), mark.height()))
        return mark.adjusted(-wider, -higher, wider, higher)

    def _on_map(self, points: np.ndarray) -> QPolygonF:
        """Points in world units as points of the widget."""
        assert self.frame is not None
        places = self.frame.pixels(points) / self.devicePixelRatioF() + _PADDING
        return QPolygonF([QPointF(x, y) for x, y in places.tolist()])

    def _reach(self) -> float:
        """How far the view goes: well beyond the network."""
        diagonal = float(np.linalg.norm(np.ptp(self._some, axis=0)))
        return 4 * self._stage.pose.distance + 2 * diagonal

    # Mouse and keys

    def _point(self, place: QPoint) -> tuple[float, float]:
        """World units of a place in the widget."""
        assert self.frame is not None
        ratio = self.devicePixelRatioF()
        return self.frame.point((place.x() - _PADDING) * ratio, (place.y() - _PADDING) * ratio)

    def _seen(self) -> QPolygonF:
        return self._on_map(footprint(self._stage.projection, self._reach()))

    def mousePressEvent(self, event: QEvent) -> None:
        if event.button() != Qt.LeftButton or self.frame is None:
            return
        self._press, self._dragging = event.pos(), False
        # Whoever takes hold of the view beside its middle, keeps hold of it there.
        inside = self._seen().containsPoint(QPointF(event.pos()), Qt.OddEvenFill)
        middle, point = middle_of(self._stage.pose), self._point(event.pos())
        self._grip = (middle[0] - point[0], middle[1] - point[1]) if inside else (0.0, 0.0)

    def mouseMoveEvent(self, event: QEvent) -> None:
        if self._press is None:
            self._hover(event.pos(), event.globalPos())
            return
        if self._dragging or (event.pos() - self._press).manhattanLength() >= _DRAG:
            self._dragging = True
            x, y = self._point(event.pos())
            goal = looking_at(self._stage.pose, (x + self._grip[0], y + self._grip[1]))
            self._stage.move_camera(goal)
            self._view.refresh()

    def mouseReleaseEvent(self, event: QEvent) -> None:
        was_click = self._press is not None and not self._dragging
        self._press = None
        if was_click and event.button() == Qt.LeftButton:
            self._stage.fly(looking_at(self._stage.goal, self._point(event.pos())))
        self._view.refresh()

    def wheelEvent(self, event: QEvent) -> None:
        self._view.zoom(1.0015 ** event.angleDelta().y())
        event.accept()

    def _hover(self, place: QPoint, on_screen: QPoint) -> None:
        if self._overview is None or self.frame is None:
            return
        reach = _REACH * self.devicePixelRatioF() / self.frame.scale
        index = nearest(self._overview.low, self._overview.high, self._point(place), reach)
        text = "" if index is None else self._stage.describe(Hit(self._names[index]))
        QToolTip.showText(on_screen, plain(text), self)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.ShortcutOverride and event.key() in _STEPS and not event.modifiers():
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QEvent) -> None:
        if event.key() not in _STEPS or event.modifiers():
            super().keyPressEvent(event)
            return
        goal, size = self._stage.goal, self._stage.canvas.size
        (x, y), (right, up) = middle_of(goal), _STEPS[event.key()]
        step = _STEP / Projection(goal, size).pixels_per_unit
        self._stage.fly(looking_at(goal, (x + right * step * size[0], y + up * step * size[1])))
        self._view.refresh()


def _visible(seen: QPolygonF) -> QPolygonF:
    """The same where it is large enough to be found, else a square there."""
    box = seen.boundingRect()
    if seen.isEmpty() or max(box.width(), box.height()) >= _MARK:
        return seen
    return QPolygonF(QRectF(box.center() - QPointF(_MARK, _MARK) / 2, QSizeF(_MARK, _MARK)))


def _some(placement: Placement) -> np.ndarray:
    """(m, 3) float array: middles of nodes all over a network; of none, where it would stand."""
    step = max(1, len(placement.names) // _SOME)
    return placement.centres[::step] if len(placement.names) else np.zeros((1, 3))
