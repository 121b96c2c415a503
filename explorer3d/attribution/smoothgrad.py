"""SmoothGrad: the mean of the gradients of noisy copies of the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.saliency import saliency
from explorer3d.attribution.settings import between


@dataclass(frozen=True)
class SmoothGrad:
    """How the noise is.

    Attributes
    ----------
    samples : int
    noise : float
        Standard deviation, as a share of the range of the input's numbers.
    absolute : bool
        Show how much, whatever the sign.
    """

    samples: int = 25
    noise: float = 0.15
    absolute: bool = True

    def __post_init__(self) -> None:
        between("samples", self.samples, 1, 100_000)
        between("noise", self.noise, 0, 10)


def smoothgrad(
    gradient_at: Callable[[np.ndarray], np.ndarray], fed: np.ndarray, samples: int, noise: float, seed: int
) -> np.ndarray:
    """Take the mean of the gradients of noisy copies of an input (SmoothGrad).

    Parameters
    ----------
    gradient_at : callable
        Input → derivative of the score by it.
    fed : array
    samples : int
    noise : float
        Standard deviation, as a share of the range of the input's numbers.
    seed : int
        Of `numpy.random.default_rng`, which draws one sample after another.

    Returns
    -------
    array
        Of the input's shape.

    References
    ----------
    https://arxiv.org/abs/1706.03825
    """
    chance = np.random.default_rng(seed)
    sigma = noise * float(fed.max() - fed.min())
    total = np.zeros(fed.shape, np.float64)
    for _ in range(samples):
        lot = chance.standard_normal(fed.shape, np.float32)
        total += gradient_at((fed + sigma * lot).astype(fed.dtype))
    return (total / samples).astype(fed.dtype)


def _explain(case: Case, settings: SmoothGrad) -> Found:
    done = 0

    def gradient_at(noisy: np.ndarray) -> np.ndarray:
        nonlocal done
        case.progress(done / settings.samples, f"SmoothGrad: {done} of {settings.samples}")
        done += 1
        return case.gradients(case.picture.value, fed=noisy)[0]

    mean = smoothgrad(gradient_at, case.fed, settings.samples, settings.noise, case.seed)
    return Found(saliency(mean, settings.absolute), case.picture_axes)


METHOD = Method(
    "smoothgrad",
    "SmoothGrad",
    "How much each number of the input moves the score, on average over noisy copies.",
    _explain,
    SmoothGrad,
)
