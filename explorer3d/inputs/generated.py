"""Inputs that are made rather than read: zeros, noise, patterns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer3d.errors import InputError
from explorer3d.graph.summary import tuple_text
from explorer3d.inputs.feeds import Feeds
from explorer3d.inputs.image import LARGEST_PICTURE, picture_feeds
from explorer3d.inputs.noise import OPEN_PICTURE_SIDE, Space, filled, random_numbers
from explorer3d.inputs.ports import image_axes, image_input
from explorer3d.inputs.preprocess import Preprocessing
from explorer3d.inputs.transform import UNCHANGED, Transform

if TYPE_CHECKING:
    from explorer3d.graph.model import Model, Port

PREFIX = "generator:"

_SPELLING = re.compile(r"generator:([a-z]+)(?::(\d{1,9}(?:,\d{1,9}){0,7}))?")
_CELLS = 8
_CELL = 1


@dataclass(frozen=True)
class Generator:
    """A way to make an input.

    Attributes
    ----------
    tip : str
        What it makes.
    values : callable
        (`Space`, arguments) → array of its shape: 0..1, or whole numbers for an input of such.
    pixels : callable or None
        (height, width, arguments) → (H, W) or (H, W, 3) array, 0..1, which is prepared like any picture;
        None if the numbers themselves are meant, even where the model takes a picture.
    argument : str
        What the whole numbers behind its name are; empty if it takes none.
    several : bool
        Whether there may be more than one.
    """

    tip: str
    values: Callable[[Space, tuple[int, ...]], NDArray[Any]]
    pixels: Callable[[int, int, tuple[int, ...]], NDArray[Any]] | None = None
    argument: str = ""
    several: bool = False


@dataclass(frozen=True)
class Generated:
    """An input to be made.

    Attributes
    ----------
    generator : str
        Key of `GENERATORS`.
    arguments : tuple of int
        None: what its maker finds best.

    Raises
    ------
    InputError
        There is no such generator, or it takes no such arguments.
    """

    generator: str
    arguments: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        made = GENERATORS.get(self.generator)
        if made is None:
            raise InputError(f"There is no generator {self.generator!r}. Use {', '.join(GENERATORS)}.")
        if self.arguments and not made.argument:
            raise InputError(f"The generator {self.generator!r} takes nothing behind its name.")
        if len(self.arguments) > 1 and not made.several:
            raise InputError(f"The generator {self.generator!r} takes one number: {made.argument}.")
        if min(self.arguments, default=0) < 0:
            raise InputError(f"The generator {self.generator!r} takes no negative numbers.")

    @property
    def name(self) -> str:
        """``impulse (3, 4)``."""
        return (
            f"{self.generator} ({', '.join(map(str, self.arguments))})" if self.arguments else self.generator
        )

    def __str__(self) -> str:
        """``generator:impulse:3,4``, which `generated_from` reads."""
        return PREFIX + ":".join([self.generator, *filter(None, [",".join(map(str, self.arguments))])])


def generated_from(text: str) -> Generated | None:
    """What is to be made, where a text begins with ``generator:``; None if it names a file.

    A file of such a name is still reached as ``./generator:…``.

    Raises
    ------
    InputError
        It is misspelt.
    """
    if not text.startswith(PREFIX):
        return None
    match = _SPELLING.fullmatch(text)
    if match is None:
        raise InputError(
            f"{text!r} is no generator such as generator:checkerboard or generator:impulse:3,4. There are "
            f"{', '.join(GENERATORS)}."
        )
    return Generated(match[1], tuple(map(int, match[2].split(","))) if match[2] else ())


def generated_feeds(
    model: Model,
    made: Generated,
    preprocessing: Preprocessing | None = None,
    seed: int = 0,
    transform: Transform = UNCHANGED,
) -> Feeds:
    """Make all of a model's inputs.

    Parameters
    ----------
    model : Model
    made : Generated
        A pattern is a picture to a model that takes one: it is preprocessed, and other inputs get noise.
    preprocessing : Preprocessing, optional
    seed : int
        Of that noise.
    transform : Transform
        Of such a picture.

    Raises
    ------
    InputError
        The arguments do not fit an input.
    """
    generator, port = GENERATORS[made.generator], image_input(model)
    if port is not None and generator.pixels is not None:
        picture = _picture(port, generator.pixels, made.arguments)
        return picture_feeds(model, picture, made.name, preprocessing, seed, transform)
    arrays = filled(model, lambda space: generator.values(space, made.arguments))
    if not arrays.arrays and arrays.refused:
        raise InputError(" ".join(arrays.refused))
    return Feeds(arrays.arrays, " ".join([f"{made.name}: {arrays}", *arrays.refused]))


def _picture(
    port: Port, pixels: Callable[[int, int, tuple[int, ...]], NDArray[Any]], arguments: tuple[int, ...]
) -> Image.Image:
    height, width = _sides(port, port.shape or ())
    if height * width > LARGEST_PICTURE:
        raise InputError(f"Input {port.value!r} is too large to be filled: {tuple_text(port.shape or ())}.")
    return Image.fromarray(np.rint(pixels(height, width, arguments) * 255).astype(np.uint8))


def _sides(port: Port, shape: tuple[int | None, ...]) -> tuple[int, int]:
    size = dict(zip(image_axes(port), shape, strict=True))
    return size["H"] or OPEN_PICTURE_SIDE, size["W"] or OPEN_PICTURE_SIDE


def _constant(number: int) -> Callable[[Space, tuple[int, ...]], NDArray[Any]]:
    # A table of one row has no row 1.
    return lambda space, arguments: _typed(np.array(float(number)), space)


def _patterned(
    pixels: Callable[[int, int, tuple[int, ...]], NDArray[Any]],
    numbers: Callable[[tuple[int, ...], tuple[int, ...]], NDArray[Any]],
) -> Callable[[Space, tuple[int, ...]], NDArray[Any]]:
    """A pattern of pixels for each of several pictures, of numbers for anything else."""

    def values(space: Space, arguments: tuple[int, ...]) -> NDArray[Any]:
        axes = image_axes(space.port)
        if not axes:
            return _typed(numbers(space.shape, arguments), space)
        plane = pixels(*_sides(space.port, space.shape), arguments)
        plane = plane if axes.index("H") < axes.index("W") else plane.T
        return _typed(plane.reshape([space.shape[i] if axes[i] in "HW" else 1 for i in range(4)]), space)

    return values


def _typed(values: NDArray[Any], space: Space) -> NDArray[Any]:
    """0..1 in the shape and type of an input."""
    if space.dtype.kind != "f":
        values = np.minimum(np.rint(values), max(space.words - 1, 0))
    return np.broadcast_to(values, space.shape).astype(space.dtype, order="C")


def _checkered(height: int, width: int, arguments: tuple[int, ...]) -> NDArray[Any]:
    cell = max(1, arguments[0] if arguments else min(height, width) // _CELLS)
    return ((np.arange(height)[:, np.newaxis] // cell + np.arange(width) // cell) % 2).astype(float)


def _alternating(shape: tuple[int, ...], arguments: tuple[int, ...]) -> NDArray[Any]:
    rows, columns = (1, 1, *shape)[-2:]
    found = _checkered(rows if len(shape) > 2 else 1, columns, (arguments or (_CELL,)))
    return found.reshape(shape) if len(shape) < 2 else found


def _ramp(height: int, width: int, arguments: tuple[int, ...]) -> NDArray[Any]:
    return np.broadcast_to(np.linspace(0, 1, width), (height, width))


def _rising(shape: tuple[int, ...], arguments: tuple[int, ...]) -> NDArray[Any]:
    """Along the last axis that is longer than 1."""
    axis = max((index for index, size in enumerate(shape) if size > 1), default=None)
    if axis is None:
        return np.zeros(shape)
    return np.linspace(0, 1, shape[axis]).reshape([-1 if index == axis else 1 for index in range(len(shape))])


def _dot(height: int, width: int, arguments: tuple[int, ...]) -> NDArray[Any]:
    place = arguments or (height // 2, width // 2)
    if len(place) != 2:
        raise InputError(
            f"A pixel's place is its row and its column, counted from 0, not {tuple_text(place)}."
        )
    return _marked((height, width), place)


def _impulse(shape: tuple[int, ...], arguments: tuple[int, ...]) -> NDArray[Any]:
    """At a place given by all axes, or by all but the first: the same in every sample then."""
    place = arguments or tuple(size // 2 for size in shape[min(1, max(0, len(shape) - 1)) :])
    if len(place) not in (len(shape), len(shape) - 1):
        raise InputError(
            f"A place in an input of shape {tuple_text(shape)} is one number for each axis, with or without "
            f"the batch, counted from 0, not {tuple_text(place)}."
        )
    return _marked(shape, place)


def _marked(shape: tuple[int, ...], place: tuple[int, ...]) -> NDArray[Any]:
    found = np.zeros(shape, np.float32)
    if not found.size:
        return found
    inner = shape[len(shape) - len(place) :]
    if any(at >= size for at, size in zip(place, inner, strict=True)):
        raise InputError(
            f"There is no place {tuple_text(place)} in an input of shape {tuple_text(shape)}: places are "
            "counted from 0."
        )
    index: tuple[Any, ...] = (..., *place)
    found[index] = 1
    return found


def _static(height: int, width: int, arguments: tuple[int, ...]) -> NDArray[Any]:
    return np.random.default_rng(arguments or 0).random((height, width, 3))


def _random(space: Space, arguments: tuple[int, ...]) -> NDArray[Any]:
    return random_numbers(space, *(arguments or (0,)))


GENERATORS: dict[str, Generator] = {
    "zeros": Generator("0 everywhere, whatever the preprocessing", _constant(0)),
    "ones": Generator("1 everywhere, whatever the preprocessing", _constant(1)),
    "noise": Generator("Every number by chance, the same each time", _random, _static, "the seed"),
    "checkerboard": Generator(
        "Black and white squares", _patterned(_checkered, _alternating), _checkered, "the side of a square"
    ),
    "gradient": Generator("From black on the left to white on the right", _patterned(_ramp, _rising), _ramp),
    "impulse": Generator(
        "A single white pixel", _patterned(_dot, _impulse), _dot, "the place, such as row and column", True
    ),
}
"""By the name behind ``generator:``."""
