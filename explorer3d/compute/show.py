"""The request for the tensors of one layer, and for pictures of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

import numpy as np

from explorer3d.compute.channels import channel_axis, dead_channels
from explorer3d.compute.made_once import MadeOnce
from explorer3d.compute.picture import MAX_TEXELS, TensorPicture, picture_of
from explorer3d.compute.preview import has_preview, preview
from explorer3d.compute.requests import runner
from explorer3d.compute.slices import weight_axes
from explorer3d.compute.statistics import Statistics, glance, summarise
from explorer3d.graph.model import Layer, Model, Port, Shape
from explorer3d.progress import Progress, ignore

# What the tensors of one layer may take of the graphics memory together.
_LAYER_TEXELS = MAX_TEXELS
_LEAST_TEXELS = 1 << 16
_LARGE = 1 << 18  # elements of an activation from which on to look at all of them holds a click up

# Statistics of a hundred million weights take a second, and a new input does not change them.
_drawn_weights: WeakKeyDictionary[Layer, list[ShownTensor]] = WeakKeyDictionary()

# The same for what layers gave, as long as that is kept.
_looked_at = MadeOnce()


@dataclass(frozen=True, eq=False)
class ShownTensor:
    """One tensor of a layer with all that is drawn and said of it.

    Attributes
    ----------
    role : str
        ``input``, ``weights``, ``bias`` or ``output``; the handle it belongs to.
    name : str
        Weight name, or ``input`` and ``output`` (with a number if there are several).
    title : str
        The same for people.
    shape : tuple of int
        In the author's axis order.
    dtype : str
        As in `Port`.
    array : array
    axes : str
    colour : bool
        How `slices_of` cuts it.
    statistics : Statistics
    picture : TensorPicture
    is_preview : bool
        Statistics and picture are of a part of its elements, evenly spread.
    dead : (n,) bool array or None
        Channels of which all elements are zero; None if it has none, or not all of it has been read.
    value : str
        Name of an activation in the graph; empty for a weight.
    room : int
        Most texels that a picture of it may take.
    """

    role: str
    name: str
    title: str
    shape: Shape
    dtype: str
    array: np.ndarray
    axes: str
    colour: bool
    statistics: Statistics
    picture: TensorPicture
    is_preview: bool = False
    dead: np.ndarray | None = None
    value: str = ""
    room: int = MAX_TEXELS

    @property
    def batch(self) -> int:
        """How many there are of what is drawn once."""
        known = len(self.axes) == self.array.ndim and "N" in self.axes
        return int(self.array.shape[self.axes.index("N")]) if known else 1


@dataclass(frozen=True, eq=False)
class ShownLayer:
    """Answer to `ShowLayer`.

    Attributes
    ----------
    name : str
    tensors : tuple of ShownTensor
        Inputs, weights, outputs.
    fault : str or None
        Why there are no activations; the weights are there all the same.
    """

    name: str
    tensors: tuple[ShownTensor, ...]
    fault: str | None = None

    @property
    def is_preview(self) -> bool:
        """Whether a second look, at all elements, will tell more."""
        return any(tensor.is_preview for tensor in self.tensors)

    @property
    def computed(self) -> dict[str, np.ndarray]:
        """Its activations, by their names in the graph."""
        return {tensor.value: tensor.array for tensor in self.tensors if tensor.value}


@dataclass(frozen=True, eq=False)
class ShowLayer:
    """Run the model up to one layer (or model input) and picture its tensors.

    Attributes
    ----------
    key : str
        Of a model opened by `requests.OpenModel`.
    feeds : mapping of str to array
        Model inputs with their batch axis.
    name : str
    at_once : bool
        Look at a part of what is too large to be read at once.
    known : mapping of str to array
        Activations that have been computed, by their names in the graph: they may not have been kept.
    """

    key: str
    feeds: Mapping[str, np.ndarray]
    name: str
    at_once: bool = False
    known: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __call__(self, progress: Progress = ignore) -> ShownLayer:
        running = runner(self.key)
        model = running.model
        layer = model.layer_by_name.get(self.name)
        if layer is None:
            port = next(port for port in model.inputs if port.value == self.name)
            attempt = running.attempt(self.feeds, [self.name], progress)
            if attempt.fault:
                return ShownLayer(self.name, (), attempt.fault)
            array = np.asarray(attempt.arrays[self.name])
            return ShownLayer(self.name, (_activation("output", "output", array, port, True, MAX_TEXELS),))
        fault = layer.reason
        values = self.known
        wanted = [port.value for port in (*layer.inputs, *layer.outputs) if port.value not in values]
        if layer.runnable and wanted:
            attempt = running.attempt(self.feeds, wanted, progress)
            values, fault = {**values, **attempt.arrays}, attempt.fault
        progress(0.7, f"Drawing {self.name}")
        count = len(layer.inputs) + len(layer.outputs) + len(layer.weights)
        room = max(_LAYER_TEXELS // max(count, 2), _LEAST_TEXELS)
        tensors = [
            *_activations("input", layer.inputs, values, model, room, self.at_once),
            *_weight_tensors(layer, model, room, self.at_once),
            *_activations("output", layer.outputs, values, model, room, self.at_once),
        ]
        return ShownLayer(self.name, tuple(tensors), fault)


def _activations(
    role: str,
    ports: Sequence[Port],
    values: Mapping[str, np.ndarray],
    model: Model,
    room: int,
    at_once: bool,
) -> list[ShownTensor]:
    pictures = {port.value for port in model.inputs}
    present = [port for port in ports if port.value in values]
    return [
        _activation(
            role,
            role if place == 0 else f"{role}{place}",
            values[port.value],
            port,
            port.value in pictures,
            room,
            at_once,
        )
        for place, port in enumerate(present)
    ]


def _activation(
    role: str, name: str, array: np.ndarray, port: Port, is_picture: bool, room: int, at_once: bool = False
) -> ShownTensor:
    dtype = "string" if array.dtype.kind in "OUS" else str(array.dtype)
    dtype = dtype if port.dtype == "unknown" else port.dtype
    if at_once and array.size >= _LARGE and array.dtype.kind in "fiu":
        key = (port.axes, is_picture, room)
        found = None if _looked_at.has(array, key) else _looked_at.get(array, "glance", lambda: glance(array))
        if found is not None:
            picture = _pictured(array, port.axes, found, is_picture, room)
            return ShownTensor(
                role, name, name, array.shape, dtype, array, port.axes, is_picture, found, picture, True,
                value=port.value, room=room,
            )  # fmt: skip
    shown = _shown(role, name, name, array, dtype, port.axes, is_picture, room)
    return replace(shown, value=port.value)


def _pictured(array: np.ndarray, axes: str, statistics: Statistics, colour: bool, room: int) -> TensorPicture:
    """The picture of a tensor; the same one as long as its colours span the same range."""
    key = ("picture", axes, colour, room, statistics.limits)
    picture: TensorPicture = _looked_at.get(
        array, key, lambda: picture_of(array, axes, statistics, colour, room)
    )
    return picture


def _weight_tensors(layer: Layer, model: Model, room: int, at_once: bool) -> list[ShownTensor]:
    known = _drawn_weights.get(layer)
    if known is not None:
        return known
    inputs = {port.value for port in model.inputs}
    from_picture = any(port.value in inputs for port in layer.inputs)
    tensors = []
    for weight in layer.weights:
        array = weight.numpy()
        axes = weight.axes or weight_axes(array.shape)
        shown = _previewed if at_once and has_preview(array) else _shown
        tensors.append(
            shown(weight.role, weight.name, weight.title, array, weight.dtype, axes, from_picture, room)
        )
    if not any(tensor.is_preview for tensor in tensors):
        _drawn_weights[layer] = tensors
    return tensors


def _previewed(
    role: str, name: str, title: str, array: np.ndarray, dtype: str, axes: str, colour: bool, room: int
) -> ShownTensor:
    statistics, picture = preview(array, axes, room)
    return ShownTensor(
        role, name, title, array.shape, dtype, array, axes, colour, statistics, picture, True, room=room
    )


def _shown(
    role: str, name: str, title: str, array: np.ndarray, dtype: str, axes: str, colour: bool, room: int
) -> ShownTensor:
    def look() -> tuple[Statistics, TensorPicture, np.ndarray | None]:
        statistics = summarise(array)
        picture = _pictured(array, axes, statistics, colour, room)
        axis = channel_axis(array.shape, axes)
        if axis is None or array.dtype.kind not in "fiub":
            return statistics, picture, None
        return statistics, picture, dead_channels(array, axis)

    statistics, picture, dead = _looked_at.get(array, (axes, colour, room), look)
    return ShownTensor(
        role, name, title, array.shape, dtype, array, axes, colour, statistics, picture, dead=dead, room=room
    )
