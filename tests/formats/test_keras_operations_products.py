"""Matrix products of ``keras.ops`` and their kin, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import ops

from tests.formats.keras_operations import Draw, sweep
from tests.formats.keras_referee import QUIET

pytestmark = [
    QUIET,
    # Keras' own, in tensordot.
    pytest.mark.filterwarnings("ignore:NotImplemented should not be used:DeprecationWarning"),
]

REAL = ("float32", "float32", "float64")
TYPES = (*REAL, "int32", "int8")


def _summed(d: Draw, *shape: int, types: tuple[str, ...] = TYPES) -> Any:
    """Without a batch, so that Keras knows all sizes."""
    return ops.max(d.source(*shape, dtype=d.of(*types)), axis=0)


def _matmul(d: Draw) -> Any:
    rows, inner, columns, heads = (int(size) for size in d.noise.choice(np.arange(4, 9), 4, replace=False))
    kind = d.number(0, 6)
    if kind == 0:
        return ops.matmul(d.source(rows, inner, dtype=d.of(*TYPES)), d.source(inner, columns))
    if kind == 1:
        return ops.matmul(d.source(inner, dtype=d.of(*TYPES)), _summed(d, inner, columns))
    if kind == 2:
        return ops.matmul(d.source(heads, rows, inner), d.source(heads, inner, columns, dtype=d.of(*TYPES)))
    if kind == 3:
        return ops.matmul(d.source(heads, rows, inner), d.source(1, inner, columns))
    if kind == 4:
        return ops.matmul(d.source(rows, inner), d.noise.normal(size=inner).astype("float32"))
    return ops.matmul(d.noise.normal(size=(rows, inner)).astype("float32"), d.source(inner, columns))


def _dot(d: Draw) -> Any:
    inner, columns = (int(size) for size in d.noise.choice(np.arange(4, 9), 2, replace=False))
    x = d.source(*d.shape(0, 1), inner, dtype=d.of(*TYPES))
    y = d.of(_summed(d, inner), _summed(d, inner, columns), _summed(d, 2, inner, columns), 2.0)
    return ops.dot(x, y)


def _inner(d: Draw) -> Any:
    size = d.number(3, 7)
    x = d.source(*d.shape(0, 1), size, dtype=d.of(*TYPES))
    return ops.inner(x, _summed(d, *d.shape(0, 1), size))


def _vdot(d: Draw) -> Any:
    shape = d.shape(1, 2)
    return ops.vdot(_summed(d, *shape), _summed(d, *shape))


def _tensordot(d: Draw) -> Any:
    a, b, c = (int(size) for size in d.noise.choice(np.arange(4, 9), 3, replace=False))
    x = d.source(a, b, dtype=d.of(*TYPES))
    kind = d.number(0, 4)
    if kind == 0:
        return ops.tensordot(x, _summed(d, a, b, c), axes=2)
    if kind == 1:
        return ops.tensordot(x, _summed(d, b, c), axes=1)
    if kind == 2:
        return ops.tensordot(x, _summed(d, c, b, a), axes=[[1, -1], [2, 1]])
    return ops.tensordot(x, _summed(d, c, a), axes=[[1], [1]])


def _outer(d: Draw) -> Any:
    return ops.outer(_summed(d, *d.shape(1, 2)), _summed(d, *d.shape(1, 2)))


def _kron(d: Draw) -> Any:
    shape = d.shape(1, 2)
    return ops.kron(_summed(d, *shape), _summed(d, *(size + 1 for size in shape)))


def _cross(d: Draw) -> Any:
    shape = d.shape(0, 2)
    sizes = d.of((3, 3), (2, 3), (3, 2), (2, 2))
    x, y = (d.source(*shape, size, dtype=d.of("float32", "int32")) for size in sizes)
    if d.maybe():
        return ops.cross(x, y)
    if not shape:
        return ops.cross(x, y, axis=-1)
    x, y = (ops.moveaxis(one, -1, 1) for one in (x, y))
    if sizes == (2, 2) or d.maybe():
        return ops.cross(x, y, axis=1)
    return ops.cross(x, y, axisa=1, axisb=1, axisc=d.of(-1, 1))


_SUMS = (
    ("bi,ij->bj", (5,), (5, 4)),
    ("bij,bjk->bik", (4, 5), (5, 6)),
    ("bij,bkj->bik", (4, 5), (6, 5)),
    ("bij,jkl->bikl", (4, 5), (5, 2, 6)),
    ("bijd,bkjd->bjik", (4, 2, 5), (6, 2, 5)),
    ("...i,ij->...j", (4, 5), (5, 6)),
    ("b...i,bi->b...", (4, 6, 5), (5,)),
    ("bij->bji", (4, 5)),
    ("bij->b", (4, 5)),
    ("bij", (4, 5)),
    ("bi,bj,bk->bijk", (4,), (5,), (6,)),
    ("btnh,bsnh->bnts", (4, 2, 5), (6, 2, 5)),
    ("bi,bi->", (4,), (4,)),
    ("zya,zb", (4, 5), (6,)),
)


def _einsum(d: Draw) -> Any:
    subscripts, *shapes = d.of(*_SUMS)
    operands = []
    for at, shape in enumerate(shapes):
        letters = subscripts.split("->")[0].split(",")[at]
        batched = letters[0] in "bz"
        operands.append(d.source(*shape, dtype=d.of(*TYPES)) if batched else _summed(d, *shape))
    if subscripts.startswith("..."):
        operands[0] = d.source(*shapes[0], dtype=d.of(*TYPES))
    return ops.einsum(subscripts, *operands)


def _correlate(d: Draw) -> Any:
    # TensorFlow's backend takes no shorter first row for "same".
    x, y = (_summed(d, size) for size in (d.number(5, 9), d.number(1, 5)))
    return ops.correlate(x, y, mode=d.of("valid", "full"))


def _corrcoef(d: Draw) -> Any:
    return ops.corrcoef(d.source(d.number(4, 9), dtype=d.of(*REAL, "int32")))


def _cdist(d: Draw) -> Any:
    size = d.number(2, 6)
    return ops.cdist(d.source(4, size), d.source(5, size))


def _norm(d: Draw) -> Any:
    x = d.source(*d.shape(1), dtype=d.of(*REAL, "int32"))
    rank = len(x.shape)
    if d.maybe() or rank < 2:
        order = d.of(None, 1, 2, 3, 0, float("inf"), float("-inf"))
        return ops.norm(x, ord=order, axis=d.axis(rank), keepdims=d.maybe())
    axes = tuple(int(axis) for axis in d.noise.permutation(rank)[:2])
    return ops.norm(
        x, ord=d.of(None, "fro", 1, -1, float("inf"), float("-inf")), axis=axes, keepdims=d.maybe()
    )


def _square(function: Callable[..., Any]) -> Callable[[Draw], Any]:
    def draw(d: Draw) -> Any:
        size = d.number(1, 5)
        x = d.source(*d.shape(0, 1), size, size)
        # Symmetric and positive: TensorFlow's logdet takes that for granted.
        return function(ops.matmul(x, ops.swapaxes(x, -1, -2)) + np.eye(size, dtype="float32"))

    return draw


DRAWS: dict[str, Callable[[Draw], Any]] = {
    "CDist": _cdist,
    "Corrcoef": _corrcoef,
    "Correlate": _correlate,
    "Cross": _cross,
    "Det": _square(ops.det),
    "Dot": _dot,
    "Einsum": _einsum,
    "Inner": _inner,
    "Kron": _kron,
    "Logdet": _square(ops.logdet),
    "Matmul": _matmul,
    "Norm": _norm,
    "Outer": _outer,
    "Slogdet": _square(ops.slogdet),
    "Tensordot": _tensordot,
    "Vdot": _vdot,
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_products(suffix: str, tmp_path: Path) -> None:
    sweep(DRAWS, tmp_path / f"products.{suffix}", seed=len(suffix))
