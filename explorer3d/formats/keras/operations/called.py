"""The arguments an operation was called with, by name and with their types checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.maths import Maths
from explorer3d.formats.keras.operations.operands import Operand, Size
from explorer3d.formats.keras.operations.promotion import D, named
from explorer3d.formats.keras.settings import Settings, Unsupported


class Called(Settings):
    """Typed access to an operation's arguments. Every method raises `Unsupported` if one does not fit."""

    def __init__(self, maths: Maths, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._maths = maths

    def has_key(self, key: str) -> bool:
        """Whether it was given, if only as None."""
        return key in self._config

    def only(self, keys: str) -> dict[str, Any]:
        """Some of the arguments, as settings of a layer that does the same."""
        return {key: self.raw(key) for key in keys.split()}

    def operand(self, key: str) -> Operand:
        """A tensor, an array or a number."""
        value = self._get(key)
        if isinstance(value, list):
            return _packed(self._maths, value, key)
        if not isinstance(value, (Tensor, np.ndarray, bool, int, float)):
            raise Unsupported(f"its argument {key} is no tensor")
        return _single(self._maths, value)

    def tensor(self, key: str, dtype: ir.DataType | None = None) -> Tensor:
        return self._maths.tensor(self.operand(key), dtype)

    def optional(self, key: str) -> Operand | None:
        return self.operand(key) if self.has(key) else None

    def operands(self, key: str) -> list[Operand]:
        """A list of tensors."""
        value = self._get(key)
        if isinstance(value, Tensor):
            return [_single(self._maths, value)]
        if not isinstance(value, list) or not value:
            raise Unsupported(f"its argument {key} is no list of tensors")
        return [Called(self._maths, {key: one}).operand(key) for one in value]

    def axis(self, key: str, x: Tensor, default: int | None = None) -> int:
        return x.axis(self.integer(key, default))

    def axes(self, key: str, x: Tensor, default: int | None = None) -> tuple[int, ...]:
        """One axis, several, or (if it is None) all, from the front."""
        if self.raw(key) is None and default is None:
            return tuple(range(x.rank))
        given = self.raw(key)
        numbers = self.wholes(key) if isinstance(given, (list, np.ndarray)) else (self.integer(key, default),)
        axes = tuple(x.axis(one) for one in numbers)
        if len(set(axes)) != len(axes):
            raise Unsupported(f"its setting {key} names an axis twice")
        return axes

    def wholes(self, key: str) -> tuple[int, ...]:
        """Whole numbers: a single one, a list or an array."""
        value = self._get(key)
        if isinstance(value, Tensor):
            found = self._maths.known(value)
            value = None if found is None else found.reshape(-1).tolist()
        if isinstance(value, np.ndarray):
            value = value.reshape(-1).tolist()
        if type(value) is int:
            value = [value]
        return Settings({key: value}).integers(key)

    def count(self, key: str, default: int | None = None) -> int:
        """A positive number, which a tensor may hold if it is known before the run."""
        if not isinstance(self.raw(key), Tensor):
            return self.size(key, default)
        found = self.wholes(key)
        if len(found) != 1 or found[0] < 1:
            raise Unsupported(f"its argument {key} is no positive number")
        return found[0]

    def shape(self, key: str) -> list[Size]:
        """Sizes, of which some may be tensors; None and -1 stand as -1."""
        value = self._get(key)
        if isinstance(value, Tensor):
            return self._sizes_in(value, key)
        if isinstance(value, np.ndarray):
            value = value.reshape(-1).tolist()
        items = value if isinstance(value, list) else [value]
        sizes: list[Size] = []
        for item in items:
            if isinstance(item, Tensor):
                sizes.extend(self._sizes_in(item, key))
            elif item is None:
                sizes.append(-1)
            else:
                sizes.append(Settings({key: item}).integer(key))
        return sizes

    def _sizes_in(self, value: Tensor, key: str) -> list[Size]:
        """The sizes in a tensor: numbers where they are known before the run."""
        maths = self._maths
        if value.rank > 1 or not _is_whole(value):
            raise Unsupported(f"its argument {key} is no shape")
        count = 1 if value.rank == 0 else value.known(0)
        known = maths.known(value)
        numbers = [None] * count if known is None else known.reshape(-1).tolist()
        vector = maths.reshape(maths.cast(value, D.INT64), [count])
        sizes: list[Size] = []
        for at, number in enumerate(numbers):
            if isinstance(number, int):
                sizes.append(number)
            else:
                open_one = maths.slice(vector, 0, at, at + 1)
                maths.remember(open_one, np.array([number], dtype=object))
                sizes.append(open_one)
        return sizes

    def dtype(self, key: str, default: ir.DataType) -> ir.DataType:
        return named(self.text(key, "")) if self.has(key) else default


def _is_whole(x: Tensor) -> bool:
    return x.value.dtype is not None and x.value.dtype.is_integer()


def _single(maths: Maths, value: Operand) -> Operand:
    """Half precision is computed in float32."""
    if isinstance(value, Tensor) and value.value.dtype in (D.FLOAT16, D.BFLOAT16):
        return maths.cast(value, D.FLOAT)
    return value


def _packed(maths: Maths, items: list[Any], key: str) -> Operand:
    """A list of numbers as an array; with tensors in it, stacked."""
    if not any(isinstance(one, Tensor) for one in items):
        try:
            array = np.asarray(items)
        except ValueError as error:
            raise Unsupported(f"its argument {key} is no tensor") from error
        if array.dtype.kind not in "fiub" or (array.dtype.kind in "iu" and not _fits_int32(array)):
            raise Unsupported(f"its argument {key} is not made of numbers")
        if array.dtype.kind == "f":
            return array.astype(np.float32)
        return array if array.dtype.kind == "b" else array.astype(np.int32)
    parts = [Called(maths, {key: one}).operand(key) for one in items]
    tensors = maths.promoted(*parts)
    return maths.concat([maths.unsqueeze(one, 0) for one in tensors], 0)


def _fits_int32(array: np.ndarray) -> bool:
    return not array.size or bool(array.min() >= -(2**31) and array.max() < 2**31)


Result = Tensor | Sequence[Tensor]
Emit = Callable[[Maths, Called], Result]


@dataclass(frozen=True)
class Operation:
    """An operation: the names of its arguments in the order of a call, and what it becomes."""

    names: tuple[str, ...]
    emit: Emit
    # A call's positional arguments that all belong to the last name.
    gathers: bool = False

    def call(self, maths: Maths, args: Sequence[Any], settings: Mapping[str, Any]) -> tuple[Tensor, ...]:
        """Bind and emit.

        Raises
        ------
        Unsupported
            An argument is missing, superfluous, or of the wrong kind.
        """
        given = list(args)
        if self.gathers and len(given) >= len(self.names):
            head = len(self.names) - 1
            given = [*given[:head], given[head:]]
        if len(given) > len(self.names):
            raise Unsupported(f"it is called with {len(given)} arguments, but takes {len(self.names)}")
        result = self.emit(maths, Called(maths, {**settings, **dict(zip(self.names, given, strict=False))}))
        return (result,) if isinstance(result, Tensor) else tuple(result)


def operation(names: str, emit: Emit) -> Operation:
    """An entry of the list of operations; ``*xs`` as the last name takes the rest of a call's arguments."""
    words = names.split()
    gathers = bool(words) and words[-1].startswith("*")
    return Operation(tuple(word.lstrip("*") for word in words), emit, gathers)
