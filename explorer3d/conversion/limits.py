"""How much a conversion may take."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

GIGABYTE = 1 << 30
_UNKNOWN_MACHINE = 8 * GIGABYTE


def half_of_the_memory() -> int:
    """Half of the memory this machine has, in bytes."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return _UNKNOWN_MACHINE // 2


@dataclass(frozen=True)
class Limits:
    """What ends a conversion that takes more.

    Attributes
    ----------
    memory : int
        Bytes of data the process may hold. Not enforced where the system has no such limit (Windows).
    seconds : float
        From start to end.
    """

    memory: int = field(default_factory=half_of_the_memory)
    seconds: float = 600.0
