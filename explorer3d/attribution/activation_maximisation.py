"""Activation maximisation: the picture that a neuron, a feature or a class answers to most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from explorer3d.attribution.method import Case, Follow, Found, Method, go_on
from explorer3d.attribution.settings import between, choice, of_choices


@dataclass(frozen=True)
class ActivationMaximisation:
    """How the picture climbs.

    Attributes
    ----------
    steps : int
    rate : float
        Root mean square of what a step changes, as a share of the range of the input's numbers.
    jitter : float
        How far the picture is shifted by lot before each step, as a share of its sides.
    smoothing : float
        How much each step takes away of what tells neighbouring pixels apart (total variation, squared).
    decay : float
        How much each step draws all numbers back to the middle of their range (L2).
    blur : float
        Standard deviation of a Gaussian, in pixels, after every `blur_every`-th step.
    blur_every : int
    start : str
        ``noise``, or ``input``: what is fed, such as an earlier result.
    done : int
        Steps done before, where an earlier result is carried on.
    """

    steps: int = 128
    rate: float = 0.04
    jitter: float = 0.04
    smoothing: float = 0.1
    decay: float = 0.002
    blur: float = 0.0
    blur_every: int = 8
    start: str = choice("noise", "input")
    done: int = 0

    def __post_init__(self) -> None:
        between("steps", self.steps, 1, 1_000_000)
        between("rate", self.rate, 0, 1)
        between("jitter", self.jitter, 0, 0.5)
        # Above a quarter, smoothing would make chequerboards instead.
        between("smoothing", self.smoothing, 0, 0.25)
        between("decay", self.decay, 0, 1)
        between("blur", self.blur, 0, 100)
        between("blur_every", self.blur_every, 1, 1_000_000)
        between("done", self.done, 0, 1e9)
        of_choices(self)


def activation_maximisation(
    gradient_at: Callable[[np.ndarray, int], np.ndarray],
    start: np.ndarray,
    axes: str,
    limits: tuple[float, float],
    settings: ActivationMaximisation,
    seed: int,
    follow: Follow = go_on,
) -> np.ndarray:
    """Change a picture step by step so that a score grows.

    Parameters
    ----------
    gradient_at : callable
        Picture and number of the step → derivative of the score by the picture.
    start : array
    axes : str
        A letter for each of its axes; along H and W it is shifted and smoothed.
    limits : (float, float)
        What numbers the picture may hold.
    settings : ActivationMaximisation
    seed : int
        Of `numpy.random.default_rng`, together with the number of the step: a result carried on is the same
        as one made in one go.
    follow : callable
        Takes the picture after each step, and says whether to go on.

    Returns
    -------
    array
        Of the same shape.

    References
    ----------
    https://distill.pub/2017/feature-visualization, https://arxiv.org/abs/1506.06579
    """
    low, high = limits
    across = [at for at, letter in enumerate(axes) if letter in "HW"]
    picture = start.astype(np.float64)
    for step in range(settings.done, settings.done + settings.steps):
        chance = np.random.default_rng([seed, step])
        most = [round(settings.jitter * picture.shape[at]) for at in across]
        shift = [int(chance.integers(-far, far + 1)) for far in most]
        moved = np.roll(picture, shift, across)
        slope = np.roll(gradient_at(moved.astype(start.dtype), step), [-one for one in shift], across)
        size = float(np.sqrt(np.mean(np.square(slope, dtype=np.float64))))
        if size > 0:
            picture += slope * (settings.rate * (high - low) / size)
        for at in across:
            picture += settings.smoothing * _curvature(picture, at)
        picture += settings.decay * ((low + high) / 2 - picture)
        if settings.blur and (step + 1) % settings.blur_every == 0:
            for at in across:
                picture = _blurred(picture, at, settings.blur)
        picture = np.clip(picture, low, high)
        if not follow(picture.astype(start.dtype)):
            break
    return picture.astype(start.dtype)


def _curvature(picture: np.ndarray, axis: int) -> np.ndarray:
    """How far a number is below the mean of its two neighbours, twice; at the border there is but one."""
    beside = [(1, 1) if at == axis else (0, 0) for at in range(picture.ndim)]
    return np.diff(np.pad(picture, beside, mode="edge"), 2, axis=axis)


def _blurred(picture: np.ndarray, axis: int, sigma: float) -> np.ndarray:
    reach = max(round(3 * sigma), 1)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    beside = [(reach, reach) if at == axis else (0, 0) for at in range(picture.ndim)]
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(picture, beside, mode="edge"), 2 * reach + 1, axis
    )
    return np.asarray(windows @ weights)


def _explain(case: Case, settings: ActivationMaximisation) -> Found:
    fed, axes = case.fed, case.picture_axes
    limits = float(fed.min()), float(fed.max())
    if limits[0] == limits[1]:
        limits = limits[0], limits[0] + 1
    if settings.start == "input":
        start = fed
    else:
        noise = np.random.default_rng(case.seed).standard_normal(fed.shape, np.float32)
        start = (sum(limits) / 2 + 0.1 * (limits[1] - limits[0]) * noise).astype(fed.dtype)
    scores: list[float] = []
    value = case.target.value

    def gradient_at(picture: np.ndarray, step: int) -> np.ndarray:
        share = (step - settings.done) / settings.steps
        said = f", score {scores[-1]:.4g}" if scores else ""
        case.progress(share, f"Climbing: step {step:,} of {settings.done + settings.steps:,}{said}")
        gradient, values = case.gradients(case.picture.value, fed=picture, values=[value])
        scores.append(float(case.target.of(values[value])[0]))
        return gradient

    picture = activation_maximisation(gradient_at, start, axes, limits, settings, case.seed, case.follow)
    last = case.runner.predict({**case.feeds, case.picture.value: picture}, [value])[value]
    score = float(case.target.of(last)[0])
    return Found(
        picture,
        axes,
        further={"scores": np.asarray([*scores, score])},
        note=f"from {scores[0]:.4g}",
        target=replace(case.target, score=score),
        settings=replace(settings, steps=len(scores)),
    )


METHOD = Method(
    "activation_maximisation",
    "Activation maximisation",
    "The picture that a neuron, a feature or a class answers to most, grown out of noise.",
    _explain,
    ActivationMaximisation,
    mean=True,
)
