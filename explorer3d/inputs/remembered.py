"""How a person wants a model's input prepared, as text that outlives the program."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer3d.errors import InputError
from explorer3d.formats.folder import described_by
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


def to_text(preprocessing: Mapping[str, Any], sizes: Sizes) -> str:
    """JSON of fields of `Preprocessing`, and of shapes by input name."""
    return json.dumps({"preprocessing": dict(preprocessing), "sizes": dict(sizes)})


def from_text(text: str) -> tuple[dict[str, Any], dict[str, tuple[int, ...]]]:
    """What `to_text` was given; nothing if the text was damaged since.

    Returns
    -------
    preprocessing : dict of str to value
    sizes : dict of str to tuple of int
    """
    try:
        if len(text) > _LONGEST_TEXT:
            return {}, {}
        content = json.loads(text)
        preprocessing = fields(content["preprocessing"])
        Preprocessing(**preprocessing)
        return preprocessing, {str(name): _shape(shape) for name, shape in content["sizes"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InputError):
        return {}, {}


def fields(content: Any) -> dict[str, Any]:
    """Fields of `Preprocessing` from JSON.

    Raises
    ------
    ValueError
        What is wrong, as the end of a sentence.
    """
    if not isinstance(content, dict):
        raise ValueError('is not a JSON object such as {"mean": [0.5], "std": [0.5]}')
    if unknown := sorted(set(content) - {"mean", "std", "bgr", "invert", "fit", "scale"}):
        raise ValueError(f"has an unknown entry {unknown[0]!r}")
    found: dict[str, Any] = {}
    for name, value in content.items():
        if name in ("mean", "std"):
            values = value if isinstance(value, list) else [value]
            found[name] = None if value is None else tuple(_number(number, name) for number in values)
        elif name == "scale":
            found[name] = _number(value, name)
        elif isinstance(value, str if name == "fit" else bool):
            found[name] = value
        else:
            raise ValueError(f"has a wrong value for {name!r}")
    return found


def _number(value: Any, name: str) -> float:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    except OverflowError:
        pass
    raise ValueError(f"has a wrong value for {name!r}")


def _shape(sizes: Any) -> tuple[int, ...]:
    if not isinstance(sizes, list) or len(sizes) > _LARGEST_RANK:
        raise ValueError
    if not all(isinstance(size, int) and not isinstance(size, bool) for size in sizes):
        raise ValueError
    return tuple(sizes)
