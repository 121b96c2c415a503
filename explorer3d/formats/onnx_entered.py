"""Graphs inside a node as networks of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import onnx_ir as ir

from explorer3d.errors import RequestError
from explorer3d.formats.onnx import layers, sort
from explorer3d.formats.onnx_bodies import Body, bodies_of
from explorer3d.formats.onnx_constants import fold_constants
from explorer3d.formats.onnx_copies import Copies
from explorer3d.graph.build import build_model
from explorer3d.graph.inference import infer
from explorer3d.graph.model import Model, Port
from explorer3d.graph.skeleton import captured, constant
from explorer3d.graph.within import Within


def read_body(model: Model, layer: str, body: str) -> Model:
    """Make a network of a graph inside a layer.

    Parameters
    ----------
    model : Model
        The network around it.
    layer : str
    body : str
        One of `Layer.bodies`.

    Returns
    -------
    Model
        Its inputs are those of the body, then what it takes from around it; constants from there are
        weights.

    Raises
    ------
    ModelError
        The body is not valid.
    RequestError
        There is no such body.
    """
    node = _node(model, layer)
    found = bodies_of(node, model.ir.functions).get(body) if node is not None else None
    if node is None or found is None:
        raise RequestError(f"There is no {body!r} in '{layer}'.")
    graph, around = _copy(model, node, found)
    entered = ir.Model(graph, ir_version=model.ir.ir_version, functions=list(model.ir.functions.values()))
    within = Within(layer, node.op_type, body, tuple(value.name or "" for value in found.inputs), around)
    sort(model.path, entered)
    _declare(model, node, within, graph)
    types = infer(entered, batch=False)
    for value in graph.inputs:
        # They are those of one run: in a loop, a state may grow.
        value.shape = None
    fold_constants(entered, types)
    built = build_model(model.path, model.format, model.producer, entered, list(layers(entered)), types=types)
    return replace(built, within=within)


def _node(model: Model, name: str) -> ir.Node | None:
    layer = model.layer_by_name.get(name)
    made = {port.value for port in layer.outputs} if layer else set()
    return next((node for node in model.ir.graph if made & {value.name for value in node.outputs}), None)


def _copy(model: Model, node: ir.Node, body: Body) -> tuple[ir.Graph, dict[str, str]]:
    """A graph that stands by itself, and what it takes from around it, by its name there and here."""
    if isinstance(body, ir.Function):
        given = {name: one for name, one in body.attributes.items() if one.value is not None}
        copies = Copies({}, {**given, **node.attributes})
        outside: list[ir.Value] = []
        imports = dict(body.opset_imports)
    else:
        copies = Copies({}, {})
        outside = list(captured([body]))
        imports = dict(model.ir.opset_imports)
    inputs = [copies.value(value) for value in body.inputs]
    initializers = []
    taken = {value.name for value in _own(body)}
    around: dict[str, str] = {}
    for value in outside:
        copy = copies.value(value)
        while copy.name in taken:
            copy.name = f"{copy.name}'"
        taken.add(copy.name)
        copy.const_value = constant(value)
        if copy.const_value is None:
            inputs.append(copy)
            around[copy.name or ""] = value.name or ""
        else:
            initializers.append(copy)
    if isinstance(body, ir.Graph):
        initializers += [
            copies.values.get(value) or copies.value(value) for value in body.initializers.values()
        ]
    nodes = copies.nodes(body)
    outputs: list[ir.Value] = []
    for value in body.outputs:
        copy = copies.values[value] or value
        if copy in outputs or copy in inputs or copy in initializers:
            # A network's outputs are its own, and each of them is another.
            nodes.append(ir.node("Identity", [copy]))
            count = sum(1 for one in outputs if one.name and one.name.startswith(f"{copy.name}'"))
            nodes[-1].outputs[0].name = f"{copy.name}'{count or ''}"
            copy = nodes[-1].outputs[0]
        outputs.append(copy)
    graph = ir.Graph(
        inputs, outputs, nodes=nodes, initializers=initializers, name=body.name, opset_imports=imports
    )
    return graph, around


def _own(body: Body) -> Iterator[ir.Value]:
    yield from body.inputs
    if isinstance(body, ir.Graph):
        yield from body.initializers.values()
    for node in body:
        yield from node.outputs


def _declare(model: Model, node: ir.Node, within: Within, graph: ir.Graph) -> None:
    """Say of what type and shape inputs are, as far as the network around knows."""
    ports = {port.value: port for port in model.inputs}
    for layer in model.layers:
        ports.update((port.value, port) for port in (*layer.inputs, *layer.outputs))

    def known(value: ir.Value | None) -> Port | None:
        tensor = constant(value) if value is not None else None
        if value is None or tensor is None:
            return ports.get(value.name or "") if value is not None else None
        return Port("", None, tuple(tensor.shape.numpy()), "")

    handed = _HANDED.get(within.op, _in_order)(node)
    around = {name: ports.get(there) for name, there in within.captured.items()}
    for name, (value, less) in zip(within.inputs, handed, strict=False):
        port = known(value)
        if port is not None and port.shape is not None and less is not None:
            shape = list(port.shape)
            if -len(shape) <= less < len(shape):
                del shape[less]
            port = replace(port, shape=tuple(shape))
        around[name] = port
    for value in graph.inputs:
        port = around.get(value.name or "")
        own = value.name not in within.captured
        if port is None or port.shape is None or (own and value.shape is not None):
            continue
        value.shape = ir.Shape(port.shape)
        if value.type is None and port.dtype:
            value.type = _type(port.dtype)


def _type(dtype: str) -> ir.TensorType | None:
    try:
        return ir.TensorType(ir.DataType[_NAMES.get(dtype, dtype.upper())])
    except KeyError:
        return None


_NAMES = {"float32": "FLOAT", "float64": "DOUBLE"}

Handed = list[tuple[ir.Value | None, int | None]]
"""For each input of a body, the value of which it is a part, and the axis that is cut away."""


def _in_order(node: ir.Node) -> Handed:
    return [(value, None) for value in node.inputs]


def _by_loop(node: ir.Node) -> Handed:
    return [(None, None), (None, None), *((value, None) for value in node.inputs[2:])]


def _by_scan(node: ir.Node) -> Handed:
    count = node.attributes.get_int("num_scan_inputs", 0)
    states = len(node.inputs) - count
    axes = node.attributes.get_ints("scan_input_axes", [0] * count)
    return [
        *((value, None) for value in node.inputs[:states]),
        *zip(node.inputs[states:], axes, strict=False),
    ]


def _unknown(node: ir.Node) -> Handed:
    return []


_HANDED: dict[str, Callable[[ir.Node], Handed]] = {
    "If": _unknown,
    "Loop": _by_loop,
    "Scan": _by_scan,
    "SequenceMap": _unknown,
}
