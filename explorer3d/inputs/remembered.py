"""How a person wants a model's input prepared, as text that outlives the program."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer3d.errors import InputError
from explorer3d.formats.folder import described_by
from explorer3d.inputs.described import fields
from explorer3d.inputs.generated import Generated, generated_from
from explorer3d.inputs.preprocess import Preprocessing
from explorer3d.inputs.sizes import Sizes

_LONGEST_TEXT = 65_536
_LARGEST_RANK = 32
_END = 65_536


def fingerprint(path: Path) -> str:
    """Recognise a model file wherever it lies, without reading all of it.

    Parameters
    ----------
    path : Path
        A file, or a folder that is a model.

    Returns
    -------
    str
        SHA-256 of its size, its first and its last 64 KiB: a file that differs from it only in between
        is another training of the same network, which wants the same pictures.

    Raises
    ------
    OSError
    """
    if path.is_dir():
        path = described_by(path)
    size = path.stat().st_size
    found = hashlib.sha256(str(size).encode())
    with path.open("rb") as stream:
        found.update(stream.read(_END))
        stream.seek(max(size - _END, 0))
        found.update(stream.read(_END))
    return found.hexdigest()


def to_text(preprocessing: Mapping[str, Any], sizes: Sizes, made: Generated | None = None) -> str:
    """JSON of fields of `Preprocessing`, of shapes by input name, and of what is made instead of read."""
    generated = None if made is None else str(made)
    return json.dumps({"preprocessing": dict(preprocessing), "sizes": dict(sizes), "generated": generated})


def from_text(text: str) -> tuple[dict[str, Any], dict[str, tuple[int, ...]], Generated | None]:
    """What `to_text` was given; nothing if the text was damaged since.

    Returns
    -------
    preprocessing : dict of str to value
    sizes : dict of str to tuple of int
    made : Generated or None
    """
    try:
        if len(text) > _LONGEST_TEXT:
            return {}, {}, None
        content = json.loads(text)
        preprocessing = fields(content["preprocessing"])
        Preprocessing(**preprocessing)
        sizes = {str(name): _shape(shape) for name, shape in content["sizes"].items()}
        generated = content.get("generated")
        return preprocessing, sizes, None if generated is None else generated_from(generated)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InputError):
        return {}, {}, None


def _shape(sizes: Any) -> tuple[int, ...]:
    if not isinstance(sizes, list) or len(sizes) > _LARGEST_RANK:
        raise ValueError
    if not all(isinstance(size, int) and not isinstance(size, bool) for size in sizes):
        raise ValueError
    return tuple(sizes)
