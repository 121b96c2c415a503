"""The request for small pictures of all that lies between a network's inputs and a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from explorer3d.compute.picture import index_of
from explorer3d.compute.requests import runner
from explorer3d.compute.shrinking import resample
from explorer3d.compute.statistics import summarise
from explorer3d.graph.lookup import find_layer
from explorer3d.graph.model import Model, Port
from explorer3d.progress import Progress, ignore

MOST = 120
"""Layers that are pictured at most: those nearest to the one asked about."""

_SIDE = 160  # texels of a picture's longer side


@dataclass(frozen=True, eq=False)
class Waypoint:
    """A layer, or a model input, on the way of the data.

    Attributes
    ----------
    name, operator : str
        The operator of an input is ``Input``.
    port : Port
        What it makes.
    shape : tuple of int
    channel : int or None
        Number of the channel pictured: the one that varies most. None: all of it is seen.
    texels : (H, W) uint8 array, or (H, W, 3)
        Colour indices; red, green and blue of a picture that is an input.
    diverging : bool
    """

    name: str
    operator: str
    port: Port
    shape: tuple[int, ...]
    channel: int | None
    texels: np.ndarray
    diverging: bool


@dataclass(frozen=True, eq=False)
class Way:
    """Answer to `FollowWay`.

    Attributes
    ----------
    waypoints : tuple of Waypoint
        In the order of the data; the layer itself comes last.
    left_out : int
        How many layers between are not among them, since there are too many.
    """

    waypoints: tuple[Waypoint, ...]
    left_out: int = 0


@dataclass(frozen=True, eq=False)
class FollowWay:
    """Picture all that a layer's data has passed through.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
    layer : str
    sample : int
        Which sample of a batch is pictured; the first, where there are fewer.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    layer: str
    sample: int = 0

    def __call__(self, progress: Progress = ignore) -> Way:
        running = runner(self.key)
        model = running.model
        names = _before(model, find_layer(model, self.layer).name)
        between = [layer for layer in model.layers if layer.name in names and layer.runnable]
        stages = [(port.value, "Input", port) for port in model.inputs if port.value in names]
        kept = between[-MOST:]
        stages += [
            (layer.name, layer.op, port)
            for layer in kept
            if (port := next((port for port in layer.outputs if port.readable), None)) is not None
        ]
        told = {port.value: (name, operator, port) for name, operator, port in stages}
        found: dict[str, Waypoint] = {}
        for values in running.passes(list(told)):
            arrays = dict(running.attempt(self.feeds, values, progress).arrays)
            for value in list(arrays):
                progress(len(found) / len(told), "Picturing what lies between")
                array = arrays.pop(value)
                if array.size and array.dtype.kind in "fiub":
                    found[value] = _pictured(*told[value], array, self.sample)
        ordered = tuple(found[port.value] for _, _, port in stages if port.value in found)
        return Way(ordered, len(between) - len(kept))


def _before(model: Model, layer: str) -> set[str]:
    """Names of the layers and inputs that a layer depends on, and its own."""
    found, waiting = {layer}, [layer]
    while waiting:
        one = model.layer_by_name.get(waiting.pop())
        for port in one.inputs if one is not None else ():
            source = port.source or port.value
            if source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _pictured(name: str, operator: str, port: Port, array: np.ndarray, sample: int) -> Waypoint:
    shape = array.shape
    letters = port.axes if len(port.axes) == array.ndim else ""
    if "N" in letters:
        at = letters.index("N")
        array, letters = np.take(array, sample if sample < shape[at] else 0, at), letters.replace("N", "")
    channel: int | None = None
    array = np.asarray(array, np.float32)
    if "C" in letters and {"H", "W"} <= set(letters):
        maps = np.moveaxis(array, [letters.index(one) for one in "CHW"], (0, 1, 2))
        slices = maps.reshape(*maps.shape[:3], -1)
        # Of a volume the middle, as everywhere.
        maps = slices[..., slices.shape[-1] // 2]
        if operator == "Input" and len(maps) == 3:
            low, high = float(maps.min()), float(maps.max())
            scaled = (_small(maps) - low) / ((high - low) or 1.0)
            colours = np.clip(np.rint(255 * scaled), 0, 255).astype(np.uint8)
            return Waypoint(name, operator, port, shape, None, np.moveaxis(colours, 0, -1), False)
        channel = int(np.nan_to_num(maps.reshape(len(maps), -1).std(axis=1)).argmax())
        plane = maps[channel]
    else:
        plane = _plane(array)
    small = _small(plane[None])[0]
    found = summarise(small)
    return Waypoint(name, operator, port, shape, channel, index_of(small, found.limits), found.diverging)


def _plane(array: np.ndarray) -> np.ndarray:
    """Anything as one map: matrices as they are, of more axes the first matrix, vectors folded."""
    while array.ndim > 2:
        array = array[0]
    if array.ndim == 2 and min(array.shape) > 1:
        return array
    numbers = array.reshape(-1)
    across = max(int(np.ceil(np.sqrt(len(numbers)))), 1)
    filled = np.zeros(-(-len(numbers) // across) * across, np.float32)
    filled[: len(numbers)] = numbers
    return filled.reshape(-1, across)


def _small(maps: np.ndarray) -> np.ndarray:
    height, width = maps.shape[1:]
    factor = max(height, width) / _SIDE
    if factor <= 1:
        return maps
    return resample(maps, max(round(height / factor), 1), max(round(width / factor), 1))
