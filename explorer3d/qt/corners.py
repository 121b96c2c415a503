"""In which corner of a view a small picture covers least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QPoint, QRect, QSize

MARGIN = 10
"""Logical pixels between a corner and what stands in it."""


def corners_of(view: QSize, size: QSize, legend: tuple[float, float], others: Sequence[QRect]) -> list[QRect]:
    """Where something may stand: bottom right, top right, top left, bottom left.

    Parameters
    ----------
    view, size : QSize
        Of the view, and of what stands in it.
    legend : (float, float)
        Width and height of the legend at the bottom left, which is not covered.
    others : sequence of QRect
        Of what stands at the top already; it goes below that.
    """
    left, bottom = view.width() - size.width() - MARGIN, view.height() - size.height() - MARGIN
    raised = bottom - (round(legend[1]) + MARGIN if legend[0] else 0)
    usual = raised if MARGIN + legend[0] > left - MARGIN else bottom
    corners = ((left, usual), (left, MARGIN), (MARGIN, MARGIN), (MARGIN, raised))
    places = [QRect(QPoint(*corner), size) for corner in corners]
    for other in sorted(others, key=QRect.bottom):
        for place in places[1:3]:
            if other.intersects(place):
                place.moveTop(other.bottom() + MARGIN)
    return places


def covered(place: QRect, boxes: np.ndarray) -> float:
    """How much of a place lies under boxes, in square pixels.

    Parameters
    ----------
    place : QRect
    boxes : (n, 4) float array
        Left, top, right, bottom.
    """
    low, high = (place.left(), place.top()), (place.left() + place.width(), place.top() + place.height())
    shared = np.minimum(boxes[:, 2:], high) - np.maximum(boxes[:, :2], low)
    return float(np.maximum(shared, 0).prod(axis=1).sum())


def cheapest(costs: Sequence[float], now: int) -> int:
    """Number of the corner to stand in: at the verge the one it stands in, but for the first, the usual one.

    Parameters
    ----------
    costs : sequence of float
        Of each corner.
    now : int
    """
    if costs[0] < max(costs[now], 1.0):
        now = 0
    best = int(np.argmin(costs))
    return best if costs[best] < costs[now] / 2 else now
