"""What the conversion's process tells the program: one JSON object a line, on its standard output."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

LONGEST = 600
"""Characters of a text; the rest of a longer one is of no use to a person."""


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes
    ----------
    kind : str
        ``progress``, ``done``, or what went wrong: ``missing``, ``memory``, ``unknown``, ``refused``,
        ``failed``.
    text : str
        What is being done, or what went wrong.
    share : float
        How far it is, 0 to 1.
    """

    kind: str
    text: str = ""
    share: float = 0.0

    def written(self) -> str:
        return json.dumps({**asdict(self), "text": self.text[:LONGEST]})


def read(line: bytes) -> Line | None:
    """A line of the process; None if it is no such line: libraries print what they like."""
    try:
        content: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    kind, text, share = content.get("kind"), content.get("text"), content.get("share")
    if not (isinstance(kind, str) and isinstance(text, str) and isinstance(share, int | float)):
        return None
    return Line(kind, text[:LONGEST], min(max(float(share), 0.0), 1.0))
