"""A stretch of something longer than a model takes at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer3d.inputs.typed import Typed


@dataclass(frozen=True)
class Excerpt:
    """A stretch of sound, or of what somebody wrote.

    Attributes
    ----------
    source : Path or Typed
    start : int
        Samples or numbers that come before it.
    """

    source: Path | Typed
    start: int

    @property
    def name(self) -> str:
        """What to call it in front of people."""
        return f"{self.source.name} from {self.start:,}"
