#!/usr/bin/env python3
"""Time explanations beside plain runs of the network, and see what deleting important pixels does.

    python tests/benchmarks/explanations.py MODEL [PICTURE ...] [--runs N]

Times: medians, all in turn in one process. Deleted are the 10 % of the pixels that a method finds most
important, and as many by lot; they become the mean of the picture. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from explorer3d.attribution import METHODS, Attribution, attribute, find_target
from explorer3d.attribution.invariance import probability
from explorer3d.attribution.maps import spread
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.inputs import adjusted, feeds_for, image_axes
from tests.benchmarks.processes import clock

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)
OCCLUSIONS = 3
DELETED = 0.1
LOTS = 5
NO_PIXELS = ("ranked_activations", "invariance", "channel_surgery", "activation_maximisation")

Feeds = dict[str, np.ndarray]


def times(runner: Runner, feeds: Feeds, runs: int) -> dict[str, Any]:
    """Median milliseconds of a run and of explanations, and runs a second of occlusion."""
    kinds: dict[str, Callable[[], Any]] = {
        "forward": lambda: runner.predict(feeds),
        "grad_cam": lambda: attribute(runner, feeds, "grad_cam"),
        "saliency": lambda: attribute(runner, feeds, "saliency"),
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(runs + 1):
        for name, run in kinds.items():
            began = clock()
            run()
            if turn:
                taken[name].append(clock() - began)
    found = {name: round(1000 * median(each), 2) for name, each in taken.items()}
    return {**found, **_occlusion(runner, feeds)}


def _occlusion(runner: Runner, feeds: Feeds) -> dict[str, Any]:
    """Pictures a second, while they are occluded and at best."""
    (port,) = runner.model.inputs
    best = 0.0
    target = find_target(runner, feeds)
    for count in BATCHES if port.shape and port.shape[0] is None else BATCHES[:1]:
        batch = {port.value: np.repeat(feeds[port.value], count, axis=0)}
        runner.predict(batch, [target.value])
        each = []
        for _ in range(max(24 // count, 3)):
            began = clock()
            runner.predict(batch, [target.value])
            each.append(clock() - began)
        best = max(best, count / median(each))
    rates = []
    for turn in range(1 + OCCLUSIONS):
        began = clock()
        found = attribute(runner, feeds, "occlusion")
        if turn:
            rates.append(found.array.size / (clock() - began))
    return {
        "occlusion_per_s": round(median(rates), 1),
        "best_batched_per_s": round(best, 1),
    }


class Deletion:
    """A picture, and how much less the network believes in its class when some of it is deleted.

    Parameters
    ----------
    runner : Runner
    feeds : mapping of str to array
    """

    def __init__(self, runner: Runner, feeds: Feeds) -> None:
        self._runner = runner
        (port,) = runner.model.inputs
        self._name, self.axes, self.picture = port.value, image_axes(port), feeds[port.value]
        self.target = find_target(runner, feeds)
        self.size = tuple(self.picture.shape[self.axes.index(letter)] for letter in "HW")
        self._whole = self._belief(self.picture)

    def drop(self, importance: np.ndarray) -> float:
        """By how much the probability falls without the most important pixels of an (H, W) array."""
        less = self.picture.copy()
        order = np.argsort(-importance.reshape(-1), kind="stable")[: round(DELETED * importance.size)]
        rows, columns = np.unravel_index(order, importance.shape)
        self._upright(less)[..., rows, columns] = self.picture.mean()
        return self._whole - self._belief(less)

    def importance(self, found: Attribution) -> np.ndarray:
        """(H, W) array: what a method says of each pixel."""
        if found.axes == "HW":
            heat = spread(found.array, self.axes, self.picture.shape)
        else:
            heat = found.array.sum(axis=self.axes.index("C"), keepdims=True)
        return self._upright(heat).reshape(self.size)

    def _upright(self, array: np.ndarray) -> np.ndarray:
        return np.moveaxis(array, (self.axes.index("H"), self.axes.index("W")), (-2, -1))

    def _belief(self, fed: np.ndarray) -> float:
        found = self._runner.predict({self._name: fed}, [self.target.output])
        return probability(self.target, found[self.target.output])


def deletion(runner: Runner, pictures: list[Feeds]) -> dict[str, float]:
    """By how much the probability falls on average, by method, and by lot."""
    chance = np.random.default_rng(0)
    drops: dict[str, list[float]] = {"by_lot": []}
    for number, feeds in enumerate(pictures):
        print(f"{number + 1}/{len(pictures)}", file=sys.stderr)
        one = Deletion(runner, feeds)
        for name in METHODS:
            if name not in NO_PIXELS:
                found = attribute(runner, feeds, name, target=one.target.index[0])
                drops.setdefault(name, []).append(one.drop(one.importance(found)))
        drops["by_lot"].extend(one.drop(chance.random(one.size)) for _ in range(LOTS))
    return {name: round(float(np.mean(each)), 4) for name, each in drops.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path, nargs="*")
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    model = read_model(options.model)
    runner = Runner(model)
    pictures = [dict(feeds_for(model, path, adjusted(model, {})).arrays) for path in options.pictures]
    first = pictures[0] if pictures else dict(feeds_for(model).arrays)
    print(
        json.dumps(
            {
                "model": options.model.name,
                "milliseconds": times(runner, first, options.runs),
                "pictures": len(pictures),
                "drop_of_probability": deletion(runner, pictures) if pictures else {},
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
