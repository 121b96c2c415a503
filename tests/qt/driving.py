"""How tests use the window: waiting for its work, clicking what stands in the scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent, QImage
from qtpy.QtWidgets import QApplication, QComboBox, QWidget

from explorer3d.qt.input_panel import InputPanel
from explorer3d.qt.window import Window

Opener = Callable[..., Window]
"""Opens a window, with a model and an input if given."""


def finish(qtbot: QtBot, window: Window) -> None:
    """Wait until all work is done and nothing moves."""
    qtbot.waitUntil(lambda: window.document.busy is None and not window.executor.busy, timeout=60_000)
    qtbot.waitUntil(lambda: window.inspector.up_to_date, timeout=60_000)
    window.view.settle()
    QApplication.processEvents()


def point_of(window: Window, node: str, role: str | None = None) -> QPoint:
    """Where in the view a node or handle is drawn."""
    x, y = window.stage.where(node, role)
    ratio = window.view.devicePixelRatioF()
    return QPoint(round(x / ratio), round(y / ratio))


def click(qtbot: QtBot, window: Window, node: str, role: str | None = None) -> None:
    qtbot.mouseClick(window.view, Qt.LeftButton, pos=point_of(window, node, role))


def press(qtbot: QtBot, window: Window, key: int, modifiers: int = Qt.NoModifier) -> None:
    """Press a key over the scene, and wait for all that comes of it."""
    qtbot.keyClick(window.view, key, modifiers)
    finish(qtbot, window)


def drop(window: Window, *paths: Path) -> None:
    """Drop files on the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(QDropEvent(QPointF(200, 200), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier))


def choose(qtbot: QtBot, box: QComboBox, text: str) -> None:
    """By keys alone, as somebody without a mouse does."""
    wanted = box.findText(text)
    assert wanted >= 0, [box.itemText(place) for place in range(box.count())]
    box.setFocus()
    while box.currentIndex() != wanted:
        qtbot.keyClick(box, Qt.Key_Down if box.currentIndex() < wanted else Qt.Key_Up)


def bring_forward(qtbot: QtBot, window: Window) -> InputPanel:
    """Open the panel of the input."""
    qtbot.keyClick(window.view, Qt.Key_P)
    qtbot.waitUntil(lambda: window.input_panel.isVisible() and window.input_panel._built)
    return window.input_panel


def settle(qtbot: QtBot, window: Window) -> None:
    """Wait until what was typed into the panel of the input has been taken."""
    qtbot.waitUntil(lambda: not window.input_panel.fields.pause.isActive(), timeout=5_000)
    finish(qtbot, window)


def colour_at(widget: QWidget, place: QPoint) -> tuple[int, int, int]:
    """Red, green and blue of a pixel of a widget."""
    pixel = widget.grab().toImage().pixelColor(place)
    return pixel.red(), pixel.green(), pixel.blue()


def pixels(window: Window) -> np.ndarray:
    """(H, W, 3) uint8 array: the view as it is on the screen, without the smooth edges that come at rest."""
    while window.view._soon.isActive():
        QApplication.processEvents()
    window.view.refresh()
    return grabbed(window)


def grabbed(window: Window) -> np.ndarray:
    """(H, W, 3) uint8 array: the view as it is on the screen, no frame drawn anew for it."""
    image = window.view.grab().toImage().convertToFormat(QImage.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
