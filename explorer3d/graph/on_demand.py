"""Lets parts of libraries that are hardly ever used load when they are used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


class _Finder(MetaPathFinder):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, Loader):
            spec.loader = LazyLoader(spec.loader)
        return spec


def load_on_demand(*names: str) -> None:
    """Let later imports of these modules run them no sooner than something in them is asked for.

    Parameters
    ----------
    *names : str
        Full names; one that does not exist, or is loaded already, changes nothing.
    """
    sys.meta_path.insert(0, _Finder(frozenset(names)))
