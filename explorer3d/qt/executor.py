"""Carries a document's requests out on other threads and brings the answers back."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from qtpy.QtCore import QObject, Qt, Signal

from explorer3d.document import Document
from explorer3d.errors import Cancelled
from explorer3d.work import Ticket

_PACE = 0.04  # seconds between two steps that are told: nobody reads faster, and the window has to write them


_TURN = 0.001  # seconds
_LATER = 0.1  # seconds after which an answer has been drawn, whether that was told or not


class Executor(QObject):
    """The one place where work leaves the GUI thread.

    Signals
    -------
    progressed(Ticket, float, str)
        How far a piece of work is.
    idle()
        Nothing is under way any more that is waited for.
    """

    progressed = Signal(object, float, str)
    idle = Signal()
    _done = Signal(object, object, object)

    def __init__(
        self,
        document: Document,
        parent: QObject | None = None,
        prepare: Callable[[object], None] = lambda response: None,
    ) -> None:
        """
        Parameters
        ----------
        document : Document
        parent : QObject, optional
        prepare : callable
            Takes each answer on the thread it was found on, before the document does.
        """
        super().__init__(parent)
        # For each event that Python sees, the window waits until another thread lets go of Python's lock:
        # five milliseconds, unless told otherwise.
        sys.setswitchinterval(_TURN)
        self._document, self._prepare = document, prepare
        # One model runs one thing at a time, so most threads only wait for it. There are enough for quick
        # clicking to leave one free that opens another model or saves a picture.
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="explorer3d")
        self._cancelled: dict[int, threading.Event] = {}
        self._aside: set[int] = set()
        self._drawn = threading.Event()
        self._done.connect(self._finish, Qt.QueuedConnection)
        document.requested.connect(self._start)
        document.dropped.connect(self._drop)

    @property
    def busy(self) -> bool:
        """Whether anything is under way that is waited for; see `Ticket.rest`."""
        return bool(self._cancelled.keys() - self._aside)

    def drawn(self) -> None:
        """Begin what is better begun once the last answer is seen: it is."""
        self._drawn.set()

    def close(self) -> None:
        """Give everything up and wait for the threads."""
        self._document.requested.disconnect(self._start)
        self._document.dropped.disconnect(self._drop)
        for cancelled in self._cancelled.values():
            cancelled.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _start(self, ticket: Ticket) -> None:
        cancelled = threading.Event()
        self._cancelled[ticket.number] = cancelled
        if ticket.rest is not None:
            self._aside.add(ticket.number)
        elif not ticket.later:
            self.progressed.emit(ticket, 0.0, ticket.title)
        self._threads.submit(self._carry_out, ticket, cancelled)

    def _carry_out(self, ticket: Ticket, cancelled: threading.Event) -> None:
        if ticket.later:
            self._drawn.wait(_LATER)
        if ticket.rest is not None:
            cancelled.wait(ticket.rest)
        told = time.monotonic()

        def progress(fraction: float, message: str, /) -> None:
            nonlocal told
            if cancelled.is_set():
                raise Cancelled
            if time.monotonic() - told >= _PACE:
                told = time.monotonic()
                self.progressed.emit(ticket, fraction, message)

        try:
            progress(0.0, ticket.title)
            response, error = ticket.request(progress), None
            self._prepare(response)
        except BaseException as raised:
            response, error = None, raised
        self._done.emit(ticket, response, error)

    def _drop(self, number: int) -> None:
        cancelled = self._cancelled.get(number)
        if cancelled is not None:
            cancelled.set()

    def _finish(self, ticket: Ticket, response: object, error: BaseException | None) -> None:
        self._cancelled.pop(ticket.number, None)
        self._aside.discard(ticket.number)
        self._drawn.clear()
        if error is None:
            self._document.accept(ticket, response)
        else:
            self._document.refuse(ticket, error)
        if not self.busy:
            self.idle.emit()
