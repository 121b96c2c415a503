"""Ranked activations: which maps of a layer speak for the target, and how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from explorer3d.attribution.grad_cam import layer_maps
from explorer3d.attribution.maps import maps_first
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.settings import choice, of_choices


@dataclass(frozen=True)
class RankedActivations:
    """By what maps are ranked.

    Attributes
    ----------
    by : str
        ``contribution``: activation times gradient, summed over each map; ``strength``: mean size of the
        activation, which needs no gradient.
    """

    by: str = choice("contribution", "strength")

    def __post_init__(self) -> None:
        of_choices(self)


def ranked_activations(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Sum up what each map adds to the score, as far as the gradient tells.

    Parameters
    ----------
    activation, gradient : (C, …) float array
        Output of the chosen layer for one image, and the derivative of the score by it.

    Returns
    -------
    (C,) float array
        Positive where a map speaks for the target.
    """
    return np.asarray((activation * gradient).reshape(len(activation), -1).sum(axis=1))


def _explain(case: Case, settings: RankedActivations) -> Found:
    if settings.by == "strength":
        name, port, axes = case.maps
        activation = maps_first(case.runner.run(case.feeds, [port.value])[port.value], axes)
        scores = np.abs(activation).reshape(len(activation), -1).mean(axis=1)
    else:
        activation, gradient, name, _ = layer_maps(case)
        scores = ranked_activations(activation, gradient)
    order = np.argsort(-scores, kind="stable")
    best = ", ".join(f"{channel} ({scores[channel]:.3g})" for channel in order[:5].tolist())
    return Found(scores, "C", name, {"order": order}, note=f"channels {best}")


METHOD = Method(
    "ranked_activations",
    "Ranked activations",
    "Which maps of a layer speak for the target, and how much.",
    _explain,
    RankedActivations,
)
