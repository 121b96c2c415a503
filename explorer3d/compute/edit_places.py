"""Where in a network's graph the channels and kernels are that somebody changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from explorer3d.compute.behind import read_behind
from explorer3d.compute.channels import map_axis
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.model import Layer, Model, Weight
from explorer3d.graph.rearranged import RearrangedTensor
from explorer3d.graph.skeleton import STANDARD, constant

_FLOATS = frozenset({"float16", "float32", "float64"})
_BROADCASTING = 7
"""The operator set from which on Mul takes a factor for each channel."""


@dataclass(frozen=True)
class Maps:
    """A value whose channels are changed.

    Attributes
    ----------
    value : str
        Name in the graph.
    axis : int
        That of the channels.
    rank, count : int
        Of all axes, and of channels.
    dtype : str
    """

    value: str
    axis: int
    rank: int
    count: int
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the factors."""
        return tuple(self.count if axis == self.axis else 1 for axis in range(self.rank))


@dataclass(frozen=True)
class Kernels:
    """A weight whose kernels are changed.

    Attributes
    ----------
    weight : Weight
    names : tuple of str
        Those it has in the graph.
    orders : tuple of tuple of int or None
        For each, how its axes are exchanged in the graph; None: they are not.
    shapes : tuple of tuple of int
    """

    weight: Weight
    names: tuple[str, ...]
    orders: tuple[tuple[int, ...] | None, ...]
    shapes: tuple[tuple[int, ...], ...]

    def stored(self, name: str, array: np.ndarray) -> np.ndarray:
        """What the graph takes for the weight."""
        place = self.names.index(name)
        order = self.orders[place]
        if order is None:
            return array
        return np.ascontiguousarray(array.transpose(order), np.float32).reshape(self.shapes[place])


def find_maps(runner: Runner, layer: Layer, output: int, feeds: Mapping[str, np.ndarray]) -> Maps:
    """Find the channels of what a layer gives; parameters and errors as of `edited`."""
    if not 0 <= output < len(layer.outputs):
        raise RequestError(f"The layer '{layer.name}' has no output {output}.")
    port = layer.outputs[output]
    shape, dtype = port.shape, port.dtype
    if shape is None or None in shape or dtype == "unknown":
        array = runner.run(feeds, [port.value])[port.value]
        shape, dtype = array.shape, str(array.dtype)
    sizes = tuple(size or 0 for size in shape)
    axis = map_axis(sizes, port.axes)
    if axis is None:
        raise RequestError(f"What the layer '{layer.name}' gives, {list(sizes)}, has no channels to change.")
    if dtype not in _FLOATS:
        raise RequestError(
            f"What the layer '{layer.name}' gives is of {dtype}: its channels cannot be changed. "
            "Change a layer that gives floating-point numbers."
        )
    if _opset(runner.model) < _BROADCASTING:
        raise RequestError(
            f"{runner.model.path.name} is written in operators of a version before {_BROADCASTING}, in which "
            "no channel can be multiplied. Change a kernel instead."
        )
    value, order = read_behind(runner, port)
    if runner.value(value).producer() is None:
        raise RequestError(f"'{value}' goes into the network: change the input instead.")
    place = axis if value == port.value else order[axis]
    return Maps(value, place, len(sizes), sizes[axis], dtype)


def find_kernels(runner: Runner, layer: Layer, name: str) -> Kernels:
    """Find the kernels of a layer's weight; errors as of `edited`."""
    weight = next((weight for weight in layer.weights if weight.name == name), None)
    if weight is None:
        known = ", ".join(f"'{weight.name}'" for weight in layer.weights) or "none"
        raise RequestError(f"The layer '{layer.name}' has no weight '{name}'; its weights are {known}.")
    if not {"O", "I"} <= set(weight.axes):
        raise RequestError(f"The weight '{weight.title}' of '{layer.name}' has no kernels to change.")
    if weight.dtype not in _FLOATS:
        raise RequestError(
            f"The kernels of '{layer.name}' are stored as {weight.dtype}, with a scale and a zero of their "
            "own: they cannot be changed. Change a map of the layer that reads them instead."
        )
    # Of layers that share it, all have it changed, whoever of them was asked.
    owners = (one for layer in runner.model.layers for one in layer.weights)
    weight = next(one for one in owners if one.tensor is weight.tensor)
    found = [
        (stored, order, shape)
        for stored, value in held_weights(runner.model.ir.graph).items()
        for order, shape in _stored(value, weight)
    ]
    if not found:
        where = "are read inside one of its bodies" if layer.bodies else "do not go in as they are stored"
        raise RequestError(
            f"The kernels of '{layer.name}' {where}: they cannot be changed. Change its maps instead."
        )
    names, orders, shapes = zip(*found, strict=True)
    return Kernels(weight, names, orders, shapes)


def held_weights(graph: ir.Graph) -> dict[str, ir.Value]:
    """Whatever of a graph may hold a weight."""
    found = dict(graph.initializers)
    for node in graph:
        if node.op_type == "Constant" and node.domain in STANDARD and node.outputs[0].name:
            found[node.outputs[0].name] = node.outputs[0]
    return found


def _stored(value: ir.Value, weight: Weight) -> list[tuple[tuple[int, ...] | None, tuple[int, ...]]]:
    """How a value of the graph holds a weight: in one entry, or in none if it holds something else."""
    tensor = constant(value)
    if tensor is None:
        return []
    shape = tuple(int(size) for size in tensor.shape.numpy())
    if tensor is weight.tensor:
        return [(None, shape)]
    if isinstance(tensor, RearrangedTensor):
        return [(tensor.order, shape)] if tensor.source is weight.tensor else []
    # A reader makes another tensor of the same memory, since each carries one name.
    both = isinstance(tensor, ir.Tensor) and isinstance(weight.tensor, ir.Tensor)
    same = both and shape == weight.shape and np.shares_memory(tensor.numpy(), weight.tensor.numpy())
    return [(None, shape)] if same else []


def _opset(model: Model) -> int:
    versions = model.ir.opset_imports
    return max((versions[domain] for domain in STANDARD if domain in versions), default=0)


def input_name(value: str, kind: str) -> str:
    """The input of a changed graph that takes where channels come from (``order``), or their ``factor``."""
    return f"{value}#{kind}"
