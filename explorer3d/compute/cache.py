"""Keep the activations used last, within a number of bytes."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

Key = tuple[str, str]
"""Fingerprint of the input, and name of the value."""

_GIGABYTE = 2**30


class ActivationCache:
    """Arrays by input and value; what was used longest ago goes first. Safe to use from several threads.

    Parameters
    ----------
    budget : int
        Bytes that are never exceeded.

    Attributes
    ----------
    nbytes : int
        Bytes held.
    """

    def __init__(self, budget: int) -> None:
        self._lock = threading.Lock()
        self._budget = budget
        self._held: OrderedDict[Key, np.ndarray] = OrderedDict()
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Key) -> np.ndarray | None:
        with self._lock:
            array = self._held.get(key)
            if array is not None:
                self._held.move_to_end(key)
            return array

    def put(self, key: Key, array: np.ndarray) -> None:
        """Keep an array, unless it alone is over the budget."""
        with self._lock:
            if array.nbytes > self._budget:
                return
            old = self._held.pop(key, None)
            if old is not None:
                self.nbytes -= old.nbytes
            self._shrink(self._budget - array.nbytes)
            self._held[key] = array
            self.nbytes += array.nbytes

    def limit(self, budget: int) -> None:
        """Hold no more than so many bytes from now on."""
        with self._lock:
            self._budget = budget
            self._shrink(budget)

    def make_room(self, nbytes: int) -> None:
        """Let go of what was used longest ago, so that with so many new bytes the budget is kept."""
        with self._lock:
            self._shrink(self._budget - nbytes)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self.nbytes = 0

    def _shrink(self, nbytes: int) -> None:
        while self._held and self.nbytes > nbytes:
            _, dropped = self._held.popitem(last=False)
            self.nbytes -= dropped.nbytes


def fingerprint(feeds: Mapping[str, np.ndarray]) -> str:
    """Tell inputs apart by content, whatever objects hold them."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(feeds):
        array = feeds[name]
        digest.update(repr((name, array.dtype.str, array.shape)).encode())
        if array.dtype.hasobject:
            digest.update(repr(array.tolist()).encode())
        else:
            digest.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def default_budget() -> int:
    """Give 1 GB, or a quarter of the machine's memory if that is less."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return _GIGABYTE
    return min(_GIGABYTE, memory // 4)
