"""Inputs of which each comes from somewhere else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text
from explorer3d.inputs.array import fitting
from explorer3d.inputs.bitmap import Bitmap
from explorer3d.inputs.generated import Generated
from explorer3d.inputs.ports import LARGEST_INPUT, array_type
from explorer3d.inputs.sound import Excerpt

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


@dataclass(frozen=True, eq=False)
class Held:
    """An array that came out of the network, and goes in again.

    Attributes
    ----------
    array : ndarray
    name : str
    """

    array: NDArray[Any]
    name: str


Part = Path | Generated | Bitmap | Excerpt | Typed | Held
"""What one input comes from."""


@dataclass(frozen=True)
class Parts:
    """What some of the inputs come from, and all others.

    Attributes
    ----------
    named : mapping of str to Part
        By input name.
    rest : Path, Generated, Bitmap, Excerpt or None
        As for a model that has the others only; None: a bundled picture, noise, zeros for states.
    """

    named: Mapping[str, Part]
    rest: Path | Generated | Bitmap | Excerpt | None = None

    @property
    def name(self) -> str:
        """What to call it in front of people."""
        return ", ".join(f"{name}: {part.name}" for name, part in self.named.items())


def typed_array(typed: Typed, port: Port) -> NDArray[Any]:
    """What somebody wrote, in the shape and type of an input.

    Parameters
    ----------
    typed : Typed
        One number fills all of it; of several there must be as many as fit in. Of the sizes an input
        leaves open, the last follows from how many there are, the others are 1.
    port : Port

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
        return _shaped(np.array(words, dtype=object), port, name)
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
    return fitting(_shaped(values, port, name), port, name)


def _json(text: str, name: str) -> Any:
    try:
        content = json.loads(text)
        # Lists of unequal lengths are no array.
        np.array(content)
    except (ValueError, RecursionError):
        raise InputError(f"{name} must be lists of equal length, such as [[1, 2], [3, 4]].") from None
    return content


def _shaped(values: NDArray[Any], port: Port, name: str) -> NDArray[Any]:
    if port.shape is None:
        return values
    if values.ndim > 1:
        return values
    fixed = math.prod(size for size in port.shape if size is not None)
    open_sizes = [index for index, size in enumerate(port.shape) if size is None]
    shape = [1 if size is None else size for size in port.shape]
    if fixed * 8 > LARGEST_INPUT:
        raise InputError(f"Input {port.value!r} is too large to be typed: {tuple_text(port.shape)}.")
    if values.size == 1 and (fixed > 1 or not open_sizes):
        return np.full(shape, values[0])
    if open_sizes and fixed and values.size % fixed == 0:
        shape[open_sizes[-1]] = values.size // fixed
    if math.prod(shape) != values.size:
        wanted = f"a multiple of {fixed}" if open_sizes else f"{fixed}"
        raise InputError(
            f"{name} are {values.size} numbers, but the input takes {tuple_text(port.shape)}: {wanted}, or "
            "one for all."
        )
    return values.reshape(shape)
