"""Carries out wishes as they come, and of too many the newest."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QObject

from explorer3d.qt.executor import Executor


class Live(QObject):
    """What a hand on the mouse wants: each wish starts when the one before is answered.

    Every wish at once would drop the work for the one before, so that nothing were seen before the hand
    rests.
    """

    def __init__(self, executor: Executor, parent: QObject) -> None:
        super().__init__(parent)
        self._executor = executor
        self._wanted: Callable[[], None] | None = None
        executor.idle.connect(self._go)

    @property
    def waiting(self) -> bool:
        """Whether a wish has not begun yet."""
        return self._wanted is not None

    def want(self, do: Callable[[], None]) -> None:
        """Do something as soon as possible, and nothing that was wanted before it and has not begun."""
        self._wanted = do
        if not self._executor.busy:
            self._go()

    def forget(self) -> None:
        """Do not do what has not begun."""
        self._wanted = None

    def _go(self) -> None:
        do, self._wanted = self._wanted, None
        if do is not None:
            do()
