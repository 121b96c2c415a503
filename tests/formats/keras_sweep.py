"""One layer class over many randomly drawn arguments, against Keras itself.

Each ``test_keras_*_sweeps.py`` names the classes it sweeps in ``SWEPT``: every class that can run is
in one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
import numpy as np

from explorer3d.formats import read_model
from tests.formats.keras_referee import (
    TOLERANCE,
    check,
    difference,
    keras_outputs,
    noise_for,
    our_outputs,
    randomise,
)

COUNT = 30


def sweep(
    draw: Callable[[np.random.Generator], Any], path: Path, *, seed: int = 0, count: int = COUNT
) -> None:
    """Compare `count` calls of layers, all in one model, saved as the path's suffix says.

    Parameters
    ----------
    draw : function of a generator
        Makes one ``keras.Input`` or more with drawn sizes, applies a layer with drawn arguments, and
        returns the result, or a list of results.
    """
    noise = np.random.default_rng(seed)
    model = parallel([draw(noise) for _ in range(count)])
    randomise(model, seed)
    check(model, path)


def sweep_channels_first(
    draw: Callable[[np.random.Generator, str], Any], path: Path, *, seed: int = 0, count: int = COUNT
) -> None:
    """As `sweep`, for what TensorFlow cannot compute, or miscounts, with channels first on a CPU.

    The referee is the same layer with channels last and the same weights.

    Parameters
    ----------
    draw : function of a generator and a data_format
        As in `sweep`. Called twice with equal generators, it must differ in the order of axes only:
        (N, C, space…) and (N, space…, C).
    """
    first, last = (
        parallel([draw(np.random.default_rng((seed, at)), order) for at in range(count)])
        for order in ("channels_first", "channels_last")
    )
    randomise(last, seed)
    first.set_weights(last.get_weights())
    first.save(path)
    opened = read_model(path)
    assert not opened.notes
    feeds = noise_for(last)
    expected = keras_outputs(last, feeds)
    swapped = dict(zip(noise_for(first), map(_channels_first, feeds.values()), strict=True))
    results = our_outputs(opened, swapped)
    wrong = {}
    for ours, theirs in zip(_names(first), _names(last), strict=True):
        found = difference(results[ours], _channels_first(expected[theirs]))
        if not found <= TOLERANCE:
            wrong[ours] = found, opened.layer_by_name[ours].attributes
    assert not wrong, wrong


def swept() -> set[str]:
    """The classes that have a sweep."""
    files = sorted(Path(__file__).parent.glob("test_keras_*_sweeps.py"))
    return {name for file in files for name in import_module(f"tests.formats.{file.stem}").SWEPT}


def sizes(noise: np.random.Generator, rank: int, low: int, high: int) -> tuple[int, ...]:
    """Sizes that differ on every axis."""
    return tuple(int(size) for size in noise.choice(np.arange(low, high), rank, replace=False))


def drawn(noise: np.random.Generator, *choices: Any) -> Any:
    """One of the choices, as it is."""
    return choices[int(noise.integers(len(choices)))]


def each(noise: np.random.Generator, rank: int, low: int, high: int) -> tuple[int, ...]:
    """One number from low up to, but not including, high for each axis."""
    return tuple(int(number) for number in noise.integers(low, high, rank))


def parallel(results: list[Any]) -> Any:
    """A model that gives all these results, with whatever inputs they need."""
    flat = keras.tree.flatten(results)
    sources = [source for result in flat for source in _sources(result)]
    return keras.Model(list({id(source): source for source in sources}.values()), flat)


def _sources(tensor: Any) -> Iterator[Any]:
    yield from keras.utils.get_source_inputs(tensor)


def _names(model: Any) -> list[str]:
    """The layers that give the results."""
    return [tensor._keras_history.operation.name for tensor in model.outputs]


def _channels_first(array: np.ndarray) -> np.ndarray:
    return np.moveaxis(array, -1, 1)
