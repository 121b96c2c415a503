"""Something to run through a network nobody gave an input: seeded noise, if nothing else is wanted."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text
from explorer3d.inputs.ports import LARGEST_INPUT, array_type, image_axes
from explorer3d.inputs.states import states
from explorer3d.inputs.vocabulary import vocabularies

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

# Sizes for axes the model leaves open.
_OPEN = {"N": 1, "C": 3}
OPEN_PICTURE_SIDE = 224
"""Of a picture that came from nowhere, where the model leaves it open."""

_OPEN_SIZE = 16
# Samples of sound: what voice detectors take at once at 16 kHz.
OPEN_SOUND = 512

SAMPLE_RATES = frozenset({"sr", "sample_rate", "sampling_rate"})
_SAMPLE_RATE = 16_000

_NAMED = 4
"""Inputs that are listed; of more, the rest is counted."""


@dataclass(frozen=True, eq=False)
class Filled:
    """Arrays for a model's inputs that came from nowhere.

    Attributes
    ----------
    arrays : mapping of str to ndarray
    refused : tuple of str
        Sentences: why other inputs get none.
    """

    arrays: Mapping[str, NDArray[Any]]
    refused: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``x 1×16 float32, sr = 16000``."""
        texts = [
            f"{name} = {array}" if array.ndim == 0 else f"{name} {_text(array)}"
            for name, array in self.arrays.items()
        ]
        more = [f"{len(texts) - _NAMED} more"] if len(texts) > _NAMED else []
        return ", ".join(texts[:_NAMED] + more)


@dataclass(frozen=True)
class Space:
    """What is to be filled with numbers.

    Attributes
    ----------
    port : Port
    index : int
        Of the input among the model's.
    shape : tuple of int
    dtype : dtype
    words : int
        Whole numbers from 0 that the input takes at least.
    """

    port: Port
    index: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    words: int


def noise(model: Model, seed: int = 0, *, without: Collection[str] = ()) -> Filled:
    """Fill inputs with noise.

    Parameters
    ----------
    model : Model
    seed : int
        The same seed gives the same noise; each input has its own.
    without : collection of str
        Inputs to leave out.

    Returns
    -------
    Filled
        Floats uniform in 0..1; integers 0 or 1, but any row of a table where all they do is to look up in
        it. States of recurrent networks begin with zeros.
    """
    recurrent = states(model)

    def fill(space: Space) -> NDArray[Any]:
        if space.port.value in recurrent:
            return np.zeros(space.shape, space.dtype)
        return random_numbers(space, seed)

    return filled(model, fill, without=without)


def filled(model: Model, fill: Callable[[Space], NDArray[Any]], *, without: Collection[str] = ()) -> Filled:
    """Fill inputs with numbers of some kind.

    Parameters
    ----------
    model : Model
    fill : callable
        `Space` → array of its shape and type; not asked for texts and sample rates.
    without : collection of str
        Inputs to leave out.

    Returns
    -------
    Filled
        Sample rates are 16000; batch 1 where open. Left out are inputs whose shape is unknown or too
        large, or that take no numbers.
    """
    names = _size_names(model)
    tables = vocabularies(model)
    batch = {axes[0] for axes in names.values() if len(axes) > 1} - {""}
    lengths = [port for port in model.inputs if _lengths(port, names.get(port.value, ()), batch)]
    sound = all(port.dtype.startswith("float") and len(port.shape or ()) == 2 for port in lengths)
    # A model may be asked for some of its inputs only.
    order = list(names)
    arrays: dict[str, NDArray[Any]] = {}
    refused = []
    for place, port in enumerate(model.inputs):
        if port.value in without:
            continue
        try:
            shape = _shape(port, names.get(port.value, ()), batch, sound)
            index = order.index(port.value) if port.value in order else place
            space = Space(port, index, shape, array_type(port), tables.get(port.value, 2))
            arrays[port.value] = _filled(space, fill)
        except InputError as error:
            refused.append(str(error))
    return Filled(arrays, tuple(refused))


def random_numbers(space: Space, seed: int) -> NDArray[Any]:
    """Floats uniform in 0..1, or any whole numbers that are taken."""
    generator = np.random.default_rng([seed, space.index])
    if space.dtype.kind == "f":
        return generator.random(space.shape, dtype=np.float32).astype(space.dtype)
    # Small types hold fewer numbers than a table has rows.
    most = 2 if space.dtype.kind == "b" else min(space.words, np.iinfo(space.dtype).max)
    return np.asarray(generator.integers(0, most, space.shape)).astype(space.dtype)


def _shape(port: Port, names: tuple[str, ...], batch: set[str], sound: bool) -> tuple[int, ...]:
    if port.shape is None:
        raise InputError(
            f"The shape of input {port.value!r} is not known. Choose one, or give it as an .npy file."
        )
    picture = image_axes(port)
    axes = picture or port.axes

    lengths = _lengths(port, names, batch)

    def chosen(index: int) -> int:
        if index < len(axes) and axes[index] in _OPEN:
            return _OPEN[axes[index]]
        if picture:
            return OPEN_PICTURE_SIDE
        if index not in lengths:
            return 1
        # Equal in all inputs: sizes that a model ties to each other (a sequence and its mask) are open
        # together.
        return OPEN_SOUND if sound else _OPEN_SIZE

    return tuple(chosen(index) if size is None else size for index, size in enumerate(port.shape))


def _filled(space: Space, fill: Callable[[Space], NDArray[Any]]) -> NDArray[Any]:
    name, dtype = space.port.value, space.dtype
    if math.prod(space.shape) * dtype.itemsize > LARGEST_INPUT:
        raise InputError(f"Input {name!r} is too large to be filled: {tuple_text(space.shape)}.")
    if dtype.kind == "O":
        return np.full(space.shape, "", dtype=object)
    if dtype.kind in "iu" and not space.shape and dtype.itemsize > 2 and name.lower() in SAMPLE_RATES:
        return np.array(_SAMPLE_RATE, dtype)
    return fill(space)


def _size_names(model: Model) -> dict[str, tuple[str, ...]]:
    """What the file calls the sizes it leaves open, by input; empty for the others."""
    return {
        value.name or "": tuple(
            "" if isinstance(size, int) else size.value or "" for size in value.shape or ()
        )
        for value in model.ir.graph.inputs
    }


def _lengths(port: Port, names: tuple[str, ...], batch: set[str]) -> list[int]:
    """Axes left open that are no batch, channels or sides of a picture."""
    shape = port.shape or ()
    axes = image_axes(port) or port.axes

    def is_batch(index: int) -> bool:
        name = names[index] if index < len(names) else ""
        # A recurrent state is (layers, batch, units).
        state = len(shape) == 3 and index == 1 and (shape[0] or 0) > 1 and shape[2] is not None
        return index == 0 or name in batch or "batch" in name.lower() or state

    return [
        index
        for index, size in enumerate(shape)
        if size is None and (axes[index] not in _OPEN if index < len(axes) else not is_batch(index))
    ]


def _text(array: NDArray[Any]) -> str:
    return f"{'×'.join(map(str, array.shape))} {'string' if array.dtype.hasobject else array.dtype}"
