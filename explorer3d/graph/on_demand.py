"""Keeps libraries from loading parts of others that are not used here."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """A module that runs when something is missing in it.

    Unlike those of `importlib.util.LazyLoader` it bears several threads, and does not run because somebody
    looks at its name.
    """

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        assert spec is not None and isinstance(spec.loader, _Deferring)
        spec.loader.run(self)
        return ModuleType.__getattribute__(self, name)


class _Deferring(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._lock = threading.RLock()
        self._begun = False

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Deferred

    def run(self, module: ModuleType) -> None:
        # Other threads wait; the one that runs it may look for what is not there yet.
        with self._lock:
            if self._begun:
                return
            self._begun = True
            try:
                self._loader.exec_module(module)
            except BaseException:
                self._begun = False  # so that the next who asks is told why, too
                raise
            module.__class__ = ModuleType


class _Lazy(MetaPathFinder):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, Loader):
            spec.loader = _Deferring(spec.loader)
        return spec


def load_on_demand(*names: str) -> None:
    """Let later imports of these modules run them no sooner than something in them is asked for.

    Parameters
    ----------
    *names : str
        Full names; one that does not exist, or is loaded already, changes nothing.
    """
    sys.meta_path.insert(0, _Lazy(frozenset(names)))
