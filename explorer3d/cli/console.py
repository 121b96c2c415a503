"""What is printed for people: one line, and never on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from explorer3d.errors import printable
from explorer3d.progress import Progress, ignore

DONE, AT_FAULT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def tell(share: float, text: str, /) -> None:
    """On a terminal, one line that is written over again and again."""
    print(f"\r\033[K{printable(text)}", end="", file=sys.stderr, flush=True)


@contextmanager
def told() -> Iterator[Progress]:
    """What is to be told of the progress of a piece of work; the line is empty again afterwards."""
    if not sys.stderr.isatty():
        yield ignore
        return
    try:
        yield tell
    finally:
        tell(1.0, "")


def complain(message: str, code: int) -> int:
    print(f"explorer3d: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code
