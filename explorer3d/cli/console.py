"""What is printed for people: one line, and never on stdout."""

from __future__ import annotations

import sys

from explorer3d.errors import printable

DONE, AT_FAULT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def tell(share: float, text: str, /) -> None:
    """On a terminal, one line that is written over again and again."""
    print(f"\r\033[K{printable(text)}", end="", file=sys.stderr, flush=True)


def complain(message: str, code: int) -> int:
    print(f"explorer3d: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code
