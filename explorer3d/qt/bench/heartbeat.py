"""How long the window did not answer."""

from __future__ import annotations

import time
from collections.abc import Callable

from qtpy.QtCore import QObject, Qt, QTimer

EVERY = 5
"""Milliseconds between two beats."""


class Heartbeat(QObject):
    """Beats in the GUI thread; whatever holds that thread holds the next beat.

    Parameters
    ----------
    beaten : callable, optional
        Called at every beat.
    """

    def __init__(self, beaten: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._beaten = beaten
        self._last = time.perf_counter()
        self._longest = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(EVERY)

    def take(self) -> float:
        """Longest time in seconds between two beats since the last call, the one under way included."""
        self._beat()
        longest, self._longest = self._longest, 0.0
        return longest

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now
        self._beaten()
