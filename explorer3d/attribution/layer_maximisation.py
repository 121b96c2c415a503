"""Activation maximisation for a whole layer: the picture that each of its filters answers to most."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from explorer3d.attribution.ascent import Ascent
from explorer3d.attribution.climbing import Climbing
from explorer3d.attribution.maps import maps_first
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.target import Target, class_output, find_target, output_of
from explorer3d.errors import RequestError

_USUAL = "strongest 16"
_SOME = re.compile(r"(first|strongest) *(\d{1,6})")
_RANGE = re.compile(r"(\d{1,6})(?: *- *(\d{1,6}))?")


def chosen_channels(text: str, strengths: np.ndarray, layer: str) -> list[int]:
    """Read which filters of a layer are meant.

    Parameters
    ----------
    text : str
        See `Ascent.channels`.
    strengths : (C,) float array
        How much each answers.
    layer : str
        For the sentence that says what is wrong.

    Returns
    -------
    list of int
        In ascending order.

    Raises
    ------
    RequestError
        There are no such.
    """
    count, text = len(strengths), text.strip().casefold() or _USUAL
    some = _SOME.fullmatch(text)
    if text == "all":
        return list(range(count))
    if some:
        order = np.argsort(-strengths, kind="stable") if some[1] == "strongest" else np.arange(count)
        found = {int(one) for one in order[: int(some[2])]}
    else:
        found = set()
        for part in text.split(","):
            match = _RANGE.fullmatch(part.strip())
            ends = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
            if ends[1] < ends[0]:
                raise RequestError(
                    f"The channels '{text}' cannot be read. Give all, first 16, strongest 16, 0-15 or 3, 7."
                )
            if ends[1] >= count:
                raise RequestError(
                    f"The layer '{layer}' has no channel {ends[1]}: it has {count}, from 0 to {count - 1}."
                )
            found.update(range(ends[0], ends[1] + 1))
    if not found:
        raise RequestError(f"The channels '{text}' are none. Give all, first 16, strongest 16 or 0-15.")
    return sorted(found)


@dataclass(frozen=True, eq=False)
class _Filters:
    """What of a layer can be looked for.

    Attributes
    ----------
    value : str
        Of the graph, of which all are numbers.
    strengths : (C,) float array
        How much each answers to what is fed.
    seed_of : callable
        Channel, shape of the value for one picture → derivative of what it says by the value.
    name_of : callable
        Channel → what it is called.
    bound : bool
        It matters to them where something is.
    """

    value: str
    strengths: np.ndarray
    seed_of: Callable[[int, tuple[int, ...]], np.ndarray]
    name_of: Callable[[int], str]
    bound: bool


def _filters(case: Case, name: str) -> _Filters:
    port = output_of(case.runner.model, name)
    value = np.asarray(case.runner.predict(case.feeds, [port.value])[port.value])
    if value.ndim == 2:
        return _units(case, name, value[0])
    axes = case.axes_of(name, port)
    at = axes.index("C")
    kind = value.dtype if value.dtype.kind == "f" else np.dtype(np.float32)

    def seed_of(channel: int, shape: tuple[int, ...]) -> np.ndarray:
        seed = np.zeros(shape, kind)
        # The mean over its map.
        seed[(slice(None),) * at + (channel,)] = shape[at] / seed.size
        return seed

    strengths = np.abs(maps_first(value, axes)).reshape(value.shape[at], -1).mean(axis=1)
    return _Filters(port.value, strengths, seed_of, str, False)


def _units(case: Case, name: str, value: np.ndarray) -> _Filters:
    """Of a layer without maps the numbers themselves; of classes what goes into the softmax."""
    classes = class_output(case.runner.model).source == name

    @cache
    def target_of(channel: int) -> Target:
        return find_target(case.runner, case.feeds, str(channel) if classes else f"{name}[{channel}]")

    def name_of(channel: int) -> str:
        return target_of(channel).title if classes else str(channel)

    return _Filters(target_of(0).value, value, lambda one, _: target_of(one).seed[:1], name_of, True)


def explain_layer(case: Case, settings: Ascent) -> Found:
    """Grow a picture for each filter of a layer that is wanted; see `Ascent.channels`.

    Raises
    ------
    RequestError
        The layer has no such filters, or the input no batch axis.
    """
    name = case.layer or case.maps[0]
    filters = _filters(case, name)
    channels = chosen_channels(settings.channels, filters.strengths, name)
    names = [filters.name_of(one) for one in channels]
    target = Target(filters.value, np.zeros(0), (), f"{name}[{_listed(channels)}]", 0.0)
    # The class need not depend on this layer.
    case = replace(case, target=target)

    def found(numbers: range | list[int], pictures: np.ndarray, scores: np.ndarray) -> Found:
        further = {
            "channels": np.asarray([channels[number] for number in numbers]),
            "wanted": np.asarray(channels),
            "names": np.asarray(names),
            "scores": scores,
            "limits": np.asarray(climbing.limits),
        }
        return Found(pictures, climbing.axes, name, further)

    def told(numbers: range, pictures: np.ndarray) -> bool:
        return case.follow(found(numbers, pictures, np.zeros(0)))

    def seed_of(number: int, shape: tuple[int, ...]) -> np.ndarray:
        return filters.seed_of(channels[number], shape)

    said = [
        one if one != str(channel) else f"channel {one}" for one, channel in zip(names, channels, strict=True)
    ]
    climbing = Climbing(case, said, seed_of, settings, filters.bound, told)
    if climbing.axes[:1] != "N":
        raise RequestError(f"The input '{case.picture.value}' has no batch axis. Choose a single target.")
    climbing.climb()
    numbers, pictures, scores = climbing.finish()
    steps = max(len(climbing.scores[number]) for number in numbers)
    return replace(
        found(numbers, pictures, scores),
        note=f"seed {case.seed}",
        target=replace(target, score=float(scores.mean())),
        settings=replace(settings, channels=_listed([channels[number] for number in numbers]), steps=steps),
    )


def _listed(channels: list[int]) -> str:
    """``0-3, 7``."""
    runs: list[list[int]] = []
    for one in channels:
        if runs and runs[-1][1] == one - 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


METHOD = Method(
    "layer_maximisation",
    "Filters of the layer",
    "The pictures that the filters of a layer answer to most, grown out of noise, side by side.",
    explain_layer,
    Ascent,
)
