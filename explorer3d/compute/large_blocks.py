"""Activations that are let go of leave the process."""

from __future__ import annotations

import ctypes
from functools import cache

LARGE = 5 << 20
"""In bytes. Smaller blocks, such as a frame, come and go too often to be had from the system each time."""

_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD in glibc's malloc.h."""


@cache
def give_back_large_blocks() -> None:
    """Have the system's allocator return each large block when it is freed.

    By itself, glibc's takes the first that is freed for a sign that more will be wanted: it keeps blocks of
    up to 32 MB, and the holes between them, which grow to several times what is in use.
    """
    try:
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, LARGE)
    except (AttributeError, TypeError):
        return  # another allocator
