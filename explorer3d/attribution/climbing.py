"""Gradient ascent on an open network: one picture for each of several targets, several at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer3d.attribution.ascent import Ascent, climbed, noise, resized, zoomed
from explorer3d.attribution.method import Case
from explorer3d.compute.gradient import gradients
from explorer3d.errors import InputError, RunError

_BYTES = 1 << 19
_MOST = 32
"""Pictures that climb at once: of large ones several are no faster."""
_UNIT = 32
"""Pixels by which smaller sizes differ, where the size itself does: networks halve them again and again."""

SeedOf = Callable[[int, tuple[int, ...]], np.ndarray]
"""Number of a target, shape of the value for one picture → derivative of the target by the value."""


@dataclass(eq=False)
class Climbing:
    """Pictures on their way.

    Attributes
    ----------
    case : Case
        Its target's value is what all targets are numbers of.
    names : sequence of str
        What the targets are called in front of people.
    seed_of : callable
        See `SeedOf`.
    settings : Ascent
    bound : bool
        It matters where something is.
    told : callable
        Takes the numbers of the targets whose pictures have changed, these pictures, and says whether to go
        on.
    pictures : dict of int to array
        By the number of the target: (1, …), or without a batch where the input has none.
    scores : dict of int to list of float
        Before each step.
    """

    case: Case
    names: Sequence[str]
    seed_of: SeedOf
    settings: Ascent
    bound: bool
    told: Callable[[range, np.ndarray], bool]
    pictures: dict[int, np.ndarray] = field(default_factory=dict)
    scores: dict[int, list[float]] = field(default_factory=dict)
    _shapes: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        case = self.case
        fed = case.fed
        self.limits = float(fed.min()), float(fed.max())
        if self.limits[0] == self.limits[1]:
            self.limits = self.limits[0], self.limits[0] + 1
        self.axes = case.picture_axes
        self._batched = self.axes[:1] == "N"
        shape = case.picture.shape or ()
        self._open = self._batched and len(shape) == fed.ndim and shape[0] is None
        several = max(1, min(_BYTES // max(fed[:1].nbytes, 1), _MOST))
        self._at_once = several if self._open and len(case.feeds) == 1 else 1
        self._across = [at for at, letter in enumerate(self.axes) if letter in "HW"]
        free = len(shape) == fed.ndim and all(shape[at] is None for at in self._across)
        alone = self._open or len(fed) == 1
        self._resizable = free and alone and self.settings.start == "noise"

    @property
    def size(self) -> tuple[int, ...]:
        """Height and width of the result, in the order of the axes."""
        return tuple(self.case.fed.shape[at] for at in self._across)

    def climb(self) -> None:
        """Go up, all pictures to the end of one scale before the next begins; `told` ends it."""
        rounds = self.settings.rounds(self.bound)
        whole = len(rounds) * len(self.names)
        done = 0
        for number, steps in enumerate(rounds):
            size = self._size(len(rounds) - 1 - number)
            first = 0
            while first < len(self.names):
                chosen = range(first, min(first + self._at_once, len(self.names)))
                try:
                    going = self._round(chosen, number, size, steps, (done / whole, len(chosen) / whole))
                except (InputError, RunError):
                    if self._at_once > 1:
                        # The batch was open on the outside only.
                        self._at_once = 1
                        continue
                    if size != self.size:
                        self._resizable, size = False, self.size
                        continue
                    raise
                if not going:
                    return
                first, done = chosen.stop, done + len(chosen)

    def _round(
        self,
        chosen: range,
        number: int,
        size: tuple[int, ...],
        steps: range,
        shares: tuple[float, float],
    ) -> bool:
        start = self._start(chosen, number, size)
        scores: list[np.ndarray] = []

        def gradient_at(pictures: np.ndarray, step: int) -> np.ndarray:
            share = shares[0] + shares[1] * (step - steps.start) / len(steps)
            name = self.names[chosen.start] + (f" to {self.names[chosen[-1]]}" if len(chosen) > 1 else "")
            said = f", score {np.mean(scores[-1]):.4g}" if scores else ""
            end = self.settings.done + self.settings.steps
            self.case.progress(share, f"Climbing: {name}, step {step + 1:,} of {end:,}{said}")
            slopes, now = self._slopes(pictures, chosen)
            scores.append(now)
            return slopes

        def follow(pictures: np.ndarray) -> bool:
            return self.told(chosen, self._typed(pictures))

        last, whole = climbed(
            gradient_at, start, self.axes, self.limits, self.settings, self.case.seed, steps, follow
        )
        for place, target in enumerate(chosen):
            self.pictures[target] = last[place : place + 1] if self._batched else last
            self.scores.setdefault(target, []).extend(float(one[place]) for one in scores)
        return whole

    def _start(self, chosen: range, number: int, size: tuple[int, ...]) -> np.ndarray:
        if number:
            known = [self.pictures[target] for target in chosen]
            start = np.concatenate(known) if self._batched else known[0]
            if self._resizable:
                return resized(start, self.axes, size)
            return zoomed(resized(start, self.axes, size), self.axes, self.settings.zoom)
        fed = self.case.fed[:1] if self._batched else self.case.fed
        if self.settings.start == "input":
            start = np.asarray(fed, np.float64)
        else:
            shape = list(fed.shape)
            for at, side in zip(self._across, size, strict=True):
                shape[at] = side
            start = noise(shape, self.limits, self.case.seed)
        return np.repeat(start, len(chosen), axis=0) if self._batched else start

    def _size(self, smaller: int) -> tuple[int, ...]:
        if not (self._resizable and smaller):
            return self.size
        factor = self.settings.zoom**smaller
        units = [math.gcd(side, _UNIT) for side in self.size]
        return tuple(
            max(round(side / factor / unit), 1) * unit for side, unit in zip(self.size, units, strict=True)
        )

    def _typed(self, pictures: np.ndarray) -> np.ndarray:
        return pictures.astype(self.case.fed.dtype)

    def _feeds(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        # Of a batch whose size is fixed the first is exchanged, and the others stay.
        others = 0 if self._open or not self._batched else len(self.case.fed) - 1
        fed = self._typed(pictures)
        fed = np.concatenate([fed, self.case.fed[1:]]) if others else fed
        return {**self.case.feeds, self.case.picture.value: fed}

    def _seeds(self, feeds: dict[str, np.ndarray], chosen: range) -> np.ndarray:
        value, shape = self.case.target.value, feeds[self.case.picture.value].shape
        found = self._shapes.get(shape)
        if found is None:
            found = self.case.runner.predict(feeds, [value])[value].shape
            if len(chosen) > 1 and found[:1] != (len(chosen),):
                raise RunError(f"'{value}' does not keep its pictures apart.")
            self._shapes[shape] = found
        one = (1, *found[1:]) if found else found
        seeds = [self.seed_of(target, one) for target in chosen]
        if not found:
            return seeds[0]
        others = np.zeros((found[0] - len(seeds), *found[1:]), seeds[0].dtype)
        return np.concatenate([*seeds, others])

    def _slopes(self, pictures: np.ndarray, chosen: range) -> tuple[np.ndarray, np.ndarray]:
        case = self.case
        value, port = case.target.value, case.picture.value
        feeds = self._feeds(pictures)
        seeds = self._seeds(feeds, chosen)
        found = gradients(case.runner, feeds, value, seeds, [port], values=[value], progress=case.progress)
        case.notes.update(dict.fromkeys(found.notes))
        slopes = found.gradients[port][: len(pictures)] if self._batched else found.gradients[port]
        return slopes, _weighed(found.values[value], seeds, len(chosen))

    def finish(self) -> tuple[list[int], np.ndarray, np.ndarray]:
        """What has grown: numbers of the targets begun, their pictures in full size, and the scores of these.

        Returns
        -------
        targets : list of int
        pictures : (K, …) array
            In the input's shape and type.
        scores : (K,) float64 array
        """
        targets = sorted(self.pictures)
        grown, scores = [], []
        for target in targets:
            picture = self._typed(resized(self.pictures[target], self.axes, self.size))
            feeds, one = self._feeds(picture), range(target, target + 1)
            seeds, value = self._seeds(feeds, one), self.case.target.value
            scores.append(_weighed(self.case.runner.predict(feeds, [value])[value], seeds, 1)[0])
            grown.append(picture)
        return targets, np.concatenate(grown) if self._batched else grown[0], np.asarray(scores)


def _weighed(values: np.ndarray, seeds: np.ndarray, count: int) -> np.ndarray:
    """(count,) float64 array: the numbers of targets, of which only what counts is looked at."""
    if not values.ndim:
        return np.asarray([float(values) * float(seeds)])
    rows = zip(values[:count].reshape(count, -1), seeds[:count].reshape(count, -1), strict=True)
    return np.asarray([(row[seed != 0].astype(np.float64) * seed[seed != 0]).sum() for row, seed in rows])
