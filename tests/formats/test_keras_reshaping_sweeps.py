"""Layers that move, repeat, add or drop places against Keras, over drawn arguments."""

from __future__ import annotations

from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sweep import drawn, each, sizes, sweep

pytestmark = QUIET


def _source(noise: np.random.Generator, rank: int | None = None) -> Any:
    shape = sizes(noise, int(noise.integers(1, 5)) if rank is None else rank, 3, 9)
    return keras.Input(shape, dtype=drawn(noise, "float32", "float32", "int32"))


def _flatten(noise: np.random.Generator) -> Any:
    return k.Flatten(data_format=drawn(noise, "channels_first", "channels_last"))(_source(noise))


def _reshape(noise: np.random.Generator) -> Any:
    """Some sizes of the input, or of the target, are left open."""
    if noise.random() < 0.3:
        known = drawn(noise, (4, 3), (6,), (2, 6))
        source = keras.Input((None, *known))
        return k.Reshape(
            drawn(noise, (-1, prod(known)), (-1, 2, prod(known) // 2), (3, -1, prod(known) // 3))
        )(source)
    factors = [int(factor) for factor in noise.choice([2, 3, 4, 5], int(noise.integers(2, 5)), replace=False)]
    source = keras.Input(tuple(factors), dtype=drawn(noise, "float32", "int32"))
    target = [factors[at] for at in noise.permutation(len(factors))]
    if noise.integers(2):
        target = [target[0] * target[1], *target[2:]]
    if noise.integers(2):
        target[int(noise.integers(len(target)))] = -1
    return k.Reshape(tuple(target))(source)


def _permute(noise: np.random.Generator) -> Any:
    source = _source(noise)
    return k.Permute(tuple(int(axis) + 1 for axis in noise.permutation(len(source.shape) - 1)))(source)


def _repeat_vector(noise: np.random.Generator) -> Any:
    return k.RepeatVector(int(noise.integers(1, 8)))(_source(noise, 1))


def _order(noise: np.random.Generator, rank: int) -> dict[str, Any]:
    return {} if rank == 1 else {"data_format": drawn(noise, "channels_first", "channels_last")}


def _margins(noise: np.random.Generator, rank: int, high: int) -> Any:
    """A number for all, one for each axis, or a pair for each axis."""
    pairs = tuple(each(noise, 2, 0, high) for _ in range(rank))
    if rank == 1:
        return drawn(noise, int(noise.integers(high)), pairs[0])
    return drawn(noise, int(noise.integers(high)), each(noise, rank, 0, high), pairs)


def _zero_padding(rank: int, noise: np.random.Generator) -> Any:
    layer = getattr(k, f"ZeroPadding{rank}D")
    return layer(_margins(noise, rank, 5), **_order(noise, rank))(_source(noise, rank + 1))


def _cropping(rank: int, noise: np.random.Generator) -> Any:
    layer = getattr(k, f"Cropping{rank}D")
    # Of the smallest axis something is left.
    return layer(_margins(noise, rank, 2), **_order(noise, rank))(_source(noise, rank + 1))


def _identity(noise: np.random.Generator) -> Any:
    return k.Identity()(_source(noise))


def _einsum_dense(noise: np.random.Generator) -> Any:
    """All of Keras' forms: bare equations, with "..." in front and behind, batched weights, capitals."""
    # All sizes differ: Keras adds the bias along another axis where two of them are alike.
    b, c, d, e, *others = sizes(noise, 6, 3, 12)
    others = others[: int(noise.integers(3))]
    equation, source, output = drawn(
        noise,
        ("ab,bc->ac", (b,), c),
        ("abc,cd->abd", (b, c), drawn(noise, (None, d), (b, d))),
        ("abc,cde->abde", (b, c), (None, d, e)),
        ("abde,dec->abc", (b, d, e), (b, c)),
        ("aBc,Bcd->aBd", (b, c), (b, d)),
        ("abc,bd->acd", (b, c), (c, d)),
        ("abc,dc->adb", (b, c), (d, b)),
        ("...x,xy->...y", (*others, b), c),
        ("...xy,xyz->...z", (*others, d, e), c),
        ("...x,xyz->...yz", (*others, d), (b, c)),
        ("ab...,bc->ac...", (b, *others), c),
        ("ab...,bcd->acd...", (b, *others), (c, d)),
    )
    letters = equation.split("->")[1].replace("...", "")
    chosen = [letter for letter in letters if letter != "a" and noise.integers(2)]
    layer = k.EinsumDense(
        equation,
        output,
        bias_axes="".join(chosen) if chosen and "None" not in str(output) else None,
        activation=drawn(noise, None, "relu", "tanh"),
    )
    return layer(keras.Input(source))


SWEPT = {
    "EinsumDense": _einsum_dense,
    "Flatten": _flatten,
    "Identity": _identity,
    "Permute": _permute,
    "RepeatVector": _repeat_vector,
    "Reshape": _reshape,
    **{f"ZeroPadding{rank}D": partial(_zero_padding, rank) for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": partial(_cropping, rank) for rank in (1, 2, 3)},
}


@pytest.mark.parametrize("class_name", SWEPT)
def test_layers(class_name: str, tmp_path: Path) -> None:
    seed = list(SWEPT).index(class_name)
    sweep(SWEPT[class_name], tmp_path / f"sweep.{'h5' if seed % 2 else 'keras'}", seed=seed, count=40)
