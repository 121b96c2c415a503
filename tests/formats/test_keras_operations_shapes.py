"""``keras.ops`` that order, join and split the same numbers, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from tests.formats.keras_operations import TYPES, Draw, sweep
from tests.formats.keras_referee import QUIET

pytestmark = QUIET


def _any(d: Draw, least: int = 0, most: int = 3) -> Any:
    return d.source(*d.shape(least, most), dtype=d.of(*TYPES), low=-9, high=9)


def _order(d: Draw, count: int) -> list[int]:
    return [int(axis) for axis in d.noise.permutation(count)]


def _reshape(d: Draw) -> Any:
    x = _any(d, 1)
    sizes = list(x.shape[1:])
    kind = d.number(0, 4)
    if kind == 0:
        return ops.reshape(x, (-1, *sizes[::-1]))
    if kind == 1:
        return ops.reshape(x, (-1, int(np.prod(sizes))))
    if kind == 2:
        return ops.reshape(x, [-1])
    return ops.reshape(x, (*sizes, -1))


def _transpose(d: Draw) -> Any:
    x = _any(d)
    rank = len(x.shape)
    return ops.transpose(x, d.of(None, [axis - rank * d.number(0, 2) for axis in _order(d, rank)]))


def _moveaxis(d: Draw) -> Any:
    x = _any(d, 1)
    rank = len(x.shape)
    if d.maybe():
        return ops.moveaxis(x, d.axis(rank), d.axis(rank))
    count = d.number(1, rank + 1)
    return ops.moveaxis(x, _order(d, rank)[:count], _order(d, rank)[:count])


def _expand_dims(d: Draw) -> Any:
    x = _any(d)
    rank = len(x.shape)
    if d.maybe():
        return ops.expand_dims(x, d.axis(rank + 1))
    return ops.expand_dims(x, tuple(_order(d, rank + 2)[:2]))


def _squeeze(d: Draw) -> Any:
    shape = [d.of(1, size) for size in d.shape(1)]
    x = d.source(*shape, dtype=d.of(*TYPES))
    ones = [axis for axis, size in enumerate(x.shape) if size == 1]
    if not ones or d.number(0, 3) == 0:
        return ops.squeeze(x)
    return ops.squeeze(x, d.of(ones[0], ones[-1] - len(x.shape), tuple(ones)))


def _broadcast_to(d: Draw) -> Any:
    # Keras takes no open size here: a batch goes before the rest.
    x = d.source(dtype=d.of(*TYPES))
    return (
        ops.broadcast_to(ops.sum(x), d.shape(1))
        if x.dtype != "bool"
        else ops.broadcast_to(ops.any(x), d.shape(1))
    )


def _tile(d: Draw) -> Any:
    x = d.source(*d.shape(), dtype=d.of("float32", "float64", "int32", "int64", "uint8", "bool"))
    return ops.tile(x, [d.number(1, 4) for _ in range(d.number(1, len(x.shape) + 2))])


def _repeat(d: Draw) -> Any:
    x = _any(d)
    kind = d.number(0, 3)
    if kind == 0:
        return ops.repeat(x, d.number(1, 4))
    axis = d.axis(len(x.shape), 0)
    if kind == 1 or axis % len(x.shape) == 0:
        return ops.repeat(x, d.number(1, 4), axis=axis)
    return ops.repeat(x, [d.number(0, 3) for _ in range(x.shape[axis] - 1)] + [1], axis=axis)


def _roll(d: Draw) -> Any:
    x = _any(d, 1)
    rank = len(x.shape)
    kind = d.number(0, 3)
    if kind == 0:
        return ops.roll(x, d.number(-9, 9))
    if kind == 1:
        return ops.roll(x, d.number(-9, 9), axis=d.axis(rank))
    axes = tuple(_order(d, rank)[:2])
    return ops.roll(x, tuple(d.number(-9, 9) for _ in axes), axis=axes)


def _pad(d: Draw) -> Any:
    # TensorFlow pads neither int16 nor uint16.
    types = ("float32", "float64", "int32", "int64", "int8", "uint8", "bool")
    x = d.source(*(size + 3 for size in d.shape(1)), dtype=d.of(*types))
    mode = d.of("constant", "constant", "reflect", "symmetric")
    width = [(0, 0)] + [(d.number(0, 4), d.number(0, 4)) for _ in x.shape[1:]]
    if mode == "constant":
        if d.maybe() and x.dtype != "bool":
            return ops.pad(x, width, constant_values=d.number(1, 4))
        return ops.pad(x, width)
    return ops.pad(x, width, mode=mode)


def _rearrange(d: Draw) -> Any:
    # Keras multiplies sizes that it must know, the batch among them.
    pattern, sizes = d.of(
        ("b h w c -> b c h w", {}),
        ("b (h p) (w q) c -> b h w (p q c)", {"p": 2, "q": 3}),
        ("b h w c -> b (c w) h", {}),
        ("b h w (k c) -> (b k) h w c", {"k": d.of(1, 2, 4)}),
    )
    return ops.rearrange(ops.max(d.source(5, 4, 6, 8), axis=0), pattern, **sizes)


def _blocks(function: Callable[..., Any], deep: bool) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        block = d.number(2, 4)
        h, w, c = (size * (1 if deep else block) for size in (2, 3, 4))
        c = 5 * block * block if deep else c
        last = d.maybe()
        x = d.source(*((h, w, c) if last else (c, h, w)))
        return function(x, block, data_format="channels_last" if last else "channels_first")

    return draw


def _rot90(d: Draw) -> Any:
    x = _any(d, 2)
    axes = _order(d, len(x.shape))[:2]
    # TensorFlow's backend mixes up places where it turns several times and the axes differ in size.
    count = d.of(-3, 0, 1, 4, 5)
    return ops.rot90(x, k=count, axes=tuple(axes))


def _concatenate(d: Draw) -> Any:
    shape = d.shape(1)
    rank = len(shape) + 1
    axis = d.axis(rank)
    parts = []
    for _ in range(d.number(1, 4)):
        own = list(shape)
        if axis % rank:
            own[axis % rank - 1] = d.number(1, 5)
        parts.append(d.source(*own, dtype=d.of("float32", "float32", "int32", "uint8", "bool")))
    return ops.concatenate(parts, axis=axis)


def _append(d: Draw) -> Any:
    shape = d.shape(1)
    types = ("float32", "float64", "int32", "uint8")
    x, y = (d.source(*shape, dtype=d.of(*types)) for _ in range(2))
    if d.maybe():
        # Keras cannot tell the length of a row that has the batch in it.
        return ops.append(ops.max(x, axis=0), ops.max(y, axis=0), axis=None)
    return ops.append(x, y, axis=d.axis(len(x.shape), 1))


def _stack(d: Draw) -> Any:
    shape = d.shape()
    parts = [
        d.source(*shape, dtype=d.of("float32", "float32", "int32", "uint8")) for _ in range(d.number(1, 4))
    ]
    return ops.stack(parts, axis=d.axis(len(shape) + 2))


def _together(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        shape = d.shape(1, 3)
        return function([d.source(*shape, dtype=d.of("float32", "int32")) for _ in range(d.number(1, 4))])

    return draw


def _split(d: Draw) -> Any:
    x = d.source(*(2 * size for size in d.shape(1)), dtype=d.of(*TYPES))
    axis = d.axis(len(x.shape), 1)
    size = x.shape[axis]
    if d.maybe():
        return ops.split(x, d.of(1, 2), axis=axis)
    return ops.split(x, sorted(d.noise.choice(np.arange(1, size), 2, replace=False).tolist()), axis=axis)


def _split_along(function: Callable[..., Any], axis: int) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        shape = [2 * size for size in d.shape(2)]
        return function(d.source(*shape, dtype=d.of(*TYPES)), d.of(2, [1, 3]))

    return draw


def _array_split(d: Draw) -> Any:
    x = _any(d, 1)
    axis = d.axis(len(x.shape), 1)
    return ops.array_split(x, d.number(1, x.shape[axis] + 1), axis=axis)


def _unstack(d: Draw) -> Any:
    x = _any(d, 1)
    return ops.unstack(x, axis=d.axis(len(x.shape), 1))


def _meshgrid(d: Draw) -> Any:
    rows = [ops.max(d.source(*d.shape(1, 1)), axis=0) for _ in range(d.number(2, 4))]
    return ops.meshgrid(*rows, indexing=d.of("xy", "ij"))


def _diagonal(d: Draw) -> Any:
    x = _any(d, 2)
    axes = [axis for axis in _order(d, len(x.shape)) if axis][:2]
    return ops.diagonal(x, offset=d.number(-1, 2), axis1=axes[0], axis2=axes[1])


def _trace(d: Draw) -> Any:
    x = _any(d, 2)
    # TensorFlow's backend takes the sizes of other axes, and no offsets where those are not alike.
    square = d.source(4, 4, dtype=d.of(*TYPES), low=-9, high=9)
    return ops.trace(*d.of((x, 0, len(x.shape) - 2, len(x.shape) - 1), (square, d.number(-3, 4), 1, 2)))


def _square(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        x = d.source(*d.shape(2), dtype=d.of("float32", "float64", "int32", "int64", "bool"))
        return function(x, k=d.number(-2, 3))

    return draw


def _flat(function: Callable[..., Any], square: bool) -> Callable[[Draw], Any]:
    """Of a row of known length: the sums over the batch."""

    def draw(d: Draw) -> Any:
        shape = d.shape(2, 2) if square and d.maybe() else d.shape(1, 1)
        return function(ops.sum(d.source(*shape, dtype=d.of("float32", "int32")), axis=0), k=d.number(-1, 2))

    return draw


DRAWS: dict[str, Callable[[Draw], Any]] = {
    "Append": _append,
    "ArraySplit": _array_split,
    "BroadcastTo": _broadcast_to,
    "Concatenate": _concatenate,
    "DepthToSpace": _blocks(ops.depth_to_space, True),
    "Diag": _flat(ops.diag, True),
    "Diagflat": _flat(ops.diagflat, False),
    "Diagonal": _diagonal,
    "Dsplit": _split_along(ops.dsplit, 2),
    "Dstack": _together(ops.dstack),
    "ExpandDims": _expand_dims,
    "Flip": lambda d: (lambda x: ops.flip(x, axis=d.axes(len(x.shape))))(_any(d)),
    "Fliplr": lambda d: ops.fliplr(_any(d, 1)),
    "Flipud": lambda d: ops.flipud(_any(d)),
    "Hsplit": _split_along(ops.hsplit, 1),
    "Hstack": _together(ops.hstack),
    "Meshgrid": _meshgrid,
    "Moveaxis": _moveaxis,
    "Ndim": lambda d: ops.cast(ops.ndim(_any(d)), "int32"),
    "Pad": _pad,
    "Ravel": lambda d: ops.ravel(_any(d)),
    "Rearrange": _rearrange,
    "Repeat": _repeat,
    "Reshape": _reshape,
    "Roll": _roll,
    "Rot90": _rot90,
    "Size": lambda d: ops.size(_any(d)),
    "SpaceToDepth": _blocks(ops.space_to_depth, False),
    "Split": _split,
    "Squeeze": _squeeze,
    "Stack": _stack,
    "Swapaxes": lambda d: (lambda x: ops.swapaxes(x, d.axis(len(x.shape)), d.axis(len(x.shape))))(_any(d, 1)),
    "Tile": _tile,
    "Trace": _trace,
    "Transpose": _transpose,
    "Tril": _square(ops.tril),
    "Triu": _square(ops.triu),
    "Unstack": _unstack,
    "Vsplit": lambda d: ops.vsplit(ops.sum(d.source(6, 4), axis=0), d.of(2, 3, [1, 4])),
    "Vstack": _together(ops.vstack),
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_shapes(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"shapes.{suffix}", seed=len(suffix))
