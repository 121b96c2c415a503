"""``keras.ops`` that sort, count, fill or go along an axis, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from tests.formats.keras_operations import COUNT, TYPES, WHOLE, Draw, compare, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET

REAL = ("float32", "float32", "float64")


def _sorted(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x = d.source(*d.shape(), dtype=d.of(*REAL, "int32", "int64", "int8", "uint8", "bool"))
        return function(x, axis=d.of(None, d.axis(len(x.shape))))

    return draw


def _top_k(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*REAL, "int32", "uint8"))
    return ops.top_k(x, d.number(1, x.shape[-1] + 1))


def _in_top_k(d: Draw) -> Any:
    classes = d.number(3, 9)
    return ops.in_top_k(
        d.source(dtype=d.of("int32", "int64"), low=0, high=classes - 1),
        d.source(classes),
        k=d.number(1, classes + 1),
    )


def _quantile(function: Callable[..., Any], scale: float) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x = d.source(*d.shape(1), dtype=d.of(*REAL, "int32"))
        rank = len(x.shape)
        axes = tuple(int(axis) for axis in d.noise.permutation(np.arange(1, rank))[: d.number(1, rank)])
        axis = d.of(axes, axes[0], axes[0] - rank)
        q = d.of(scale * 0.3, [scale * 0.25, scale, 0.0], [scale * 0.5])
        # Keras forgets the method of quantile.
        method = d.of("linear", "lower", "higher", "nearest", "midpoint") if scale > 1 else "linear"
        if d.number(0, 8) == 0:
            d.feeds[x.name].ravel()[0] = np.nan if x.dtype != "int32" else 0
        return function(
            x,
            np.array(q, "float32") if isinstance(q, list) else q,
            axis=axis,
            method=method,
            keepdims=d.maybe(),
        )

    return draw


def _nan_quantile(
    function: Callable[..., Any], reference: Callable[..., Any], scale: float | None
) -> Callable[[Draw], tuple[Any, np.ndarray]]:
    """An operation, and numpy's result."""

    def draw(d: Draw) -> tuple[Any, np.ndarray]:
        x = d.source(*d.shape(1))
        values = d.feeds[x.name]
        # Several quantiles of nothing are more than TensorFlow's backend can give: the first is a number.
        inner = values[(slice(None), *(slice(1, None),) * (values.ndim - 1))]
        inner[d.noise.uniform(0, 1, inner.shape) < 0.4] = np.nan
        places = [] if scale is None else [d.of(scale * 0.3, np.array([scale * 0.25, scale, 0.0], "float32"))]
        more = {"axis": d.axis(len(x.shape), 1), "keepdims": d.maybe()}
        return function(x, *places, **more), reference(values, *places, **more).astype("float32")

    return draw


def _median(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*REAL, "int32"))
    return ops.median(x, axis=d.axis(len(x.shape), 1), keepdims=d.maybe())


def _searchsorted(d: Draw) -> Any:
    dtype = d.of("float32", "int32")
    row = ops.sort(ops.max(d.source(d.number(2, 9), dtype=dtype), axis=0))
    values = ops.max(d.source(*d.shape(1, 1), dtype=dtype), axis=0)
    return ops.searchsorted(row, values, side=d.of("left", "right"))


def _digitize(d: Draw) -> Any:
    bounds = np.sort(d.noise.uniform(-3, 3, d.number(1, 6))).round(1)
    return ops.digitize(d.source(*d.shape(), dtype=d.of(*REAL, *WHOLE)), bounds)


def _isin(d: Draw) -> Any:
    x = d.source(*d.shape(), dtype=d.of("int32", "int8", "uint8"), low=-5, high=5)
    return ops.isin(x, d.noise.integers(0, 5, d.shape(1, 2)), invert=d.maybe())


def _running(function: Callable[..., Any], low: float = -3) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x = d.source(*d.shape(1), dtype=d.of(*REAL, "int32", "bool"), low=low, high=2)
        if function in (ops.nancumsum, ops.nancumprod) and x.dtype.startswith("float"):
            d.feeds[x.name].ravel()[::3] = np.nan
        rank = len(x.shape)
        # TensorFlow's backend cannot turn a tensor into another type here.
        dtype = d.of(None, x.dtype if x.dtype != "bool" else None)
        return function(x, axis=d.axis(rank, 1), dtype=dtype)

    return draw


def _diff(d: Draw) -> Any:
    x = d.source(*(size + 2 for size in d.shape(1)), dtype=d.of(*REAL, "int32", "bool"))
    return ops.diff(x, n=d.number(0, 3), axis=d.axis(len(x.shape), 1))


def _trapezoid(d: Draw) -> Any:
    y = d.source(*d.shape(1), dtype=d.of(*REAL, "int32"))
    # TensorFlow's backend takes no other axis.
    return ops.trapezoid(y, dx=d.of(1.0, 0.5), axis=-1)


def _spread(function: Callable[..., Any], low: float, **more: Callable[[Draw], Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        shape = d.shape(0, 2)
        start = d.source(*shape, low=low)
        stop = d.of(d.source(*shape, low=low), 4.0)
        arguments = {name: make(d) for name, make in more.items()}
        axis = d.of(0, -1, len(shape))
        return function(start, stop, num=d.number(1, 7), endpoint=d.maybe(), axis=axis, **arguments)

    return draw


def _geomspace(d: Draw) -> Any:
    """From one number to another: TensorFlow's backend takes no more."""
    start, stop = (ops.max(d.source(low=0.5, high=9)) for _ in range(2))
    return ops.geomspace(start * d.of(1, -1), stop, num=d.number(1, 7), endpoint=d.maybe())


def _one_hot(d: Draw) -> Any:
    depth = d.number(2, 8)
    x = d.source(*d.shape(0, 2), dtype=d.of("int32", "int64", "uint8"), low=-2, high=depth + 1)
    axis = d.of(-1, d.number(0, len(x.shape)))
    return ops.one_hot(x, depth, axis=axis, dtype=d.of(None, "float64", "int32", "bool"))


def _multi_hot(d: Draw) -> Any:
    depth = d.number(2, 8)
    x = d.source(*d.shape(1, 2), dtype="int32", low=0, high=depth - 1)
    return ops.multi_hot(x, depth, dtype=d.of("float32", "int32", "bool"))


def _like(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        return function(
            d.source(*d.shape(), dtype=d.of(*TYPES)), dtype=d.of(None, "float32", "int32", "bool")
        )

    return draw


def _full_like(d: Draw) -> Any:
    x = d.source(*d.shape(), dtype=d.of("float32", "int32", "float64"))
    value = d.of(2, ops.max(d.source(dtype=x.dtype)), 3)
    return ops.full_like(x, value, dtype=d.of(None, x.dtype))


def _full(d: Draw) -> Any:
    value = ops.max(d.source(dtype=d.of("float32", "int32")))
    return ops.full(d.shape(), value, dtype=d.of(None, "int32", "float64"))


def _vander(d: Draw) -> Any:
    x = ops.max(d.source(*d.shape(1, 1), dtype=d.of("float32", "int32")), axis=0)
    return ops.vander(x, N=d.of(None, d.number(1, 5)), increasing=d.maybe())


def _cast(d: Draw) -> Any:
    # What becomes of a number too large, or too small, for its type is not defined.
    return ops.cast(d.source(*d.shape(), dtype=d.of(*TYPES), low=0, high=9), d.of(*TYPES, "uint32"))


def _saturate_cast(d: Draw) -> Any:
    x = d.source(*d.shape(), dtype=d.of("float32", "int32", "int64", "float64"), low=-999, high=999)
    # TensorFlow itself is wrong from whole numbers to floats.
    return ops.saturate_cast(x, d.of("int8", "uint8", "int16", "float32" if "float" in x.dtype else "int64"))


def _converted(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        return function(d.source(*d.shape(), dtype=d.of(*TYPES)), dtype=d.of(None, "float32"))

    return draw


OF_NUMBERS = {
    "Nanmedian": _nan_quantile(ops.nanmedian, np.nanmedian, None),
    "Nanpercentile": _nan_quantile(ops.nanpercentile, np.nanpercentile, 100),
    "Nanquantile": _nan_quantile(ops.nanquantile, np.nanquantile, 1),
}
TRIED_APART = (*OF_NUMBERS, "Histogram")

DRAWS: dict[str, Callable[[Draw], Any]] = {
    "Argsort": _sorted(ops.argsort),
    "Array": _converted(ops.array),
    "Cast": _cast,
    "ConvertToTensor": _converted(ops.convert_to_tensor),
    "Cumprod": _running(ops.cumprod),
    "Cumsum": _running(ops.cumsum),
    "Diff": _diff,
    "Digitize": _digitize,
    "EmptyLike": _like(ops.empty_like),
    "Full": _full,
    "FullLike": _full_like,
    "Geomspace": _geomspace,
    "InTopK": _in_top_k,
    "IsIn": _isin,
    "Linspace": _spread(ops.linspace, -3.0, dtype=lambda d: d.of(None, "int32")),
    "Logspace": _spread(ops.logspace, -2.0, base=lambda d: d.of(10, 2)),
    "Median": _median,
    "MultiHot": _multi_hot,
    "Nancumprod": _running(ops.nancumprod),
    "Nancumsum": _running(ops.nancumsum),
    "OneHot": _one_hot,
    "OnesLike": _like(ops.ones_like),
    "Percentile": _quantile(ops.percentile, 100),
    "Quantile": _quantile(ops.quantile, 1),
    "SaturateCast": _saturate_cast,
    "SearchSorted": _searchsorted,
    "Sort": _sorted(ops.sort),
    "TopK": _top_k,
    "Trapezoid": _trapezoid,
    "Vander": _vander,
    "ZerosLike": _like(ops.zeros_like),
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_order(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"order.{suffix}", seed=len(suffix))


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_quantiles_of_what_is_a_number(name: str, tmp_path: Path) -> None:
    d = Draw(2)
    results, expected = zip(*(OF_NUMBERS[name](d) for _ in range(COUNT)), strict=True)
    compare(list(results), d.feeds, tmp_path / "numbers.keras", list(expected))


def test_what_these_quantiles_are_in_keras(tmp_path: Path) -> None:
    # TensorFlow takes a second for each.
    draws = {name: lambda d, name=name: OF_NUMBERS[name](d)[0] for name in OF_NUMBERS}
    sweep(draws, tmp_path / "numbers.h5", seed=2, count=2)


def test_histogram(tmp_path: Path) -> None:
    """Against numpy: in a model Keras' own cannot run."""
    d = Draw(3)
    results, expected = [], []
    for _ in range(COUNT):
        x = d.source(*d.shape(1))
        bins, ends = d.number(1, 9), d.of(None, (-2.0, 2.5))
        results.append(ops.histogram(ops.reshape(x, [-1]), bins=bins, range=ends))
        counts, bounds = np.histogram(d.feeds[x.name], bins=bins, range=ends)
        expected += [counts.astype("float32"), bounds.astype("float32")]
    compare(results, d.feeds, tmp_path / "histogram.keras", expected)
