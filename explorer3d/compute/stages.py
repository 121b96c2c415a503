"""The request for one picture of each stage of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeVar

import numpy as np

from explorer3d.compute.requests import runner
from explorer3d.compute.shrinking import resample
from explorer3d.compute.statistics import summarise
from explorer3d.graph.main_path import Stop, evenly, main_path
from explorer3d.graph.model import Model
from explorer3d.graph.tokens import Tokens
from explorer3d.progress import Progress, ignore

MOST_STAGES = 200
_LARGEST_SIDE = 512
_PLACES = 4096
"""Numbers of a map by which it is compared with the others."""
_TEXELS = 1 << 25
"""Numbers that all pictures may hold together."""

Wanted = tuple[int, int, int]
_One = TypeVar("_One")


@dataclass(frozen=True, eq=False)
class Stage:
    """What one layer makes of the picture.

    Attributes
    ----------
    layer : str
        Or the model input.
    maps, height, width : int
        Of the layer's output.
    channels : tuple of int
        Those drawn: one, or three as red, green and blue; none where all are taken together.
    picture : (H, W) or (H, W, 3) float32 array
        Smaller than the output if that is very large.
    limits : (float, float)
        Colour range of this picture alone, as in `Statistics`.
    extent : (float, float)
        Smallest and largest finite number of what is drawn.
    is_input : bool
        A model input: shown as a photograph, not in the colours of activations.
    clipped : bool
        There are fewer maps than were asked for, and the last stands in.
    patches : bool
        Height and width are those of the patches of a picture, the maps their features.
    depth : int
        Slices that a map has, as in a volume: the middle one is drawn. 1 in a picture.
    """

    layer: str
    maps: int
    height: int
    width: int
    channels: tuple[int, ...]
    picture: np.ndarray
    limits: tuple[float, float]
    extent: tuple[float, float]
    is_input: bool = False
    clipped: bool = False
    patches: bool = False
    depth: int = 1


@dataclass(frozen=True, eq=False)
class Stages:
    """Answer to `ShowStages`.

    Attributes
    ----------
    stages : tuple of Stage
        From the input on.
    left_out : int
        How many there are besides: of very many, evenly spread ones are shown.
    fault : str or None
        Why some are missing.
    """

    stages: tuple[Stage, ...]
    left_out: int = 0
    fault: str | None = None


@dataclass(frozen=True, eq=False)
class ShowStages:
    """Run a picture through a network, and keep one picture of what each layer on its way makes of it.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
        Model inputs with their batch axis.
    end : str or None
        The layer up to which to go; None: as far as there are maps.
    by : str
        Key of `CHOICES`, or `NORM`.
    wanted : (int, int, int)
        Numbers of the maps, for those choices that need them.
    operators : frozenset of str or None
        Show only layers of these operators; None: of all.
    resized_only : bool
        Show only layers after which the maps have another height or width.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    end: str | None = None
    by: str = "varied"
    wanted: Wanted = (0, 1, 2)
    operators: frozenset[str] | None = None
    resized_only: bool = False

    def __call__(self, progress: Progress = ignore) -> Stages:
        running = runner(self.key)
        stops = self._stops(running.model)
        kept = evenly(stops, MOST_STAGES)
        side = min(_LARGEST_SIDE, int((_TEXELS / 3 / max(len(kept), 1)) ** 0.5))
        by_value = {stop.port.value: stop for stop in kept}
        inputs = {port.value for port in running.model.inputs}
        found: list[Stage] = []
        fault: str | None = None
        # Pass by pass, so that what is not drawn is let go of before more is made.
        for names in running.passes(list(by_value)):
            attempt = running.attempt(self.feeds, names, progress)
            fault = fault or attempt.fault
            arrays = dict(attempt.arrays)
            del attempt
            for name in names:
                array = arrays.pop(name, None)
                stop = by_value[name]
                maps = None if array is None else _maps(np.asarray(array), stop)
                if array is not None and maps is not None:
                    progress(len(found) / len(kept), f"Drawing {stop.name}")
                    found.append(self._stage(stop, maps, _depth(stop, array), name in inputs, side))
        if self.resized_only:
            # What the model leaves open is known only now.
            found = _where_changing(found, [(stage.height, stage.width) for stage in found])
        return Stages(tuple(found), len(stops) - len(kept), fault)

    def _stops(self, model: Model) -> list[Stop]:
        stops = list(main_path(model, self.end, patches=True))
        if self.operators is not None:
            layers = model.layer_by_name
            stops = [
                stop
                for stop in stops
                if stop.name not in layers or layers[stop.name].op in self.operators or stop.name == self.end
            ]
        return _where_changing(stops, [stop.size for stop in stops]) if self.resized_only else stops

    def _stage(self, stop: Stop, maps: np.ndarray, depth: int, is_input: bool, side: int) -> Stage:
        count, height, width = maps.shape
        if is_input:
            channels: tuple[int, ...] = (0, 1, 2) if count == 3 else (0,)
            clipped = False
        elif self.by == NORM:
            channels, clipped = (), False
        else:
            channels = CHOICES[self.by](maps, self.wanted)
            clipped = self.by in NUMBERED and channels != self.wanted[: len(channels)]
        shrink = max(height / side, width / side, 1.0)
        # Numbers of half precision would not hold their squares.
        kept = maps[list(channels)] if channels else np.linalg.norm(maps.astype(np.float64), axis=0)[None]
        picture = np.asarray(kept, np.float32)
        finite = picture[np.isfinite(picture)]
        extent = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        if shrink > 1:
            picture = resample(picture, max(round(height / shrink), 1), max(round(width / shrink), 1))
        limits = summarise(picture).limits
        drawn = picture[0] if len(picture) == 1 else picture.transpose(1, 2, 0)
        patches = stop.tokens is not None
        return Stage(
            stop.name,
            count,
            height,
            width,
            channels,
            drawn,
            limits,
            extent,
            is_input,
            clipped,
            patches,
            depth,
        )


def _maps(array: np.ndarray, stop: Stop) -> np.ndarray | None:
    return maps_of(array, stop.port.axes) if stop.tokens is None else patches_of(array, stop.tokens)


def _depth(stop: Stop, array: np.ndarray) -> int:
    """How many slices there are of each map."""
    if stop.tokens is not None:
        return 1
    return prod(
        size for letter, size in zip(stop.port.axes, array.shape, strict=True) if letter not in "NCHW"
    )


def patches_of(array: np.ndarray, tokens: Tokens) -> np.ndarray | None:
    """(F, H, W) array: each feature as a map of the patches; None if there are others than expected.

    Parameters
    ----------
    array : (N, T, F) or (N, F, T) array
        Of the batch the first is taken.
    tokens : Tokens
    """
    count = tokens.before + tokens.rows * tokens.columns
    if array.ndim != 3 or array.shape[tokens.axis] != count or array.dtype.kind not in "fiub":
        return None
    features = np.asarray(np.moveaxis(array[0], tokens.axis - 1, 1)[:, tokens.before :])
    return features.reshape(len(features), tokens.rows, tokens.columns)


def maps_of(array: np.ndarray, axes: str) -> np.ndarray | None:
    """(C, H, W) array: the maps of the first of a batch, in the middle of any other axis.

    None if there are none.
    """
    if array.ndim != len(axes) or array.dtype.kind not in "fiub":
        return None
    places = tuple(
        slice(None) if letter in "CHW" else 0 if letter == "N" else size // 2
        for letter, size in zip(axes, array.shape, strict=True)
    )
    if not array.size:
        return None
    letters = [letter for letter in axes if letter in "CHW"]
    maps = array[places]
    if "C" not in letters:
        maps, letters = maps[None], ["C", *letters]
    maps = maps.transpose([letters.index(letter) for letter in "CHW"])
    return maps if min(maps.shape[1:]) > 1 else None


def common_limits(stages: Sequence[Stage]) -> tuple[float, float]:
    """One colour range for all pictures but those that go in; symmetric where zero is in the middle.

    A quarter of them may go beyond it: beside a single one that goes very far, the others would be nothing.
    """
    ranges = [stage.limits for stage in stages if not stage.is_input]
    if not ranges:
        return 0.0, 1.0
    lows, highs = zip(*ranges, strict=True)
    low, high = float(np.quantile(lows, 0.25)), float(np.quantile(highs, 0.75))
    if low < 0 < high:
        largest = max(-low, high)
        return -largest, largest
    return low, high


def _strongest(maps: np.ndarray, wanted: Wanted) -> tuple[int, ...]:
    """The map whose numbers are largest on average, whatever their sign."""
    return _largest(np.abs(_some(maps)).mean(axis=1))


def _varied(maps: np.ndarray, wanted: Wanted) -> tuple[int, ...]:
    """The map that shows most: the one whose numbers differ most."""
    with np.errstate(invalid="ignore", over="ignore"):
        return _largest(_some(maps).std(axis=1))


def _some(maps: np.ndarray) -> np.ndarray:
    """(C, places) float64 array: each map's numbers; of large maps evenly spread ones."""
    step = int(np.ceil((maps[0].size / _PLACES) ** 0.5))
    return maps[:, ::step, ::step].reshape(len(maps), -1).astype(np.float64)


def _largest(values: np.ndarray) -> tuple[int, ...]:
    """What is no number is no reason to be shown."""
    return (int(np.argmax(np.nan_to_num(values, nan=-1.0))),)


def _one(maps: np.ndarray, wanted: Wanted) -> tuple[int, ...]:
    return (min(wanted[0], len(maps) - 1),)


def _three(maps: np.ndarray, wanted: Wanted) -> tuple[int, ...]:
    return tuple(min(number, len(maps) - 1) for number in wanted)


CHOICES: dict[str, Callable[[np.ndarray, Wanted], tuple[int, ...]]] = {
    "varied": _varied,
    "strongest": _strongest,
    "one": _one,
    "three": _three,
}
"""Which maps of a layer, (C, H, W), are drawn, by the name the choice goes by."""


NORM = "norm"
"""All maps taken together: at each place the root of the sum of their squares."""


NUMBERED = {"one": 1, "three": 3}
"""How many numbers of maps a choice needs."""


def _where_changing(found: Sequence[_One], sizes: Sequence[tuple[int | None, ...]]) -> list[_One]:
    """Those whose size is not that of the one before; one that is left open may be any."""
    return [
        one
        for place, one in enumerate(found)
        if place == 0 or None in sizes[place] or sizes[place] != sizes[place - 1]
    ]
