"""Uses a window as a person does: looks, clicks, types, drags, and waits for what comes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from qtpy.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from explorer3d.errors import RunError
from explorer3d.qt.window import Window

_PATIENCE = 600.0  # seconds
_REST = 0.25  # seconds after which the view has drawn all it draws


class Driver(QObject):
    """Someone who uses a window.

    Something has to happen in it all the time, such as a `Heartbeat`: what is waited for is looked at
    whenever something happens.

    Parameters
    ----------
    window : Window

    Attributes
    ----------
    frames : list of float
        Seconds that each frame took that was painted since this was emptied last.
    """

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.frames: list[float] = []
        self.refusal = ""
        self._slip: BaseException | None = None
        # Without this, PyQt ends the process at the first slip in any slot.
        sys.excepthook = self._slipped
        window.view.installEventFilter(self)
        window.document.failed.connect(self._refused)

    def wait(self, until: Callable[[], bool]) -> None:
        """Let the window work until something is so.

        Raises
        ------
        RunError
            It is not so after ten minutes.
        Exception
            Something in the window went wrong meanwhile.
        """
        deadline = time.monotonic() + _PATIENCE
        while not until():
            if self._slip is not None:
                raise self._slip
            if time.monotonic() > deadline:
                raise RunError("The window does not come to an end with what it is doing.")
            QApplication.processEvents(QEventLoop.AllEvents | QEventLoop.WaitForMoreEvents)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def rest(self) -> None:
        """Wait until all work is done, nothing moves, and the picture at its best is painted."""
        self.wait(self._is_still)
        self.pause(_REST)
        self.wait(self._is_still)

    def _is_still(self) -> bool:
        window = self._window
        return not (window.document.busy or window.executor.busy or window.stage.moving)

    def frame(self) -> None:
        """Wait for the next frame."""
        seen = len(self.frames)
        self.wait(lambda: len(self.frames) > seen)

    def point_of(self, node: str, role: str | None = None) -> QPoint:
        """Where a node or one of its handles stands in the view."""
        x, y = self._window.stage.where(node, role)
        ratio = self._window.view.devicePixelRatioF()
        return QPoint(round(x / ratio), round(y / ratio))

    def click(self, node: str, role: str | None = None) -> None:
        QTest.mouseClick(self._window.view, Qt.LeftButton, Qt.NoModifier, self.point_of(node, role))

    def open_layer(self, name: str, role: str | None = None) -> float | None:
        """Click on a layer or a handle; seconds to the frame with its tensors, None if there are none."""
        document = self._window.document
        began = time.perf_counter()
        self.click(name, role)
        self.wait(lambda: name in document.shown or name not in document.opened)
        if name not in document.shown:
            return None
        self.frame()
        return time.perf_counter() - began

    def find(self, query: str, hits: int = 2) -> None:
        """Type a query key by key, fly to some of the hits, and end the search."""
        self._window.find()
        field = self._window.find_bar.field
        self.rest()
        for letter in query:
            QTest.keyClicks(field, letter)
            self.pause(0.05)
        self.rest()
        for _ in range(hits):
            QTest.keyClick(field, Qt.Key_Return)
            self.rest()
        QTest.keyClick(field, Qt.Key_Escape)
        self.rest()

    def drag(self, frames: int) -> list[float]:
        """Turn the network with the mouse; seconds that each frame took."""
        view = self._window.view
        place = view.rect().center()
        QTest.mousePress(view, Qt.LeftButton, Qt.NoModifier, place)
        self.frames.clear()
        while len(self.frames) < frames:
            place += QPoint(6 if len(self.frames) < frames // 2 else -6, 0)
            # QTest would move the person's own pointer.
            move = QMouseEvent(QEvent.MouseMove, QPointF(place), Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
            QApplication.sendEvent(view, move)
            self.frame()
        taken = self.frames[:frames]
        QTest.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, place)
        return taken

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Paint:
            began = time.perf_counter()
            # Comes when the painting is done.
            QTimer.singleShot(0, lambda: self.frames.append(time.perf_counter() - began))
        return False

    def _slipped(self, kind: type, error: BaseException, trace: object) -> None:
        self._slip = error

    def _refused(self, sentence: str) -> None:
        self.refusal = sentence
