"""The request for a small picture of what each layer of a model gives, and for its answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from explorer3d.compute.answers import Answers, answers, endings
from explorer3d.compute.picture import EMPTY, grid_columns, index_of, picture_of
from explorer3d.compute.requests import runner
from explorer3d.compute.shrinking import resample
from explorer3d.compute.slices import weight_axes
from explorer3d.compute.statistics import summarise
from explorer3d.graph.model import Model, Port
from explorer3d.progress import Progress, ignore

FACE_SIDE = 144
FACE_MAPS = 49
FACE_TEXELS = 32_000_000
SMALLEST_FACE = 32


@dataclass(frozen=True, eq=False)
class Face:
    """Mosaic of a tensor's maps.

    Attributes
    ----------
    texels : (side, side) uint8 array, or (side, side, 3)
        Colour indices or RGB.
    diverging : bool
    shape : tuple of int
        Of the tensor.
    """

    texels: np.ndarray
    diverging: bool
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Faces:
    """Answer to `ShowFaces`.

    Attributes
    ----------
    faces : mapping of str to Face
        By layer or model input.
    answers : Answers
        Of the same run.
    fault : str or None
        Why some layers have none.
    seconds : float
        That it took.
    """

    faces: Mapping[str, Face]
    answers: Answers = field(default_factory=Answers)
    fault: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class ShowFaces:
    """Run the whole model and make a small mosaic of every layer's output.

    Attributes
    ----------
    key : str
    feeds : mapping of str to array
    """

    key: str
    feeds: Mapping[str, np.ndarray]

    def __call__(self, progress: Progress = ignore) -> Faces:
        began = time.perf_counter()
        running = runner(self.key)
        model = running.model
        side = _face_side(len(model.layers))
        faces = {
            port.value: face_of(array, port.axes, is_picture=True, side=side)
            for port in model.inputs
            if port.value in self.feeds and _drawable(array := np.asarray(self.feeds[port.value]))
        }
        # That a file of weights only does not run is said of the file, not of each layer.
        stopped = (layer for layer in model.layers if not (layer.runnable or layer.weights_only))
        fault = next((layer.reason for layer in stopped), None)
        makers: dict[str, tuple[str, Port]] = {}
        for layer in model.layers:
            port = next((port for port in layer.outputs if port.readable), None)
            if layer.runnable and port is not None:
                makers[port.value] = layer.name, port
        if not makers:
            faces.update(_weight_faces(model, side))
        ends = endings(model)
        said: dict[str, np.ndarray] = {}
        done = 0
        # Pass by pass, so that a network whose activations exceed the memory shows its faces too.
        for names in running.passes(list(dict.fromkeys([*makers, *ends]))):
            attempt = running.attempt(self.feeds, names, progress)
            fault = fault or attempt.fault
            arrays = dict(attempt.arrays)
            # Or they would be held while the next ones are made, over and above the budget.
            del attempt
            for name in list(arrays):
                array = arrays.pop(name)
                progress(done / (len(makers) + len(ends)), "Drawing feature maps")
                done += 1
                if name in makers and _drawable(array):
                    layer_name, port = makers[name]
                    faces[layer_name] = face_of(array, port.axes, side=side)
                if name in ends:
                    said[name] = array
        return Faces(faces, answers(said, ends), fault, time.perf_counter() - began)


def _face_side(layers: int) -> int:
    """Side of a face in texels; smaller where the faces of very many layers would fill the memory."""
    return max(SMALLEST_FACE, min(FACE_SIDE, int((FACE_TEXELS / max(layers, 1)) ** 0.5)))


def _drawable(array: np.ndarray) -> bool:
    return array.size > 0 and array.dtype.kind in "fiub"


def _weight_faces(model: Model, side: int) -> dict[str, Face]:
    """Where nothing runs, a layer is known by its first weight."""
    first = {layer.name: layer.weights[0] for layer in model.layers if layer.weights}
    faces = {}
    for name, weight in first.items():
        array = weight.numpy()
        if _drawable(array):
            axes = weight.axes or weight_axes(array.shape)
            faces[name] = face_of(array, axes, side=side)
    return faces


def face_of(array: np.ndarray, axes: str, is_picture: bool = False, side: int = FACE_SIDE) -> Face:
    """Small square mosaic of a tensor's first maps.

    Parameters
    ----------
    array : array
        With its batch axis.
    axes : str
        As in `Port.axes`.
    is_picture : bool
        Three channels are red, green and blue.
    side : int
        In texels.
    """
    statistics = summarise(array)
    picture = picture_of(array, axes, statistics, is_picture)
    if picture.kind == "text":
        # A number alone is a plain square of its colour.
        index = index_of(array.reshape(-1)[0], statistics.limits) if array.size else EMPTY
        return Face(np.full((side, side), index, np.uint8), statistics.diverging, array.shape)
    texels, count = picture.texels, min(picture.count, FACE_MAPS if picture.kind != "vector" else 1024)
    if picture.kind == "colour":
        scaled = resample(texels.transpose(2, 0, 1), side, side)
        return Face(np.asarray(scaled.transpose(1, 2, 0) + 0.5, np.uint8), False, array.shape)
    cells = picture.cells()[:count]
    columns = grid_columns(count)
    rows = -(-count // columns)
    height, width = side // rows, side // columns
    gap = 1 if min(height, width) > 1 < count else 0
    face = np.full((side, side), EMPTY, np.uint8)
    tiles = np.stack([texels[top:bottom, left:right] for left, top, right, bottom in cells])
    scaled = np.rint(resample(tiles, height - gap, width - gap)).astype(np.uint8)
    for place, tile in enumerate(scaled):
        row, column = divmod(place, columns)
        face[row * height : row * height + height - gap, column * width : column * width + width - gap] = tile
    texels = face[: rows * height - gap, : columns * width - gap]
    return Face(texels, statistics.diverging, array.shape)
