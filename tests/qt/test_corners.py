"""Where something stands in a corner, worked out by hand."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QPoint, QRect, QSize

from explorer3d.qt.corners import cheapest, corners_of, covered


def at(places: list[QRect]) -> list[tuple[int, int]]:
    return [(place.x(), place.y()) for place in places]


def test_corners_keep_clear_of_the_legend_and_of_what_stands_at_the_top() -> None:
    view, size = QSize(800, 600), QSize(200, 100)
    assert at(corners_of(view, size, (0.0, 0.0), [])) == [(590, 490), (590, 10), (10, 10), (10, 490)]
    narrow = corners_of(view, size, (300.0, 20.0), [])
    assert at(narrow) == [(590, 490), (590, 10), (10, 10), (10, 460)]
    wide = corners_of(view, size, (580.0, 20.0), [QRect(QPoint(20, 12), QSize(100, 30))])
    # QRect.bottom is the last row that is taken: 41.
    assert at(wide) == [(590, 460), (590, 10), (10, 51), (10, 460)]


def test_what_boxes_share_with_a_place() -> None:
    place = QRect(10, 10, 20, 10)
    boxes = np.array([[0.0, 0, 15, 15], [25, 0, 40, 12], [100, 100, 120, 120]])
    assert covered(place, boxes) == 5 * 5 + 5 * 2
    assert covered(place, np.zeros((0, 4))) == 0.0


def test_it_stays_at_the_verge_but_goes_back_to_the_usual_corner() -> None:
    assert cheapest([0.0, 0.0, 0.0, 0.0], 0) == 0
    assert cheapest([100.0, 60.0, 80.0, 90.0], 0) == 0
    assert cheapest([100.0, 60.0, 40.0, 90.0], 0) == 2
    assert cheapest([100.0, 60.0, 70.0, 40.0], 1) == 1
    assert cheapest([50.0, 60.0, 70.0, 40.0], 1) == 0
    assert cheapest([0.0, 0.0, 70.0, 40.0], 1) == 0
