"""Parts of pictures by name, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from explorer3d.errors import RequestError, nearest

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a picture, in widths and heights."""

Parts = Mapping[str, Mapping[int, Box]]
"""By name of a part, and number of a picture: where it is."""

_LARGEST = 1 << 22
_FORM = 'Give {"left eye": {"picture.png": [left, top, right, bottom]}}, within 0 … 1.'


def check_box(box: Box) -> None:
    """Make sure that a part is one.

    Raises
    ------
    RequestError
    """
    left, top, right, bottom = box
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise RequestError("The part to hide is its left, top, right and bottom, within 0 … 1.")


def to_text(parts: Parts, name: Callable[[int], str]) -> str:
    """Parts as JSON, pictures by the names that belong to their numbers."""
    return json.dumps(
        {part: {name(number): list(box) for number, box in boxes.items()} for part, boxes in parts.items()}
    )


def from_text(text: str, names: Sequence[str]) -> dict[str, dict[int, Box]]:
    """Read what `to_text` wrote.

    Parameters
    ----------
    text : str
    names : sequence of str
        Of the pictures there are.

    Raises
    ------
    RequestError
        It is no such text, or names another picture.
    """
    try:
        # Deeply nested lists end in the last of these.
        given = json.loads(text)
        read = {
            str(part): {str(name): tuple(map(float, box)) for name, box in boxes.items()}
            for part, boxes in given.items()
        }
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise RequestError(f"These are no parts of pictures. {_FORM}") from error
    return numbered(read, names)


def numbered(
    parts: Mapping[str, Mapping[str, tuple[float, ...]]], names: Sequence[str]
) -> dict[str, dict[int, Box]]:
    """Parts of pictures by their names, by number instead.

    Raises
    ------
    RequestError
        There is no such picture, or a part is none.
    """
    numbers = {name: number for number, name in reversed([*enumerate(names)])}
    found: dict[str, dict[int, Box]] = {}
    for part, boxes in parts.items():
        for name, box in boxes.items():
            if name not in numbers:
                remedy = nearest(name, names, "Give the names of files in the folder.")
                raise RequestError(f"'{part}' is marked in '{name}', which is not there. {remedy}")
            if len(box) != 4:
                raise RequestError(f"'{part}' of '{name}' is no part of a picture. {_FORM}")
            left, top, right, bottom = box
            check_box((left, top, right, bottom))
            found.setdefault(part, {})[numbers[name]] = left, top, right, bottom
    return found


def read_parts(path: Path, names: Sequence[str]) -> dict[str, dict[int, Box]]:
    """Read parts from a file; see `from_text`.

    Raises
    ------
    RequestError
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror or error}. Check the path.") from error
    if len(content) > _LARGEST:
        raise RequestError(f"{path.name} is too large to be a list of parts. {_FORM}")
    return from_text(content.decode("utf-8", "replace"), names)
