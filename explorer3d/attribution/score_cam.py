"""Score-CAM: Grad-CAM without gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.maps import maps_first, places, spread
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.reruns import reruns
from explorer3d.attribution.settings import automatic, between
from explorer3d.errors import RequestError


@dataclass(frozen=True)
class ScoreCam:
    """How many maps are tried.

    Attributes
    ----------
    maps : int
        Only those that vary most; 0: all.
    """

    maps: int = automatic(0, "all")

    def __post_init__(self) -> None:
        between("maps", self.maps, 0, 1_000_000)


def score_cam(activation: np.ndarray, score_of: Callable[[np.ndarray], float]) -> np.ndarray:
    """Weigh a layer's feature maps by the score of the picture seen through each of them (Score-CAM).

    Parameters
    ----------
    activation : (C, H, W) float array
        Output of the chosen layer for one image.
    score_of : callable
        (H, W) mask between 0 and 1 → score of the picture multiplied by it, enlarged to its size.

    Returns
    -------
    (H, W) float array
        Non-negative map at the layer's own resolution, not rescaled.

    References
    ----------
    https://arxiv.org/abs/1910.01279, algorithm 1
    """
    return weighed(activation, np.asarray([score_of(mask(one)) for one in activation]))


def mask(one: np.ndarray) -> np.ndarray:
    """Bring a map between 0 and 1; a map of one number everywhere hides everything."""
    low, high = one.min(), one.max()
    return np.asarray((one - low) / (high - low)) if high > low else np.zeros_like(one)


def weighed(activation: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Sum maps up, weighed by the softmax of their scores: in it, the score of a baseline cancels out."""
    powers = np.exp(scores - scores.max())
    weights = (powers / powers.sum()).astype(activation.dtype)
    return np.asarray(np.maximum(np.tensordot(weights, activation, axes=1), 0))


def _explain(case: Case, settings: ScoreCam) -> Found:
    case.require_picture("it cannot be seen through maps")
    name, port, axes = case.maps
    if places(axes) != "HW":
        raise RequestError(f"'{name}' gives no maps of a picture. Choose a convolution of pictures.")
    activation = maps_first(case.runner.run(case.feeds, [port.value])[port.value], axes)
    fed, letters = case.fed[:1], case.picture_axes
    chosen = np.arange(len(activation))
    if settings.maps:
        varied = activation.reshape(len(activation), -1).std(axis=1)
        chosen = np.sort(np.argsort(-varied, kind="stable")[: settings.maps])
    kept = activation[chosen]

    def variants(numbers: slice) -> np.ndarray:
        seen = [fed * spread(mask(one), letters, fed.shape) for one in kept[numbers]]
        return np.concatenate(seen).astype(fed.dtype, copy=False)

    scores = np.zeros(len(kept))
    for first, arrays in reruns(case, len(kept), variants, [case.target.value], "Trying maps"):
        found = case.target.of(arrays[case.target.value])
        scores[first : first + len(found)] = found
    return Found(
        weighed(kept, scores),
        places(axes),
        name,
        {"maps": chosen, "scores": scores},
        settings=ScoreCam(len(kept)),
    )


METHOD = Method(
    "score_cam",
    "Score-CAM",
    "Where the maps of a layer, weighed by the score of the picture seen through them, speak for it.",
    _explain,
    ScoreCam,
    gradient=False,
    picture=True,
)
