"""Where results of conversions lie: one file for each content of a model."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer3d.conversion.versions import fingerprint
from explorer3d.errors import ModelError
from explorer3d.progress import Progress

_PIECE = 8 << 20
_MOST_FILES = 10_000
_MOST_BYTES = 4 << 30
_ABANDONED = 86_400.0
_UNFINISHED = "unfinished-"


def cache_folder() -> Path:
    """The folder of this user's results; each platform has a place for what can be made again."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        # https://specifications.freedesktop.org/basedir-spec: a relative path is to be ignored.
        wanted = Path(os.environ.get("XDG_CACHE_HOME", ""))
        base = wanted if wanted.is_absolute() else Path.home() / ".cache"
    return base / "explorer3d" / "converted"


def result_path(path: Path, progress: Progress) -> Path:
    """Where the result for a model file, or for a SavedModel's folder, is or will be.

    Raises
    ------
    ModelError
        The model cannot be read.
    """
    found = hashlib.sha256(fingerprint().encode())
    try:
        for file in _files(path):
            name = file.relative_to(path).as_posix() if file != path else ""
            found.update(f"\0{name}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while piece := stream.read(_PIECE):
                    found.update(piece)
                    progress(0.0, f"Looking for an earlier result for {path.name}")
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    return cache_folder() / f"{found.hexdigest()}.onnx"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    files: list[Path] = []
    for file in path.rglob("*"):
        if file.is_file():
            files.append(file)
        if len(files) > _MOST_FILES:
            raise ModelError(f"{path.name} holds more than {_MOST_FILES} files, so it is no SavedModel.")
    return sorted(files)


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for what is unfinished, on the file system of the results; gone afterwards, whatever happens.

    Raises
    ------
    ModelError
        There is no place for results.
    """
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        _clear_abandoned()
        folder = Path(tempfile.mkdtemp(dir=cache_folder(), prefix=_UNFINISHED))
    except OSError as error:
        raise ModelError(
            f"There is no place for the converted model: {cache_folder()} cannot be written "
            f"({error.strerror or error}). Set XDG_CACHE_HOME to a folder of yours."
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(made: Path, result: Path) -> None:
    """Move a finished result to its place, and make room for it: the oldest results go first."""
    os.replace(made, result)
    results = sorted(cache_folder().glob("*.onnx"), key=lambda file: file.stat().st_mtime, reverse=True)
    total = 0
    for file in results:
        total += file.stat().st_size
        if total > _MOST_BYTES and file != result:
            file.unlink(missing_ok=True)


def _clear_abandoned() -> None:
    """What a program that was killed has left behind."""
    for folder in cache_folder().glob(f"{_UNFINISHED}*"):
        if time.time() - folder.stat().st_mtime > _ABANDONED:
            shutil.rmtree(folder, ignore_errors=True)
