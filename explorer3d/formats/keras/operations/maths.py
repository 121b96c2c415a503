"""Writes an operation with numpy's words: broadcasting, axes, shapes of which sizes may be open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from math import prod

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.joined import joined_shape
from explorer3d.formats.keras.operations.nodes import BATCH
from explorer3d.formats.keras.operations.numbers import Numbers
from explorer3d.formats.keras.operations.operands import Number, Size, dtype_of, has_batch, prod_of
from explorer3d.formats.keras.operations.promotion import D
from explorer3d.formats.keras.settings import Unsupported


class Maths(Numbers):
    """Nodes of one operation; operands are tensors, arrays or numbers."""

    def filled(self, like: Tensor, value: Number, dtype: ir.DataType | None = None) -> Tensor:
        """A tensor of one number, as large as another."""
        constant = self.tensor(value, dtype or dtype_of(like))
        if None not in like.shape and prod_of(like.shape) <= 1:
            return self.reshape(constant, self.sizes(like))
        sizes = self.vector(self.sizes(like))
        return self.op("Expand", constant, sizes, shape=like.shape, batch=has_batch(like))

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
        axis = tensors[0].axis(axis)
        batch = axis > 0 and all(map(has_batch, tensors))
        y = self.op("Concat", *tensors, shape=joined_shape(tensors, axis), batch=batch, axis=axis)
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


def _shown(sizes: Sequence[Size]) -> list[int | str]:
    return [size if isinstance(size, int) else "?" for size in sizes]
