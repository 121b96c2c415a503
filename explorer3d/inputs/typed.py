"""Numbers that somebody writes for an input."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text
from explorer3d.inputs.array import fitting
from explorer3d.inputs.ports import LARGEST_INPUT, array_type

if TYPE_CHECKING:
    from explorer3d.graph.model import Port

_LONGEST_TEXT = 2**20
_LONGEST_NAME = 20


@dataclass(frozen=True)
class Typed:
    """Numbers somebody wrote: with commas or spaces between them, or as nested lists of JSON.

    Attributes
    ----------
    text : str
    """

    text: str

    @property
    def name(self) -> str:
        """What to call it in front of people."""
        return self.text if len(self.text) <= _LONGEST_NAME else f"{self.text[:_LONGEST_NAME]}…"


def typed_array(typed: Typed, port: Port, start: int = 0) -> tuple[NDArray[Any], int | None]:
    """What somebody wrote, in the shape and type of an input.

    Parameters
    ----------
    typed : Typed
        One number fills all of it; of several there must be as many as fit in, or so many times as many:
        then they go in one stretch after another. Of the sizes an input leaves open, the last follows from
        how many there are, the others are 1.
    port : Port
    start : int
        Numbers that went in before.

    Returns
    -------
    array : ndarray
    following : int or None
        How many have gone in then; None if those are all.

    Raises
    ------
    InputError
        There are too few or too many, or they are no numbers of its type.
    """
    text, name = typed.text.strip(), f"What is typed for {port.value!r}"
    if len(text) > _LONGEST_TEXT:
        raise InputError(f"{name} is too long. Give it as an .npy file.")
    if port.dtype == "string":
        words = _json(text, name) if text.startswith("[") else [text]
        return _shaped(np.array(words, dtype=object), port, name, start)
    if text.startswith("["):
        values = np.asarray(_json(text, name))
        if values.dtype.kind not in "biuf":
            raise InputError(f"{name} must be numbers in lists of equal length, such as [[1, 2], [3, 4]].")
    else:
        words = [word for word in re.split(r"[\s,;]+", text.replace("−", "-")) if word]
        try:
            values = np.array(
                [int(word) if re.fullmatch(r"[+-]?\d+", word) else float(word) for word in words]
            )
        except (ValueError, OverflowError):
            raise InputError(f"{name} must be numbers with commas between them, such as 3, 1, 4.") from None
    if array_type(port).kind == "b":
        values = values != 0
    array, following = _shaped(values, port, name, start)
    return fitting(array, port, name), following


def _json(text: str, name: str) -> Any:
    try:
        content = json.loads(text)
        # Lists of unequal lengths are no array.
        np.array(content)
    except (ValueError, RecursionError):
        raise InputError(f"{name} must be lists of equal length, such as [[1, 2], [3, 4]].") from None
    return content


def _shaped(values: NDArray[Any], port: Port, name: str, start: int) -> tuple[NDArray[Any], int | None]:
    if port.shape is None or values.ndim > 1:
        return values, None
    fixed = math.prod(size for size in port.shape if size is not None)
    open_sizes = [index for index, size in enumerate(port.shape) if size is None]
    shape = [1 if size is None else size for size in port.shape]
    if fixed * 8 > LARGEST_INPUT:
        raise InputError(f"Input {port.value!r} is too large to be typed: {tuple_text(port.shape)}.")
    if values.size == 1 and (fixed > 1 or not open_sizes):
        return np.full(shape, values[0]), None
    if open_sizes and fixed and values.size % fixed == 0:
        shape[open_sizes[-1]] = values.size // fixed
    elif fixed and values.size % fixed == 0 and start < values.size:
        end = start + fixed
        return values[start:end].reshape(shape), end if end < values.size else None
    if math.prod(shape) != values.size:
        wanted = f"a multiple of {fixed}" if open_sizes else f"{fixed}"
        raise InputError(
            f"{name} are {values.size} numbers, but the input takes {tuple_text(port.shape)}: {wanted}, or "
            "one for all."
        )
    return values.reshape(shape), None
