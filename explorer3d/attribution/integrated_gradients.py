"""Integrated gradients: what each number adds to the score on the way from a baseline to the input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import between
from explorer3d.errors import RequestError

_TINY = float(np.finfo(np.float32).tiny)
_PARTS = 64
"""Each holds a gradient of the input's size."""


@dataclass(frozen=True)
class IntegratedGradients:
    """How finely the way is walked.

    Attributes
    ----------
    steps : int
        At least so many; where the score bends most they are halved until the sum is right.
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
    slope_at: Callable[[np.ndarray], tuple[np.ndarray, float]],
    fed: np.ndarray,
    baseline: np.ndarray,
    steps: int = 32,
    most: int = 512,
    tolerance: float = 0.01,
) -> Integrated:
    """Integrate the gradient along the straight way from a baseline to the input (integrated gradients).

    By the trapezoidal rule, in as many parts as there are steps to begin with, but no more than 64. Of each
    part it is known by how much the score changes in it: that in which the rule is furthest from this gets
    twice the steps, until all attributions add up to the difference of the scores.

    Parameters
    ----------
    slope_at : callable
        Input → derivative of the score by it, and the score.
    fed, baseline : array
    steps, most : int
        To begin with, and at the most.
    tolerance : float
        Share of the difference of the scores that may be missing.

    References
    ----------
    https://arxiv.org/abs/1703.01365
    """
    way = fed.astype(np.float64) - baseline

    def at(share: float) -> tuple[np.ndarray, float]:
        return slope_at((baseline + share * way).astype(fed.dtype))

    count = min(steps, _PARTS)
    ends = at(0.0)
    first, parts = ends[1], []
    for begin, end in pairwise(steps * number // count for number in range(count + 1)):
        begins, inner = ends, sum(at(step / steps)[0] for step in range(begin + 1, end))
        ends = at(end / steps)
        mean = (begins[0] / 2 + inner + ends[0] / 2) / (end - begin)
        parts.append(_Part(way, begin / steps, (end - begin) / steps, mean, ends[1] - begins[1], end - begin))
    difference = ends[1] - first
    while True:
        error = abs(sum(part.added for part in parts) - difference) / max(abs(difference), _TINY)
        taken = sum(part.steps for part in parts)
        finer = [part for part in parts if taken + part.steps <= most]
        if not (finer and error > tolerance):
            attribution = way * sum(part.mean.astype(np.float64) * part.length for part in parts)
            return Integrated(attribution.astype(fed.dtype), taken, error)
        max(finer, key=lambda part: abs(part.added - part.change)).halve(at)


@dataclass(eq=False)
class _Part:
    """A part of the way.

    Attributes
    ----------
    way : array
        All of it.
    begins, length : float
        As shares of the way.
    mean : array
        Of the gradient, by the trapezoidal rule.
    change : float
        Of the score.
    steps : int
    added : float
        What the change is by that rule.
    """

    way: np.ndarray
    begins: float
    length: float
    mean: np.ndarray
    change: float
    steps: int
    added: float = field(init=False)

    def __post_init__(self) -> None:
        self.added = float((self.way * self.mean).sum()) * self.length

    def halve(self, at: Callable[[float], tuple[np.ndarray, float]]) -> None:
        """Look at the middle of each step as well."""
        middles = (self.begins + self.length * (step + 0.5) / self.steps for step in range(self.steps))
        self.mean = (self.mean + sum(at(middle)[0] / self.steps for middle in middles)) / 2
        self.steps *= 2
        self.__post_init__()


def _explain(case: Case, settings: IntegratedGradients) -> Found:
    done = 0
    value = case.target.value

    def slope_at(fed: np.ndarray) -> tuple[np.ndarray, float]:
        nonlocal done
        # Where the score bends as usual, twice the steps are enough.
        case.progress(min(done / (2 * settings.steps), 0.99), f"Integrating: step {done + 1:,}")
        done += 1
        gradient, values = case.gradients(case.picture.value, fed=fed, values=[value])
        return gradient, float(case.target.of(values[value][:1])[0])

    baseline = np.full_like(case.fed, settings.baseline)
    found = integrated_gradients(
        slope_at, case.fed, baseline, settings.steps, settings.most, settings.tolerance
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
