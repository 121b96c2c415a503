"""A model's graph as protobuf without its weights, whole or cut to what some values need.

Weights are the bulk of a model. Shape inference does not read them and onnxruntime takes them as they
lie in memory, so they are never copied into a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnx_ir as ir

from explorer3d.errors import RunError

STANDARD = ("", "ai.onnx")
"""Names of ONNX' own domain."""

INLINE_BYTES = 1024
"""Tensors below this stay inside the message: shapes, axes and the like, which inference reads."""

_INLINE_SIZES = 1 << 16
"""The same of lists of 64-bit whole numbers: sizes of many parts."""

_NATIVE = frozenset(
    dtype
    for dtype in (
        ir.DataType.FLOAT,
        ir.DataType.DOUBLE,
        ir.DataType.FLOAT16,
        ir.DataType.INT8,
        ir.DataType.INT16,
        ir.DataType.INT32,
        ir.DataType.INT64,
        ir.DataType.UINT8,
        ir.DataType.UINT16,
        ir.DataType.UINT32,
        ir.DataType.UINT64,
        ir.DataType.BOOL,
    )
)


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A graph whose large tensors are named but not held.

    Attributes
    ----------
    proto : onnx.ModelProto
        Large initialisers are declared as external data at a location that does not exist.
    inputs : tuple of str
        Model inputs the graph still reads.
    weights : dict of str to tensor
        The tensors left out, by initialiser name.
    """

    proto: onnx.ModelProto
    inputs: tuple[str, ...]
    weights: dict[str, ir.TensorProtocol]


def read_values(node: ir.Node) -> Iterator[ir.Value]:
    """Yield what a node reads from outside itself, in order.

    First its inputs, then what the graphs inside it (If, Loop, Scan) take from around them.
    """
    for value in node.inputs:
        if value is not None:
            yield value
    graphs = graphs_of(node)
    if not graphs:
        return
    seen = set(node.inputs)
    yield from (value for value in captured(graphs) if value not in seen)


def captured(graphs: Iterable[ir.Graph]) -> Iterator[ir.Value]:
    """Yield what graphs inside a node take from around them, each value once, in order."""
    waiting = list(graphs)
    inside: set[ir.Value] = set()
    read: dict[ir.Value, None] = {}
    while waiting:
        graph = waiting.pop(0)
        inside.update(graph.inputs, graph.initializers.values())
        for inner in graph:
            inside.update(inner.outputs)
            read.update((value, None) for value in inner.inputs if value is not None)
            waiting.extend(graphs_of(inner))
        read.update((value, None) for value in graph.outputs)
    yield from (value for value in read if value not in inside)


def graphs_of(node: ir.Node) -> list[ir.Graph]:
    """List the graphs inside a node."""
    graphs: list[ir.Graph] = []
    for attribute in node.attributes.data.values():
        if attribute.type == ir.AttributeType.GRAPH and not attribute.is_ref():
            graphs.append(attribute.as_graph())
        elif attribute.type == ir.AttributeType.GRAPHS and not attribute.is_ref():
            graphs.extend(attribute.as_graphs())
    return graphs


def constant(value: ir.Value) -> ir.TensorProtocol | None:
    """Give the tensor of an initialiser or of a Constant node's output, None for any other value."""
    if value.is_initializer():
        return value.const_value
    node = value.producer()
    if node is None or not is_constant(node):
        return None
    (attribute,) = node.attributes.values()
    match attribute.type:
        case ir.AttributeType.TENSOR:
            return attribute.as_tensor()
        case ir.AttributeType.FLOAT:
            return ir.tensor(np.float32(attribute.as_float()), name=value.name)
        case ir.AttributeType.FLOATS:
            return ir.tensor(np.asarray(attribute.as_floats(), np.float32), name=value.name)
        case ir.AttributeType.INT:
            return ir.tensor(np.int64(attribute.as_int()), name=value.name)
        case ir.AttributeType.INTS:
            return ir.tensor(np.asarray(attribute.as_ints(), np.int64), name=value.name)
        case ir.AttributeType.STRING:
            return ir.StringTensor(np.asarray(attribute.as_string().encode(), object), name=value.name)
        case ir.AttributeType.STRINGS:
            strings = [text.encode() for text in attribute.as_strings()]
            return ir.StringTensor(np.asarray(strings, object), name=value.name)
    return None


def is_constant(node: ir.Node) -> bool:
    """Tell whether a node only holds a tensor."""
    return node.op_type == "Constant" and node.domain in STANDARD and len(node.attributes) == 1


def ancestors(graph: ir.Graph, values: Iterable[ir.Value]) -> list[ir.Node]:
    """List the nodes that some values depend on, in the graph's order."""
    needed: set[ir.Node] = set()
    waiting = list(values)
    while waiting:
        node = waiting.pop().producer()
        if node is None or node in needed:
            continue
        needed.add(node)
        waiting.extend(read_values(node))
    return [node for node in graph if node in needed]


def descendants(graph: ir.Graph, values: Iterable[str]) -> set[str]:
    """Name all values that depend on some values, those included."""
    reached = set(values)
    for node in graph:
        if any(value.name in reached for value in read_values(node)):
            reached.update(value.name for value in node.outputs if value.name)
    return reached


def skeleton(model: ir.Model, values: Sequence[ir.Value] | None = None) -> Skeleton:
    """Write a graph without its large tensors.

    Parameters
    ----------
    model : onnx_ir.Model
    values : sequence of onnx_ir.Value, optional
        Outputs to declare; nodes they do not need are left out. By default the model's own outputs,
        with all nodes.

    Raises
    ------
    RunError
        The graph does not fit into a protobuf message.
    """
    graph = model.graph
    if values is None:
        outputs, nodes = list(graph.outputs), list(graph)
    else:
        outputs, nodes = list(values), ancestors(graph, values)
    proto = onnx.ModelProto(ir_version=max(model.ir_version, 4), producer_name=model.producer_name or "")
    proto.graph.name = graph.name or "graph"
    for domain, version in model.opset_imports.items():
        proto.opset_import.add(domain=domain, version=version)
    # Deserialising collects the imports of functions per function, onnxruntime asks for them at the top too.
    for function in model.functions.values():
        proto.functions.append(ir.serde.serialize_function(function))
        _told_apart(proto.functions[-1].node)

    weights: dict[str, ir.TensorProtocol] = {}
    read = dict.fromkeys(outputs)
    try:
        for node in nodes:
            read.update(dict.fromkeys(read_values(node)))
            tensor = constant(node.outputs[0]) if is_constant(node) else None
            if tensor is not None and left_out(tensor):
                name = node.outputs[0].name
                assert name is not None
                weights[name] = tensor
                proto.graph.initializer.append(_declaration(name, tensor))
            else:
                proto.graph.node.append(ir.serde.serialize_node(node))
                _told_apart(proto.graph.node[-1:])
        for name, value in graph.initializers.items():
            tensor = value.const_value
            if tensor is None or value not in read:
                continue
            if left_out(tensor):
                weights[name] = tensor
                proto.graph.initializer.append(_declaration(name, tensor))
            else:
                inlined = ir.serde.serialize_tensor(in_memory(tensor))
                inlined.name = name
                proto.graph.initializer.append(inlined)
    except (ValueError, ir.serde.SerdeError) as error:
        raise RunError(f"The graph cannot be handed to onnxruntime: {_root(error)}") from error
    inputs = tuple(value for value in graph_inputs(graph) if values is None or value in read)
    proto.graph.input.extend(ir.serde.serialize_value(value) for value in inputs)
    proto.graph.output.extend(ir.serde.serialize_value(value) for value in outputs)
    return Skeleton(proto, tuple(value.name or "" for value in inputs), weights)


def graph_inputs(graph: ir.Graph) -> tuple[ir.Value, ...]:
    """Give a graph's inputs without those that old files list only to give them an initialiser."""
    return tuple(value for value in graph.inputs if not value.is_initializer())


def _told_apart(nodes: Iterable[onnx.NodeProto]) -> None:
    """Give the nodes of an inner graph names of their own: onnxruntime refuses equal ones there too."""
    used: set[str] = set()
    for node in nodes:
        while node.name and node.name in used:
            node.name += "'"
        used.add(node.name)
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                _told_apart(graph.node)


def left_out(tensor: ir.TensorProtocol) -> bool:
    is_list = tensor.dtype == ir.DataType.INT64 and len(tensor.shape) == 1
    return tensor.nbytes >= (_INLINE_SIZES if is_list else INLINE_BYTES) and tensor.dtype in _NATIVE


def in_memory(tensor: ir.TensorProtocol) -> ir.TensorProtocol:
    """Small external tensors would otherwise be written as a reference to their file."""
    return ir.Tensor(tensor.numpy(), dtype=tensor.dtype) if isinstance(tensor, ir.ExternalTensor) else tensor


def _declaration(name: str, tensor: ir.TensorProtocol) -> onnx.TensorProto:
    proto = onnx.TensorProto(name=name, data_type=tensor.dtype.value, dims=tensor.shape.numpy())
    proto.data_location = onnx.TensorProto.EXTERNAL
    proto.external_data.add(key="location", value="handed-over-in-memory")
    return proto


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error
