"""What layers keep beside their weights: vocabularies, in the ``assets`` of a ``.keras`` file.

See `DiskIOStore` in Keras' ``saving_lib.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from explorer3d.errors import ModelError
from explorer3d.formats.keras.archive import Archive
from explorer3d.formats.keras.settings import Unsupported

_ROOT = "assets"
_LIMIT = 32 << 20

Assets = Callable[[str], "bytes | None"]
"""Gives the content under a name such as ``layers/string_lookup/vocabulary.txt``; None if there is none."""


def no_assets(name: str) -> None:
    """For files that can hold none."""


def archived(archive: Archive) -> Assets:
    """Those of an archive, which must stay open."""

    def content(name: str) -> bytes | None:
        member = f"{_ROOT}/{name}"
        if member not in archive:
            return None
        try:
            return archive.text(member)
        except ModelError as error:
            raise Unsupported(str(error).removesuffix(".")) from error

    return content


def unpacked(folder: Path) -> Assets:
    """Those of a ``.keras`` file that was unpacked into a folder.

    They are found by walking it, so that no name out of a file becomes a path.
    """

    def content(name: str) -> bytes | None:
        root = folder / _ROOT
        found = (path for path in root.rglob("*.txt") if path.relative_to(root).as_posix() == name)
        path = next(found, None)
        if path is None or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            return None
        if path.stat().st_size > _LIMIT:
            raise Unsupported(f"{path.name} is larger than a vocabulary can be")
        return path.read_bytes()

    return content
