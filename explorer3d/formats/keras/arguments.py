"""What a layer is called with, in the dialects of Keras 2 and 3.

Arguments are plain values (numbers, words, None, lists, dicts) with three kinds of objects in between:
`Reference` for a tensor of the model, numpy arrays for constants, and `slice`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import numpy as np

from explorer3d.errors import ModelError


@dataclass(frozen=True)
class Reference:
    """Which result of which call of a layer: Keras' (layer, node index, tensor index).

    Attributes
    ----------
    shape : tuple of int or None
        With the batch; None where the file does not tell.
    """

    layer: str
    call: int = 0
    tensor: int = 0
    shape: tuple[int | None, ...] | None = field(default=None, compare=False)


def called_with(node: object) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Positional and keyword arguments of a layer's ``inbound_nodes`` entry."""
    if isinstance(node, dict):
        args, kwargs = node.get("args"), node.get("kwargs")
        return (
            tuple(argument(value) for value in args) if isinstance(args, list) else (),
            argument(kwargs) if isinstance(kwargs, dict) else {},
        )
    # Keras 2 lists the tensors of the first argument, each with the other arguments of the call; Keras 1
    # writes a single one without a list around it.
    entries = [node] if _is_entry(node) else node if isinstance(node, list) else []
    first = [_first_argument(entry) for entry in entries]
    kwargs = {
        key: argument(value)
        for entry in _entries(node)
        if len(entry) > 3 and isinstance(entry[3], dict)
        for key, value in entry[3].items()
    }
    return (first[0] if len(first) == 1 else first,) if first else (), kwargs


def _is_entry(value: object) -> bool:
    """A tensor, or a constant in its place: ``["_CONSTANT_VALUE", -1, 2.0, {...}]``."""
    return _is_history(value) or _is_constant(value)


def _is_constant(value: object) -> bool:
    return isinstance(value, list) and 3 <= len(value) <= 4 and value[:2] == ["_CONSTANT_VALUE", -1]


def _entries(node: object) -> Iterator[list[Any]]:
    if not isinstance(node, list):
        return
    if _is_entry(node):
        yield node
    else:
        for item in node:
            yield from _entries(item)


def _first_argument(entry: object) -> Any:
    if isinstance(entry, list) and not _is_history(entry):
        return argument(entry[2]) if _is_constant(entry) else [_first_argument(one) for one in entry]
    return argument(entry)


# numpy has 64 axes at most, and nobody nests lists of tensors deeper.
_DEEPEST = 64


def argument(value: object, depth: int = 0) -> Any:
    """One argument as a plain value."""
    if depth > _DEEPEST:
        raise ModelError("The file's model configuration is nested too deeply to be a Keras model.")

    def inner(item: object) -> Any:
        return argument(item, depth + 1)

    if isinstance(value, list):
        return Reference(*value[:3]) if _is_history(value) else [inner(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__ellipsis__":
        return ...
    if kind == "__tuple__":
        return inner(value.get("items"))
    if not isinstance(config, dict):
        return {key: inner(item) for key, item in value.items()}
    if kind == "__keras_tensor__":
        made = inner(config.get("keras_history"))
        shape = config.get("shape")
        return replace(made, shape=tuple(shape)) if isinstance(made, Reference) and is_shape(shape) else made
    if kind in ("__tensor__", "__numpy__"):
        return _constant(config)
    if kind == "__slice__":
        return slice(*(inner(config.get(end)) for end in ("start", "stop", "step")))
    return {key: inner(item) for key, item in value.items()}


_CONSTANTS = {np.dtype(name).name for name in "?bBhHiIlLqQefd"} | {"bfloat16"}


def _constant(config: Mapping[str, Any]) -> np.ndarray:
    dtype = config.get("dtype")
    try:
        # Other types may claim any size, or hold objects.
        if dtype not in _CONSTANTS:
            raise TypeError
        array = np.asarray(config.get("value"), dtype=np.float32 if dtype == "bfloat16" else dtype)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0, dtype=object)
    if array.dtype.kind not in "fiub":
        raise ModelError(f"The file's model configuration holds a constant that is no array of type {dtype}.")
    return array


def _is_history(value: object) -> bool:
    return (
        isinstance(value, list)
        and 3 <= len(value) <= 4
        and isinstance(value[0], str)
        and all(type(index) is int for index in value[1:3])
        and value[1] >= 0
    )


def is_shape(value: Any) -> TypeGuard[list[int | None]]:
    """A batch axis and further sizes, some left open; none comes near 2³¹."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(size is None or (type(size) is int and 0 < size < 2**31) for size in value)
    )


def mapped(value: Any, change: Callable[[Reference], Any]) -> Any:
    """The same argument with each tensor replaced."""
    if isinstance(value, Reference):
        return change(value)
    if isinstance(value, slice):
        return slice(*(mapped(end, change) for end in (value.start, value.stop, value.step)))
    if isinstance(value, Mapping):
        return {key: mapped(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [mapped(item, change) for item in value]
    return value


def references(value: Any) -> Iterator[Reference]:
    """All tensors in an argument, in order."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, slice):
        yield from references([value.start, value.stop, value.step])
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)


def training(node: object) -> bool:
    """Whether a call asks for the behaviour of training.

    Keras 3 writes the default of some layers there too, and leaves it out of account when it predicts.
    """
    return isinstance(node, list) and any(_trains(item) for item in node)


def _trains(value: object) -> bool:
    if isinstance(value, dict):
        return value.get("training") is True or any(_trains(item) for item in value.values())
    return isinstance(value, list) and any(_trains(item) for item in value)
