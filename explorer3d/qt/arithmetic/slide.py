"""A place that moves over a map by itself, or step by step."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

Index = tuple[int, ...]

SLOWEST, FASTEST = 1, 30  # places a second


class Slide(QObject):
    """Goes through the places of one channel of an output, row by row, and stops at the last.

    Signals
    -------
    moved(tuple)
        The place to go to.
    playing_changed(bool)

    Attributes
    ----------
    rate : int
        Places a second.
    """

    moved = Signal(object)
    playing_changed = Signal(bool)

    def __init__(self, busy: Callable[[], bool], parent: QObject | None = None) -> None:
        """
        Parameters
        ----------
        busy : callable
            Whether the place before is still being worked on: it is waited for.
        parent : QObject, optional
        """
        super().__init__(parent)
        self._busy = busy
        self._shape: Index = ()
        self._axes: Index = ()
        self._index: Index = ()
        self.rate = 4
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    def stand(self, shape: Index, axes: Index, index: Index) -> None:
        """Go on from another place.

        Parameters
        ----------
        shape : tuple of int
            The output's.
        axes : tuple of int
            Those it moves along, the slowest first.
        index : tuple of int
        """
        self._shape, self._axes, self._index = shape, axes, index

    @property
    def sizes(self) -> Index:
        return tuple(self._shape[axis] for axis in self._axes)

    @property
    def number(self) -> int:
        """How many places come before this one."""
        if not self._axes:
            return 0
        return int(np.ravel_multi_index([self._index[axis] for axis in self._axes], self.sizes))

    @property
    def count(self) -> int:
        return prod(self.sizes)

    @property
    def is_playing(self) -> bool:
        return bool(self._timer.isActive())

    def set_rate(self, rate: int) -> None:
        self.rate = rate
        self._timer.setInterval(round(1000 / rate))

    def toggle(self) -> None:
        """Play, from the start if it has come to the end; or pause."""
        if self.is_playing:
            self.pause()
            return
        if self.number >= self.count - 1:
            self.home()
        self._timer.start(round(1000 / self.rate))
        self.playing_changed.emit(True)

    def pause(self) -> None:
        if self.is_playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def step(self, places: int) -> None:
        """Go some places on, or back; not beyond the ends."""
        self._go(self.number + places)

    def home(self) -> None:
        self._go(0)

    def end(self) -> None:
        self._go(self.count - 1)

    def _go(self, number: int) -> None:
        number = min(max(number, 0), self.count - 1)
        if not self._axes or number == self.number:
            return
        index = list(self._index)
        for axis, place in zip(self._axes, np.unravel_index(number, self.sizes), strict=True):
            index[axis] = int(place)
        # Keys come faster than answers: the next one counts from here.
        self._index = tuple(index)
        self.moved.emit(self._index)

    def _tick(self) -> None:
        if self._busy():
            return
        if self.number >= self.count - 1:
            self.pause()
            return
        self.step(1)
