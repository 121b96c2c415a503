"""What has been made of arrays, for as long as these live."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np


class MadeOnce:
    """Remembers results by array and by what else they depend on; keeps no array alive.

    Whoever changes an array afterwards gets what was made of it before.
    """

    def __init__(self) -> None:
        self._made: dict[int, tuple[weakref.ref[np.ndarray], dict[Hashable, Any]]] = {}

    def __len__(self) -> int:
        return len(self._made)

    def has(self, array: np.ndarray, key: Hashable) -> bool:
        """Whether the result for an array has been made."""
        known = self._made.get(id(array))
        return known is not None and known[0]() is array and key in known[1]

    def get(self, array: np.ndarray, key: Hashable, make: Callable[[], Any]) -> Any:
        """The result for an array, made if need be.

        Parameters
        ----------
        array : array
        key : hashable
            What else the result depends on.
        make : callable
        """
        known = self._made.get(id(array))
        if known is None or known[0]() is not array:
            place = id(array)
            known = weakref.ref(array, lambda _: self._made.pop(place, None)), {}
            self._made[place] = known
        results = known[1]
        if key not in results:
            results[key] = make()
        return results[key]
