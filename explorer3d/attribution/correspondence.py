"""Correspondence: whether hiding the same part in several pictures changes a layer in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from explorer3d.attribution.parts import Box, Parts, check_box
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.main_path import main_path
from explorer3d.graph.model import Model, Port
from explorer3d.inputs import image_axes
from explorer3d.progress import Progress, ignore

RANDOM = "random parts"
"""What the others are compared with: of the same sizes, anywhere in the pictures."""

_KEPT = 1 << 28
"""Bytes of what layers give for whole pictures: beyond that they are run anew for each part."""

_COMPARED = 1 << 31
"""Bytes of signs that are compared at once, a byte for each element of a layer and picture."""

Feeds = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Consistency:
    """How alike layers change when the same part of several pictures is hidden.

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
    apart = _distances([np.sign(change) for change in changes])
    return float(np.mean(apart)), float(np.std(apart))


def correspondence(
    runner: Runner,
    feeds: Sequence[Feeds],
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
    layers, value, progress
        As in `compare_parts`.

    Raises
    ------
    RequestError
        There are fewer than two pictures, or a part is none.
    """
    if len(feeds) != len(parts):
        raise RequestError("To compare pictures there has to be a part to hide in each.")
    named = {"part": dict(enumerate(parts))}
    return compare_parts(runner, feeds.__getitem__, named, layers, value, 0, progress=progress)["part"]


def compare_parts(
    runner: Runner,
    feeds: Callable[[int], Feeds],
    parts: Parts,
    layers: Sequence[str] = (),
    value: float = 0.0,
    draws: int = 10,
    seed: int = 0,
    progress: Progress = ignore,
    follow: Callable[[Mapping[str, Consistency]], object] = lambda found: None,
) -> dict[str, Consistency]:
    """Hide parts of pictures, given ones and ones at random, and compare what each changes in each layer.

    Parameters
    ----------
    runner : Runner
    feeds : callable
        Number of a picture → the model's inputs with their batch axis.
    parts : mapping of str to mapping of int to box
        By name of a part and number of a picture, where it is; each in two pictures or more.
    layers : sequence of str
        By default all on the way of the pictures, and those behind it.
    value : float
        What is put in the part's place, in the numbers that the network is fed.
    draws : int
        How often parts are hidden at random places, of the sizes of those given; 0: never.
    seed : int
        Of these places.
    progress : Progress
    follow : callable
        Takes what is known after each part, on the same thread.

    Returns
    -------
    dict of str to Consistency
        By name of a part; parts at random places under `RANDOM`.

    Raises
    ------
    RequestError
        A part is in fewer than two pictures, in too many, or called `RANDOM`, there is no such layer, or the
        network takes no pictures.

    References
    ----------
    https://arxiv.org/abs/1311.2901, table 1
    """
    for name, boxes in parts.items():
        if len(boxes) < 2:
            raise RequestError(f"To compare '{name}' it has to be marked in two or more pictures.")
        for box in boxes.values():
            check_box(box)
    if not parts:
        raise RequestError("There is no part to hide. Mark the same one in two or more pictures.")
    if RANDOM in parts:
        raise RequestError(f"No part can be called '{RANDOM}': so are those it is compared with. Rename it.")
    hiding = _Hiding(runner, feeds, stops(runner.model, layers), value)
    lot = np.random.default_rng(seed)
    # Name, and what is hidden at once in all pictures.
    rounds = [*parts.items()]
    given = list(parts.values())
    for draw in range(draws):
        boxes = {number: _moved(box, lot) for number, box in given[draw % len(given)].items()}
        rounds.append((RANDOM, boxes))
    total, done = sum(len(boxes) for _, boxes in rounds), 0
    apart: dict[str, list[np.ndarray]] = {}
    found: dict[str, Consistency] = {}
    for name, boxes in rounds:
        changes: list[list[np.ndarray]] = [[] for _ in hiding.stops]
        for number, box in boxes.items():
            progress(done / total, f"Hiding a part of a picture: {done + 1:,} of {total:,}")
            moved = hiding.signs(number, box)
            if len(boxes) * sum(signs.nbytes for signs in moved) > _COMPARED:
                raise RequestError(
                    f"'{name}' is marked in {len(boxes):,} pictures: what all layers make of so many does "
                    "not fit into memory. Choose one layer, or mark fewer pictures."
                )
            for kept, signs in zip(changes, moved, strict=True):
                kept.append(signs)
            done += 1
        apart.setdefault(name, []).append(np.stack([_distances(kept) for kept in changes]))
        pairs = np.concatenate(apart[name], axis=1)
        found[name] = Consistency(tuple(hiding.stops), pairs.mean(axis=1), pairs.std(axis=1))
        follow(dict(found))
    return found


def stops(model: Model, layers: Sequence[str] = ()) -> dict[str, str]:
    """Layers that can be compared, and the values they give.

    Raises
    ------
    RequestError
        One of those wanted is none of them.
    """
    way = [stop for stop in main_path(model) if stop.name in model.layer_by_name]
    names = [layer.name for layer in model.layers]
    last = names.index(way[-1].name) if way else -1
    found = {stop.name: stop.port.value for stop in way}
    for layer in model.layers[last + 1 :]:
        port = next(
            (port for port in layer.outputs if port.readable and port.dtype.startswith("float")), None
        )
        if port is not None and layer.runnable:
            found[layer.name] = port.value
    missing = [name for name in layers if name not in found]
    if missing:
        raise RequestError(f"'{missing[0]}' is no layer on the way of the picture.")
    return {name: found[name] for name in layers} if layers else found


class _Hiding:
    """Finds in which direction each element of some layers moves when a part of a picture is hidden."""

    def __init__(
        self, runner: Runner, feeds: Callable[[int], Feeds], stops: Mapping[str, str], value: float
    ) -> None:
        self.stops = stops
        self._runner, self._feeds, self._value = runner, feeds, value
        self._values = list(stops.values())
        self._kept: dict[int, Mapping[str, np.ndarray]] = {}
        self._room = _KEPT
        port = next((port for port in runner.model.inputs if {"H", "W"} <= set(_axes(port))), None)
        if port is None:
            raise RequestError(f"{runner.model.path.name} takes no picture, so that no part can be hidden.")
        self._port = port

    def signs(self, number: int, part: Box) -> list[np.ndarray]:
        """Signs take a quarter of the numbers."""
        fed, name = self._feeds(number), self._port.value
        covered = {**fed, name: _without(np.asarray(fed[name]), _axes(self._port), part, self._value)}
        whole, less = self._whole(number, fed), self._runner.predict(covered, self._values)
        if any(whole[one].shape != less[one].shape for one in self._values):
            raise RequestError(
                "The sizes of layers depend on what is in the picture: nothing can be compared."
            )
        return [np.sign(whole[one] - less[one]).astype(np.int8) for one in self._values]

    def _whole(self, number: int, fed: Feeds) -> Mapping[str, np.ndarray]:
        found = self._kept.get(number)
        if found is None:
            found = self._runner.predict(fed, self._values)
            size = sum(array.nbytes for array in found.values())
            if size <= self._room:
                self._room -= size
                self._kept[number] = found
        return found


def _distances(signs: Sequence[np.ndarray]) -> np.ndarray:
    """Of each pair, the share of elements with different signs."""
    if len({one.shape for one in signs}) > 1:
        raise RequestError("The pictures have to be of one size to be compared.")
    return np.asarray([np.mean(one != other) for one, other in combinations(signs, 2)])


def _moved(box: Box, lot: np.random.Generator) -> Box:
    """A box of the same size anywhere in the picture."""
    wide, high = box[2] - box[0], box[3] - box[1]
    left, top = (1 - wide) * lot.random(), (1 - high) * lot.random()
    return left, top, min(left + wide, 1.0), min(top + high, 1.0)


def _axes(port: Port) -> str:
    return image_axes(port) or port.axes


def _without(picture: np.ndarray, axes: str, part: Box, value: float) -> np.ndarray:
    left, top, right, bottom = part
    height, width = (picture.shape[axes.index(letter)] for letter in "HW")
    ends = {"H": _pixels(top, bottom, height), "W": _pixels(left, right, width)}
    covered = picture.copy()
    covered[tuple(ends.get(letter, slice(None)) for letter in axes)] = value
    return covered


def _pixels(begin: float, end: float, size: int) -> slice:
    """At least one: where nothing is hidden, all pictures would be taken for the same."""
    first = min(round(begin * size), size - 1)
    return slice(first, max(round(end * size), first + 1))
