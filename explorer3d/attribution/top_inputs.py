"""What in the inputs that excite a feature most it has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.deconvnet import project
from explorer3d.attribution.method import Case
from explorer3d.attribution.ranking import Feeds, Ranking, case_of, rank_inputs
from explorer3d.compute.arithmetic.shapes import shapes_of
from explorer3d.compute.runner import Runner
from explorer3d.graph.receptive.field import receptive_field
from explorer3d.progress import Progress, ignore


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
        The part of the input, along all its axes, that the activation depends on: its receptive field.
    input : str
        Which of the model's inputs.
    axes : str
        A letter for each of its axes.
    """

    number: int
    peak: float
    place: tuple[int, ...]
    projection: np.ndarray
    window: tuple[slice, ...]
    input: str
    axes: str


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
    count, feeds, layer, most, progress
        As in `rank_inputs`.
    channel : int

    Raises
    ------
    RequestError
        There is no such layer or channel, or no input that can be read.

    References
    ----------
    https://arxiv.org/abs/1311.2901, figure 2
    """

    def ranked(share: float, message: str) -> None:
        progress(0.8 * share, message)

    def projected(share: float, message: str) -> None:
        progress(0.8 + 0.2 * share, message)

    ranking = rank_inputs(runner, count, feeds, layer, most, ranked)
    return tuple(project_inputs(runner, feeds, ranking, channel, projected))


def project_inputs(
    runner: Runner,
    feeds: Callable[[int], Feeds],
    ranking: Ranking,
    channel: int,
    progress: Progress = ignore,
) -> Iterator[TopInput]:
    """Project a feature's strongest activation in each of the inputs that excite it most.

    Parameters
    ----------
    runner : Runner
    feeds : callable
        As in `rank_inputs`.
    ranking : Ranking
    channel : int
    progress : Progress

    Yields
    ------
    TopInput
        The strongest first.

    Raises
    ------
    RequestError
        There is no such channel.
    GradientError
        There is an operator on the way that has no rule.
    """
    ranking.check(channel)
    best = ranking.best(channel)
    for rank, number in enumerate(best):
        progress(rank / len(best), f"Projecting {rank + 1} of {len(best)}")
        yield project_input(runner, feeds(number), ranking, channel, number, progress)


def project_input(
    runner: Runner, feeds: Feeds, ranking: Ranking, channel: int, number: int, progress: Progress = ignore
) -> TopInput:
    """Project a feature's strongest activation in one input; see `project_inputs`."""
    case = case_of(runner, feeds, ranking.layer, progress)
    projection, feature = project(case, channel, 1)
    window = _receptive(case, ranking, channel, feature.index[1:]) or _extent(projection)
    return _found(case, number, feature.score, feature.index[1:], projection, window)


def only_seen(
    runner: Runner, feeds: Feeds, ranking: Ranking, channel: int, number: int, progress: Progress = ignore
) -> TopInput:
    """The same without projecting, where the network has no gradient: nothing but zeros is projected."""
    case = case_of(runner, feeds, ranking.layer, progress)
    rank = ranking.numbers[:, channel].tolist().index(number)
    place = tuple(ranking.places[rank, channel].tolist())
    window = _receptive(case, ranking, channel, place) or tuple(map(slice, case.fed.shape))
    peak = float(ranking.peaks[rank, channel])
    return _found(case, number, peak, place, np.zeros_like(case.fed), window)


def _found(
    case: Case,
    number: int,
    peak: float,
    place: tuple[int, ...],
    projection: np.ndarray,
    window: tuple[slice, ...],
) -> TopInput:
    # Shapes may leave ends open.
    window = tuple(
        slice(*part.indices(size)[:2]) for part, size in zip(window, projection.shape, strict=True)
    )
    return TopInput(number, peak, place, projection, window, case.picture.value, case.picture_axes)


def sample(one: TopInput) -> tuple[np.ndarray, tuple[slice, ...]]:
    """Projection and window without the axis of the batch, of which the first counts."""
    if "N" not in one.axes:
        return one.projection, one.window
    batch = one.axes.index("N")
    return np.take(one.projection, 0, batch), one.window[:batch] + one.window[batch + 1 :]


def _receptive(
    case: Case, ranking: Ranking, channel: int, place: tuple[int, ...]
) -> tuple[slice, ...] | None:
    """What of the input an activation depends on; None where that is not known."""
    runner, places = case.runner, iter(place)
    index = [0 if letter == "N" else channel if letter == "C" else next(places) for letter in ranking.axes]
    shapes, known = shapes_of(runner, case.feeds, runner.value(ranking.value), case.progress)
    if ranking.value not in shapes:
        return None
    field = receptive_field(runner.model, ranking.value, index, shapes, known, progress=case.progress)
    region = field.regions.get(case.picture.value)
    box = None if region is None else region.box
    return None if box is None else tuple(slice(part.start, part.stop) for part in box)


def _extent(array: np.ndarray) -> tuple[slice, ...]:
    """The part of an array, along all its axes, in which it is anything but zero."""
    found = []
    for axis in range(array.ndim):
        others = tuple(at for at in range(array.ndim) if at != axis)
        there = np.flatnonzero((array != 0).any(axis=others))
        found.append(slice(int(there[0]), int(there[-1]) + 1) if there.size else slice(0, 0))
    return tuple(found)
