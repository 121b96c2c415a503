"""Shapes and element types of all values of a graph, for a batch of one."""

from __future__ import annotations

from collections.abc import Iterator

import onnx
import onnx_ir as ir

from explorer3d.graph.model import Shape, dtype_name
from explorer3d.graph.skeleton import graph_inputs, skeleton

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


def infer(model: ir.Model, *, batch: bool = True) -> dict[str, TensorType]:
    """Infer shapes and types with the batch set to one, unless told otherwise.

    The batch is the leading size of a model input that the file leaves open. Inference is ONNX's own; a
    value it finds nothing about keeps what the file says. Never raises for want of shapes.

    Returns
    -------
    dict of str to (tuple of int or None, or None; str)
        Shape and dtype by value name.
    """
    proto = _typed(model)
    if batch:
        _set_batch(proto)
    found: dict[str, TensorType] = {}
    for attempt in (_complete, _without_unknown_operators):
        try:
            proto = attempt(proto)
        except Exception:  # onnx raises C++ exceptions of many kinds; each means: no shapes
            continue
        break
    for info in _all_infos(proto.graph):
        kind = info.type.WhichOneof("value")
        if kind in ("sequence_type", "map_type", "optional_type"):
            found[info.name] = (None, "sequence")
        if kind != "tensor_type":
            continue
        tensor = info.type.tensor_type
        shape: Shape | None = None
        if tensor.HasField("shape"):
            shape = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim)
        found[info.name] = (shape, _dtype(tensor.elem_type))
    return found


def _complete(proto: onnx.ModelProto) -> onnx.ModelProto:
    return onnx.shape_inference.infer_shapes(proto, data_prop=True)


def _without_unknown_operators(proto: onnx.ModelProto) -> onnx.ModelProto:
    """Hide operators onnx does not know in a domain it does not look at, so that the others are inferred."""
    versions = {entry.domain: entry.version for entry in proto.opset_import}
    newest = onnx.defs.onnx_opset_version()
    for entry in proto.opset_import:
        if entry.domain in ("", "ai.onnx"):
            entry.version = min(entry.version, newest)
    for node in proto.graph.node:
        version = min(versions.get(node.domain, 1), newest)
        if node.domain in ("", "ai.onnx") and not onnx.defs.has(node.op_type, version, ""):
            node.domain = "unknown"
    return onnx.shape_inference.infer_shapes(proto)


def _typed(model: ir.Model) -> onnx.ModelProto:
    """Weights become inputs: all that inference asks of them is their type."""
    stripped = skeleton(model)
    proto = stripped.proto
    small = [tensor for tensor in proto.graph.initializer if tensor.name not in stripped.weights]
    for name, tensor in stripped.weights.items():
        proto.graph.input.append(
            onnx.helper.make_tensor_value_info(name, tensor.dtype.value, tensor.shape.numpy())
        )
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(small)
    declared = {value.name for value in (*graph_inputs(model.graph), *model.graph.outputs)}
    for node in model.graph:
        for value in node.outputs:
            if value.name and value.name not in declared and value.type is not None:
                proto.graph.value_info.append(ir.serde.serialize_value(value))
    return proto


def _set_batch(proto: onnx.ModelProto) -> None:
    names: set[str] = set()
    for info in proto.graph.input:
        if info.type.WhichOneof("value") == "tensor_type" and info.type.tensor_type.shape.dim:
            leading = info.type.tensor_type.shape.dim[0]
            if leading.dim_param:
                names.add(leading.dim_param)
            if not leading.HasField("dim_value"):
                leading.dim_value = 1
    for info in _all_infos(proto.graph):
        if info.type.WhichOneof("value") == "tensor_type":
            for dim in info.type.tensor_type.shape.dim:
                if dim.dim_param in names:
                    dim.dim_value = 1


def _all_infos(graph: onnx.GraphProto) -> Iterator[onnx.ValueInfoProto]:
    yield from graph.value_info
    yield from graph.input
    yield from graph.output


def _dtype(element: int) -> str:
    try:
        return dtype_name(ir.DataType(element))
    except (ValueError, TypeError):
        return "unknown"
