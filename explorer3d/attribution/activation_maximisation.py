"""Activation maximisation: the picture that a neuron, a filter or a class answers to most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer3d.attribution.ascent import Ascent
from explorer3d.attribution.climbing import Climbing
from explorer3d.attribution.layer_maximisation import explain_layer
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.errors import RequestError


def _explain(case: Case, settings: Ascent) -> Found:
    if case.layer or settings.channels:
        return explain_layer(case, settings)
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


METHOD = Method(
    "activation_maximisation",
    "Activation maximisation",
    "The picture that a neuron, a filter or a class answers to most, grown out of noise.",
    _explain,
    Ascent,
    mean=True,
)
