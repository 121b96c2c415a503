"""What lies inside one node: the graphs of If, Loop and Scan, the body of a model's own function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import onnx_ir as ir

from explorer3d.formats.onnx_weights import axes_of, formal_name, is_setting, label_of
from explorer3d.graph.build import unique
from explorer3d.graph.model import Weight
from explorer3d.graph.skeleton import constant, is_constant

_LISTED = 200
"""Operators of a body that are listed; of a longer one, the rest is counted."""

FUNCTION = "body"
"""Name, among a node's bodies, of the function that it calls."""

Functions = Mapping[ir.OperatorIdentifier, ir.Function]
Body = ir.Graph | ir.Function


def body(graph: Body) -> dict[str, Any]:
    """List a body as plain JSON: inputs, outputs, and its operators in order, bodies in them included."""
    nodes: list[Any] = []
    for node in graph:
        if is_constant(node):
            continue
        if len(nodes) == _LISTED:
            total = sum(1 for other in graph if not is_constant(other))
            nodes.append(f"… {total - _LISTED} more")
            break
        inner = {name: body(graph) for name, graph in _graphs(node)}
        nodes.append({node.op_type: inner} if inner else node.op_type)
    return {
        "inputs": [value.name or "" for value in graph.inputs],
        "nodes": nodes,
        "outputs": [value.name or "" for value in graph.outputs],
    }


def bodies_of(node: ir.Node, functions: Functions) -> dict[str, Body]:
    """The graphs inside a node by name, and what a function that it calls does."""
    # Files list them by the alphabet.
    bodies: dict[str, Body] = dict(sorted(_graphs(node), key=lambda entry: entry[0] == "else_branch"))
    function = functions.get(node.op_identifier()) if functions else None
    return bodies if function is None else {**bodies, FUNCTION: function}


def inner_weights(node: ir.Node, functions: Functions) -> list[Weight]:
    """Weights that lie inside a node, under their own names.

    Where a name occurs in several bodies, the body's name comes before it: ``else_branch/w``.
    """
    found = list(_weights(node, functions, "", set()))
    names = [value.name or "" for _, value, _ in found]
    paths = [path if names.count(name) > 1 else "" for (path, _, _), name in zip(found, names, strict=True)]
    full = [f"{path}{name}" for path, name in zip(paths, names, strict=True)]
    return [
        Weight(name, tensor, *meaning(value, tensor))
        for name, (_, value, tensor) in zip(unique(full), found, strict=True)
    ]


Found = tuple[str, ir.Value, ir.TensorProtocol]


def _weights(
    node: ir.Node, functions: Functions, path: str, seen: set[ir.OperatorIdentifier]
) -> Iterator[Found]:
    bodies: list[tuple[str, Body]] = [*_graphs(node)]
    identifier = node.op_identifier()
    # A function that calls itself is not valid, but a file may hold one.
    if identifier in functions and identifier not in seen:
        seen.add(identifier)
        bodies.append((node.op_type, functions[identifier]))
    for name, graph in bodies:
        inside = f"{path}{name}/"
        if isinstance(graph, ir.Graph):
            for value in graph.initializers.values():
                if value.const_value is not None:
                    yield inside, value, value.const_value
        for inner in graph:
            tensor = constant(inner.outputs[0]) if is_constant(inner) else None
            if tensor is not None and not is_setting(tensor):
                yield inside, inner.outputs[0], tensor
            yield from _weights(inner, functions, inside, seen)


def meaning(value: ir.Value, tensor: ir.TensorProtocol, user: ir.Node | None = None) -> tuple[str, str]:
    """Axes and word of a weight, by the operator that takes it; the first of several unless given."""
    for node, position in value.uses():
        if user is None or node is user:
            formal = formal_name(node, position)
            transposed = bool(node.attributes.get_int("transB", 0))
            axes = axes_of(node.op_type, formal, len(tensor.shape), transposed)
            return axes, label_of(node.op_type, formal)
    return "", ""


def _graphs(node: ir.Node) -> Iterator[tuple[str, ir.Graph]]:
    for attribute in node.attributes.data.values():
        if attribute.is_ref():
            continue
        if attribute.type == ir.AttributeType.GRAPH:
            yield attribute.name, attribute.as_graph()
        elif attribute.type == ir.AttributeType.GRAPHS:
            for index, graph in enumerate(attribute.as_graphs()):
                yield f"{attribute.name}{index}", graph
