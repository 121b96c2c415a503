"""Invariance: what shifting, scaling or turning the picture changes in each layer, and in the answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.reruns import reruns
from explorer3d.attribution.settings import automatic, between, choice, of_choices
from explorer3d.attribution.target import Target
from explorer3d.compute.distance import distance
from explorer3d.graph.main_path import Stop, evenly, main_path
from explorer3d.inputs.transform import origins
from explorer3d.labels import top_k

_LAYERS = 12
"""At the most: each takes memory for every run."""

SWEEPS = {
    "rotation": (-180.0, 180.0),
    "scale": (0.5, 2.0),
    "shift_x": (-0.5, 0.5),
    "shift_y": (-0.5, 0.5),
}
"""What can be swept, from where to where: degrees counter-clockwise; factor; shares of width and height."""


@dataclass(frozen=True)
class Invariance:
    """What is done to the picture.

    Attributes
    ----------
    sweep : str
        Key in `SWEEPS`.
    low, high : float
        From where to where; both 0: as in `SWEEPS`.
    steps : int
        Pictures on the way.
    """

    sweep: str = choice(*SWEEPS, usual="rotation")
    low: float = automatic(0.0, "as usual")
    high: float = automatic(0.0, "as usual")
    steps: int = 25

    def __post_init__(self) -> None:
        of_choices(self)
        between("steps", self.steps, 2, 10_000)
        if self.sweep == "scale" and (self.low, self.high) != (0, 0):
            between("low", self.low, 0.01, 100)
            between("high", self.high, 0.01, 100)

    @property
    def amounts(self) -> np.ndarray:
        """(steps,) array; factors are spread so that each is the same multiple of the one before."""
        low, high = (self.low, self.high) if (self.low, self.high) != (0, 0) else SWEEPS[self.sweep]
        spread = np.geomspace if self.sweep == "scale" else np.linspace
        return np.asarray(spread(low, high, self.steps))


def moved(
    picture: np.ndarray,
    shift: tuple[float, float] = (0, 0),
    scale: float = 1,
    rotate: float = 0,
    border: float = 0,
) -> np.ndarray:
    """Shift, scale and turn a picture of any numbers about its centre, by bilinear interpolation.

    Parameters
    ----------
    picture : (C, H, W) float array
    shift : (float, float)
        To the right in widths, downwards in heights.
    scale : float
        Factor on its size.
    rotate : float
        Degrees, counter-clockwise.
    border : float
        What comes in from outside.

    Returns
    -------
    (C, H, W) float32 array
    """
    height, width = picture.shape[1:]
    matrix = origins((width, height), shift, scale, rotate)
    # What comes in is what comes out where zero is the border.
    maps = [Image.fromarray(np.ascontiguousarray(one, np.float32) - np.float32(border)) for one in picture]
    made = [
        one.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=0)
        for one in maps
    ]
    return np.stack([np.asarray(one) + np.float32(border) for one in made])


def _changed(fed: np.ndarray, axes: str, sweep: str, amount: float) -> np.ndarray:
    """A picture with axes in any order; what comes in from outside is its least number."""
    upright = np.moveaxis(fed, (axes.index("H"), axes.index("W")), (-2, -1))
    maps = upright.reshape(-1, *upright.shape[-2:])
    shift = {"shift_x": (amount, 0.0), "shift_y": (0.0, amount)}.get(sweep, (0.0, 0.0))
    made = moved(
        maps,
        shift,
        amount if sweep == "scale" else 1.0,
        amount if sweep == "rotation" else 0.0,
        float(fed.min()),
    )
    back = np.moveaxis(made.reshape(upright.shape), (-2, -1), (axes.index("H"), axes.index("W")))
    return np.ascontiguousarray(back, fed.dtype)


def probability(target: Target, output: np.ndarray) -> float:
    """What the network gives the target's class, as a probability; NaN where there is none."""
    scores = output.reshape(-1)
    for guess in top_k(scores, k=scores.size).guesses:
        if guess.index == target.index[0]:
            return guess.probability
    return math.nan


def _explain(case: Case, settings: Invariance) -> Found:
    axes, fed = case.picture_axes, case.fed[:1]
    case.require_picture("it cannot be shifted, scaled or turned")
    model = case.runner.model
    if case.layer:
        name, port, _ = case.maps
        stops = [Stop(name, port)]
    else:
        layers = [stop for stop in main_path(model) if stop.name in model.layer_by_name]
        stops = evenly(layers, _LAYERS)
    values = list(
        dict.fromkeys(
            [*(stop.port.value for stop in stops), case.target.value, *filter(None, [case.target.output])]
        )
    )
    amounts = settings.amounts
    whole = {name: array[:1] for name, array in case.runner.predict(case.feeds, values).items()}
    distances = np.zeros((len(stops), len(amounts)))
    scores, probabilities = np.zeros(len(amounts)), np.full(len(amounts), np.nan)
    pictures = np.concatenate([_changed(fed, axes, settings.sweep, amount) for amount in amounts.tolist()])
    together = all(stop.port.axes[:1] in ("N", "") for stop in stops)
    doing = f"Sweeping {settings.sweep}"
    for first, arrays in reruns(case, len(amounts), pictures.__getitem__, values, doing, together):
        found = case.target.of(arrays[case.target.value])
        for place in range(len(found)):
            scores[first + place] = found[place]
            distances[:, first + place] = [
                distance(whole[stop.port.value][0], arrays[stop.port.value][place]) for stop in stops
            ]
            if case.target.output:
                output = arrays[case.target.output][place]
                probabilities[first + place] = probability(case.target, output)
    return Found(
        distances,
        "LT",
        further={
            "layers": np.asarray([stop.name for stop in stops]),
            "amounts": amounts,
            "scores": scores,
            "probabilities": probabilities,
            "pictures": pictures,
        },
        settings=replace(settings, low=float(amounts[0]), high=float(amounts[-1])),
    )


METHOD = Method(
    "invariance",
    "Invariance",
    "How far shifting, scaling or turning the picture moves each layer, and what becomes of the class.",
    _explain,
    Invariance,
    gradient=False,
    picture=True,
)
