"""How long frames take, and what can be afforded therefore."""

from __future__ import annotations

from collections import deque

import numpy as np

# Seconds a frame takes above which drafts do while anything moves, and below not: about what a screen waits
# for its next picture.
_SLOW, _FAST = 0.015, 0.012
_GAIN = 0.8  # share of such a frame's time that a draft may take to be worth it


class Pace:
    """What frames of a scene took of late.

    Of the last few the shortest counts: the first ones of a scene prepare it, and other work on the
    machine may hold up any.

    Attributes
    ----------
    slow : bool
        Whether a scene in motion is to be drawn as drafts.
    """

    def __init__(self) -> None:
        self.slow = False
        self._plain: deque[float] = deque([0.0], maxlen=3)
        self._drafts: deque[float] = deque([0.0], maxlen=5)

    def doubt(self) -> None:
        """Take what has been built anew, and is large, for slow until frames of it tell otherwise."""
        self.slow = True
        self._plain.clear()
        self._drafts.clear()
        self._plain.append(np.inf)
        self._drafts.append(0.0)

    def drawn(self, seconds: float) -> None:
        """Note how long a frame of full detail took."""
        self._plain.append(seconds)
        self._choose()

    def drafted(self, seconds: float) -> None:
        """Note how long a draft took."""
        self._drafts.append(seconds)
        self._choose()

    def _choose(self) -> None:
        taken = min(self._plain)
        # A busy machine is slow with drafts of few things as well.
        if taken < _FAST or min(self._drafts) > _GAIN * taken:
            self.slow = False
        elif taken > _SLOW:
            self.slow = True
