"""Files of class names that a person gives."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer3d.progress import Progress, ignore

SUFFIXES = frozenset({".txt", ".names", ".labels", ".json", ".csv", ".tsv"})
"""Of files that may be such; what they hold decides."""

_LARGEST_FILE = 4 * 2**20
_NUMBERED = re.compile(r"\s*(\d+)\s*[:,;\t ]\s*(\S.*)")


@dataclass(frozen=True)
class ReadNames:
    """Read class names.

    Attributes
    ----------
    path : Path
    """

    path: Path

    def __call__(self, progress: Progress = ignore) -> tuple[str, ...] | None:
        return names_in(self.path)


def names_in(path: Path) -> tuple[str, ...] | None:
    """The class names in a file, by index; None if it holds something else, or cannot be read.

    One name a line, with or without its index before it; JSON: a list, names by index or indices by name,
    also where Hugging Face and Keras have them (``id2label``, ``imagenet_class_index.json``); a table with
    a column of names and perhaps one of indices.
    """
    try:
        if path.suffix.lower() not in SUFFIXES or not 0 < path.stat().st_size <= _LARGEST_FILE:
            return None
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError):
        return None
    if "\0" in text:
        return None
    if text.lstrip()[:1] in ("{", "["):
        return _listed(_from_json(text))
    if path.suffix.lower() in (".csv", ".tsv"):
        return _listed(_from_table(text))
    return _listed(_from_lines(text.rstrip().splitlines()))


def _listed(names: Iterable[Any] | None) -> tuple[str, ...] | None:
    found = tuple(names or ())
    if len(found) < 2 or not all(isinstance(name, str) for name in found):
        return None
    # Numbers are an input.
    return None if all(_is_number(name) for name in found) else tuple(name.strip() for name in found)


def _from_json(text: str) -> Iterable[Any] | None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(content, dict):
        return _by_index(content.get("id2label", content))
    return content if isinstance(content, list) else None


def _by_index(content: Any) -> Iterable[Any] | None:
    if not isinstance(content, dict) or not content:
        return None
    if all(type(index) is int for index in content.values()):
        content = {index: name for name, index in content.items()}
    try:
        names = {int(index): name for index, name in content.items()}
    except (ValueError, TypeError):
        return None
    # Keras' list for ImageNet has an identifier before each name.
    return _in_order([(index, name[-1] if isinstance(name, list) else name) for index, name in names.items()])


def _from_lines(lines: Sequence[str]) -> Iterable[str] | None:
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    if all(numbered):
        in_order = _in_order([(int(match[1]), match[2]) for match in numbered if match])
        if in_order is not None:
            return in_order
    return lines


def _from_table(text: str) -> Iterable[str] | None:
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [row for row in csv.reader(text.splitlines(), dialect) if row]
    except csv.Error:
        return None
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return None
    columns = list(zip(*rows, strict=True))
    index = next((column for column in columns if all(_is_whole(cell) for cell in column[1:])), None)
    names = next((column for column in columns if not any(_is_number(cell) for cell in column[1:])), None)
    if names is None:
        return None
    if index is None:
        return names
    # A row of titles has none.
    start = 0 if _is_whole(index[0]) else 1
    return _in_order([(int(number), name) for number, name in zip(index[start:], names[start:], strict=True)])


def _in_order(named: Sequence[tuple[int, Any]]) -> list[Any] | None:
    """Names by index, if none is missing; counted from 0 or from 1."""
    names = dict(named)
    first = min(names, default=0)
    if first not in (0, 1) or sorted(names) != list(range(first, first + len(named))):
        return None
    return [names[index] for index in sorted(names)]


def _is_whole(cell: str) -> bool:
    return cell.strip().isdecimal()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
