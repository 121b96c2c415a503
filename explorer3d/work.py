"""Work that is done elsewhere, and whose answer is awaited. Knows neither Qt nor threads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from psygnal import Signal

from explorer3d.progress import Progress

Request = Callable[[Progress], Any]
Answer = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class Ticket:
    """A request on its way.

    Attributes
    ----------
    number : int
    request : callable
        Takes a `Progress`, returns the response; runs on any thread.
    topic : str
        A newer ticket of the same topic makes this one void.
    title : str
        What is being done, for people; empty if it is too little to be told.
    later : bool
        It is better begun when what was answered last has been seen.
    rest : float or None
        Nobody waits for its answer before they ask for more, as while an input is being moved. It is begun
        after so many seconds, in which it may be dropped. None: it is waited for, and begun at once.
    """

    number: int
    request: Request
    topic: str
    title: str
    later: bool = False
    rest: float | None = None


class Work:
    """Tickets under way. All methods are for one thread, the one that owns it.

    Signals
    -------
    requested(Ticket)
        Work to be done.
    dropped(int)
        The ticket of that number is void.
    """

    requested = Signal(object)
    dropped = Signal(int)

    def __init__(self) -> None:
        self._pending: dict[str, Ticket] = {}
        self._answers: dict[int, Answer] = {}
        self._ending: dict[str, tuple[Ticket, Answer]] = {}
        self._numbers = itertools.count(1)

    @property
    def busy(self) -> Ticket | None:
        """The oldest piece of work under way."""
        return min(self._pending.values(), key=lambda ticket: ticket.number, default=None)

    def awaits(self, ticket: Ticket) -> bool:
        """Whether the answer to a request is still wanted."""
        return self._pending.get(ticket.topic) is ticket

    def under_way(self, topic: str) -> bool:
        """Whether an answer is still to come."""
        return topic in self._pending

    def ask(
        self,
        topic: str,
        title: str,
        request: Request,
        accept: Answer,
        later: bool = False,
        rest: float | None = None,
    ) -> None:
        """Have work done; a newer request of the same topic makes this one void.

        Parameters
        ----------
        topic, title : str
            See `Ticket`.
        request : callable
        accept : callable
            Takes the response, on this thread.
        later, rest
            See `Ticket`.
        """
        self._drop(topic)
        ticket = Ticket(next(self._numbers), request, topic, title, later, rest)
        self._pending[topic] = ticket
        self._answers[ticket.number] = accept
        self.requested.emit(ticket)

    def give_up(self, topic: str) -> None:
        """Want an answer no more, if one is still to come."""
        self._drop(topic)

    def _asked(self, topic: str) -> Request | None:
        """The request of a topic whose answer is still to come."""
        ticket = self._pending.get(topic)
        return ticket.request if ticket is not None else None

    def _answer_to(self, ticket: Ticket) -> Answer | None:
        """Strike a ticket off, and give what takes its response; None if that comes too late."""
        if self.awaits(ticket):
            del self._pending[ticket.topic]
            return self._answers.pop(ticket.number)
        ending, answer = self._ending.get(ticket.topic, (None, None))
        if ending is not ticket:
            return None
        del self._ending[ticket.topic]
        return answer

    def _drop(self, topic: str) -> None:
        self._ending.pop(topic, None)
        ticket = self._pending.pop(topic, None)
        if ticket is not None:
            self._answers.pop(ticket.number)
            self.dropped.emit(ticket.number)

    def _drop_all(self, ending_early: tuple[type, ...] = (), but: Collection[str] = ()) -> None:
        """Give up all work.

        Parameters
        ----------
        ending_early : tuple of type
            Requests that, given up, still answer with something if they have come far enough.
        but : collection of str
            Topics of work that goes on.
        """
        for topic, ticket in list(self._pending.items()):
            if topic in but:
                continue
            answer = self._answers[ticket.number]
            self._drop(topic)
            if isinstance(ticket.request, ending_early):
                self._ending[topic] = ticket, answer
