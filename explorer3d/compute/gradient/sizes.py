"""Concrete shapes, types and constants of a graph whose inputs have fixed shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx_ir as ir

from explorer3d.graph.inference import infer
from explorer3d.graph.model import Shape
from explorer3d.graph.skeleton import constant, graphs_of

_SMALL = 1 << 16
"""Elements. A larger value is no list of sizes, places or bounds."""

_RANDOM = frozenset(
    ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli")
)
_AS_LARGE_AS_IT_COMES = frozenset(
    ("NonZero", "NonMaxSuppression", "Unique", "Compress", "If", "Loop", "Scan", "StringSplit")
)
_SIZED_BY: Mapping[str, Sequence[int]] = {
    "ConstantOfShape": (0,),
    "Expand": (1,),
    "OneHot": (1,),
    "Pad": (1,),
    "Range": (0, 1, 2),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Tile": (1,),
    "TopK": (1,),
}
"""The inputs that decide how large an operator's outputs are."""

Look = Callable[[Sequence[ir.Value]], list[np.ndarray]]
"""Runs the graph with what it is fed, up to some of its values."""


@dataclass(frozen=True, eq=False)
class Sizes:
    """What is known of a graph's values.

    Attributes
    ----------
    shapes, dtypes : mapping
        By value.
    constants : mapping of Value to array
        Small ones that only follow from constants and from the inputs' shapes.
    by_numbers : bool
        Whether a shape depends on the numbers that go in: other numbers may need another graph.
    """

    shapes: Mapping[ir.Value, tuple[int, ...]]
    dtypes: Mapping[ir.Value, np.dtype]
    constants: Mapping[ir.Value, np.ndarray]
    by_numbers: bool


def settle(model: ir.Model, asked: Iterable[ir.Value], look: Look) -> Sizes:
    """Find the concrete shape of some values, and what of them is constant.

    What onnx' inference cannot tell is looked up in a run.

    Parameters
    ----------
    model : onnx_ir.Model
        With concrete shapes of its inputs. Its Shape nodes may be replaced by what they say.
    asked : iterable of Value
    look : callable
    """
    inferred = infer(model, batch=False)
    nodes = list(model.graph)
    _replace_known_sizes(model.graph, nodes, inferred)
    still = _still(nodes)
    shapes: dict[ir.Value, tuple[int, ...]] = {}
    dtypes: dict[ir.Value, np.dtype] = {}
    constants: dict[ir.Value, np.ndarray] = {}
    unsized, untold, folded = [], [], []
    for value in dict.fromkeys(asked):
        tensor = constant(value)
        if tensor is not None:
            shapes[value], dtypes[value] = tuple(tensor.shape.numpy()), tensor.dtype.numpy()
            continue
        shape, kind = inferred.get(value.name or "", (None, "unknown"))
        if not value.name or kind in ("sequence", "string"):
            continue
        if kind == "unknown":
            untold.append(value)
            continue
        dtypes[value] = np.dtype(kind)
        if shape is not None and None not in shape:
            shapes[value] = tuple(size or 0 for size in shape)
        else:
            unsized.append(value)
        if value in still and (value not in shapes or prod(shapes[value]) <= _SMALL):
            folded.append(value)
    if unsized or untold or folded:
        measures = [_shape_of(model.graph, value) for value in unsized]
        arrays = iter(look([*measures, *untold, *folded]))
        model.graph.remove([node for value in measures if (node := value.producer()) is not None], safe=True)
        shapes.update((value, tuple(int(size) for size in next(arrays))) for value in unsized)
        for value in untold:
            array = next(arrays)
            shapes[value], dtypes[value] = array.shape, array.dtype
        constants.update((value, next(arrays)) for value in folded)
    return Sizes(shapes, dtypes, constants, any(_sized_by_numbers(node, still) for node in nodes))


def _still(nodes: Iterable[ir.Node]) -> set[ir.Value]:
    """Values that only follow from constants and from the inputs' shapes."""
    still: set[ir.Value] = set()

    def stands(value: ir.Value | None) -> bool:
        return value is None or value in still or constant(value) is not None

    for node in nodes:
        if graphs_of(node) or node.op_type in _RANDOM:
            continue
        if node.op_type in ("Shape", "Size") or all(map(stands, node.inputs)):
            still.update(node.outputs)
    return still


def _sized_by_numbers(node: ir.Node, still: set[ir.Value]) -> bool:
    if node.op_type in _AS_LARGE_AS_IT_COMES or graphs_of(node):
        return True
    return any(
        place < len(node.inputs)
        and (value := node.inputs[place]) is not None
        and value not in still
        and constant(value) is None
        for place in _SIZED_BY.get(node.op_type, ())
    )


def _replace_known_sizes(
    graph: ir.Graph, nodes: Iterable[ir.Node], inferred: Mapping[str, tuple[Shape | None, str]]
) -> None:
    """What only needs a shape need not be run for, then."""
    for node in nodes:
        if node.op_type != "Shape" or node.inputs[0] is None:
            continue
        value, (made,) = node.inputs[0], node.outputs
        shape = inferred.get(value.name or "", (None, ""))[0]
        if (tensor := constant(value)) is not None:
            shape = tuple(tensor.shape.numpy())
        if shape is None or None in shape:
            continue
        start, end = node.attributes.get_int("start", 0), node.attributes.get("end")
        told = np.array(shape[start : None if end is None else end.as_int()], np.int64)
        said = ir.Value(
            name=f"{made.name}/known",
            shape=ir.Shape(told.shape),
            type=ir.TensorType(ir.DataType.INT64),
            const_value=ir.Tensor(told),
        )
        graph.register_initializer(said)
        made.replace_all_uses_with(said)


def _shape_of(graph: ir.Graph, value: ir.Value) -> ir.Value:
    node = ir.node("Shape", [value])
    node.outputs[0].name = f"{value.name}/shape"
    graph.append(node)
    return node.outputs[0]
