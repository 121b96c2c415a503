"""The inputs of many that excite a feature most, and what in each of them it has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.deconvnet import project
from explorer3d.attribution.maps import maps_first
from explorer3d.attribution.method import Case
from explorer3d.attribution.target import find_target
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.progress import Progress, ignore

Feeds = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class TopInput:
    """One of the inputs that excite a feature most.

    Attributes
    ----------
    number : int
        Of the input, among those given.
    peak : float
        The strongest activation.
    place : tuple of int
        Where in the feature's map.
    projection : array
        That activation projected back (deconvnet), of the input's shape.
    window : tuple of slice
        The part of the input, along all its axes, in which the projection is anything but zero.
    """

    number: int
    peak: float
    place: tuple[int, ...]
    projection: np.ndarray
    window: tuple[slice, ...]


def top_inputs(
    runner: Runner,
    count: int,
    feeds: Callable[[int], Feeds],
    layer: str,
    channel: int,
    most: int = 9,
    progress: Progress = ignore,
) -> tuple[TopInput, ...]:
    """Find the inputs that excite a feature most, and project its strongest activation in each of them.

    Parameters
    ----------
    runner : Runner
    count : int
        Of inputs there are.
    feeds : callable
        Number of an input → the model's inputs with their batch axis; asked for one by one.
    layer : str
    channel : int
    most : int
        So many of them.
    progress : Progress

    Raises
    ------
    RequestError
        There is no such layer or channel.

    References
    ----------
    https://arxiv.org/abs/1311.2901, figure 2
    """
    peaks = np.full(count, -np.inf)
    for number in range(count):
        progress(number / max(count, 1) * 0.8, f"Input {number + 1:,} of {count:,}")
        case = _case(runner, feeds(number), layer, progress)
        name, port, axes = case.maps
        maps = maps_first(runner.predict(case.feeds, [port.value])[port.value], axes)
        if not 0 <= channel < len(maps):
            raise RequestError(f"The layer '{name}' has {len(maps)} channels, from 0; there is no {channel}.")
        peaks[number] = maps[channel].max()
    best = [number for number in np.argsort(-peaks, kind="stable")[:most].tolist() if peaks[number] > 0]
    found = []
    for rank, number in enumerate(best):
        progress(0.8 + 0.2 * rank / len(best), f"Projecting {rank + 1} of {len(best)}")
        projection, feature = project(_case(runner, feeds(number), layer, progress), channel, 1)
        found.append(TopInput(number, feature.score, feature.index[1:], projection, _window(projection)))
    return tuple(found)


def _case(runner: Runner, feeds: Feeds, layer: str, progress: Progress) -> Case:
    # Without a place a number would be a class.
    return Case(runner, feeds, find_target(runner, feeds, f"{layer}[]"), layer, 0, progress)


def _window(array: np.ndarray) -> tuple[slice, ...]:
    found = []
    for axis in range(array.ndim):
        others = tuple(at for at in range(array.ndim) if at != axis)
        there = np.flatnonzero((array != 0).any(axis=others))
        found.append(slice(int(there[0]), int(there[-1]) + 1) if there.size else slice(0, 0))
    return tuple(found)
