"""Uses a window as a person does: looks, clicks, types, drags, and waits for what comes."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QEvent, QEventLoop, QObject, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from explorer3d.errors import RunError
from explorer3d.qt.window import Window

_PATIENCE = 600.0  # seconds


@dataclass(frozen=True)
class Taken:
    """Seconds from a deed to the end of the frame that shows what came of it.

    Attributes
    ----------
    elapsed : float
        By the clock.
    window : float
        Of processor time, of the thread of the window.
    others : float
        Of processor time, of all other threads: work, onnxruntime, the software OpenGL.
    painting : float
        By the clock, for that frame.
    """

    elapsed: float
    window: float
    others: float
    painting: float

    @property
    def waiting(self) -> float:
        """In which the thread of the window did not work."""
        return self.elapsed - self.window


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
        self._wanted: Callable[[], bool] | None = None
        self._seen: Taken | None = None
        self._began = _now()
        self._painted, self._updating = False, False
        self._slip: BaseException | None = None
        # Without this, PyQt ends the process at the first slip in any slot.
        sys.excepthook = self._slipped
        window.installEventFilter(self)
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

    def _is_still(self) -> bool:
        window = self._window
        return not (window.document.busy or window.executor.busy or window.stage.moving) and (
            window.view.still and not window.priming.active
        )

    def frame(self) -> None:
        """Wait for the next frame."""
        self.timed(lambda: None, lambda: True)

    def timed(
        self,
        deed: Callable[[], object],
        shows: Callable[[], bool],
        until: Callable[[], bool] = lambda: False,
    ) -> Taken | None:
        """Do something and wait for the first frame that is painted while something is so.

        Parameters
        ----------
        deed, shows : callable
        until : callable, optional
            What the wait is given up for.

        Returns
        -------
        Taken or None
            None if it was given up.
        """
        self._wanted, self._seen, self._began = shows, None, _now()
        deed()
        self.wait(lambda: self._seen is not None or until())
        self._wanted = None
        return self._seen

    def point_of(self, node: str, role: str | None = None) -> QPoint:
        """Where a node or one of its handles stands in the view."""
        x, y = self._window.stage.where(node, role)
        ratio = self._window.view.devicePixelRatioF()
        return QPoint(round(x / ratio), round(y / ratio))

    def click(self, node: str, role: str | None = None) -> None:
        QTest.mouseClick(self._window.view, Qt.LeftButton, Qt.NoModifier, self.point_of(node, role))

    def open_layer(self, name: str, role: str | None = None) -> Taken | None:
        """Click on a layer or a handle, up to the first frame with its tensors; None if there are none."""
        document = self._window.document
        return self.timed(
            lambda: self.click(name, role),
            lambda: self._tensors_seen(name),
            lambda: name not in document.opened,
        )

    def _tensors_seen(self, name: str) -> bool:
        """Whether any part of an opened layer's tensors is within the picture."""
        opened, stage = self._window.stage.opened.get(name), self._window.stage
        if opened is None:
            return False
        quads = [panel.quads.corners for panel in opened.panels if len(panel.quads.corners)]
        middles = np.concatenate(quads or [opened.bounds()[None]]).mean(axis=1)
        pixels = stage.projection.pixels(middles)
        return bool(((pixels >= 0) & (pixels < stage.canvas.size)).all(axis=1).any())

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
        if event.type() == QEvent.Paint and watched is self._window.view:
            self._painted = True
            if not self._updating:
                # The system has asked for it, and brings it to the screen itself.
                began = time.perf_counter()
                QTimer.singleShot(0, lambda: self._frame_done(time.perf_counter() - began))
        elif event.type() == QEvent.UpdateRequest and watched is self._window:
            # In it everything is painted that is out of date, and brought to the screen.
            self._painted, self._updating = False, True
            began = time.perf_counter()
            self._window.event(event)
            self._updating = False
            if self._painted:
                self._frame_done(time.perf_counter() - began)
            return True
        return False

    def _frame_done(self, seconds: float) -> None:
        self.frames.append(seconds)
        if self._wanted is not None and self._seen is None:
            elapsed, window, others = (now - then for then, now in zip(self._began, _now(), strict=True))
            seen = Taken(elapsed, window, others, seconds)
            if self._wanted():
                self._seen = seen

    def _slipped(self, kind: type, error: BaseException, trace: object) -> None:
        traceback.print_exception(error)
        self._slip = error

    def _refused(self, sentence: str) -> None:
        self.refusal = sentence


def _now() -> tuple[float, float, float]:
    """Seconds by the clock, of processor time of this thread, and of all others."""
    own = time.thread_time()
    return time.perf_counter(), own, time.process_time() - own
