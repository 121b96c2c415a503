"""Layers that shift and scale, against Keras over drawn arguments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET
from tests.formats.keras_sweep import drawn, sizes, sweep

pytestmark = QUIET


def shape_of(noise: np.random.Generator, least: int = 1) -> tuple[int, ...]:
    return sizes(noise, int(noise.integers(least, 5)), 2, 9)


def axis_of(noise: np.random.Generator, shape: tuple[int, ...]) -> int:
    axis = int(noise.integers(1, len(shape) + 1))
    return drawn(noise, axis, axis - len(shape) - 1, -1)


def axes_of(noise: np.random.Generator, shape: tuple[int, ...], *, last: bool = False) -> Any:
    """One axis, or a list of some in any order; those at the end, in order, if they must be `last`."""
    rank = len(shape) + 1
    if last:
        axes = list(range(int(noise.integers(1, rank)), rank))
        axes = drawn(noise, axes, [axis - rank for axis in axes])
    else:
        axes = noise.choice(np.arange(1, rank), int(noise.integers(1, rank)), replace=False).tolist()
        axes = [drawn(noise, axis, axis - rank) for axis in axes]
    return axes[0] if len(axes) == 1 and drawn(noise, True, False) else axes


def epsilon_of(noise: np.random.Generator) -> float:
    return float(10 ** noise.uniform(-6, 0))


def batch_normalization(noise: np.random.Generator) -> Any:
    shape = shape_of(noise)
    layer = k.BatchNormalization(
        axis=axis_of(noise, shape),
        epsilon=epsilon_of(noise),
        center=drawn(noise, True, False),
        scale=drawn(noise, True, False),
        renorm=drawn(noise, True, False),
    )
    return layer(keras.Input(shape))


def layer_normalization(noise: np.random.Generator) -> Any:
    shape = shape_of(noise)
    layer = k.LayerNormalization(
        axis=axes_of(noise, shape),
        epsilon=epsilon_of(noise),
        center=drawn(noise, True, False),
        scale=drawn(noise, True, False),
    )
    return layer(keras.Input(shape))


def group_normalization(noise: np.random.Generator) -> Any:
    groups, size = drawn(noise, 1, 2, 3), drawn(noise, 2, 4)
    shape = list(shape_of(noise))
    axis = axis_of(noise, tuple(shape))
    shape[axis if axis < 0 else axis - 1] = groups * size
    # A group of one number would be nothing but zeros.
    if len(shape) > 1 and drawn(noise, True, False, False):
        groups = -1
    layer = k.GroupNormalization(
        groups,
        axis=axis,
        epsilon=epsilon_of(noise),
        center=drawn(noise, True, False),
        scale=drawn(noise, True, False),
    )
    return layer(keras.Input(shape))


def group_normalization_of_open_sizes(noise: np.random.Generator) -> Any:
    return k.GroupNormalization(drawn(noise, 1, 2, 3, -1))(keras.Input((None, None, 6)))


def rms_normalization(noise: np.random.Generator) -> Any:
    shape = shape_of(noise)
    layer = k.RMSNormalization(axis=axes_of(noise, shape, last=True), epsilon=epsilon_of(noise))
    return layer(keras.Input(shape))


def unit_normalization(noise: np.random.Generator) -> Any:
    shape = shape_of(noise)
    return k.UnitNormalization(axis=axes_of(noise, shape))(keras.Input(shape))


def normalization(noise: np.random.Generator) -> Any:
    shape = shape_of(noise)
    invert = drawn(noise, True, False)
    if drawn(noise, True, False):
        axis = drawn(noise, None, axis_of(noise, shape), sorted(set(range(1, len(shape) + 1)))[-2:])
        return k.Normalization(axis=axis, invert=invert)(keras.Input(shape))
    size = drawn(noise, 1, shape[-1])
    layer = k.Normalization(
        axis=-1,
        invert=invert,
        mean=noise.normal(0, 2, size).tolist(),
        # Small ones are lifted to Keras' own least.
        variance=drawn(noise, noise.uniform(0.5, 2, size), np.full(size, 1e-3)).tolist(),
    )
    return layer(keras.Input(shape))


def rescaling(noise: np.random.Generator) -> Any:
    shape = shape_of(noise)
    number = float(noise.uniform(0.5, 2))
    layer = k.Rescaling(
        scale=drawn(noise, number, noise.uniform(-2, 2, shape[-1]).tolist()),
        offset=drawn(noise, 0.0, number, noise.uniform(-2, 2, shape[-1]).tolist()),
    )
    return layer(keras.Input(shape))


SWEPT: dict[str, Callable[[np.random.Generator], Any]] = {
    "BatchNormalization": batch_normalization,
    "GroupNormalization": group_normalization,
    "LayerNormalization": layer_normalization,
    "Normalization": normalization,
    "RMSNormalization": rms_normalization,
    "Rescaling": rescaling,
    "UnitNormalization": unit_normalization,
}


@pytest.mark.parametrize("suffix", ["h5", "keras"])
@pytest.mark.parametrize("class_name", SWEPT)
def test_every_argument(class_name: str, suffix: str, tmp_path: Path) -> None:
    sweep(SWEPT[class_name], tmp_path / f"model.{suffix}", seed=len(suffix), count=40)


def test_groups_over_sizes_that_are_not_in_the_file(tmp_path: Path) -> None:
    sweep(group_normalization_of_open_sizes, tmp_path / "model.keras", count=8)
