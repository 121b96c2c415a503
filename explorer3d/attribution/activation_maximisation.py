"""Activation maximisation: the picture that a neuron, a filter or a class answers to most."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from explorer3d.attribution.ascent import Ascent
from explorer3d.attribution.climbing import Climbing
from explorer3d.attribution.maps import maps_first
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.target import Target, output_of
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


def _explain(case: Case, settings: Ascent) -> Found:
    if case.layer or settings.channels:
        return _explain_layer(case, settings)
    target = case.target
    ranges = [size for size, at in zip(target.seed.shape[1:], target.index, strict=False) if at < 0]
    # To a class, a neuron or a part of a map it matters where something is.
    bound = target.is_class or not ranges or np.count_nonzero(target.seed) < np.prod(ranges)

    def seed_of(_: int, shape: tuple[int, ...]) -> np.ndarray:
        one = target.seed[:1] if target.seed.ndim else target.seed
        if one.shape == shape:
            return one
        if bound:
            raise RequestError(f"'{target.title}' is nowhere in a picture of another size.")
        seed = np.zeros(shape, target.seed.dtype)
        seed[(0, *(slice(None) if at < 0 else at for at in target.index))] = 1
        return np.asarray(seed / np.count_nonzero(seed), seed.dtype)

    def told(_: range, pictures: np.ndarray) -> bool:
        return case.follow(Found(pictures, climbing.axes, target=target))

    climbing = Climbing(case, [target.title], seed_of, settings, bool(bound), told)
    climbing.climb()
    _, pictures, scores = climbing.finish()
    before = climbing.scores[0]
    return Found(
        pictures,
        climbing.axes,
        further={"scores": np.asarray([*before, scores[0]]), "limits": np.asarray(climbing.limits)},
        note=f"seed {case.seed} · from {before[0]:.4g}",
        target=replace(target, score=float(scores[0])),
        settings=replace(settings, steps=len(before)),
    )


def _explain_layer(case: Case, settings: Ascent) -> Found:
    name = case.layer or case.maps[0]
    port = output_of(case.runner.model, name)
    axes = case.axes_of(name, port)
    value = case.runner.predict(case.feeds, [port.value])[port.value]
    strengths = np.abs(maps_first(value, axes)).reshape(value.shape[axes.index("C")], -1).mean(axis=1)
    channels = chosen_channels(settings.channels, strengths, name)
    kind = value.dtype if value.dtype.kind == "f" else np.dtype(np.float32)
    target = Target(port.value, np.zeros(value.shape, kind), (), f"{name}[{_listed(channels)}]", 0.0)
    # The class need not depend on this layer.
    case = replace(case, target=target)

    def seed_of(number: int, shape: tuple[int, ...]) -> np.ndarray:
        seed = np.zeros(shape, kind)
        seed[(slice(None),) * axes.index("C") + (channels[number],)] = seed.shape[axes.index("C")] / seed.size
        return seed

    def found(numbers: range | list[int], pictures: np.ndarray, scores: np.ndarray) -> Found:
        further = {
            "channels": np.asarray([channels[number] for number in numbers]),
            "wanted": np.asarray(channels),
            "scores": scores,
            "limits": np.asarray(climbing.limits),
        }
        return Found(pictures, climbing.axes, name, further)

    def told(numbers: range, pictures: np.ndarray) -> bool:
        return case.follow(found(numbers, pictures, np.zeros(0)))

    climbing = Climbing(case, [f"channel {one}" for one in channels], seed_of, settings, False, told)
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
    "activation_maximisation",
    "Activation maximisation",
    "The picture that a neuron, a filter or a class answers to most, grown out of noise.",
    _explain,
    Ascent,
    mean=True,
)
LAYER_METHOD = Method(
    "layer_maximisation",
    "Filters of the layer",
    "The pictures that the filters of a layer answer to most, grown out of noise, side by side.",
    _explain_layer,
    Ascent,
)
