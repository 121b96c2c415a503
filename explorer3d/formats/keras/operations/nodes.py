"""The nodes of an operation, in types that onnxruntime can compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Shape, Tensor, described
from explorer3d.formats.keras.operations.kernels import TESTS, computed_in
from explorer3d.formats.keras.operations.operands import (
    Number,
    Operand,
    checked,
    dtype_of,
    has_batch,
    kind_of,
)
from explorer3d.formats.keras.operations.promotion import D, Kind, result_type
from explorer3d.formats.keras.settings import Unsupported

BATCH = "batch"
"""Stands for the size of the batch among numbers that are known before the run."""

_KNOWN = "numbers known before the run"


class Nodes:
    """Constants and nodes of one operation, and what is known of their numbers."""

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


def _fits(value: np.ndarray | Number) -> bool:
    return not np.size(value) or bool(np.min(value) >= -(2**63) and np.max(value) < 2**63)
