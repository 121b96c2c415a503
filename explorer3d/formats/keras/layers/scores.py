"""What attention layers share: which places may look at which, and the weights that come of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor, described
from explorer3d.formats.keras.layers.conditions import compared, with_axes
from explorer3d.formats.keras.settings import Unsupported


def causal(scope: Scope, query: Tensor, value: Tensor) -> Tensor:
    """(1, T, S) bool: no place looks at later ones."""
    rows, columns = _rows_and_columns(scope, query, value)
    return compared(scope, "GreaterOrEqual", rows, columns)


def window(scope: Scope, query: Tensor, value: Tensor, size: int) -> Tensor:
    """(1, T, S) bool: each place looks at those less than so many steps away."""
    rows, columns = _rows_and_columns(scope, query, value)
    away = scope.op("Abs", [scope.op("Sub", [rows, columns], (1, query.shape[1], value.shape[1]))])
    return compared(scope, "Less", away, scope.constant(size, "window", np.int64))


def _rows_and_columns(scope: Scope, query: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    return with_axes(scope, _steps(scope, query), (0, 2)), with_axes(scope, _steps(scope, value), (0, 1))


def _steps(scope: Scope, x: Tensor) -> Tensor:
    """(T,) int64: 0, 1, 2, … along axis 1; nothing is written down for lengths that a file only claims."""
    size = scope.op("Shape", [x], (1,), start=1, end=2)
    size.value.type = ir.TensorType(ir.DataType.INT64)
    count = scope.op("Squeeze", [size], ())
    zero, one = (scope.constant(number, "number", np.int64) for number in (0, 1))
    numbers = scope.op("Range", [zero, count, one], (x.shape[1],))
    # Its first axis is no batch.
    return described(numbers.value, numbers.shape, None)


def asked(scope: Scope, key: str) -> bool:
    """A yes or no that the layer is called with."""
    given = scope.keywords.get(key)
    if given not in (None, True, False):
        raise Unsupported(f"its argument {key} is not yes or no")
    return bool(given)


def given_tensors(scope: Scope, inputs: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor | None]:
    """Query, value and, if it is another, key: by position or by name."""
    names = ("query", "value", "key")
    positional = dict(zip(names, inputs, strict=False))
    named = {name: x for name in names if isinstance(x := scope.keywords.get(name), Tensor)}
    found = positional | named
    if len(inputs) > 3 or "query" not in found or "value" not in found:
        raise Unsupported("it is not called with a query and a value")
    return found["query"], found["value"], found.get("key")
