"""Many drawn configurations of a layer in one model, compared with Keras in one go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tests.formats.keras_referee import check, randomise

CONFIGURATIONS = 32

Shape = tuple[int | None, ...]
# Draws the shape of one input (or a list of shapes), and the layer to apply to it.
Draw = Callable[[np.random.Generator], tuple[Shape | list[Shape], Any]]


def sweep(draw: Draw, folder: Path, seed: int, count: int = CONFIGURATIONS, dtype: str = "float32") -> None:
    """Draw configurations, each with an input of its own; even seeds are saved as .keras, odd ones as .h5."""
    noise = np.random.default_rng(seed)
    sources, results = [], []
    for at in range(count):
        shapes, layer = draw(noise)
        several = isinstance(shapes, list)
        inputs = [
            keras.Input(shape, name=f"source_{at}_{place}", dtype=dtype)
            for place, shape in enumerate(shapes if several else [shapes])
        ]
        sources += inputs
        results.append(layer(inputs if several else inputs[0]))
    model = keras.Model(sources, results)
    randomise(model, seed)
    check(model, folder / ("sweep.h5" if seed % 2 else "sweep.keras"))


def sizes(noise: np.random.Generator, count: int, low: int = 5, high: int = 13) -> list[int]:
    """Sizes of axes, no two alike, so that no two can be mixed up."""
    return [int(size) for size in noise.choice(np.arange(low, high), count, replace=False)]


def pick(noise: np.random.Generator, choices: Sequence[Any]) -> Any:
    """One of the choices, as it is: numpy would turn tuples and None into something else."""
    return choices[int(noise.integers(len(choices)))]
