#!/usr/bin/env python3
"""Time explanations beside plain runs of the network, and see what deleting important pixels does.

    python tests/benchmarks/explanations.py MODEL [PICTURE ...] [--runs N] [--maps N]

Times: medians, all in turn in one process. Deleted are the 10 % of the pixels that a method finds most
important, and as many by lot; then 10 % of 14 × 14 squares. They become the mean of the picture, colour by
colour. Prints JSON: of each method the drop of the probability of the class on average, by how much it is
greater than by lot in the same picture, and the standard error of that difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
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
SIDES = {"pixels": sys.maxsize, "squares": 14}
"""What is deleted one by one: how many of it there are along a side, at the most."""
NO_PIXELS = (
    *("ranked_activations", "invariance", "channel_surgery"),
    *("activation_maximisation", "layer_maximisation"),
)
SLOPES = ("saliency", "smoothgrad", "guided_backprop", "guided_grad_cam", "deconvnet")
"""Methods whose sign tells which way a pixel would have to change, not whether it speaks for the class."""

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

    def parts(self, side: int) -> np.ndarray:
        """(H, W) array: the part of the picture that each pixel belongs to; `side` times `side` squares."""
        rows, columns = (np.arange(size) * min(side, size) // size for size in self.size)
        return np.asarray(rows[:, None] * (columns[-1] + 1) + columns)

    def drop(self, importance: np.ndarray, parts: np.ndarray) -> float:
        """By how much the probability falls without the parts that are most important on average.

        Parameters
        ----------
        importance : (H, W) float array
        parts : (H, W) int array
            As of `parts`.
        """
        mean = np.bincount(parts.ravel(), importance.ravel()) / np.bincount(parts.ravel())
        gone = np.isin(parts, np.argsort(-mean, kind="stable")[: round(DELETED * mean.size)])
        less = self.picture.copy()
        upright = self._upright(less)
        upright[..., gone] = self._upright(self.picture).mean(axis=(-2, -1))[..., None]
        return self._whole - self._belief(less)

    def importance(self, found: Attribution) -> np.ndarray:
        """(H, W) array: what a method says of each pixel; of slopes, the steepest of its colours."""
        colours = {"axis": self.axes.index("C"), "keepdims": True}
        if found.axes == "HW":
            heat = spread(found.array, self.axes, self.picture.shape)
        elif found.method in SLOPES:
            heat = np.abs(found.array).max(**colours)
        else:
            heat = found.array.sum(**colours)
        return self._upright(heat).reshape(self.size)

    def _upright(self, array: np.ndarray) -> np.ndarray:
        return np.moveaxis(array, (self.axes.index("H"), self.axes.index("W")), (-2, -1))

    def _belief(self, fed: np.ndarray) -> float:
        found = self._runner.predict({self._name: fed}, [self.target.output])
        return probability(self.target, found[self.target.output])


def deletion(runner: Runner, pictures: list[Feeds], maps: int) -> dict[str, dict[str, Any]]:
    """By how much the probability falls, by method and by lot, for each kind of part.

    And how far the sums of integrated gradients are off the change of the score.
    """
    off: list[float] = []
    chance = np.random.default_rng(0)
    lots: dict[str, list[float]] = {kind: [] for kind in SIDES}
    drops: dict[str, dict[str, list[float]]] = {kind: {} for kind in SIDES}
    for number, feeds in enumerate(pictures):
        print(f"{number + 1}/{len(pictures)}", file=sys.stderr)
        one = Deletion(runner, feeds)
        kinds = {kind: one.parts(side) for kind, side in SIDES.items()}
        for kind, parts in kinds.items():
            by_lot = [one.drop(chance.random(parts.max() + 1)[parts], parts) for _ in range(LOTS)]
            lots[kind].append(float(np.mean(by_lot)))
        for name in METHODS:
            if name in NO_PIXELS:
                continue
            settings = {"maps": maps} if name == "score_cam" else {}
            found = attribute(runner, feeds, name, target=one.target.index[0], settings=settings)
            if name == "integrated_gradients":
                off.append(float(found.further["completeness_error"]))
            importance = one.importance(found)
            for kind, parts in kinds.items():
                drops[kind].setdefault(name, []).append(one.drop(importance, parts))
    complete = {
        "mean": _mean(off),
        "most": round(max(off), 4),
        "within_1_percent": _mean(np.asarray(off) <= 0.01),
    }
    return {"completeness_error": complete, **{kind: _told(lots[kind], drops[kind]) for kind in SIDES}}


def _told(lots: list[float], drops: dict[str, list[float]]) -> dict[str, Any]:
    told: dict[str, Any] = {"by_lot": {"drop": _mean(lots)}}
    for name, each in drops.items():
        more = np.subtract(each, lots)
        told[name] = {"drop": _mean(each), "more_than_by_lot": _mean(more), "error": _error(more)}
    return told


def _mean(each: Sequence[float] | np.ndarray) -> float:
    return round(float(np.mean(each)), 4)


def _error(each: Sequence[float] | np.ndarray) -> float:
    """Standard error of a mean."""
    return round(float(np.std(each) / np.sqrt(len(each))), 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path, nargs="*")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--maps", type=int, default=0, help="how many Score-CAM tries; all by default")
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
                "drop_of_probability": deletion(runner, pictures, options.maps) if pictures else {},
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
