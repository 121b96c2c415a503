"""Prepares to draw, a little between any two events, so that nobody waits for it."""

from __future__ import annotations

from qtpy.QtCore import QObject, QTimer

from explorer3d.qt.view import View
from explorer3d.scene.priming import primed, primed_for_more

_LATER = 150  # milliseconds after a rest, when its last frame has been drawn


class Priming(QObject):
    """Prepares for the first network, and once that has been seen, for what may come next.

    Parameters
    ----------
    view : View
    """

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view, self._steps = view, primed(view.stage)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._step)

    @property
    def active(self) -> bool:
        """Whether something is still to be prepared."""
        return bool(self._timer.isActive())

    def start(self) -> None:
        self._view.rested.connect(self._rested)
        self._timer.start(0)

    def stop(self) -> None:
        self._timer.stop()

    def _step(self) -> None:
        if next(self._steps, self) is self:
            self._timer.stop()

    def _rested(self) -> None:
        if self._view.stage.network is not None:
            self._view.rested.disconnect(self._rested)
            self._steps = primed_for_more(self._view.stage)
            self._timer.start(_LATER)
