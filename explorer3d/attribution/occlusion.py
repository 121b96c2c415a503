"""Occlusion sensitivity: how the score falls when a part of the picture is hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer3d.attribution.maps import maps_first
from explorer3d.attribution.method import Case, Found, Method
from explorer3d.attribution.reruns import reruns
from explorer3d.attribution.settings import automatic, between
from explorer3d.errors import RequestError

_MOST = 20_000


@dataclass(frozen=True)
class Occlusion:
    """How the patch slides.

    Attributes
    ----------
    patch : int
        Side of the square, in pixels; 0: an eighth of the picture's shorter side.
    stride : int
        Pixels from one place to the next; 0: half a patch.
    value : float
        What is in it, in the numbers that the network is fed.
    """

    patch: int = automatic(0, "an eighth of the picture")
    stride: int = automatic(0, "half a patch")
    value: float = 0.0

    def __post_init__(self) -> None:
        between("patch", self.patch, 0, 10_000)
        between("stride", self.stride, 0, 10_000)


def starts(size: int, patch: int, stride: int) -> list[int]:
    """Where patches begin along an axis so that the last reaches its end; it may go beyond it."""
    return list(range(0, max(size - patch, 0) + stride, stride))


def occlusion(
    scores: Callable[[np.ndarray], np.ndarray], picture: np.ndarray, patch: int, stride: int, value: float
) -> np.ndarray:
    """Hide one part of a picture after another, and see how much the score falls (occlusion sensitivity).

    Parameters
    ----------
    scores : callable
        (N, C, H, W) array of pictures → (N,) array of scores.
    picture : (C, H, W) array
    patch : int
        Side of the hidden square, in pixels. At the border what is left of it is hidden.
    stride : int
        Pixels from one place to the next.
    value : float
        What is put in its place.

    Returns
    -------
    (rows, columns) float array
        Score of the picture less that with the patch at this place: positive where hiding it does harm.

    References
    ----------
    https://arxiv.org/abs/1311.2901, section 4.2
    """
    rows, columns = (starts(size, patch, stride) for size in picture.shape[1:])
    places = [(row, column) for row in rows for column in columns]
    hidden = _hidden(picture[None], "NCHW", places, patch, value)
    whole = scores(picture[None])[0]
    return np.asarray([whole - scores(one[None])[0] for one in hidden]).reshape(len(rows), len(columns))


def _hidden(
    picture: np.ndarray, axes: str, places: Sequence[tuple[int, int] | None], patch: int, value: float
) -> np.ndarray:
    """(n, …) array: a picture once for each place, where a patch hides it; None: nothing does."""
    hidden = np.repeat(picture, len(places), axis=axes.index("N"))
    upright = np.moveaxis(hidden, [axes.index(letter) for letter in "NHW"], (0, 1, 2))
    for one, place in zip(upright, places, strict=True):
        if place is not None:
            one[place[0] : place[0] + patch, place[1] : place[1] + patch] = value
    return hidden


def _explain(case: Case, settings: Occlusion) -> Found:
    axes, fed = case.picture_axes, case.fed[:1]
    sizes = dict(zip(axes, fed.shape, strict=True))
    case.require_picture("no part of it can be hidden")
    patch = settings.patch or max(min(sizes["H"], sizes["W"]) // 8, 1)
    stride = settings.stride or max(patch // 2, 1)
    rows, columns = starts(sizes["H"], patch, stride), starts(sizes["W"], patch, stride)
    count = len(rows) * len(columns)
    if count > _MOST:
        raise RequestError(
            f"A patch of {patch} pixels at every {stride}. pixel stands at {count:,} places. "
            "Take a larger stride."
        )
    looked_at = case.any_maps
    values = list(
        dict.fromkeys(filter(None, [case.target.value, looked_at and looked_at[1].value, case.target.output]))
    )

    patches = [None, *((row, column) for row in rows for column in columns)]

    def variants(numbers: slice) -> np.ndarray:
        return _hidden(fed, axes, patches[numbers], patch, settings.value)

    scores, sums, classes = np.zeros(count + 1), np.zeros(count + 1), np.full(count + 1, -1)
    strongest = -1
    together = looked_at is None or looked_at[2][0] == "N"
    for first, arrays in reruns(case, count + 1, variants, values, "Hiding parts", together):
        found = case.target.of(arrays[case.target.value])
        here = slice(first, first + len(found))
        scores[here] = found
        if looked_at is not None:
            maps = _maps(arrays[looked_at[1].value], looked_at[2])
            if first == 0:
                strongest = int(np.argmax(_sums(maps[0])))
            sums[here] = _sums(maps[:, strongest])
        if case.target.output:
            classes[here] = arrays[case.target.output].reshape(len(found), -1).argmax(axis=1)
    shape = len(rows), len(columns)
    further = {
        "scores": scores[1:].reshape(shape),
        "rows": np.asarray(rows),
        "columns": np.asarray(columns),
    }
    if case.target.output:
        further["most_probable"] = classes[1:].reshape(shape)
    if looked_at is not None:
        further["strongest_map"] = sums[1:].reshape(shape)
        further["strongest_map_whole"] = np.asarray(sums[0])
    return Found(
        (scores[0] - scores[1:]).reshape(shape),
        "HW",
        further=further,
        note=f"strongest map: {strongest} of {looked_at[0]}" if looked_at is not None else "",
        settings=replace(settings, patch=patch, stride=stride),
    )


def _maps(array: np.ndarray, axes: str) -> np.ndarray:
    """(N, C, …) array: the maps of each picture."""
    return np.moveaxis(array, axes.index("C"), 1) if axes[0] == "N" else maps_first(array, axes)[None]


def _sums(arrays: np.ndarray) -> np.ndarray:
    """(n,) float64 array: the sum of each."""
    return np.asarray(arrays.sum(axis=tuple(range(1, arrays.ndim)), dtype=np.float64))


METHOD = Method(
    "occlusion",
    "Occlusion",
    "How much the score falls when a patch hides a part of the picture.",
    _explain,
    Occlusion,
    gradient=False,
    picture=True,
)
