"""Texts that outlive the program, by key."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from qtpy.QtCore import QSettings


class Memory(MutableMapping[str, str]):
    """One group of the settings as a mapping.

    Parameters
    ----------
    settings : QSettings
    group : str
    """

    def __init__(self, settings: QSettings, group: str) -> None:
        self._settings, self._group = settings, group

    def __getitem__(self, key: str) -> str:
        found = self._settings.value(f"{self._group}/{key}")
        if not isinstance(found, str):
            raise KeyError(key)
        return found

    def __setitem__(self, key: str, text: str) -> None:
        self._settings.setValue(f"{self._group}/{key}", text)

    def __delitem__(self, key: str) -> None:
        self[key]  # raises KeyError
        self._settings.remove(f"{self._group}/{key}")

    def __iter__(self) -> Iterator[str]:
        self._settings.beginGroup(self._group)
        keys = self._settings.childKeys()
        self._settings.endGroup()
        return iter(keys)

    def __len__(self) -> int:
        return len(list(iter(self)))
