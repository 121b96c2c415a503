"""Deconvnet: what in the input a feature has seen, projected back through the network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from explorer3d.attribution.maps import maps_first
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import NoSettings, automatic, between
from explorer3d.attribution.target import Target
from explorer3d.errors import RequestError

_NOTHING = "of which nothing comes back to the input"
"""Where all kernels on the way are negative: the feature answers to what is missing."""


@dataclass(frozen=True)
class Deconvnet:
    """What is projected.

    Attributes
    ----------
    channel : int
        Of the chosen layer; -1: the one with the strongest activation.
    strongest : int
        How many of its activations, at different places, are projected together.
    """

    channel: int = automatic(-1, "the strongest")
    strongest: int = 1

    def __post_init__(self) -> None:
        between("channel", self.channel, -1, 1e9)
        between("strongest", self.strongest, 1, 1e9)


def strongest_alone(activation: np.ndarray, channel: int, count: int) -> np.ndarray:
    """Keep the strongest activations of one map, everything else zero.

    Parameters
    ----------
    activation : (C, …) float array
    channel : int
    count : int
        Of equal ones the first are kept. None that is zero or below.

    Returns
    -------
    (C, …) float array
    """
    kept = np.zeros_like(activation)
    numbers = activation[channel].reshape(-1)
    best = np.argsort(-numbers, kind="stable")[:count]
    best = best[numbers[best] > 0]
    kept[channel].reshape(-1)[best] = numbers[best]
    return kept


def project(case: Case, channel: int, count: int) -> tuple[np.ndarray, Target]:
    """Project the strongest activations of a feature back to the input.

    Parameters
    ----------
    case : Case
        With the layer.
    channel : int
        -1: the one with the strongest activation.
    count : int
        How many activations are projected together.

    Returns
    -------
    array
        Of the input's shape.
    Target
        The strongest of these activations: channel and place.

    Raises
    ------
    RequestError
        There is no such channel, or it is nowhere active.

    References
    ----------
    https://arxiv.org/abs/1311.2901, section 2.1: unpool with the switches, rectify, transposed kernels
    """
    name, port, axes = case.maps
    activation = case.runner.predict(case.feeds, [port.value])[port.value]
    maps = maps_first(activation, axes)
    if channel >= len(maps):
        raise RequestError(f"The layer '{name}' has {len(maps)} channels, from 0; there is no {channel}.")
    peaks = maps.reshape(len(maps), -1).max(axis=1)
    channel = channel if channel >= 0 else int(np.argmax(peaks))
    if peaks[channel] <= 0:
        raise RequestError(
            f"Channel {channel} of '{name}' is nowhere active with this input. "
            "Choose another channel or input."
        )
    # A view: what is written into the maps stands in the seed.
    seed = np.zeros_like(activation)
    maps_first(seed, axes)[...] = strongest_alone(maps, channel, count)
    place = np.unravel_index(int(np.argmax(maps[channel])), maps[channel].shape)
    feature = Target(
        port.value, seed, (channel, *map(int, place)), f"channel {channel} of {name}", float(peaks[channel])
    )
    gradient, _ = case.gradients(case.picture.value, flow="deconvnet", target=feature)
    return gradient, feature


def _explain(case: Case, settings: Deconvnet) -> Found:
    if not case.layer:
        gradient, _ = case.gradients(case.picture.value, flow="deconvnet")
        return Found(gradient, case.picture_axes, settings=NoSettings())
    gradient, feature = project(case, settings.channel, settings.strongest)
    channel, *place = feature.index
    return Found(
        gradient,
        case.picture_axes,
        further={"channel": np.asarray(channel), "place": np.asarray(place)},
        note=f"strongest at {', '.join(map(str, place))}" + ("" if gradient.any() else f", {_NOTHING}"),
        target=feature,
        settings=replace(settings, channel=channel),
    )


METHOD = Method(
    "deconvnet",
    "Deconvnet",
    "What in the input a feature has seen: its strongest activations go back through switches, ReLUs and "
    "transposed kernels.",
    _explain,
    Deconvnet,
)
