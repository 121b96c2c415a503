"""Convolutions with a kernel for each place, over drawn arguments, against loops: Keras 3 has none."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer3d.formats import read_model
from tests.formats.keras_files import layer, sequential, write_h5
from tests.formats.keras_referee import difference, our_outputs
from tests.formats.keras_sweep import COUNT, drawn, each, sizes

SWEPT = {"LocallyConnected1D": 1, "LocallyConnected2D": 2}


def _windows(
    size: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], padding: str
) -> dict[tuple[int, ...], list[tuple[int, ...]]]:
    """For each place of the result the places of the input it sees, in order."""
    if padding == "same":
        out = [-(-one // step) for one, step in zip(size, strides, strict=True)]
        before = [reach // 2 for reach in kernel]
    else:
        out = [(one - reach) // step + 1 for one, reach, step in zip(size, kernel, strides, strict=True)]
        before = [0] * len(size)
    seen = {}
    for place in product(*map(range, out)):
        starts = [at * step - margin for at, step, margin in zip(place, strides, before, strict=True)]
        ranges = (range(start, start + reach) for start, reach in zip(starts, kernel, strict=True))
        seen[place] = [
            at
            for at in product(*ranges)
            if all(0 <= one < all_of_it for one, all_of_it in zip(at, size, strict=True))
        ]
    return seen


def _stored(
    kernels: dict[Any, np.ndarray], seen: dict[Any, Any], size: tuple[int, ...], way: int, first: bool
) -> np.ndarray:
    """The kernels {place: (places it sees, channels, filters)} as an implementation keeps them."""
    channels, filters = next(iter(kernels.values())).shape[1:]
    if way == 1:
        order = (1, 0, 2) if first else (0, 1, 2)
        return np.stack([kernel.transpose(order).reshape(-1, filters) for kernel in kernels.values()])
    out = tuple(np.max(list(seen), axis=0) + 1)
    # What is nowhere seen is noise in the file, and must not count.
    full = np.full((*size, channels, *out, filters), 9.0)
    kept = np.zeros(full.shape, bool)
    for place, kernel in kernels.items():
        for at, numbers in zip(seen[place], kernel, strict=True):
            full[(*at, slice(None), *place)] = numbers
            kept[(*at, slice(None), *place)] = True
    rank = len(size)
    if first:
        full, kept = (np.moveaxis(np.moveaxis(one, rank, 0), -1, rank + 1) for one in (full, kept))
    if way == 2:
        return full
    ahead = [*range(rank + 1, 2 * rank + 2), *range(rank + 1)]
    return full.transpose(ahead)[kept.transpose(ahead)]


@pytest.mark.parametrize("class_name", SWEPT)
def test_each_place_has_its_own_kernel(class_name: str, tmp_path: Path) -> None:
    rank = SWEPT[class_name]
    noise = np.random.default_rng(rank)
    for _ in range(COUNT):
        way, first, use_bias = int(noise.integers(1, 4)), bool(noise.integers(2)), bool(noise.integers(2))
        padding = "valid" if way == 1 else drawn(noise, "valid", "same")
        size, kernel, strides = sizes(noise, rank, 4, 8), each(noise, rank, 1, 4), each(noise, rank, 1, 3)
        channels, filters = (int(one) for one in noise.choice([2, 3, 4], 2, replace=False))
        seen = _windows(size, kernel, strides, padding)
        kernels = {place: noise.normal(size=(len(at), channels, filters)) for place, at in seen.items()}
        out = tuple(int(one) for one in np.max(list(seen), axis=0) + 1)
        weights = {"kernel": _stored(kernels, seen, size, way, first)}
        if use_bias:
            weights["bias"] = noise.normal(size=(*out, filters))
        made = layer(
            class_name,
            "made",
            filters=filters,
            kernel_size=kernel,
            strides=strides,
            padding=padding,
            implementation=way,
            data_format="channels_first" if first else "channels_last",
            use_bias=use_bias,
            activation=drawn(noise, "linear", "tanh"),
            batch_input_shape=[None, channels, *size] if first else [None, *size, channels],
        )
        tensors = {name: array.astype(np.float32) for name, array in weights.items()}
        opened = read_model(
            write_h5(tmp_path / "model.h5", sequential(made), {"made": tensors}, version="2.15.0")
        )
        assert not opened.notes
        x = noise.normal(size=(2, *size, channels)).astype(np.float32)
        given = np.moveaxis(x, -1, 1) if first else x
        expected = np.zeros((2, *out, filters))
        for place, own in kernels.items():
            rows = np.stack([x[(slice(None), *at)] for at in seen[place]], axis=1)
            expected[(slice(None), *place)] = np.einsum("npc,pcf->nf", rows, own)
        expected = np.moveaxis(expected, -1, 1) if first else expected
        if use_bias:
            # With channels first Keras takes the numbers as they lie.
            expected = expected + weights["bias"].reshape(expected.shape[1:])
        if made["config"]["activation"] == "tanh":
            expected = np.tanh(expected)
        ours = our_outputs(opened, {opened.inputs[0].value: np.ascontiguousarray(given)})["made"]
        assert difference(ours, expected) <= 1e-5, made["config"]
