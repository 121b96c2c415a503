"""Numbers in rows of text."""

from __future__ import annotations

import csv
import math
import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text
from explorer3d.inputs.array import fitting, only_input, shape_and_type
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.last_read import LastRead
from explorer3d.inputs.series import Cut, cut, in_series, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from explorer3d.graph.model import Model, Port

# As text, in Python's lists; an array takes a tenth of it.
_LARGEST_FILE = 2**26

# What structured text (JSON, YAML, programs) has and tables do not; control characters are none of text.
_FOREIGN = re.compile(r"[{}\[\]<>:\x00-\x08\x0e-\x1f]")
_SEPARATORS = (";", "\t", ",")
_EXACT = 2**53

_last: LastRead[NDArray[np.float64]] = LastRead(2**28)


def is_table(head: bytes) -> bool:
    """Whether a file's first bytes are rows of numbers, perhaps below a row of names."""
    # The last character may be cut in two.
    text = head.decode("utf-8-sig", "ignore")
    if not text.strip() or len(text.encode()) < len(head) - 6 or _FOREIGN.search(text):
        return False
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and len(head) >= 512:
        # A row longer than what is looked at: names as well as numbers.
        return len(_cells(lines[0])) > 8
    rows = [_cells(line) for line in lines[:2]]
    if any(_number(cell) is not None for cell in rows[0]):
        return True
    return (
        len(rows) > 1 and len(rows[0]) == len(rows[1]) and any(_number(cell) is not None for cell in rows[1])
    )


def read_table(path: Path, model: Model, at_once: int | None = None, start: int | None = None) -> Feeds:
    """Feed a table to a model with one input.

    Parameters
    ----------
    path : Path
        Rows of numbers in UTF-8, parted by comma, semicolon, tab or spaces; the first row may be names.
    model : Model
        Each row is one sample if as many numbers fit one sample; otherwise the rows follow one another
        in one sample.
    at_once, start : int, optional
        As in `explorer3d.inputs.array.read_npy`.

    Raises
    ------
    InputError
        Naming the line at fault; or the numbers do not fit the input.
    """
    port = only_input(model, path.name)
    if path.stat().st_size > _LARGEST_FILE:
        raise InputError(f"{path.name} is larger than 64 MiB, too much for a table. Give it as an .npy file.")
    table = _last.get(path, lambda: _read(path), lambda table: table.nbytes)
    parted = _parted(table, port, at_once) if at_once is not None or start is not None else None
    if parted is None:
        count, values = 1, _shaped(table, port, path.name)
    else:
        count, values = parted.count, table[parted.piece(start or 0, path.name)].reshape(parted.shape)
    array = fitting(_whole(values, port, path.name), port, path.name)
    about = f"{title(path, count, start or 0)}, {shape_and_type(array)}"
    return in_series(Feeds({port.value: array}, about), path, count, start or 0)


def _read(path: Path) -> NDArray[np.float64]:
    rows: list[NDArray[np.float64]] = []
    first: int | None = None
    for line, cells in _rows(path):
        heading, first = first is None, line if first is None else first
        numbers = [_number(cell) for cell in cells]
        if heading and all(number is None for number in numbers):
            continue
        if None in numbers:
            column = numbers.index(None)
            cell = cells[column]
            said = f"{cell[:40]!r}, which is no number" if cell else "nothing"
            raise InputError(f"{path.name}, line {line}: column {column + 1} holds {said}.")
        if rows and len(numbers) != len(rows[0]):
            count = f"{len(numbers)} number{'' if len(numbers) == 1 else 's'}"
            raise InputError(f"{path.name}, line {line} has {count}, the lines before have {len(rows[0])}.")
        rows.append(np.array(numbers, np.float64))
    if not rows:
        raise InputError(f"{path.name} holds no numbers.")
    return np.stack(rows)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not empty."""
    try:
        with path.open(encoding="utf-8-sig", newline=None) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _cells(line)
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no text in UTF-8. Save it again as CSV (UTF-8).") from error
    except csv.Error as error:
        raise InputError(f"{path.name}, line {number} cannot be read: {error}.") from error


def _cells(line: str) -> list[str]:
    """One line's cells; a line of its own, since a number never holds a line break."""
    separator = next((one for one in _SEPARATORS if one in line), None)
    if separator is None:
        return line.split()
    cells = [
        cell.strip()
        for cell in chain.from_iterable(csv.reader([line], delimiter=separator, skipinitialspace=True))
    ]
    # Some programs end each line with a separator.
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _number(cell: str) -> float | None:
    # Python would take 1_000 for a number.
    if "_" in cell:
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _shaped(table: NDArray[np.float64], port: Port, name: str) -> NDArray[np.float64]:
    rows, columns = table.shape
    if port.shape is None:
        return table
    if len(port.shape) == 2 and port.shape[0] in (None, rows) and port.shape[1] in (None, columns):
        return table
    for count, numbers in ((rows, columns), (1, table.size)):
        if (shape := _sample(port.shape, count, numbers)) is not None:
            return table.reshape(shape)
    raise InputError(
        f"{name} holds {rows} row{'' if rows == 1 else 's'} of {columns}, but input {port.value!r} takes "
        f"{tuple_text(port.shape)}."
    )


def _parted(table: NDArray[np.float64], port: Port, at_once: int | None) -> Cut | None:
    """Where each row is an input, or several rows together are; None if the whole table is one."""
    rows, columns = table.shape
    if port.shape is None:
        return None
    try:
        shape = _shaped(table, port, "").shape
    except InputError:
        first = port.shape[:1]
        one = _sample((1, *port.shape[1:]), 1, columns) if first in ((1,), (None,)) else None
        return cut(table.shape, port, at_once) if one is None else Cut(rows, 1, one)
    too_many = at_once is not None and port.shape[:1] == (None,) and shape[0] > at_once
    return Cut(rows, 1, (1, *shape[1:])) if too_many and shape[0] == rows else None


def _sample(wanted: tuple[int | None, ...], count: int, numbers: int) -> tuple[int, ...] | None:
    """The shape of that many samples of so many numbers each; None if the input takes no such thing."""
    if not wanted:
        return () if count * numbers == 1 else None
    if wanted[0] not in (None, count) and len(wanted) > 1:
        return None
    if len(wanted) == 1:
        return (count * numbers,) if wanted[0] in (None, count * numbers) else None
    fixed = math.prod(size for size in wanted[1:] if size is not None)
    if fixed == 0 or numbers % fixed:
        return None
    # What is left over belongs to the first size left open; further ones are 1.
    left = numbers // fixed
    sizes = []
    for size in wanted[1:]:
        sizes.append(left if size is None else size)
        left = 1 if size is None else left
    return (count, *sizes) if left == 1 else None


def _whole(table: NDArray[np.float64], port: Port, name: str) -> NDArray[Any]:
    """Whole numbers as such, for an input that takes no others."""
    if port.dtype == "string" or not port.dtype.startswith(("int", "uint", "bool")):
        return table
    if not (np.isfinite(table).all() and (table == np.rint(table)).all() and np.abs(table).max() <= _EXACT):
        raise InputError(
            f"{name} holds numbers that are not whole, but input {port.value!r} takes {port.dtype}."
        )
    whole = table.astype(np.int64)
    if port.dtype == "bool" and np.isin(whole, (0, 1)).all():
        return whole.astype(bool)
    if port.dtype.startswith("uint") and whole.min() >= 0:
        return whole.astype(np.uint64)
    return whole
