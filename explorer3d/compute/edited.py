"""A network with channels and kernels changed; its file and its model stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import onnx_ir as ir

from explorer3d.compute.edit_places import Kernels, Maps, find_kernels, find_maps, held_weights, input_name
from explorer3d.compute.edits import Edit, channels_after, weight_after
from explorer3d.compute.runner import Runner
from explorer3d.errors import RequestError
from explorer3d.graph.model import Layer, Model
from explorer3d.graph.skeleton import constant

_KEPT = 3
"""Graphs of a network, each with other places that can be changed."""


def edited(runner: Runner, edits: Sequence[Edit], feeds: Mapping[str, np.ndarray]) -> Runner:
    """Give what runs a network with some of its channels and kernels changed.

    Other numbers at the same places, such as another factor, cost no new session. Values that do not
    depend on an edit are bit by bit what they are without.

    Parameters
    ----------
    runner : Runner
        Of the network itself, which stays as it is, or of what has been made of it: edits come on top.
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
    edits = *runner.edits, *edits
    runner = runner.beside or runner
    maps: dict[Maps, list[Edit]] = {}
    weights: dict[Kernels, list[Edit]] = {}
    for edit in edits:
        layer = runner.model.layer_by_name.get(edit.layer)
        if layer is None or not layer.runnable:
            raise RequestError(f"There is no layer '{edit.layer}' that runs, so that it cannot be changed.")
        if edit.weight:
            weights.setdefault(find_kernels(runner, layer, edit.weight), []).append(edit)
        else:
            maps.setdefault(find_maps(runner, layer, edit.output, feeds), []).append(edit)
    given: dict[str, np.ndarray] = {}
    for place, own in maps.items():
        order, factor = channels_after(own, place.count, np.dtype(place.dtype))
        given[input_name(place.value, "order")] = order
        given[input_name(place.value, "factor")] = factor.reshape(place.shape)
    changed: dict[int, ir.TensorProtocol] = {}
    for kernels, own in weights.items():
        weight = kernels.weight
        array = weight_after(weight.numpy(), weight.axes, own)
        changed[id(weight.tensor)] = ir.tensor(array)
        given |= {name: kernels.stored(name, array) for name in kernels.names}
    found = _runner(runner, tuple(maps), tuple(weights), given)
    return found.other(_with(found.model, runner.model, changed), given, edits)


_lock = threading.Lock()


def _runner(
    runner: Runner, maps: tuple[Maps, ...], weights: tuple[Kernels, ...], given: Mapping[str, np.ndarray]
) -> Runner:
    key = frozenset(maps), frozenset(weights)
    with _lock:
        kept = runner.variants
        found = kept.pop(key, None)
        if found is None:
            graph = _graph(runner.model.ir, maps, weights)
            found = Runner(replace(runner.model, ir=graph), runner.budget, given, runner)
        kept[key] = found
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return found


def _graph(original: ir.Model, maps: Sequence[Maps], weights: Sequence[Kernels]) -> ir.Model:
    """The same graph, with inputs for what is changed; it shares all tensors with the original."""
    model = original.clone()
    graph = model.graph
    made = {value.name: value for node in graph for value in node.outputs}
    held = held_weights(graph)
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


def _put_in(graph: ir.Graph, value: ir.Value, place: Maps) -> None:
    """Let everybody read a value with its channels exchanged and multiplied."""
    name, maker = place.value, value.producer()
    assert maker is not None
    element = ir.DataType.from_numpy(np.dtype(place.dtype))
    order = ir.Value(
        name=input_name(name, "order"), type=ir.TensorType(ir.DataType.INT64), shape=ir.Shape([place.count])
    )
    factor = ir.Value(
        name=input_name(name, "factor"), type=ir.TensorType(element), shape=ir.Shape(place.shape)
    )
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
