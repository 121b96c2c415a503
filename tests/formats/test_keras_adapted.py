"""Layers that found their numbers in examples, by ``adapt``: both formats keep what they found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as k

from tests.formats.keras_referee import QUIET, check

pytestmark = QUIET

AXES = (None, -1, 1, (1, 2), (1, 3), (3,))


def _adapted(made: Any, noise: np.random.Generator, shape: tuple[int, ...]) -> Any:
    # Examples that differ from place to place, so that no mix-up of axes can hide.
    scale, middle = noise.uniform(0.3, 3, shape), noise.normal(0, 2, shape)
    made.adapt((noise.normal(0, 1, (20, *shape)) * scale + middle).astype(np.float32))
    return made


@pytest.mark.parametrize("suffix", ["h5", "keras"])
def test_adapted(suffix: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(len(suffix))
    source = keras.Input((4, 5, 6))
    made = [
        *(k.Normalization(axis=axis, invert=invert) for axis in AXES for invert in (False, True)),
        *(k.Discretization(num_bins=bins) for bins in (2, 5, 9)),
    ]
    results = [_adapted(one, noise, (4, 5, 6))(source) for one in made]
    opened = check(keras.Model(source, results), tmp_path / f"model.{suffix}")
    learnt = {weight.name for layer in opened.layers for weight in layer.weights}
    assert learnt == {"mean", "variance", "count"}
