"""Pixels that methods find important are: without them the trained network believes less in its class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from explorer3d.attribution import attribute
from explorer3d.attribution.maps import spread
from explorer3d.attribution.result import Attribution
from explorer3d.compute.runner import Runner
from explorer3d.formats import read_model
from explorer3d.inputs import feeds_for
from tests.benchmarks.explanations import SLOPES

SHARE = 0.1
LOTS = 20


@pytest.fixture(scope="module")
def runner(samples: Path) -> Runner:
    return Runner(read_model(samples / "lenet_fashion.h5"))


@pytest.fixture(scope="module")
def pictures(samples: Path, runner: Runner) -> list[np.ndarray]:
    paths = sorted((samples / "pictures").glob("fashion_*.png"))
    assert len(paths) == 10
    return [feeds_for(runner.model, path).arrays["image"] for path in paths]


def _probability(runner: Runner, picture: np.ndarray, index: int) -> float:
    (output,) = runner.predict({"image": picture}).values()
    return float(output[0, index])


def _without(picture: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """The picture with what is most important exchanged for the mean of all."""
    less = picture.copy().reshape(-1)
    worst = np.argsort(-importance.reshape(-1), kind="stable")[: round(SHARE * less.size)]
    less[worst] = picture.mean()
    return less.reshape(picture.shape)


def _importance(found: Attribution, picture: np.ndarray) -> np.ndarray:
    """(28, 28) array"""
    if found.axes == "HW":
        return np.asarray(spread(found.array, "NHWC", picture.shape)[0, ..., 0])
    # Of slopes the sign tells which way a pixel would have to change.
    return np.asarray(np.abs(found.array[0, ..., 0]) if found.method in SLOPES else found.array[0, ..., 0])


@pytest.mark.parametrize(
    "method",
    [
        "grad_cam",
        "grad_cam_pp",
        "layer_cam",
        "score_cam",
        "saliency",
        "gradient_x_input",
        "smoothgrad",
        "integrated_gradients",
        "guided_backprop",
        "guided_grad_cam",
        "deconvnet",
        "occlusion",
    ],
)
def test_deleting_what_is_important_hurts_more_than_deleting_by_lot(
    runner: Runner, pictures: list[np.ndarray], method: str
) -> None:
    chance = np.random.default_rng(0)
    drops, lots = [], []
    for picture in pictures:
        found = attribute(runner, {"image": picture}, method)
        index = found.target.index[0]
        whole = _probability(runner, picture, index)
        drops.append(whole - _probability(runner, _without(picture, _importance(found, picture)), index))
        for _ in range(LOTS):
            less = _without(picture, chance.random(picture.shape))
            lots.append(whole - _probability(runner, less, index))
    assert np.mean(drops) > np.mean(lots)
