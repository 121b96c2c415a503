"""What was read from a file last."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

_Content = TypeVar("_Content")


class LastRead(Generic[_Content]):
    """Keeps the content of one file, as long as that stays as it is. Nobody may change the content.

    Whoever moves a picture by hand, or goes through a table row by row, has it read again and again.

    Parameters
    ----------
    largest : int
        Bytes; what takes more is not kept.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._lock = threading.Lock()
        self._known: tuple[object, _Content] | None = None

    def get(self, path: Path, read: Callable[[], _Content], size: Callable[[_Content], int]) -> _Content:
        """The content of a file, read if need be.

        Parameters
        ----------
        path : Path
        read : callable
            Reads it; what it raises is raised.
        size : callable
            Bytes that a content takes.
        """
        try:
            status = path.stat()
        except OSError:
            return read()
        key = path.absolute(), status.st_ino, status.st_size, status.st_mtime_ns
        with self._lock:
            known = self._known
        if known is not None and known[0] == key:
            return known[1]
        content = read()
        with self._lock:
            self._known = (key, content) if size(content) <= self._largest else None
        return content
