"""Shapes and element types inferred by ONNX, for a piece of a graph at a time.

One call of ONNX's inference halts every other thread for as long as it takes, and holds the graph four
times over; for pieces both are small, and between them the work can be given up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice

import onnx
import onnx_ir as ir

from explorer3d.graph.model import Shape, dtype_name
from explorer3d.graph.shapes import TensorType
from explorer3d.graph.skeleton import constant as constant_of
from explorer3d.graph.skeleton import graph_inputs, in_memory, is_constant, left_out, read_values
from explorer3d.progress import Progress, ignore

_PIECE = 500

# Nodes that compute sizes belong to every piece that uses them; so many may be in pieces not their own.
_MOST_REPEATED = 1.0

_POOLS = ("AveragePool", "LpPool", "MaxPool")
_WINDOWS_WITHIN = 22
"""The opset since which pools are said to have no window that begins behind the input."""

_ROUNDING_POOLS = "explorer3d.pools"
_IR_WITH_FUNCTIONS = 8


def infer(
    model: ir.Model,
    *,
    batch: bool = True,
    written: Mapping[ir.Node, onnx.NodeProto] | None = None,
    progress: Progress = ignore,
) -> dict[str, TensorType]:
    """Infer shapes and types with the batch set to one, unless told otherwise.

    The batch is the leading size of a model input that the file leaves open. Inference is ONNX's own; a
    value it finds nothing about keeps what the file says. Never raises for want of shapes.

    Parameters
    ----------
    model : onnx_ir.Model
        Its nodes in topological order.
    batch : bool
    written : mapping of node to onnx.NodeProto, optional
        Nodes as they are in the file, for those that have not been changed: they need not be written again.
    progress : Progress

    Returns
    -------
    dict of str to (tuple of int or None, or None; str)
        Shape and dtype by value name.
    """
    return _Inference(model, batch, written or {}).run(progress)


class _Inference:
    """One walk along a graph."""

    def __init__(self, model: ir.Model, batch: bool, written: Mapping[ir.Node, onnx.NodeProto]) -> None:
        self._model = model
        self._written = written
        self._inputs = graph_inputs(model.graph)
        self._outputs = set(model.graph.outputs)
        self._batches = {name for value in self._inputs if (name := _leading(value))} if batch else set()
        self._batch = batch
        self._types: dict[ir.Value, onnx.TypeProto] = {}
        self._found: dict[str, TensorType] = {}

    def run(self, progress: Progress) -> dict[str, TensorType]:
        for value in self._inputs:
            self._note(value, self._info(value))
        for value in self._outputs:
            if value.producer() is None:
                self._note(value, self._info(value))
        pieces = _pieces(self._model.graph)
        for index, (own, nodes) in enumerate(pieces):
            progress(index / len(pieces), "Inferring shapes")
            self._piece(own, nodes)
        return self._found

    def _piece(self, own: Sequence[ir.Node], nodes: Sequence[ir.Node]) -> None:
        proto = self._proto(nodes)
        for attempt in (_complete, _without_unknown_operators):
            try:
                proto = attempt(proto)
            except Exception:  # onnx raises C++ exceptions of many kinds; each means: no shapes
                continue
            break
        made = {value.name: value for node in own for value in node.outputs if value.name}
        for info in (*proto.graph.value_info, *proto.graph.output):
            if info.name in made:
                self._note(made[info.name], info)

    def _proto(self, nodes: Sequence[ir.Node]) -> onnx.ModelProto:
        """A piece as a model. Weights become inputs: all that inference asks of them is their type."""
        model = self._model
        proto = onnx.ModelProto(ir_version=max(model.ir_version, 4))
        for domain, version in model.opset_imports.items():
            proto.opset_import.add(domain=domain, version=version)
        for function in model.functions.values():
            proto.functions.append(ir.serde.serialize_function(function))
        graph = proto.graph
        graph.name = "piece"
        made: set[ir.Value] = set()
        taken: dict[ir.Value, None] = {}
        for node in nodes:
            taken.update(dict.fromkeys(read_values(node)))
            made.update(node.outputs)
            tensor = constant_of(node.outputs[0]) if is_constant(node) else None
            if tensor is not None and left_out(tensor):
                graph.input.append(_declaration(node.outputs[0], tensor))
                self._note(node.outputs[0], graph.input[-1])
                continue
            if node in self._written:
                graph.node.append(self._written[node])
            else:
                ir.serde.serialize_node_into(graph.node.add(), node)
            for value in node.outputs:
                if value in self._outputs:
                    graph.output.append(self._info(value))
                elif value.name and value.type is not None:
                    graph.value_info.append(self._info(value))
        for value in taken:
            if value in made:
                continue
            tensor = value.const_value if value.is_initializer() else None
            if tensor is None:
                known = self._types.get(value)
                if known is not None:
                    graph.input.add(name=value.name).type.CopyFrom(known)
            elif left_out(tensor):
                graph.input.append(_declaration(value, tensor))
                self._note(value, graph.input[-1])
            else:
                ir.serde.serialize_tensor_into(graph.initializer.add(), in_memory(tensor))
                graph.initializer[-1].name = value.name
        _count_windows_within(proto)
        return proto

    def _info(self, value: ir.Value) -> onnx.ValueInfoProto:
        """What the file says about a value, with the batch set."""
        info: onnx.ValueInfoProto = ir.serde.serialize_value(value)
        if self._batch and info.type.WhichOneof("value") == "tensor_type":
            sizes = info.type.tensor_type.shape.dim
            if sizes and value in self._inputs and not sizes[0].HasField("dim_value"):
                sizes[0].dim_value = 1
            for size in sizes:
                if size.dim_param in self._batches:
                    size.dim_value = 1
        return info

    def _note(self, value: ir.Value, info: onnx.ValueInfoProto) -> None:
        kind = info.type.WhichOneof("value")
        if kind is None:
            return
        name = value.name or ""
        self._types[value] = onnx.TypeProto()
        self._types[value].CopyFrom(info.type)
        if kind in ("sequence_type", "map_type", "optional_type"):
            self._found[name] = (None, "sequence")
        if kind != "tensor_type":
            return
        tensor = info.type.tensor_type
        shape: Shape | None = None
        if tensor.HasField("shape"):
            shape = tuple(size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim)
        self._found[name] = (shape, _dtype(tensor.elem_type))


def _pieces(graph: ir.Graph) -> list[tuple[list[ir.Node], list[ir.Node]]]:
    """Nodes of each piece, and these with all that compute the sizes used there; in the graph's order.

    Whatever depends on nothing but sizes and constants may be a size; inference works them out, but not
    across pieces.
    """
    everything = list(graph)
    sizes: set[ir.Node] = set()
    for node in everything:
        if node.op_type in ("Shape", "Size") or all(
            value is None or value.is_initializer() or value.producer() in sizes for value in node.inputs
        ):
            sizes.add(node)
    place = {node: index for index, node in enumerate(everything) if node in sizes}
    walk = iter(everything)
    pieces: list[tuple[list[ir.Node], list[ir.Node]]] = []
    spare = int(_MOST_REPEATED * len(everything))
    while own := list(islice(walk, _PIECE)):
        inside = set(own)
        more: set[ir.Node] = set()
        waiting = list(own)
        while waiting and len(more) <= spare:
            for value in read_values(waiting.pop()):
                maker = value.producer()
                if maker in sizes and maker not in inside and maker not in more:
                    more.add(maker)
                    waiting.append(maker)
        spare -= len(more)
        if spare < 0:
            return [(everything, everything)]
        pieces.append((own, sorted(more, key=place.__getitem__) + own))
    return pieces


def _leading(value: ir.Value) -> str | None:
    """Name of a value's first size, if the file leaves it open."""
    first = next(iter(value.shape or ()), None)
    return None if first is None or isinstance(first, int) else first.value


def _declaration(value: ir.Value, tensor: ir.TensorProtocol) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(value.name or "", tensor.dtype.value, tensor.shape.numpy())


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


def _count_windows_within(proto: onnx.ModelProto) -> None:
    """Have pools that round up give what they do when they run.

    Older than opset 22, onnx counts windows too that would begin behind the input. A function may use newer
    operators than the graph around it.
    """
    newer = [onnx.helper.make_opsetid("", _WINDOWS_WITHIN)]
    versions = [entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")]
    if min(versions, default=_WINDOWS_WITHIN) >= _WINDOWS_WITHIN:
        return
    rounding = [
        node
        for node in proto.graph.node
        if node.op_type in _POOLS
        and node.domain in ("", "ai.onnx")
        and any(attribute.name == "ceil_mode" and attribute.i for attribute in node.attribute)
    ]
    for place, node in enumerate(rounding):
        inner = onnx.NodeProto()
        inner.CopyFrom(node)
        name = f"{node.op_type}_{place}"
        outputs = [output for output in node.output if output]
        function = onnx.helper.make_function(_ROUNDING_POOLS, name, node.input, outputs, [inner], newer)
        proto.functions.append(function)
        node.domain, node.op_type = _ROUNDING_POOLS, name
        del node.attribute[:]
        del node.output[:]
        node.output.extend(outputs)
    if rounding:
        proto.ir_version = max(proto.ir_version, _IR_WITH_FUNCTIONS)
        proto.opset_import.add(domain=_ROUNDING_POOLS, version=1)


@cache
def _dtype(element: int) -> str:
    try:
        return dtype_name(ir.DataType(element))
    except (ValueError, TypeError):
        return "unknown"
