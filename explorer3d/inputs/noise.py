"""Seeded noise: something to run through a network nobody gave an input."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer3d.errors import InputError
from explorer3d.inputs.ports import LARGEST_INPUT, array_type, image_axes, shape_text

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

# Sizes for axes the model leaves open. All unlettered ones are equal, since sizes that a model
# ties to each other (a sequence and its mask) are open together.
_OPEN = {"N": 1, "C": 3}
_OPEN_PICTURE_SIDE = 224
_OPEN_SIZE = 16


def noise(model: Model, seed: int = 0, *, without: str | None = None) -> dict[str, NDArray[Any]]:
    """Fill all inputs with noise.

    Parameters
    ----------
    model : Model
    seed : int
        The same seed gives the same noise; each input has its own.
    without : str, optional
        An input to leave out.

    Returns
    -------
    dict of str to ndarray
        Floats uniform in 0..1; integers 0 or 1, which every embedding table has; batch 1 where open.

    Raises
    ------
    InputError
        An input's shape is unknown or too large, or its type is not one of numbers.
    """
    return {
        port.value: _noise(port, np.random.default_rng([seed, index]))
        for index, port in enumerate(model.inputs)
        if port.value != without
    }


def _noise(port: Port, generator: np.random.Generator) -> NDArray[Any]:
    dtype = array_type(port)
    if port.shape is None:
        raise InputError(f"The shape of input {port.value!r} is not known. Give it as an .npy file.")
    axes = image_axes(port) or port.axes
    shape = tuple(
        _open_size(index, axes, bool(image_axes(port))) if size is None else size
        for index, size in enumerate(port.shape)
    )
    if math.prod(shape) * dtype.itemsize > LARGEST_INPUT:
        raise InputError(f"Input {port.value!r} is too large to be filled with noise: {shape_text(shape)}.")
    if dtype.kind == "f":
        return generator.random(shape, dtype=np.float32).astype(dtype)
    if dtype.kind == "O":
        return np.full(shape, "", dtype=object)
    return generator.integers(0, 2, shape).astype(dtype)


def _open_size(index: int, axes: str, picture: bool) -> int:
    letter = axes[index] if index < len(axes) else ""
    if letter in _OPEN:
        return _OPEN[letter]
    if picture:
        return _OPEN_PICTURE_SIDE
    return 1 if index == 0 and not letter else _OPEN_SIZE
