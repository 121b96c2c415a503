"""``keras.ops`` that read or write some places, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from tests.formats.keras_operations import BATCH, TYPES, Draw, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET


def _key(d: Draw, size: int | None) -> Any:
    """For an axis; of the batch only what Keras leaves open."""
    reach = BATCH if size is None else size
    kind = d.number(0, 5)
    if kind == 0:
        return d.number(-reach, reach)
    if kind == 1:
        return slice(None)
    if kind == 2:
        return slice(d.number(-reach, reach), None)
    if kind == 3:
        return slice(None, d.of(-1, 1, reach, None), d.of(1, 2, -1) if size is not None else None)
    return slice(d.number(0, 2), d.number(2, reach + 2), 1 if size is None else d.of(1, 2))


def _get_item(d: Draw) -> Any:
    x = d.source(*(size + 2 for size in d.shape()), dtype=d.of(*TYPES))
    keys = [_key(d, size) for size in x.shape[: d.number(1, len(x.shape) + 1)]]
    if d.maybe():
        keys.insert(d.number(0, len(keys) + 1), None)
    if d.maybe() and sum(key is not None for key in keys) <= len(x.shape):
        keys.append(...)
    return x[keys[0]] if len(keys) == 1 and type(keys[0]) is int else x[tuple(keys)]


def _take(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*TYPES))
    axis = d.of(None, d.axis(len(x.shape)))
    size = 3 if axis is None or axis % len(x.shape) == 0 else x.shape[axis]
    kind = d.number(0, 3)
    if kind == 0:
        return ops.take(x, d.number(-size, size), axis=axis)
    if kind == 1:
        return ops.take(x, d.noise.integers(-size, size, d.shape(1, 2)), axis=axis)
    return ops.take(x, d.source(4, dtype=d.of("int32", "int64"), low=-size, high=size - 1), axis=axis)


def _take_along_axis(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*TYPES))
    if d.number(0, 4) == 0:
        return ops.take_along_axis(x, np.array([0, 2, -1]), axis=None)
    axis = d.axis(len(x.shape), 1)
    size = x.shape[axis]
    shape = [d.of(1, one) for one in x.shape[1:]]
    shape[axis % len(x.shape) - 1] = d.number(1, 5)
    return ops.take_along_axis(x, d.source(*shape, dtype="int32", low=-size, high=size - 1), axis=axis)


def _places(d: Draw, count: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([d.noise.integers(0, size, count) for size in shape], axis=-1)


def _scatter(d: Draw) -> Any:
    shape = d.shape(1)
    depth = d.number(1, len(shape) + 1)
    values = ops.sum(d.source(4, *shape[depth:], dtype=d.of("float32", "int32")), axis=0)
    return ops.scatter(_places(d, 4, shape[:depth]).astype("int32"), values, shape)


def _scatter_update(d: Draw) -> Any:
    shape = d.shape(1)
    depth = d.number(1, len(shape) + 1)
    dtype = d.of("float32", "int32")
    x = ops.sum(d.source(*shape, dtype=dtype), axis=0)
    # All different: what a place written twice holds is not defined.
    places = np.unique(_places(d, 4, shape[:depth]), axis=0)
    values = d.noise.integers(-5, 5, (len(places), *shape[depth:])).astype(dtype)
    return ops.scatter_update(x, places, values, reduction=d.of(None, "add", "max", "min", "mul"))


def _slice(d: Draw) -> Any:
    x = ops.sum(d.source(*(size + 2 for size in d.shape(1)), dtype=d.of("float32", "int32")), axis=0)
    starts = [d.number(0, size) for size in x.shape]
    sizes = [d.number(1, size - start + 1) for size, start in zip(x.shape, starts, strict=True)]
    return ops.slice(x, np.array(starts), tuple(sizes))


def _slice_update(d: Draw) -> Any:
    x = d.source(*(size + 2 for size in d.shape(1)), dtype=d.of("float32", "int32", "bool"))
    starts = [0] + [d.number(0, size) for size in x.shape[1:]]
    sizes = [d.number(1, size - start + 1) for size, start in zip(x.shape[1:], starts[1:], strict=True)]
    return ops.slice_update(x, starts, d.source(*sizes, dtype=x.dtype))


def _unravel_index(d: Draw) -> Any:
    # Of several rows TensorFlow's backend takes the shape the other way round.
    x = d.source(dtype=d.of("int32", "int64"), low=0, high=29)
    return ops.unravel_index(x, d.of((5, 6), (2, 3, 5), (30,)))


def _segment(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        shape = d.shape(0, 2)
        data = d.source(*shape, dtype=d.of("float32", "int32"))
        owners = d.source(dtype="int32", low=-1, high=5)
        # Segments nobody belongs to are among them.
        return function(data, owners, num_segments=d.number(6, 9))

    return draw


DRAWS: dict[str, Callable[[Draw], Any]] = {
    "GetItem": _get_item,
    "Scatter": _scatter,
    "ScatterUpdate": _scatter_update,
    "SegmentMax": _segment(ops.segment_max),
    "SegmentMin": _segment(ops.segment_min),
    "SegmentProd": _segment(ops.segment_prod),
    "SegmentSum": _segment(ops.segment_sum),
    "Slice": _slice,
    "SliceUpdate": _slice_update,
    "Take": _take,
    "TakeAlongAxis": _take_along_axis,
    "UnravelIndex": _unravel_index,
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_places(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"places.{suffix}", seed=len(suffix))
