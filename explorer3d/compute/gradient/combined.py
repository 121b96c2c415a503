"""One model that holds the way there and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from explorer3d.compute.gradient.backward import walk_back, way
from explorer3d.compute.gradient.graph_copy import copy_graph
from explorer3d.compute.gradient.sizes import settle
from explorer3d.compute.gradient.step import Flow
from explorer3d.compute.gradient.tape import Tape
from explorer3d.compute.runner import Runner
from explorer3d.errors import GradientError
from explorer3d.graph.model import Model
from explorer3d.graph.skeleton import Skeleton, ancestors, skeleton

_STRAIGHT_THROUGH = "The network is quantised: gradients pass straight through the rounding."


@dataclass(frozen=True, eq=False)
class Ends:
    """What goes into a graph that runs there and back, and what comes out of it.

    Attributes
    ----------
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
) -> tuple[Skeleton, Ends]:
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
    model, known = copy_graph(runner, feeds, names)
    goal, sources = known[target], [known[name] for name in wrt]
    path = way(ancestors(model.graph, [goal]), sources)

    def look(asked: Sequence[ir.Value]) -> list[np.ndarray]:
        session = runner.prepare(skeleton(model, asked), optimised=False)
        return list(runner.execute(session, feeds, [value.name or "" for value in asked]).values())

    touched = [value for node in path for value in (*node.inputs, *node.outputs) if value is not None]
    sizes = settle(model, [*touched, *known.values()], look)
    tape = Tape(model, sizes)
    shape, dtype = tape.shape(goal), tape.dtype(goal)
    if shape is None or dtype is None or dtype.kind != "f":
        raise GradientError(f"There is no gradient of '{target}': it is of type {dtype}, which has none.")
    seed = tape.input(shape, dtype)
    found = walk_back(path, goal, seed, sources, flow, tape, _Places(runner.model))
    for name, value in zip(wrt, sources, strict=True):
        if value not in found:
            raise GradientError(
                f"There is no gradient of '{target}' by '{name}': {_why(tape, path, goal, value)}."
            )
    gradients = [_output(tape, found[value]) for value in sources]
    forward = [_output(tape, known[name]) for name in values]
    ends = Ends(
        seed=seed.name or "",
        seed_shape=shape,
        seed_dtype=dtype,
        gradients={name: value.name or "" for name, value in zip(wrt, gradients, strict=True)},
        values={name: value.name or "" for name, value in zip(values, forward, strict=True)},
        by_numbers=sizes.by_numbers,
        notes=(_STRAIGHT_THROUGH,) if any(node.op_type == "QuantizeLinear" for node in path) else (),
    )
    return skeleton(model, [*gradients, *forward]), ends


def _output(tape: Tape, value: ir.Value) -> ir.Value:
    """Whatever a value is, an input or a constant too, an Identity of it can be an output."""
    (made,) = tape.op("output", "Identity", [value], 1, {})
    dtype, shape = tape.dtype(value), tape.shape(value)
    if dtype is not None:
        made.type = ir.TensorType(ir.DataType.from_numpy(dtype))
    if shape is not None:
        made.shape = ir.Shape(shape)
    return made


class _Places:
    """What people are told a node is: the layer that it belongs to, if it belongs to one."""

    def __init__(self, model: Model) -> None:
        self._layers = {port.value: layer for layer in model.layers for port in layer.outputs}

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
