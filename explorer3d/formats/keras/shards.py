"""Weights that Keras 3 spread over several HDF5 files, with a JSON file that says which lie where.

See `ShardedH5IOStore` in Keras' ``saving_lib.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats.hdf5 import Hdf5

_MOST = 10_000


class Shards:
    """Several files as one: each holds some of the groups, and groups may be divided between them."""

    def __init__(self, files: Sequence[Hdf5]) -> None:
        self._files = files

    def children(self, path: str) -> list[str]:
        return list(dict.fromkeys(name for file in self._files for name in file.children(path)))

    def is_group(self, path: str) -> bool:
        return any(file.is_group(path) for file in self._files)

    def address(self, path: str) -> int:
        """The same for all names of one object of one file."""
        at = next(at for at, file in enumerate(self._files) if file.is_group(path))
        return self._files[at].address(path) * len(self._files) + at

    def tensor(self, path: str) -> ir.TensorProtocol | None:
        found = (file.tensor(path) for file in self._files)
        return next((tensor for tensor in found if tensor is not None), None)

    def text(self, name: str, path: str = "") -> str | None:
        found = (file.text(name, path) for file in self._files)
        return next((text for text in found if text is not None), None)


def shard_names(text: bytes, name: str) -> list[str]:
    """The files named in the list.

    Parameters
    ----------
    text : bytes
        JSON.
    name : str
        What to call it in messages.

    Raises
    ------
    ModelError
        It is no such list, or names files elsewhere.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{name} is damaged: it is not valid JSON. Copy or save it again.") from error
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not places:
        raise ModelError(f"{name} does not say in which files the weights lie. Copy or save it again.")
    found = [file for place in places.values() for file in (place if isinstance(place, list) else [place])]
    names = sorted({file for file in found if isinstance(file, str)})
    if len(names) > _MOST or any(not isinstance(file, str) for file in found):
        raise ModelError(f"{name} is damaged: its list of files is none. Copy or save it again.")
    for file in names:
        # Nothing but a file beside the list; a colon would name a drive, or a stream of another file.
        if not re.fullmatch(r"[^/\\:\0]+", file) or file in (".", ".."):
            raise ModelError(
                f"{name} names the file {file!r}, which does not lie beside it, so it is not read."
            )
    return names
