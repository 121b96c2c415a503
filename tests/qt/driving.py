"""How tests use the window: waiting for its work, clicking what stands in the scene."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication

from explorer3d.qt.window import Window


def finish(qtbot: QtBot, window: Window) -> None:
    """Wait until all work is done and nothing moves."""
    qtbot.waitUntil(lambda: window.document.busy is None and not window.executor.busy, timeout=60_000)
    qtbot.waitUntil(lambda: window.inspector.up_to_date)
    window.view.settle()
    QApplication.processEvents()


def point_of(window: Window, node: str, role: str | None = None) -> QPoint:
    """Where in the view a node or handle is drawn."""
    x, y = window.stage.where(node, role)
    ratio = window.view.devicePixelRatioF()
    return QPoint(round(x / ratio), round(y / ratio))


def click(qtbot: QtBot, window: Window, node: str, role: str | None = None) -> None:
    qtbot.mouseClick(window.view, Qt.LeftButton, pos=point_of(window, node, role))


def pixels(window: Window) -> np.ndarray:
    """(H, W, 3) uint8 array: the view as it is on the screen, without the smooth edges that come at rest."""
    window.view.refresh()
    return grabbed(window)


def grabbed(window: Window) -> np.ndarray:
    """(H, W, 3) uint8 array: the view as it is on the screen, no frame drawn anew for it."""
    image = window.view.grab().toImage().convertToFormat(QImage.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
