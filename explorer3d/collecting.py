"""Keeps Python's search for unreachable objects away from networks.

The search goes through all objects there are, with every thread at a halt: a tenth of a second for ten
thousand nodes, again and again while they are made, and nearly all of them are alive.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_makers = 0


@contextmanager
def uncollected() -> Iterator[None]:
    """Make what stays: no search meanwhile."""
    global _makers
    with _lock:
        searching = gc.isenabled() or _makers > 0
        _makers += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _makers -= 1
            if searching and not _makers:
                if not gc.get_freeze_count():
                    # Straight to the oldest generation, or the next allocation would go through all of it.
                    gc.freeze()
                    gc.unfreeze()
                gc.enable()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Make what lives long: no search meanwhile, nor through what has been made, until `release`."""
    with uncollected():
        yield
        gc.freeze()


def release() -> None:
    """Let what was made, and has now been given up, be found unreachable."""
    gc.unfreeze()
