"""Writes the nodes of an operation: numpy's broadcasting, and types that onnxruntime can compute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from math import prod
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor, described
from explorer3d.formats.keras.operations.kernels import TESTS, computed_in
from explorer3d.formats.keras.operations.promotion import D, Kind, is_float, result_type
from explorer3d.formats.keras.settings import Unsupported

Number = bool | int | float
Operand = Tensor | np.ndarray | Number

# The size of an axis: known now, or a (1,) int64 tensor.
Size = int | Tensor

# What a configuration may make of a small text: constants as large as the largest weights there are.
_MOST_NUMBERS = 1 << 26


class Maths:
    """Nodes of one operation; operands are tensors, arrays or numbers."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    # Constants and types

    def tensor(self, value: Operand, dtype: ir.DataType | None = None) -> Tensor:
        """An operand as a tensor, of its own type if none is given."""
        if isinstance(value, Tensor):
            return self.cast(value, dtype or dtype_of(value))
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise Unsupported("one of its arguments is not made of numbers")
        own = kind_of(value)
        wanted = dtype or result_type(own)
        if array.dtype.kind not in "fb" and not _fits(value):
            raise Unsupported("one of its arguments is too large")
        with np.errstate(over="ignore", invalid="ignore"):
            # A number below zero turns into one without sign as in TensorFlow: around the corner.
            return self.scope.constant(array.astype(wanted.numpy()), "constant", wanted.numpy())

    def cast(self, x: Tensor, dtype: ir.DataType) -> Tensor:
        if x.value.dtype == dtype:
            return x
        known = self.known(x)
        y = replace(self.scope.cast(x, dtype), mask=None)
        if known is not None and dtype.is_integer():
            self.remember(y, known)
        return y

    def promoted(self, *operands: Operand, least: Kind | None = None) -> list[Tensor]:
        """All of the type that Keras computes in; numbers adapt."""
        kinds = [kind_of(one) for one in operands]
        dtype = result_type(*kinds, *(() if least is None else (least,)))
        return [self.tensor(one, dtype) for one in operands]

    def settled(self, *operands: Operand) -> list[Tensor]:
        """As `promoted`, where Keras makes tensors of numbers first: int32 and float32."""
        tensors = [self.tensor(one) for one in operands]
        return self.promoted(*tensors)

    def real(self, x: Operand) -> Tensor:
        """As floats; those that are some already stay."""
        x = self.tensor(x)
        return self.cast(x, result_type(dtype_of(x), float))

    # Nodes

    def op(
        self,
        op: str,
        *inputs: Tensor | None,
        shape: Shape | None = None,
        dtype: ir.DataType | None = None,
        batch: bool | None = None,
        **attributes: Any,
    ) -> Tensor:
        """A node whose first input, and all of the same type, are cast to what onnxruntime takes.

        Parameters
        ----------
        dtype : optional
            Type of the result, if it is not that of the first input.
        batch : optional
            Whether the result's first axis, where its size is open, is the batch; else the inputs of the same
            rank tell.
        """
        first = inputs[0]
        assert first is not None
        own = dtype_of(first)
        used = computed_in(op, own)
        given = [self.cast(one, used) if one is not None and dtype_of(one) == own else one for one in inputs]
        y = self.scope.op(op, given, first.shape if shape is None else checked(shape), **attributes)
        self._name_batch(y, [one for one in given if one is not None], batch)
        if op in TESTS:
            dtype = D.BOOL
        if dtype is not None:
            y.value.type = ir.TensorType(dtype)
            return y
        return self.cast(y, own)

    def ops(
        self,
        op: str,
        inputs: Sequence[Tensor],
        shapes: Sequence[Shape],
        batch: bool | None = None,
        **rest: Any,
    ) -> list[Tensor]:
        """A node with several results, all of the first input's type, whatever that is."""
        results = self.scope.ops(op, inputs, [checked(shape) for shape in shapes], **rest)
        for y in results:
            self._name_batch(y, inputs, batch)
        return results

    def _name_batch(self, y: Tensor, inputs: Sequence[Tensor], batch: bool | None) -> None:
        """Sizes called alike must be alike: only what surely is the batch is called so."""
        if y.rank == 0 or y.shape[0] is not None:
            return
        if batch is None:
            alike = [x for x in inputs if x.rank == y.rank and x.shape[0] is None]
            batch = bool(alike) and all(map(has_batch, alike))
        described(y.value, y.shape, self.scope.batch if batch else None)

    def binary(self, op: str, x: Operand, y: Operand) -> Tensor:
        """An operator on two tensors of one type; a number takes the other's."""
        x, y = self._alike(x, y)
        return self.op(op, x, y, shape=broadcast(x.shape, y.shape))

    def _alike(self, x: Operand, y: Operand) -> tuple[Tensor, Tensor]:
        if isinstance(x, Tensor):
            return x, self.tensor(y, dtype_of(x))
        assert isinstance(y, Tensor)
        return self.tensor(x, dtype_of(y)), y

    def add(self, x: Operand, y: Operand) -> Tensor:
        return self._tracked("Add", x, y)

    def sub(self, x: Operand, y: Operand) -> Tensor:
        return self._tracked("Sub", x, y)

    def mul(self, x: Operand, y: Operand) -> Tensor:
        return self._tracked("Mul", x, y)

    def _tracked(self, op: str, x: Operand, y: Operand) -> Tensor:
        x, y = self._alike(x, y)
        result = self.binary(op, x, y)
        known = [self.known(one) for one in (x, y)]
        if result.rank <= 1 and known[0] is not None and known[1] is not None:
            with np.errstate(all="ignore"):
                self.remember(result, _TRACKED[op](known[0], known[1]))
        return result

    def div(self, x: Operand, y: Operand) -> Tensor:
        """Of floats; whole numbers are divided by `floor_div`."""
        return self.binary("Div", x, y)

    def mod(self, x: Operand, y: Operand) -> Tensor:
        """The remainder with the divisor's sign."""
        x, y = self._alike(x, y)
        if is_float(dtype_of(x)):
            # ONNX' Mod of floats has the dividend's sign.
            rest = self.op("Mod", x, y, shape=broadcast(x.shape, y.shape), fmod=1)
            wrong = self.binary("Less", self.mul(rest, y), 0)
            return self.where(wrong, self.add(rest, y), rest)
        return self.binary("Mod", x, self._no_zero(y))

    def floor_div(self, x: Operand, y: Operand) -> Tensor:
        x, y = self._alike(x, y)
        if is_float(dtype_of(x)):
            return self.op("Floor", self.div(x, y))
        known = self.known(x), self.known(y)
        safe = self._no_zero(y)
        # ONNX' Div of whole numbers cuts off towards zero.
        result = self.binary("Div", self.sub(x, self.binary("Mod", x, safe)), safe)
        if result.rank <= 1 and known[0] is not None and known[1] is not None:
            self.remember(result, _floor_div(*known))
        return result

    def cut_div(self, x: Tensor, y: Tensor) -> Tensor:
        """Of whole numbers, cut off towards zero."""
        return self.binary("Div", x, self._no_zero(y))

    def _no_zero(self, y: Tensor) -> Tensor:
        """A whole number divided by zero would end the process."""
        constant = y.value.const_value
        if constant is not None and np.all(constant.numpy() != 0):
            return y
        return self.where(self.binary("Equal", y, 0), 1, y)

    def power(self, x: Operand, y: Operand) -> Tensor:
        return self.binary("Pow", x, y)

    def square(self, x: Tensor) -> Tensor:
        return self.mul(x, x)

    def sqrt(self, x: Tensor) -> Tensor:
        return self.op("Sqrt", x)

    def exp(self, x: Tensor) -> Tensor:
        return self.op("Exp", x)

    def log(self, x: Tensor) -> Tensor:
        return self.op("Log", x)

    def abs(self, x: Tensor) -> Tensor:
        return self.op("Abs", x)

    def neg(self, x: Tensor) -> Tensor:
        return self.op("Neg", x)

    def maximum(self, x: Operand, y: Operand) -> Tensor:
        return self.binary("Max", x, y)

    def minimum(self, x: Operand, y: Operand) -> Tensor:
        return self.binary("Min", x, y)

    def equal(self, x: Operand, y: Operand) -> Tensor:
        return self.binary("Equal", x, y)

    def less(self, x: Operand, y: Operand) -> Tensor:
        return self.binary("Less", x, y)

    def greater(self, x: Operand, y: Operand) -> Tensor:
        return self.binary("Greater", x, y)

    def both(self, x: Tensor, y: Tensor) -> Tensor:
        return self.binary("And", x, y)

    def either(self, x: Tensor, y: Tensor) -> Tensor:
        return self.binary("Or", x, y)

    def negated(self, x: Tensor) -> Tensor:
        return self.op("Not", x)

    def truth(self, x: Operand) -> Tensor:
        return self.tensor(x, D.BOOL)

    def where(self, condition: Tensor, x: Operand, y: Operand) -> Tensor:
        x, y = self._alike(x, y)
        own = dtype_of(x)
        used = computed_in("Where", own)
        shape = checked(broadcast(condition.shape, x.shape, y.shape))
        inputs = [condition, self.cast(x, used), self.cast(y, used)]
        z = self.scope.op("Where", inputs, shape)
        self._name_batch(z, inputs, None)
        z.value.type = ir.TensorType(used)
        return self.cast(z, own)

    def filled(self, like: Tensor, value: Number, dtype: ir.DataType | None = None) -> Tensor:
        """A tensor of one number, as large as another."""
        constant = self.tensor(value, dtype or dtype_of(like))
        if None not in like.shape and prod_of(like.shape) <= 1:
            return self.reshape(constant, self.sizes(like))
        sizes = self.vector(self.sizes(like))
        return self.op("Expand", constant, sizes, shape=like.shape, batch=has_batch(like))

    # Along axes

    def reduce(self, op: str, x: Tensor, axes: Iterable[int], keepdims: bool = False) -> Tensor:
        """``ReduceSum`` and the like."""
        over = sorted(set(axes))
        if not over:
            return x
        shape = reduced(x.shape, over, keepdims)
        batch = 0 not in over and has_batch(x)
        return self.op(op, x, self.whole(over), shape=shape, batch=batch, keepdims=int(keepdims))

    def sum(self, x: Tensor, axes: Iterable[int], keepdims: bool = False) -> Tensor:
        return self.reduce("ReduceSum", x, axes, keepdims)

    def mean(self, x: Tensor, axes: Iterable[int], keepdims: bool = False) -> Tensor:
        return self.reduce("ReduceMean", x, axes, keepdims)

    def any(self, x: Tensor, axes: Iterable[int], keepdims: bool = False) -> Tensor:
        return self.cast(self.reduce("ReduceMax", self.cast(x, D.INT32), axes, keepdims), D.BOOL)

    def all(self, x: Tensor, axes: Iterable[int], keepdims: bool = False) -> Tensor:
        return self.cast(self.reduce("ReduceMin", self.cast(x, D.INT32), axes, keepdims), D.BOOL)

    def gather(self, x: Tensor, places: Tensor, axis: int = 0) -> Tensor:
        shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
        batch = has_batch(x if axis else places)
        return self.op("Gather", x, places, shape=shape, batch=batch, axis=axis)

    def slice(self, x: Tensor, axis: int, start: int = 0, stop: int | None = None, step: int = 1) -> Tensor:
        """Part of one axis, counted as Python does."""
        shape = list(x.shape)
        size = shape[axis]
        shape[axis] = None if size is None else len(range(size)[start:stop:step])
        end = (2**31 - 1 if step > 0 else -(2**31)) if stop is None else stop
        ends = [self.whole([one]) for one in (start, end, axis, step)]
        return self.op("Slice", x, *ends, shape=tuple(shape), batch=axis > 0 and has_batch(x))

    def concat(self, tensors: Sequence[Tensor], axis: int) -> Tensor:
        first = tensors[0]
        if len({x.rank for x in tensors}) > 1:
            raise Unsupported("its inputs have different numbers of axes")
        axis = first.axis(axis)
        shape: list[int | None] = []
        for at, sizes in enumerate(zip(*(x.shape for x in tensors), strict=True)):
            known = {size for size in sizes if size is not None}
            if at == axis:
                shape.append(None if None in sizes else sum(size for size in sizes if size is not None))
            elif len(known) > 1:
                raise Unsupported(f"its inputs do not fit along axis {at}: {sorted(known)}")
            else:
                shape.append(known.pop() if known else None)
        batch = axis > 0 and all(map(has_batch, tensors))
        y = self.op("Concat", *tensors, shape=tuple(shape), batch=batch, axis=axis)
        known_parts = [self.known(x) for x in tensors]
        if y.rank == 1 and all(part is not None for part in known_parts):
            self.remember(y, np.concatenate([part for part in known_parts if part is not None]))
        return y

    # Shapes

    def size(self, x: Tensor, axis: int) -> Size:
        axis = x.axis(axis)
        known = x.shape[axis]
        if known is not None:
            return known
        size = self.op("Shape", x, shape=(1,), dtype=D.INT64, start=axis, end=axis + 1)
        self.remember(size, np.array([BATCH if axis == 0 and has_batch(x) else None], dtype=object))
        return size

    def sizes(self, x: Tensor) -> list[Size]:
        return [self.size(x, axis) for axis in range(x.rank)]

    def product(self, sizes: Sequence[Size]) -> Size:
        known = prod(size for size in sizes if isinstance(size, int))
        open_ones = [size for size in sizes if isinstance(size, Tensor)]
        if not open_ones:
            return known
        return reduce(self.mul, open_ones if known == 1 else [*open_ones, self.whole([known])])

    def vector(self, sizes: Sequence[Size]) -> Tensor:
        """A shape for ONNX."""
        if all(isinstance(size, int) for size in sizes):
            return self.whole([size for size in sizes if isinstance(size, int)])
        return self.concat([self.whole([size]) if isinstance(size, int) else size for size in sizes], 0)

    def reshape(self, x: Tensor, sizes: Sequence[Size]) -> Tensor:
        """To the given sizes, of which one may be -1: what the others leave."""
        numbers = [size for size in sizes if isinstance(size, int)]
        if min(numbers, default=0) < -1 or numbers.count(-1) > 1:
            raise Unsupported(f"its shape {_shown(sizes)} is not valid")
        sizes = self._filled_in(x, sizes)
        shape = tuple(size if isinstance(size, int) and size >= 0 else None for size in sizes)
        if shape == x.shape and None not in shape:
            return x
        rows_stay = None not in (*shape[1:], *x.shape[1:]) and prod_of(shape[1:]) == prod_of(x.shape[1:])
        batch = (rows_stay and has_batch(x)) or bool(sizes and self._is_batch(sizes[0]))
        if shape.count(None) == 1:
            # The one open size follows from the rest.
            sizes = [size if isinstance(size, int) else -1 for size in sizes]
        known = self.known(x)
        vector = self.vector(sizes)
        y = self.op("Reshape", x, vector, shape=shape, batch=batch, allowzero=int(0 in sizes))
        if known is not None and y.rank <= 1:
            self.remember(y, known.reshape(y.rank * (-1,)))
        return y

    def _filled_in(self, x: Tensor, sizes: Sequence[Size]) -> list[Size]:
        """With the size that was left open, if it can be known: a batch on both sides cancels out."""
        rest = prod(size for size in sizes if isinstance(size, int) and size != -1)
        tensors = [size for size in sizes if isinstance(size, Tensor)]
        inner = x.shape[1:] if has_batch(x) and [*map(self._is_batch, tensors)] == [True] else x.shape
        if None in inner or (tensors and inner is x.shape):
            return list(sizes)
        total = prod_of(inner)
        if (-1 in sizes and (not rest or total % rest)) or (-1 not in sizes and rest != total):
            raise Unsupported(f"its input of shape {x.shape} does not fit the shape {_shown(sizes)}")
        return [total // rest if size == -1 else size for size in sizes]

    def _is_batch(self, size: Size) -> bool:
        known = None if isinstance(size, int) else self.known(size)
        return known is not None and known.size == 1 and known.item() == BATCH

    def flat(self, x: Tensor) -> Tensor:
        return self.reshape(x, [self.product(self.sizes(x))])

    def unsqueeze(self, x: Tensor, *axes: int) -> Tensor:
        """New axes of size one; positions count in the result."""
        rest = iter(x.shape)
        shape = tuple(1 if axis in axes else next(rest) for axis in range(x.rank + len(axes)))
        known = self.known(x)
        batch = 0 not in axes and has_batch(x)
        y = self.op("Unsqueeze", x, self.whole(sorted(axes)), shape=shape, batch=batch)
        if known is not None and y.rank <= 1:
            self.remember(y, known.reshape(y.rank * (-1,)))
        return y

    def squeeze(self, x: Tensor, *axes: int) -> Tensor:
        shape = tuple(size for axis, size in enumerate(x.shape) if axis not in axes)
        known = self.known(x)
        batch = 0 not in axes and has_batch(x)
        y = self.op("Squeeze", x, self.whole(sorted(axes)), shape=shape, batch=batch)
        if known is not None and y.rank <= 1:
            self.remember(y, known.reshape(y.rank * (-1,)))
        return y

    def transpose(self, x: Tensor, order: Sequence[int]) -> Tensor:
        if tuple(order) == tuple(range(x.rank)):
            return x
        shape = tuple(x.shape[axis] for axis in order)
        batch = order[0] == 0 and has_batch(x)
        return self.op("Transpose", x, shape=shape, batch=batch, perm=tuple(order))

    def moved(self, x: Tensor, source: int, target: int) -> Tensor:
        """One axis at another position, the others in their order."""
        order = [axis for axis in range(x.rank) if axis != source]
        order.insert(target, source)
        return self.transpose(x, order)

    def broadcast_to(self, x: Tensor, sizes: Sequence[Size]) -> Tensor:
        shape = tuple(size if isinstance(size, int) else None for size in sizes)
        if shape == x.shape and None not in shape:
            return x
        if len(shape) < x.rank:
            raise Unsupported(f"its input of {x.rank} axes does not fit the shape {shape}")
        # An open size of the input may be what an open size of the result is.
        for own, wanted in zip(x.shape[::-1], shape[::-1], strict=False):
            if own not in (None, 1) and wanted is not None and own != wanted:
                raise Unsupported(f"its input of shape {x.shape} does not fit the shape {shape}")
        return self.op("Expand", x, self.vector(sizes), shape=shape, batch=False)

    def tile(self, x: Tensor, repeats: Sequence[int]) -> Tensor:
        shape = tuple(
            None if size is None else size * count for size, count in zip(x.shape, repeats, strict=True)
        )
        return self.op("Tile", x, self.whole(repeats), shape=shape, batch=repeats[0] == 1 and has_batch(x))

    def whole(self, numbers: Sequence[int]) -> Tensor:
        """Axes, sizes and the like."""
        return self.scope.constant(numbers, "numbers", np.int64)

    def array(self, values: np.ndarray, dtype: ir.DataType) -> Tensor:
        """A table worked out now."""
        return self.scope.constant(values, "table", dtype.numpy())

    # Numbers known before the run, such as sizes taken from a shape

    def known(self, x: Tensor) -> np.ndarray | None:
        """The numbers of a tensor that holds sizes; None, or `BATCH`, where only the run tells."""
        if x.rank > 1:
            return None
        found = x.value.meta.get(_KNOWN)
        if found is not None:
            assert isinstance(found, np.ndarray)
            return found
        constant = x.value.const_value
        if constant is None or constant.size > 64 or not dtype_of(x).is_integer():
            return None
        return np.array(constant.numpy().tolist(), dtype=object)

    def remember(self, x: Tensor, numbers: np.ndarray) -> None:
        x.value.meta[_KNOWN] = np.asarray(numbers, dtype=object)


_KNOWN = "numbers known before the run"

BATCH = "batch"
"""Stands for the size of the batch among numbers that are known before the run."""


def _or_open(function: Any) -> Any:
    def compute(x: object, y: object) -> Any:
        return function(x, y) if isinstance(x, int) and isinstance(y, int) else None

    return np.frompyfunc(compute, 2, 1)


def _shown(sizes: Sequence[Size]) -> list[int | str]:
    return [size if isinstance(size, int) else "?" for size in sizes]


_TRACKED = {
    "Add": _or_open(lambda x, y: x + y),
    "Sub": _or_open(lambda x, y: x - y),
    "Mul": _or_open(lambda x, y: x * y),
}
_floor_div = _or_open(lambda x, y: x // y if y else None)


def _fits(value: np.ndarray | Number) -> bool:
    return not np.size(value) or bool(np.min(value) >= -(2**63) and np.max(value) < 2**63)


def dtype_of(x: Tensor) -> ir.DataType:
    """Its type, which only raw inputs of a model may lack here."""
    dtype = x.value.dtype
    if dtype is None or dtype == D.STRING:
        raise Unsupported("its input is not made of numbers")
    return dtype


def kind_of(value: Operand) -> Kind:
    """What decides the type of a result."""
    if isinstance(value, Tensor):
        return dtype_of(value)
    if isinstance(value, np.ndarray):
        found = ir.DataType.from_numpy(value.dtype)
        return D.FLOAT if found == D.FLOAT16 else found
    return D.BOOL if isinstance(value, bool) else int if isinstance(value, int) else float


def broadcast(*shapes: Shape) -> Shape:
    """numpy's rule: axes are matched from the back, ones are stretched."""
    rank = max(len(shape) for shape in shapes)
    result: list[int | None] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes), strict=True):
        stretched = {size for size in sizes if size not in (1, None)}
        if len(stretched) > 1:
            raise Unsupported("its inputs do not fit: " + " and ".join(map(str, shapes)))
        result.append(stretched.pop() if stretched else None if None in sizes else 1)
    return tuple(result)


def reduced(shape: Shape, axes: Sequence[int], keepdims: bool) -> Shape:
    return tuple(
        1 if axis in axes else size for axis, size in enumerate(shape) if keepdims or axis not in axes
    )


def checked(shape: Shape) -> Shape:
    """Raise if a result would be larger than any machine's memory, with a batch of one."""
    if prod(size for size in shape if size is not None) > 1 << 31:
        raise Unsupported(f"its result would be of shape {shape}")
    return shape


def check_table(count: int) -> None:
    """Raise if a table is larger than what is written into a model."""
    if count > _MOST_NUMBERS:
        raise Unsupported(f"it needs a table of {count} numbers")


def prod_of(shape: Shape) -> int:
    """The product of the sizes that are known."""
    return prod(size for size in shape if size is not None)


def has_batch(x: Tensor) -> bool:
    """Whether its first axis is the batch."""
    return x.rank > 0 and x.shape[0] is None and x.is_by_batch
