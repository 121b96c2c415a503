"""One model that holds the way there and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.compute.gradient.backward import walk_back, way
from explorer3d.compute.gradient.functions import take_apart
from explorer3d.compute.gradient.opset import upgrade
from explorer3d.compute.gradient.sizes import settle
from explorer3d.compute.gradient.step import Flow
from explorer3d.compute.gradient.tape import Tape
from explorer3d.compute.runner import Runner
from explorer3d.compute.sessions import create_session
from explorer3d.errors import GradientError
from explorer3d.graph.model import Model
from explorer3d.graph.skeleton import Skeleton, ancestors, skeleton

_STRAIGHT_THROUGH = "The network is quantised: gradients pass straight through the rounding."


@dataclass(frozen=True, eq=False)
class Combined:
    """A graph that runs there and back.

    Attributes
    ----------
    skeleton : Skeleton
    seed : str
        The input that takes the gradient of what is looked for by the target.
    seed_shape : tuple of int
    seed_dtype : numpy.dtype
    gradients, values : mapping of str to str
        What its outputs are called, by the model's own name of each value.
    by_numbers : bool
        Whether it only holds for the very numbers it was made with.
    notes : tuple of str
        Sentences a person should see.
    """

    skeleton: Skeleton
    seed: str
    seed_shape: tuple[int, ...]
    seed_dtype: np.dtype
    gradients: Mapping[str, str]
    values: Mapping[str, str]
    by_numbers: bool
    notes: tuple[str, ...]


def combine(
    runner: Runner,
    feeds: Mapping[str, np.ndarray],
    target: str,
    wrt: Sequence[str],
    flow: Flow,
    values: Sequence[str],
) -> Combined:
    """Write the gradients of one value by others as nodes behind a model's own.

    Parameters
    ----------
    runner : Runner
        Its model stays as it is.
    feeds : mapping of str to array
        Whose shapes the graph is made for.
    target : str
    wrt : sequence of str
    flow : {"gradient", "guided", "deconvnet"}
    values : sequence of str
        Further outputs.

    Raises
    ------
    GradientError
        The target does not depend on one of the values, or an operator on the way has no rule.
    RequestError
        There is no value of that name.
    RunError
        A shape has to be looked up in a run, which failed.
    """
    names = dict.fromkeys((target, *values, *wrt))
    cut = skeleton(runner.model.ir, [runner.value(name) for name in names])
    for entry in cut.proto.graph.input:
        _fix(entry, runner.fed(entry.name, feeds))
    _declare_only_made(cut.proto.graph)
    model = _read_back(take_apart(upgrade(cut.proto)), cut.weights)
    graph = model.graph
    known = {value.name or "": value for value in _values(graph)}
    if missing := [name for name in names if name not in known]:
        raise GradientError(f"There are no gradients by '{missing[0]}': it is gone in newer operators.")
    sources = [known[name] for name in wrt]
    nodes = ancestors(graph, [known[target]])
    path = way(nodes, sources)

    def look(asked: Sequence[ir.Value]) -> list[np.ndarray]:
        session = create_session(skeleton(model, asked), runner.weights, optimised=False)
        found = runner.execute(session, feeds, [value.name or "" for value in asked])
        return list(found.values())

    touched = [value for node in path for value in (*node.inputs, *node.outputs) if value is not None]
    sizes = settle(model, [*touched, *map(known.__getitem__, names)], look)
    tape = Tape(model, sizes)
    shape, dtype = tape.shape(known[target]), tape.dtype(known[target])
    if shape is None or dtype is None or dtype.kind != "f":
        raise GradientError(
            f"There is no gradient of '{target}': it is of type {dtype}, not of real numbers."
        )
    seed = tape.input(shape, dtype)
    found = walk_back(path, known[target], seed, sources, flow, tape, _Places(runner.model))
    for name, value in zip(wrt, sources, strict=True):
        if value not in found:
            raise GradientError(
                f"There is no gradient of '{target}' by '{name}': {_why(tape, path, known[target], value)}."
            )
    # Whatever a value is, an input or a constant too, an Identity of it can be an output.
    outputs: dict[str, ir.Value] = {}

    def output(value: ir.Value) -> str:
        (made,) = tape.op("output", "Identity", [value], 1, {})
        dtype, shape = tape.dtype(value), tape.shape(value)
        if dtype is not None:
            made.type = ir.TensorType(ir.DataType.from_numpy(dtype))
        if shape is not None:
            made.shape = ir.Shape(shape)
        outputs[made.name or ""] = made
        return made.name or ""

    gradient_names = {name: output(found[value]) for name, value in zip(wrt, sources, strict=True)}
    value_names = {name: output(known[name]) for name in values}
    whole = skeleton(model, list(outputs.values()))
    notes = (_STRAIGHT_THROUGH,) if any(node.op_type == "QuantizeLinear" for node in path) else ()
    return Combined(
        whole, seed.name or "", shape, dtype, gradient_names, value_names, sizes.by_numbers, notes
    )


class _Places:
    """What people are told a node is: the layer that it belongs to, if it belongs to one."""

    def __init__(self, model: Model) -> None:
        self._layers = {port.value: layer for layer in model.layers for port in layer.outputs}
        nodes = {value.name: node for node in model.ir.graph for value in node.outputs}
        self._nodes: dict[str | None, ir.Node] = nodes

    def __call__(self, node: ir.Node) -> str:
        for value in node.outputs:
            layer = self._layers.get(value.name or "")
            if layer is not None:
                return f"the layer '{layer.name}' ({layer.op})"
        return f"the node '{node.name or node.outputs[0].name}' ({node.op_type})"


def _why(tape: Tape, path: Sequence[ir.Node], target: ir.Value, value: ir.Value) -> str:
    dtype = tape.dtype(value)
    if dtype is not None and dtype.kind != "f":
        return f"it is of type {dtype}, which has none"
    if not any(output is target for node in path for output in node.outputs):
        return "the one does not depend on the other"
    return "on every way between them only steps matter (rounding, comparing, choosing), which have no slope"


def _fix(entry: onnx.ValueInfoProto, array: np.ndarray) -> None:
    element = entry.type.tensor_type.elem_type or ir.DataType.from_numpy(array.dtype).value
    entry.type.CopyFrom(onnx.helper.make_tensor_type_proto(element, array.shape))


def _declare_only_made(graph: onnx.GraphProto) -> None:
    """Inputs and constants are no outputs, and a batch left open has a size now."""
    made = {name for node in graph.node for name in node.output}
    outputs = [entry for entry in graph.output if entry.name in made]
    for entry in outputs:
        if entry.type.HasField("tensor_type"):
            entry.type.tensor_type.ClearField("shape")
    del graph.output[:]
    graph.output.extend(outputs)


def _read_back(proto: onnx.ModelProto, weights: Mapping[str, ir.TensorProtocol]) -> ir.Model:
    """A graph of its own over the tensors of another."""
    # The shapes they carry may be those of a batch left open.
    del proto.graph.value_info[:]
    del proto.graph.output[:]
    model = ir.serde.deserialize_model(proto)
    for name, tensor in weights.items():
        model.graph.initializers[name].const_value = tensor
    return model


def _values(graph: ir.Graph) -> list[ir.Value]:
    made = [value for node in graph for value in node.outputs]
    # A Constant that is large has become an initialiser.
    return [*graph.inputs, *graph.initializers.values(), *made]
