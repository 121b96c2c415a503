"""Which of many inputs excite each channel of a layer most, found in one pass over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer3d.attribution.maps import maps_first
from explorer3d.attribution.method import Case
from explorer3d.attribution.target import find_target
from explorer3d.compute.runner import Runner
from explorer3d.errors import InputError, RequestError
from explorer3d.progress import Progress, ignore

Feeds = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Ranking:
    """The strongest activations of every channel of a layer, of each input one.

    Attributes
    ----------
    layer : str
    value : str
        The layer's output.
    axes : str
        A letter for each axis of that output.
    most : int
        So many inputs are kept for each channel.
    count : int
        Of inputs there are.
    read : int
        Of them that have been looked at, from the first on.
    skipped : mapping of int to str
        Of those, the numbers of inputs that cannot be read, and why.
    numbers : (most, C) int array
        Of the inputs, for each channel the strongest first; -1 where there is none.
    peaks : (most, C) float array
        The activation; 0 where there is none: a channel that is negative or zero has seen nothing.
    places : (most, C, …) int array
        Where in the channel's map.
    """

    layer: str
    value: str
    axes: str
    most: int
    count: int
    read: int
    skipped: Mapping[int, str]
    numbers: np.ndarray
    peaks: np.ndarray
    places: np.ndarray

    @property
    def channels(self) -> int:
        return int(self.numbers.shape[1])

    @property
    def complete(self) -> bool:
        """Whether all inputs have been looked at."""
        return self.read == self.count

    def check(self, channel: int) -> None:
        """Make sure that there is a channel.

        Raises
        ------
        RequestError
        """
        if not 0 <= channel < self.channels:
            raise RequestError(
                f"The layer '{self.layer}' has {self.channels} channels, from 0; there is no {channel}."
            )

    def best(self, channel: int) -> list[int]:
        """Numbers of the inputs that excite a channel most, the strongest first."""
        return [number for number in self.numbers[:, channel].tolist() if number >= 0]

    def strongest(self, count: int) -> list[int]:
        """Numbers of the channels with the highest activations that are active at all, the highest first."""
        highest = self.peaks[0]
        order = np.argsort(-highest, kind="stable")[:count].tolist()
        return [channel for channel in order if highest[channel] > 0]

    def with_input(self, maps: np.ndarray) -> Ranking:
        """The same with the next input looked at.

        Parameters
        ----------
        maps : (C, …) array
            What the layer gives for it.
        """
        flat = np.nan_to_num(maps.reshape(len(maps), -1), nan=0.0).astype(np.float32)
        at = flat.argmax(axis=1)
        peaks = flat[np.arange(len(flat)), at]
        places = np.stack(np.unravel_index(at, maps.shape[1:]), axis=1)
        rows = np.concatenate([self.peaks, peaks[None]])
        # Of equal ones that which came first stays in front; what is not active comes behind what is empty.
        order = np.argsort(-rows, axis=0, kind="stable")[: self.most]
        numbers = np.concatenate([self.numbers, np.full((1, len(peaks)), self.read)])
        everywhere = np.concatenate([self.places, places[None]])
        return replace(
            self,
            read=self.read + 1,
            numbers=np.take_along_axis(numbers, order, axis=0),
            peaks=np.take_along_axis(rows, order, axis=0),
            places=np.take_along_axis(everywhere, order[..., None], axis=0),
        )

    def without_input(self, why: str) -> Ranking:
        """The same with the next input skipped."""
        return replace(self, read=self.read + 1, skipped={**self.skipped, self.read: why})


def go_on(_: Ranking) -> bool:
    """Look at nothing before the end."""
    return True


def rank_inputs(
    runner: Runner,
    count: int,
    feeds: Callable[[int], Feeds],
    layer: str | None,
    most: int = 9,
    progress: Progress = ignore,
    follow: Callable[[Ranking], bool] = go_on,
    begun: Ranking | None = None,
) -> Ranking:
    """Look at many inputs, and note for every channel of a layer those that excite it most.

    Parameters
    ----------
    runner : Runner
    count : int
        Of inputs there are.
    feeds : callable
        Number of an input → the model's inputs with their batch axis; asked for one by one. One that raises
        `InputError` is skipped.
    layer : str or None
        None: the last one that has maps and does not pool them.
    most : int
        So many inputs for each channel.
    progress : Progress
    follow : callable
        Takes what is known after each input, on the same thread; False ends it there.
    begun : Ranking, optional
        Of the same layer and inputs: it goes on where that ends.

    Raises
    ------
    RequestError
        There is no such layer, it gives no maps, or none of the inputs can be read.
    RunError
        The network does not run up to there.
    """
    ranking = begun
    waiting: dict[int, str] = {}
    for number in range(0 if begun is None else begun.read, count):
        progress(number / count, f"Input {number + 1:,} of {count:,}")
        try:
            fed = feeds(number)
            runner.inputs.check(fed)
        except InputError as error:
            if ranking is None:
                waiting[number] = str(error)
            else:
                ranking = ranking.without_input(str(error))
        else:
            if ranking is None:
                none = _empty(runner, fed, layer, most, count, progress)
                ranking = replace(none, read=number, skipped=waiting)
            maps = maps_first(runner.predict(fed, [ranking.value])[ranking.value], ranking.axes)
            if len(maps) != ranking.channels:
                raise RequestError(f"How many channels '{ranking.layer}' has depends on the input.")
            ranking = ranking.with_input(maps)
        if ranking is not None and not follow(ranking):
            break
    if ranking is None:
        why = next(iter(waiting.values()), "There is none.")
        raise RequestError(f"None of these inputs fits {runner.model.path.name}. {why}")
    return ranking


def case_of(runner: Runner, feeds: Feeds, layer: str, progress: Progress) -> Case:
    """A case whose target and layer are the same."""
    # Without a place a number would be a class.
    return Case(runner, feeds, find_target(runner, feeds, f"{layer}[]"), layer, 0, progress)


def _empty(
    runner: Runner, feeds: Feeds, layer: str | None, most: int, count: int, progress: Progress
) -> Ranking:
    if layer is None:
        layer = Case(runner, feeds, find_target(runner, feeds), "", 0, progress).maps[0]
    name, port, axes = case_of(runner, feeds, layer, progress).maps
    channels = len(maps_first(runner.predict(feeds, [port.value])[port.value], axes))
    deep = sum(letter not in "NC" for letter in axes)
    return Ranking(
        layer=name,
        value=port.value,
        axes=axes,
        most=most,
        count=count,
        read=0,
        skipped={},
        numbers=np.full((most, channels), -1),
        peaks=np.zeros((most, channels), np.float32),
        places=np.zeros((most, channels, deep), np.int64),
    )
