"""Layers that turn numbers into places in a table, and places into ones among zeros."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from explorer3d.formats.keras.emit import Scope, Tensor
from explorer3d.formats.keras.settings import Unsupported


def category_encoding(scope: Scope, x: Tensor) -> Tensor:
    """``CategoryEncoding`` of whole numbers below ``num_tokens``."""
    weights = scope.keywords.get("count_weights")
    if weights is not None and not isinstance(weights, Tensor):
        raise Unsupported("its count_weights are no tensor")
    # Before Keras 2.6 it was called otherwise.
    key = "num_tokens" if scope.settings.has("num_tokens") else "max_tokens"
    return encoded(scope, x, scope.settings.size(key), _mode(scope, "multi_hot"), weights)


def discretization(scope: Scope, x: Tensor) -> Tensor:
    """``Discretization``: how many of the boundaries lie at or below each number."""
    settings = scope.settings
    if not settings.has("bin_boundaries"):
        raise Unsupported("its bin_boundaries are not in the file")
    boundaries = settings.array("bin_boundaries", 0.0)
    if boundaries.ndim != 1 or not boundaries.size:
        raise Unsupported("its bin_boundaries are not a list of numbers")
    mode = _mode(scope, "int")
    above = scope.op(
        "Less",
        [_each(scope, scope.floating(x)), scope.constant(boundaries, "bin_boundaries")],
        (*x.shape, boundaries.size),
    )
    above.value.type = ir.TensorType(ir.DataType.BOOL)
    below = scope.cast(scope.op("Not", [above]), ir.DataType.INT64)
    places = scope.op("ReduceSum", [below, scope.integers([-1], "bins")], x.shape, keepdims=0)
    if mode == "int":
        return scope.cast(places, ir.DataType.INT32 if scope.keras >= 3 else ir.DataType.INT64)
    return encoded(scope, places, boundaries.size + 1, mode)


def encoded(scope: Scope, x: Tensor, depth: int, mode: str, weights: Tensor | None = None) -> Tensor:
    """Ones at the places that the numbers name, or how often each is named; what is out of range is left out.

    See `encode_categorical_inputs` in Keras' ``numerical_utils.py``.

    Parameters
    ----------
    mode : {'one_hot', 'multi_hot', 'count'}
        The latter two take all numbers of a row together.
    """
    if mode == "one_hot" and x.rank > 1 and x.shape[-1] == 1:
        x = scope.op("Squeeze", [x, scope.integers([-1], "last")], x.shape[:-1])
    elif mode != "one_hot" and x.rank != 2:
        raise Unsupported(f"its input has {x.rank} axes, but 2 are needed to encode rows")
    places = _each(scope, scope.cast(x, ir.DataType.INT64))
    hits = scope.op("Equal", [places, _range(scope, depth)], (*x.shape, depth))
    hits.value.type = ir.TensorType(ir.DataType.BOOL)
    ones = scope.floating(hits)
    if mode == "one_hot":
        return ones
    if mode == "count" and weights is not None:
        ones = scope.op("Mul", [ones, _each(scope, scope.floating(weights))])
    rows = (x.shape[0], depth)
    over = scope.integers([1], "row")
    return scope.op("ReduceMax" if mode == "multi_hot" else "ReduceSum", [ones, over], rows, keepdims=0)


# The table of places is made in memory.
_LARGEST_DEPTH = 1 << 22


def _range(scope: Scope, depth: int) -> Tensor:
    if depth > _LARGEST_DEPTH:
        raise Unsupported(f"it tells {depth} categories apart, which takes too much memory")
    return scope.constant(np.arange(depth), "categories", np.int64)


def _each(scope: Scope, x: Tensor) -> Tensor:
    """With a new last axis."""
    return scope.op("Unsqueeze", [x, scope.integers([-1], "each")], (*x.shape, 1))


def _mode(scope: Scope, default: str) -> str:
    mode = scope.settings.text("output_mode", default)
    # The name it had at first.
    mode = "multi_hot" if mode == "binary" else mode
    if mode not in {"one_hot", "multi_hot", "count", default}:
        raise Unsupported(f"its output_mode {mode} is not known")
    return mode
