"""Where the time of a process goes, thread by thread: imports, and calls that are named."""

from __future__ import annotations

import functools
import importlib._bootstrap as machinery  # type: ignore[import-not-found]
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from processes import clock


class Spans:
    """Adds up, for each thread, the time in which a span is the innermost open one.

    Parameters
    ----------
    began : float
        When the process was started, on `clock`.
    """

    def __init__(self, began: float) -> None:
        self._lock = threading.Lock()
        self._main = threading.get_ident()
        self._sums: dict[int, dict[str, float]] = {
            self._main: defaultdict(float, interpreter=clock() - began)
        }
        self._open: dict[int, list[str]] = {self._main: ["rest"]}
        self._since: dict[int, float] = {self._main: clock()}

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        thread = threading.get_ident()
        with self._lock:
            self._settle(thread)
            self._open.setdefault(thread, []).append(name)
        try:
            yield
        finally:
            with self._lock:
                self._settle(thread)
                self._open[thread].pop()

    def _settle(self, thread: int) -> None:
        now = clock()
        if stack := self._open.get(thread):
            self._sums.setdefault(thread, defaultdict(float))[stack[-1]] += now - self._since[thread]
        self._since[thread] = now

    def take(self) -> dict[str, dict[str, float]]:
        """Seconds by thread (``window`` or ``behind``) and span since the start, or since the last call."""
        with self._lock:
            for thread in self._open:
                self._settle(thread)
            taken: dict[str, dict[str, float]] = {"window": defaultdict(float), "behind": defaultdict(float)}
            for thread, sums in self._sums.items():
                for name, seconds in sums.items():
                    taken["window" if thread == self._main else "behind"][name] += seconds
            self._sums = {}
            return {thread: dict(sums) for thread, sums in taken.items()}

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time counted as that span."""

        @functools.wraps(function)
        def counted(*positional: Any, **named: Any) -> Any:
            with self.span(name):
                return function(*positional, **named)

        return counted

    def watch_imports(self, after: dict[str, Callable[[Any], None]]) -> None:
        """Count imports by package.

        Parameters
        ----------
        after : mapping
            What to do with a module, by name, when it has been imported.
        """
        load = machinery._find_and_load_unlocked

        def counted(name: str, import_: Any) -> Any:
            package = name.partition(".")[0]
            if package in sys.stdlib_module_names:
                package = "the standard library"
            with self.span(f"import {package}"):
                module = load(name, import_)
            if name in after:
                after[name](module)
            return module

        machinery._find_and_load_unlocked = counted
