"""``keras.ops`` along axes, against Keras: every form of axis and keepdims, the batch axis among them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from tests.formats.keras_operations import WHOLE, Draw, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET

REAL = ("float32", "float32", "float64")
NUMBERS = (*REAL, *WHOLE)


def _over(
    function: Callable[..., Any],
    types: tuple[str, ...] = (*NUMBERS, "bool"),
    low: float = -3,
    high: float = 3,
    **more: Callable[[Draw], Any],
) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x = d.source(*d.shape(1), dtype=d.of(*types), low=low, high=high)
        arguments = {name: make(d) for name, make in more.items()}
        return function(x, axis=d.axes(len(x.shape)), keepdims=d.maybe(), **arguments)

    return draw


def _place(function: Callable[..., Any], types: tuple[str, ...] = NUMBERS) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        # Few different numbers: the first of equal ones counts.
        x = d.source(*d.shape(1), dtype=d.of(*types), low=-2, high=2)
        if d.maybe():
            # No negative zeros, which Keras takes to be less than zero.
            d.feeds[x.name] = np.trunc(d.feeds[x.name]).astype(x.dtype) + x.dtype.startswith("f")
        return function(x, axis=d.of(None, d.axis(len(x.shape))), keepdims=d.maybe())

    return draw


def _count(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*NUMBERS, "bool"), low=-1, high=1)
    if d.maybe():
        d.feeds[x.name] = np.trunc(d.feeds[x.name]).astype(x.dtype)
    return ops.count_nonzero(x, axis=d.axes(len(x.shape)))


def _average(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*NUMBERS))
    axis = d.axis(len(x.shape), 1)
    kind = d.number(0, 3)
    if kind == 0:
        return ops.average(x, axis=d.of(None, axis))
    if kind == 1:
        return ops.average(x, axis=axis, weights=d.noise.uniform(1, 2, x.shape[axis]).astype("float32"))
    return ops.average(x, axis=d.of(None, axis), weights=d.source(*x.shape[1:], low=1, high=2))


def _holes(function: Callable[..., Any], place: bool = False) -> Callable[[Draw], Any]:
    """Some numbers, at times all, are none."""

    def draw(d: Draw) -> Any:
        x = d.source(*d.shape(1), dtype=d.of(*REAL, "int32"))
        values = d.feeds[x.name]
        if values.dtype.kind == "f":
            values[d.noise.uniform(0, 1, values.shape) < d.of(0.0, 0.4, 0.95)] = np.nan
        axis = d.of(None, d.axis(len(x.shape))) if place else d.axes(len(x.shape))
        return function(x, axis=axis, keepdims=d.maybe())

    return draw


def _moments(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*REAL))
    rank = len(x.shape)
    axes = [int(axis) for axis in d.noise.permutation(rank)[: d.number(1, rank + 1)]]
    return ops.moments(x, axes=axes, keepdims=d.maybe())


DRAWS: dict[str, Callable[[Draw], Any]] = {
    "All": _over(ops.all, low=-1, high=1),
    "Amax": _over(ops.amax),
    "Amin": _over(ops.amin),
    "Any": _over(ops.any, low=-1, high=1),
    "Argmax": _place(ops.argmax),
    "Argmin": _place(ops.argmin),
    "Average": _average,
    "CountNonzero": _count,
    "Logsumexp": _over(ops.logsumexp, REAL, -99, 99),
    "Max": _over(ops.max, initial=lambda d: d.of(None, 1)),
    "Mean": _over(ops.mean),
    "Min": _over(ops.min, initial=lambda d: d.of(None, 1)),
    "Moments": _moments,
    "Nanargmax": _holes(ops.nanargmax, place=True),
    "Nanargmin": _holes(ops.nanargmin, place=True),
    "Nanmax": _holes(ops.nanmax),
    "Nanmean": _holes(ops.nanmean),
    "Nanmin": _holes(ops.nanmin),
    "Nanprod": _holes(ops.nanprod),
    "Nanstd": _holes(ops.nanstd),
    "Nansum": _holes(ops.nansum),
    "Nanvar": _holes(ops.nanvar),
    "Prod": _over(ops.prod, low=-1, high=1),
    "Ptp": _over(ops.ptp, NUMBERS),
    "Std": _over(ops.std),
    "Sum": _over(ops.sum),
    "Var": _over(ops.var),
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_reductions(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"reductions.{suffix}", seed=len(suffix))
