"""Correspondence: whether hiding the same part in several pictures changes a layer in the same way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.main_path import main_path
from explorer3d.graph.model import Port
from explorer3d.inputs import image_axes
from explorer3d.progress import Progress, ignore

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Consistency:
    """Result of `correspondence`.

    Attributes
    ----------
    layers : tuple of str
    mean, spread : (L,) float array
        Over all pairs of pictures: mean and standard deviation of the share of a layer's elements that hiding
        the part moves in different directions. The lower, the more the layer takes the parts for the same.
    """

    layers: tuple[str, ...]
    mean: np.ndarray
    spread: np.ndarray


def consistency(changes: Sequence[np.ndarray]) -> tuple[float, float]:
    """Compare the directions in which several pictures' features move (ZFNet's correspondence score).

    Parameters
    ----------
    changes : sequence of arrays
        Of each picture: a layer's features less those with the part hidden, all of one shape.

    Returns
    -------
    mean, spread : float
        Of the Hamming distance of the signs, as a share of the elements, over all pairs.

    References
    ----------
    https://arxiv.org/abs/1311.2901, section 4.3
    """
    signs = [np.sign(change) for change in changes]
    apart = [float(np.mean(one != other)) for one, other in combinations(signs, 2)]
    return float(np.mean(apart)), float(np.std(apart))


def correspondence(
    runner: Runner,
    feeds: Sequence[Mapping[str, np.ndarray]],
    parts: Sequence[Box],
    layers: Sequence[str] = (),
    value: float = 0.0,
    progress: Progress = ignore,
) -> Consistency:
    """Hide a part of several pictures, and compare what that changes in each layer.

    Parameters
    ----------
    runner : Runner
    feeds : sequence of mapping of str to array
        For each picture the model's inputs with their batch axis.
    parts : sequence of (float, float, float, float)
        For each picture left, top, right and bottom of what is hidden, in widths and heights.
    layers : sequence of str
        By default all on the way of the pictures.
    value : float
        What is put in the part's place, in the numbers that the network is fed.
    progress : Progress

    Raises
    ------
    RequestError
        There are fewer than two pictures, or a part is none.
    """
    if len(feeds) < 2 or len(feeds) != len(parts):
        raise RequestError("To compare pictures there have to be two or more, with a part to hide in each.")
    port = next((port for port in runner.model.inputs if {"H", "W"} <= set(_axes(port))), None)
    if port is None:
        raise RequestError(f"{runner.model.path.name} takes no picture, so that no part can be hidden.")
    stops = [stop for stop in main_path(runner.model) if stop.name in runner.model.layer_by_name]
    if layers:
        known = {stop.name: stop for stop in stops}
        missing = [name for name in layers if name not in known]
        if missing:
            raise RequestError(f"'{missing[0]}' is no layer that gives maps of the picture.")
        stops = [known[name] for name in layers]
    values = [stop.port.value for stop in stops]
    # Signs take an eighth of the numbers.
    changes: list[list[np.ndarray]] = [[] for _ in stops]
    for number, (fed, part) in enumerate(zip(feeds, parts, strict=True)):
        progress(number / len(feeds), f"Hiding a part of picture {number + 1} of {len(feeds)}")
        picture = np.asarray(fed[port.value])
        covered = {**fed, port.value: _without(picture, _axes(port), part, value)}
        whole, less = runner.predict(fed, values), runner.predict(covered, values)
        for kept, name in zip(changes, values, strict=True):
            kept.append(np.sign(whole[name] - less[name]).astype(np.int8))
    scores = np.asarray([consistency(kept) for kept in changes]).reshape(-1, 2)
    return Consistency(tuple(stop.name for stop in stops), scores[:, 0], scores[:, 1])


def _axes(port: Port) -> str:
    return image_axes(port) or port.axes


def _without(picture: np.ndarray, axes: str, part: Box, value: float) -> np.ndarray:
    left, top, right, bottom = part
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise RequestError("The part to hide is its left, top, right and bottom, within 0 … 1.")
    height, width = (picture.shape[axes.index(letter)] for letter in "HW")
    ends = {
        "H": slice(round(top * height), round(bottom * height)),
        "W": slice(round(left * width), round(right * width)),
    }
    covered = picture.copy()
    covered[tuple(ends.get(letter, slice(None)) for letter in axes)] = value
    return covered
