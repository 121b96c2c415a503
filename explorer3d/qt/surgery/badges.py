"""Marks on the nodes in which something is changed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from qtpy.QtCore import QObject, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QPainter

from explorer3d.document import Document
from explorer3d.qt.tensor.marks import CHANGED
from explorer3d.qt.view import View
from explorer3d.scene.stage import Stage

_INK = QColor("#1d0d05")
_SMALLEST = 11.0  # logical pixels of the writing's height, however small the node
_SHARE = 0.17  # of a block's height on the screen that the writing takes
_LARGEST = 22.0


class Badges(QObject):
    """A badge at the top right of the front of each block; a folded block has that of its layers.

    Parameters
    ----------
    view : View
    document : Document
    """

    def __init__(self, view: View, document: Document) -> None:
        super().__init__(view)
        self._view, self._document = view, document
        view.over.append(self._paint)
        document.edits_changed.connect(lambda: view.update())

    def _paint(self, painter: QPainter) -> None:
        if not self._document.seeing_original:
            _paint(painter, self._view.stage, self._view.devicePixelRatioF(), self._document.edited)


def _paint(painter: QPainter, stage: Stage, ratio: float, edited: Mapping[str, int]) -> None:
    network = stage.network
    if network is None:
        return
    counts: dict[int, int] = {}
    for layer, changes in edited.items():
        node = network.node_of.get(layer)
        if node is not None:
            counts[node] = counts.get(node, 0) + changes
    painter.setRenderHint(QPainter.Antialiasing)
    placement = network.placement
    for node, changes in counts.items():
        half = placement.sizes[node] / 2
        corner = placement.centres[node] + [half[0], half[1], 0.0]
        floor = corner - [0.0, 2 * half[1], 0.0]
        depth = (corner - stage.pose.position()) @ stage.pose.axes()[2]
        if depth <= 0:
            continue
        (x, y), (_, bottom) = stage.projection.pixels(np.stack([corner, floor])) / ratio
        size = min(max(_SHARE * abs(bottom - y), _SMALLEST), _LARGEST)
        text = "changed" if changes == 1 else f"{changes} changes"
        font = QFont(painter.font())
        font.setPixelSize(round(size))
        font.setWeight(QFont.DemiBold)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(text) + size, metrics.height() + 0.2 * size)
        # More of it stands above the block than covers the maps on its front.
        box.moveBottomRight(QPointF(x + 0.4 * size, y + 0.35 * box.height()))
        painter.setPen(Qt.NoPen)
        painter.setBrush(CHANGED)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setPen(_INK)
        painter.drawText(box, Qt.AlignCenter, text)
