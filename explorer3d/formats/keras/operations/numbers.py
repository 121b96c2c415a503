"""Arithmetic of tensors and numbers, place by place and along axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Tensor
from explorer3d.formats.keras.operations.kernels import computed_in
from explorer3d.formats.keras.operations.nodes import Nodes
from explorer3d.formats.keras.operations.operands import (
    Operand,
    broadcast,
    checked,
    dtype_of,
    has_batch,
    reduced,
)
from explorer3d.formats.keras.operations.promotion import D, is_float


class Numbers(Nodes):
    """Operators on tensors of one type; a number takes the type of the tensor it meets."""

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


def _or_open(function: Any) -> Any:
    def compute(x: object, y: object) -> Any:
        return function(x, y) if isinstance(x, int) and isinstance(y, int) else None

    return np.frompyfunc(compute, 2, 1)


_TRACKED = {
    "Add": _or_open(lambda x, y: x + y),
    "Sub": _or_open(lambda x, y: x - y),
    "Mul": _or_open(lambda x, y: x * y),
}
_floor_div = _or_open(lambda x, y: x // y if y else None)
