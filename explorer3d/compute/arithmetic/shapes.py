"""The shapes of all values for what a network is fed with, and the numbers that steer it."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import numpy as np
import onnx_ir as ir

from explorer3d.compute.runner import Runner
from explorer3d.graph.inference import infer
from explorer3d.graph.model import Model
from explorer3d.graph.receptive.field import static_shapes
from explorer3d.graph.receptive.step import Known, constants
from explorer3d.graph.skeleton import ancestors, constant, graph_inputs
from explorer3d.progress import Progress, ignore

Given = tuple[tuple[str, tuple[int, ...]], ...]

_static: WeakKeyDictionary[Model, dict[str, tuple[int, ...]]] = WeakKeyDictionary()
_inferred: WeakKeyDictionary[Model, tuple[Given, dict[str, tuple[int, ...]]]] = WeakKeyDictionary()


def shapes_of(
    running: Runner, feeds: Mapping[str, np.ndarray], target: ir.Value, progress: Progress = ignore
) -> tuple[dict[str, tuple[int, ...]], Known]:
    """Find shapes of all that a value depends on.

    Parameters
    ----------
    running : Runner
    feeds : mapping of str to array
    target : onnx_ir.Value
    progress : Progress

    Returns
    -------
    shapes : dict of str to tuple of int
    known : callable
        Gives the numbers of constants, and of what is computed from sizes only.
    """
    model = running.model
    nodes = ancestors(model.ir.graph, [target])
    steering = _steering(nodes)
    values = [value for node in nodes for value in node.outputs if value.name]
    shapes = _static.get(model)
    if shapes is None:
        shapes = _static[model] = static_shapes(model)
    if any(value.name not in shapes for value in values):
        shapes = shapes | _for_feeds(model, feeds)
    left = [value.name for value in values if value.name and value.name not in shapes]
    needed = {
        value.name
        for node in nodes
        for value in node.inputs
        if value is not None and value in steering and node.outputs[0] not in steering and value.name
    }
    arrays = running.attempt(feeds, list(dict.fromkeys([*needed, *left])), progress).arrays
    numbers = {name: arrays[name] for name in needed if name in arrays} | dict(running.given)
    shapes = shapes | {name: array.shape for name, array in arrays.items()}

    def known(value: ir.Value) -> np.ndarray | None:
        found = constants(value)
        return numbers.get(value.name or "") if found is None else found

    return shapes, known


def _for_feeds(model: Model, feeds: Mapping[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """What ONNX infers once the sizes of the inputs are settled."""
    given = tuple((name, array.shape) for name, array in feeds.items())
    known = _inferred.get(model)
    if known is not None and known[0] == given:
        return known[1]
    copy = model.ir.clone()
    for value in graph_inputs(copy.graph):
        array = feeds.get(value.name or "")
        if array is not None:
            value.shape = ir.Shape(array.shape)
    found = {}
    for name, (shape, _) in infer(copy, batch=False).items():
        sizes = tuple(size for size in shape or () if size is not None)
        if shape is not None and len(sizes) == len(shape):
            found[name] = sizes
    _inferred[model] = given, found
    return found


def _steering(nodes: list[ir.Node]) -> set[ir.Value]:
    """What is computed from sizes and constants alone: the same whatever the network is fed with."""
    found: set[ir.Value] = set()
    for node in nodes:
        if node.op_type in ("Shape", "Size") or all(
            value is None or value in found or constant(value) is not None for value in node.inputs
        ):
            found.update(node.outputs)
    return found
