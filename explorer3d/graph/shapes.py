"""Shapes and element types as a graph itself says them."""

from __future__ import annotations

import onnx_ir as ir

from explorer3d.graph.model import Shape, dtype_name
from explorer3d.graph.skeleton import graph_inputs

TensorType = tuple[Shape | None, str]
"""Shape and dtype as a `Port` names them."""


def tensor_type(value: ir.Value) -> TensorType:
    """Give what a graph itself says about a value, with None for each size it leaves open."""
    shape: Shape | None = None
    if value.shape is not None:
        shape = tuple(size if isinstance(size, int) else None for size in value.shape)
    if value.type is None or isinstance(value.type, (ir.TensorType, ir.SparseTensorType)):
        return shape, dtype_name(value.dtype)
    return None, "sequence"


def declared(graph: ir.Graph) -> dict[str, TensorType] | None:
    """What a graph says about its values, with the batch set to one; None if it leaves anything open.

    For graphs made here, which are right about their values.
    """
    batches = {
        size.value
        for value in graph_inputs(graph)
        if value.shape is not None
        for size in value.shape[:1]
        if isinstance(size, ir.SymbolicDim)
    }
    found: dict[str, TensorType] = {}
    for value in (*graph_inputs(graph), *(value for node in graph for value in node.outputs)):
        if not value.name or value.shape is None or not isinstance(value.type, ir.TensorType):
            return None
        shape = tuple(
            size if isinstance(size, int) else 1 if size.value in batches else None for size in value.shape
        )
        if None in shape:
            return None
        found[value.name] = (shape, dtype_name(value.type.dtype))
    return found
