"""Integrated gradients: what each number adds to the score on the way from a baseline to the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import between
from explorer3d.errors import RequestError

_TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class IntegratedGradients:
    """How finely the way is walked.

    Attributes
    ----------
    steps : int
        At least so many; doubled until the sum is right.
    most : int
        But not beyond so many.
    tolerance : float
        Share of the score's change by which the sum may be wrong.
    baseline : float
        Every number of the input that says nothing, as the network is fed.
    """

    steps: int = 32
    most: int = 512
    tolerance: float = 0.01
    baseline: float = 0.0

    def __post_init__(self) -> None:
        between("steps", self.steps, 1, 100_000)
        between("most", self.most, 1, 100_000)
        between("tolerance", self.tolerance, 0, 1)


@dataclass(frozen=True, eq=False)
class Integrated:
    """Result of `integrated_gradients`.

    Attributes
    ----------
    attribution : array
        Of the input's shape.
    steps : int
    error : float
        By how much the sum of the attributions differs from the score less that of the baseline, as a share
        of that difference.
    """

    attribution: np.ndarray
    steps: int
    error: float


def integrated_gradients(
    gradient_at: Callable[[np.ndarray], np.ndarray],
    fed: np.ndarray,
    baseline: np.ndarray,
    difference: float,
    steps: int = 32,
    most: int = 512,
    tolerance: float = 0.01,
) -> Integrated:
    """Integrate the gradient along the straight way from a baseline to the input (integrated gradients).

    By the trapezoidal rule; the number of steps is doubled, using those that have been walked, until the
    attributions add up to the difference of the scores.

    Parameters
    ----------
    gradient_at : callable
        Input → derivative of the score by it.
    fed, baseline : array
    difference : float
        Score of the input less that of the baseline.
    steps, most : int
        To begin with, and at the most.
    tolerance : float
        Share of `difference` that may be missing.

    References
    ----------
    https://arxiv.org/abs/1703.01365
    """
    way = fed.astype(np.float64) - baseline

    def at(share: float) -> np.ndarray:
        return gradient_at((baseline + share * way).astype(fed.dtype))

    total = (at(0.0).astype(np.float64) + at(1.0)) / 2
    for step in range(1, steps):
        total += at(step / steps)
    while True:
        attribution = way * total / steps
        error = abs(float(attribution.sum()) - difference) / max(abs(difference), _TINY)
        if not error > tolerance or steps * 2 > most:
            return Integrated(attribution.astype(fed.dtype), steps, error)
        for step in range(steps):
            total += at((step + 0.5) / steps)
        steps *= 2


def _explain(case: Case, settings: IntegratedGradients) -> Found:
    done = 0

    def gradient_at(fed: np.ndarray) -> np.ndarray:
        nonlocal done
        expected = settings.steps
        while expected < min(done, settings.most):
            expected *= 2
        case.progress(min(done / (expected + 1), 1.0), f"Integrating: step {done + 1:,}")
        done += 1
        return case.gradients(case.picture.value, fed=fed)[0]

    baseline = np.full_like(case.fed, settings.baseline)
    nothing = case.runner.run({**case.feeds, case.picture.value: baseline}, [case.target.value])
    difference = case.target.score - float(case.target.of(nothing[case.target.value][:1])[0])
    found = integrated_gradients(
        gradient_at, case.fed, baseline, difference, settings.steps, settings.most, settings.tolerance
    )
    if not np.isfinite(found.attribution).all():
        raise RequestError(
            f"On the way from a baseline of {settings.baseline:g} the gradient is infinite. "
            "Choose another baseline."
        )
    return Found(
        found.attribution,
        case.picture_axes,
        further={"completeness_error": np.asarray(found.error), "steps": np.asarray(found.steps)},
        note=f"the sum is {found.error:.1%} off the score's change, in {found.steps} steps",
    )


METHOD = Method(
    "integrated_gradients",
    "Integrated gradients",
    "What each number adds to the score on the way from a baseline to the input.",
    _explain,
    IntegratedGradients,
)
