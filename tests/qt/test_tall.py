"""Panels that scroll: what stands in them, with and without a scroll bar in sight."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QVBoxLayout, QWidget

from explorer3d.qt.picture_view import PictureView
from explorer3d.qt.tall import Tall
from explorer3d.qt.window import Window


def test_a_picture_is_as_large_with_a_scroll_bar_as_without(qtbot: QtBot) -> None:
    content = QWidget()
    picture = PictureView("square")
    picture.show_pixels(np.zeros((40, 40, 3), np.uint8), "square")
    QVBoxLayout(content).addWidget(picture)
    panel = Tall()
    qtbot.addWidget(panel)
    panel.setWidget(content)
    panel.resize(300, 600)
    panel.show()
    qtbot.waitExposed(panel)
    bar = panel.verticalScrollBar()
    room = picture.width()
    assert picture.height() == room
    qtbot.waitUntil(lambda: not bar.isEnabled())

    # Between these two it would be too high without the bar, and fit beside it.
    for height in range(310, 230, -1):
        panel.resize(300, height)
        assert (picture.width(), picture.height()) == (room, room)
    qtbot.waitUntil(bar.isEnabled)


def test_the_panels_with_pictures_are_of_that_kind(lenet: Window) -> None:
    lenet.explanations.explain("grad_cam")
    lenet.many.toggle_top()
    lenet.many.toggle_parts()
    panels = lenet.explanations.panel, lenet.input_panel, lenet.many.top, lenet.many.parts
    assert all(isinstance(panel, Tall) for panel in panels)
