"""Gradient ascent: a picture that changes step by step so that a score grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.settings import automatic, between, choice, of_choices

GradientAt = Callable[[np.ndarray, int], np.ndarray]
"""Pictures, and the number of the step → derivative of the score of each by its numbers."""

_FILTERS = 3
"""Scales of what is not bound to a place."""
_MEAN = 0.3
"""Weight of the mean, beside the longest wave: else many become black or white before they have a pattern."""


@dataclass(frozen=True)
class Ascent:
    """How the picture climbs.

    Attributes
    ----------
    channels : str
        Which filters of a layer get a picture each: ``all``, ``0-15``, ``3, 7``, ``first 16`` or
        ``strongest 16``, those that answer most to what is fed; empty: the strongest 16.
    steps : int
    rate : float
        Root mean square of what a step changes, as a share of the range of the input's numbers.
    scales : int
        In so many rounds, between which the picture is enlarged; 0: 3 for filters, 1 for a class or a
        neuron, to which it matters where something is.
    zoom : float
        By which factor it is enlarged.
    spectrum : float
        Power of the wavelength by which a step is weighted: 0 for the gradient as it is, which is mostly
        noise; the more, the coarser is what grows first.
    colour : float
        How much of what tells red, green and blue apart is left in each step.
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
        Steps done before, where an earlier result is carried on: it is enlarged no more.
    """

    channels: str = automatic("", "strongest 16")
    steps: int = 128
    rate: float = 0.03
    scales: int = automatic(0, "3 for filters, else 1")
    zoom: float = 1.2
    spectrum: float = 1.4
    colour: float = 0.5
    jitter: float = 0.05
    smoothing: float = 0.05
    decay: float = 0.01
    blur: float = 0.0
    blur_every: int = 8
    start: str = choice("noise", "input")
    done: int = 0

    def __post_init__(self) -> None:
        between("steps", self.steps, 1, 1_000_000)
        between("rate", self.rate, 0, 1)
        between("scales", self.scales, 0, 16)
        between("zoom", self.zoom, 1, 4)
        between("spectrum", self.spectrum, 0, 4)
        between("colour", self.colour, 0, 1)
        between("jitter", self.jitter, 0, 0.5)
        # Above a quarter, smoothing would make chequerboards instead.
        between("smoothing", self.smoothing, 0, 0.25)
        between("decay", self.decay, 0, 1)
        between("blur", self.blur, 0, 100)
        between("blur_every", self.blur_every, 1, 1_000_000)
        between("done", self.done, 0, 1e9)
        of_choices(self)

    def rounds(self, bound: bool) -> list[range]:
        """The steps of each scale.

        Parameters
        ----------
        bound : bool
            It matters where something is.
        """
        first, end = self.done, self.done + self.steps
        count = 1 if self.done else self.scales or (1 if bound else _FILTERS)
        edges = [first + self.steps * number // count for number in range(count)] + [end]
        return [range(*pair) for pair in zip(edges, edges[1:], strict=False) if pair[0] < pair[1]]


def noise(shape: Sequence[int], limits: tuple[float, float], seed: int) -> np.ndarray:
    """Where an ascent starts: the middle of a range, with a tenth of it as normal noise.

    Returns
    -------
    float64 array
        Of that shape.
    """
    low, high = limits
    drawn = np.random.default_rng(seed).standard_normal(shape, np.float32)
    return np.asarray((low + high) / 2 + 0.1 * (high - low) * drawn, np.float64)


def climbed(
    gradient_at: GradientAt,
    start: np.ndarray,
    axes: str,
    limits: tuple[float, float],
    settings: Ascent,
    seed: int,
    steps: range,
    follow: Callable[[np.ndarray], bool],
) -> tuple[np.ndarray, bool]:
    """Change pictures step by step so that a score of each grows, at one scale.

    Parameters
    ----------
    gradient_at : callable
        See `GradientAt`.
    start : array
    axes : str
        A letter for each of its axes: along H and W pictures are shifted and smoothed, of N each climbs
        alone.
    limits : (float, float)
        What numbers the picture may hold.
    settings : Ascent
    seed : int
        Of `numpy.random.default_rng`, together with the number of the step: a result carried on is the same
        as one made in one go.
    steps : range
        Their numbers.
    follow : callable
        Takes the pictures after each step, and says whether to go on.

    Returns
    -------
    pictures : float64 array
        Of the same shape.
    whole : bool
        False where `follow` has ended it.

    References
    ----------
    https://arxiv.org/abs/1506.06579 (jitter, decay, blur), https://distill.pub/2017/feature-visualization
    (weights by wavelength and colour: steepest in another basis)
    """
    low, high = limits
    across = [at for at, letter in enumerate(axes) if letter in "HW"]
    each = tuple(at for at, letter in enumerate(axes) if letter != "N")
    weights = _weights([start.shape[at] for at in across], settings.spectrum)
    picture = start.astype(np.float64)
    for step in steps:
        chance = np.random.default_rng([seed, step])
        most = [round(settings.jitter * picture.shape[at]) for at in across]
        shift = [int(chance.integers(-far, far + 1)) for far in most]
        slope = gradient_at(np.roll(picture, shift, across), step).astype(np.float64)
        slope = _weighted(slope, across, weights)
        if "C" in axes and slope.shape[axes.index("C")] == 3:
            grey = slope.mean(axis=axes.index("C"), keepdims=True)
            slope = grey + settings.colour * (slope - grey)
        slope = np.roll(slope, [-one for one in shift], across)
        size = np.sqrt(np.mean(np.square(slope), axis=each, keepdims=True))
        picture += slope * (settings.rate * (high - low) / np.where(size > 0, size, 1))
        for at in across:
            picture += settings.smoothing * _curvature(picture, at)
        picture += settings.decay * ((low + high) / 2 - picture)
        if settings.blur and (step + 1) % settings.blur_every == 0:
            for at in across:
                picture = _blurred(picture, at, settings.blur)
        picture = np.clip(picture, low, high)
        if not follow(picture):
            return picture, False
    return picture, True


def activation_maximisation(
    gradient_at: GradientAt,
    start: np.ndarray,
    axes: str,
    limits: tuple[float, float],
    settings: Ascent,
    seed: int,
    follow: Callable[[np.ndarray], bool] = lambda _: True,
    bound: bool = False,
) -> np.ndarray:
    """Change pictures step by step so that a score of each grows, enlarging them between the scales.

    Parameters
    ----------
    gradient_at, start, axes, limits, settings, seed, follow
        See `climbed`.
    bound : bool
        See `Ascent.rounds`.

    Returns
    -------
    array
        Of the shape and type of `start`.
    """
    picture = start
    for number, steps in enumerate(settings.rounds(bound)):
        if number:
            picture = zoomed(picture, axes, settings.zoom)
        picture, whole = climbed(gradient_at, picture, axes, limits, settings, seed, steps, follow)
        if not whole:
            break
    return picture.astype(start.dtype)


def zoomed(picture: np.ndarray, axes: str, factor: float) -> np.ndarray:
    """Enlarge the middle of pictures, bilinearly, within their size."""
    for at, letter in enumerate(axes):
        if letter in "HW":
            middle = (picture.shape[at] - 1) / 2
            picture = _interpolated(picture, at, middle + (np.arange(picture.shape[at]) - middle) / factor)
    return picture


def resized(picture: np.ndarray, axes: str, size: Sequence[int]) -> np.ndarray:
    """Bring pictures to another height and width, bilinearly.

    Parameters
    ----------
    picture : array
    axes : str
    size : sequence of int
        Of the axes H and W, in the order in which they stand.
    """
    across = [at for at, letter in enumerate(axes) if letter in "HW"]
    for at, wanted in zip(across, size, strict=True):
        known = picture.shape[at]
        if known != wanted:
            picture = _interpolated(picture, at, (np.arange(wanted) + 0.5) * known / wanted - 0.5)
    return picture


def _interpolated(picture: np.ndarray, axis: int, places: np.ndarray) -> np.ndarray:
    last = picture.shape[axis] - 1
    places = np.clip(places, 0, last)
    before = np.minimum(places.astype(np.int64), max(last - 1, 0))
    share = (places - before).reshape([-1 if at == axis else 1 for at in range(picture.ndim)])
    behind = np.take(picture, np.minimum(before + 1, last), axis)
    return np.asarray(np.take(picture, before, axis) * (1 - share) + behind * share)


def _weights(sides: Sequence[int], power: float) -> np.ndarray:
    """Of each frequency of a real Fourier transform: its wavelength to some power, 1 for the longest."""
    if not power or not sides:
        return np.ones(())
    waves = [np.fft.fftfreq(side) for side in sides[:-1]] + [np.fft.rfftfreq(sides[-1])]
    frequency = np.sqrt(sum(np.square(one) for one in np.meshgrid(*waves, indexing="ij")))
    weights = np.maximum(frequency * max(sides), 1.0) ** -power
    weights.flat[0] = _MEAN
    return np.asarray(weights)


def _weighted(slope: np.ndarray, across: Sequence[int], weights: np.ndarray) -> np.ndarray:
    if not weights.ndim:
        return slope
    shape = [1] * slope.ndim
    for at, side in zip(across, weights.shape, strict=True):
        shape[at] = side
    order = np.fft.rfftn(slope, axes=across) * weights.reshape(shape)
    return np.asarray(np.fft.irfftn(order, [slope.shape[at] for at in across], axes=across))


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
