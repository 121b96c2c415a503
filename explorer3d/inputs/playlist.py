"""The inputs in a folder, or in a file of many, one after another."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from explorer3d.errors import InputError
from explorer3d.inputs.series import Row
from explorer3d.inputs.sources import is_input
from explorer3d.progress import Progress, ignore

_TOLD = 100
"""Files between two words about how far the reading is."""

_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Playlist:
    """Inputs in order, and the one that is on.

    Attributes
    ----------
    paths : sequence of Path or Row
        At least one.
    place : int
        Of the one that is on, from 0.
    """

    paths: Sequence[Path | Row]
    place: int = 0

    @property
    def current(self) -> Path | Row:
        """The one that is on."""
        return self.paths[self.place]

    def moved(self, steps: int) -> Playlist:
        """The same some steps on, back if negative; after the last comes the first."""
        return replace(self, place=(self.place + steps) % len(self.paths))

    def __len__(self) -> int:
        return len(self.paths)

    def __str__(self) -> str:
        """``boot.png, 3 of 12``."""
        return f"{self.current.name}, {self.place + 1} of {len(self)}"


@dataclass(frozen=True)
class ListInputs:
    """Find the inputs in a folder; see `playlist`.

    Attributes
    ----------
    path : Path
        The folder, or a file in it.

    Raises
    ------
    InputError
    """

    path: Path

    def __call__(self, progress: Progress = ignore) -> Playlist:
        return playlist(self.path, progress)


def playlist(path: Path, progress: Progress = ignore) -> Playlist:
    """List the inputs in a folder, numbers in their names counted as people do: 2 before 10.

    Parameters
    ----------
    path : Path
        A folder, whose first input is on then, or a file in it, which is on itself.
    progress : Progress

    Returns
    -------
    Playlist
        Files that can be read by their content; no hidden ones, none in folders below.

    Raises
    ------
    InputError
        The folder cannot be read, or there is no input in it.
    """
    folder = path if path.is_dir() else path.parent
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_file() and not entry.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror or error}. Check the path.") from error
    found = []
    for place, name in enumerate(sorted(names, key=_natural)):
        if place % _TOLD == 0:
            progress(place / len(names), f"Reading {folder.name}")
        if is_input(folder / name):
            found.append(folder / name)
    paths = tuple(found)
    if not paths:
        raise InputError(f"There is no picture, array or table in {folder.resolve().name or folder}.")
    if folder != path and path not in paths:
        raise InputError(f"{path.name} is no picture, array or table. Choose another file.")
    return Playlist(paths, 0 if folder == path else paths.index(path))


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Numbers by their value and before letters; the name itself decides between 1 and 01."""
    parts = _NUMBER.split(name.casefold())
    return [
        (0, int(part), "") if place % 2 else (1, 0, part) for place, part in enumerate(parts) if part
    ], name
