"""A network with channels and kernels changed; its file and its model stay as they are."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import onnx_ir as ir

from explorer3d.compute.behind import read_behind
from explorer3d.compute.channels import map_axis
from explorer3d.compute.edits import Edit, channels_after, weight_after
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.model import Layer, Model, Weight
from explorer3d.graph.rearranged import RearrangedTensor
from explorer3d.graph.skeleton import STANDARD, constant

_KEPT = 3
"""Graphs of a network, each with other places that can be changed."""

_FLOATS = frozenset({"float16", "float32", "float64"})
_BROADCASTING = 7
"""The operator set from which on Mul takes a factor for each channel."""


def edited(runner: Runner, edits: Sequence[Edit], feeds: Mapping[str, np.ndarray]) -> Runner:
    """Give what runs a network with some of its channels and kernels changed.

    Other numbers at the same places, such as another factor, cost no new session. Values that do not
    depend on an edit are bit by bit what they are without.

    Parameters
    ----------
    runner : Runner
        Of the network itself, which stays as it is.
    edits : sequence of Edit
    feeds : mapping of str to array
        Looked at where the model leaves open how many channels there are.

    Raises
    ------
    RequestError
        Something cannot be changed.
    InputError, RunError
        As `Runner.run` does.
    """
    maps: dict[_Maps, list[Edit]] = {}
    weights: dict[_Kernels, list[Edit]] = {}
    for edit in edits:
        layer = runner.model.layer_by_name.get(edit.layer)
        if layer is None or not layer.runnable:
            raise RequestError(f"There is no layer '{edit.layer}' that runs, so that it cannot be changed.")
        if edit.weight:
            weights.setdefault(_kernels(runner, layer, edit.weight), []).append(edit)
        else:
            maps.setdefault(_maps(runner, layer, edit.output, feeds), []).append(edit)
    given: dict[str, np.ndarray] = {}
    for place, own in maps.items():
        order, factor = channels_after(own, place.count, np.dtype(place.dtype))
        given[_input(place.value, "order")] = order
        given[_input(place.value, "factor")] = factor.reshape(place.shape)
    changed: dict[int, ir.TensorProtocol] = {}
    for kernels, own in weights.items():
        weight = kernels.weight
        array = weight_after(weight.numpy(), weight.axes, own)
        changed[id(weight.tensor)] = ir.tensor(array)
        given |= {name: kernels.stored(name, array) for name in kernels.names}
    found = _runner(runner, tuple(maps), tuple(weights), given)
    return found.other(_with(found.model, runner.model, changed), given)


@dataclass(frozen=True)
class _Maps:
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
class _Kernels:
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


def _maps(runner: Runner, layer: Layer, output: int, feeds: Mapping[str, np.ndarray]) -> _Maps:
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
    return _Maps(value, place, len(sizes), sizes[axis], dtype)


def _kernels(runner: Runner, layer: Layer, name: str) -> _Kernels:
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
        for stored, value in _weights(runner.model.ir.graph).items()
        for order, shape in _stored(value, weight)
    ]
    if not found:
        where = "are read inside one of its bodies" if layer.bodies else "do not go in as they are stored"
        raise RequestError(
            f"The kernels of '{layer.name}' {where}: they cannot be changed. Change its maps instead."
        )
    names, orders, shapes = zip(*found, strict=True)
    return _Kernels(weight, names, orders, shapes)


def _weights(graph: ir.Graph) -> dict[str, ir.Value]:
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


_kept: WeakKeyDictionary[Runner, OrderedDict[object, Runner]] = WeakKeyDictionary()
_lock = threading.Lock()


def _runner(
    runner: Runner, maps: tuple[_Maps, ...], weights: tuple[_Kernels, ...], given: Mapping[str, np.ndarray]
) -> Runner:
    key = frozenset(maps), frozenset(weights)
    with _lock:
        kept = _kept.setdefault(runner, OrderedDict())
        found = kept.pop(key, None)
        if found is None:
            graph = _graph(runner.model.ir, maps, weights)
            found = Runner(replace(runner.model, ir=graph), runner.budget, given, runner)
        kept[key] = found
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return found


def _graph(original: ir.Model, maps: Sequence[_Maps], weights: Sequence[_Kernels]) -> ir.Model:
    """The same graph, with inputs for what is changed; it shares all tensors with the original."""
    model = original.clone()
    graph = model.graph
    made = {value.name: value for node in graph for value in node.outputs}
    held = _weights(graph)
    for kernels in weights:
        for name in kernels.names:
            _give(graph, held[name])
    for place in maps:
        _put_in(graph, made[place.value], place)
    return model


def _give(graph: ir.Graph, value: ir.Value) -> None:
    """Make an input of a weight."""
    tensor, name = constant(value), value.name or ""
    assert tensor is not None
    if value.is_initializer():
        del graph.initializers[name]
    else:
        value.name = f"{name}#own"
    taken = ir.Value(name=name, type=ir.TensorType(tensor.dtype), shape=ir.Shape(tensor.shape.numpy()))
    value.replace_all_uses_with(taken, replace_graph_outputs=True)
    if value.is_graph_input():
        graph.inputs.remove(value)
    graph.inputs.append(taken)


def _put_in(graph: ir.Graph, value: ir.Value, place: _Maps) -> None:
    """Let everybody read a value with its channels exchanged and multiplied."""
    name, maker = place.value, value.producer()
    assert maker is not None
    element = ir.DataType.from_numpy(np.dtype(place.dtype))
    order = ir.Value(
        name=_input(name, "order"), type=ir.TensorType(ir.DataType.INT64), shape=ir.Shape([place.count])
    )
    factor = ir.Value(name=_input(name, "factor"), type=ir.TensorType(element), shape=ir.Shape(place.shape))
    graph.inputs.extend((order, factor))
    value.name = f"{name}#own"
    gather = ir.Node("", "Gather", [], attributes=[ir.AttrInt64("axis", place.axis)])
    gather.outputs[0].name = f"{name}#gathered"
    times = ir.Node("", "Mul", [gather.outputs[0], factor])
    result = times.outputs[0]
    result.name, result.type, result.shape = name, value.type, value.shape
    value.replace_all_uses_with(result, replace_graph_outputs=True)
    gather.resize_inputs(2)
    gather.replace_input_with(0, value)
    gather.replace_input_with(1, order)
    graph.insert_after(maker, (gather, times))


def _input(value: str, kind: str) -> str:
    return f"{value}#{kind}"


def _with(found: Model, original: Model, changed: Mapping[int, ir.TensorProtocol]) -> Model:
    """Show changed weights where layers have them; `changed` goes by the identity of their tensors."""
    layers: list[Layer] = []
    for layer in original.layers:
        if any(id(weight.tensor) in changed for weight in layer.weights):
            weights = (
                replace(weight, tensor=changed.get(id(weight.tensor), weight.tensor))
                for weight in layer.weights
            )
            layer = replace(layer, weights=tuple(weights))
        layers.append(layer)
    return replace(found, layers=tuple(layers))
