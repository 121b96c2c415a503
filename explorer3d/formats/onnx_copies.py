"""Copies of nodes and graphs that read other values than their originals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import onnx_ir as ir


class Copies:
    """Copies things of one graph that refer to each other. Tensors are shared, not copied.

    Parameters
    ----------
    values : dict of Value to Value or None
        What copies read in the place of what their originals read; None: nothing. Values that are made
        by what is copied are added. All others are read by copies too.
    attributes : mapping of str to Attr
        What references to a function's attributes stand for; a reference to any other is left out.
    renamed : callable, optional
        Takes the name of a value or node, returns that of its copy.
    """

    def __init__(
        self,
        values: dict[ir.Value, ir.Value | None],
        attributes: Mapping[str, ir.Attr],
        renamed: Callable[[str], str] = str,
    ) -> None:
        self.values = values
        self._attributes = attributes
        self._renamed = renamed

    def nodes(self, nodes: Iterable[ir.Node]) -> list[ir.Node]:
        """Copy nodes, in whatever order they stand."""
        originals = list(nodes)
        outputs = [[self.value(value) for value in node.outputs] for node in originals]
        return [self._node(node, made) for node, made in zip(originals, outputs, strict=True)]

    def value(self, value: ir.Value) -> ir.Value:
        """Copy a value; its tensor too, if it has one."""
        copy = ir.Value(
            name=value.name and self._renamed(value.name),
            type=value.type,
            shape=None if value.shape is None else value.shape.copy(),
            const_value=value.const_value,
        )
        self.values[value] = copy
        return copy

    def _node(self, node: ir.Node, outputs: list[ir.Value]) -> ir.Node:
        attributes = (self._attribute(attribute) for attribute in node.attributes.values())
        return ir.Node(
            node.domain,
            node.op_type,
            [value and self.values.get(value, value) for value in node.inputs],
            [attribute for attribute in attributes if attribute is not None],
            overload=node.overload,
            outputs=outputs,
            version=node.version,
            name=node.name and self._renamed(node.name),
            metadata_props=dict(node.metadata_props),
        )

    def _attribute(self, attribute: ir.Attr) -> ir.Attr | None:
        name = attribute.name
        if attribute.is_ref():
            given = self._attributes.get(attribute.ref_attr_name or "")
            if given is None or given.is_ref():
                return None
            attribute = given
        if attribute.type == ir.AttributeType.GRAPH:
            return ir.AttrGraph(name, self._graph(attribute.as_graph()))
        if attribute.type == ir.AttributeType.GRAPHS:
            return ir.AttrGraphs(name, [self._graph(graph) for graph in attribute.as_graphs()])
        return ir.Attr(name, attribute.type, attribute.value)

    def _graph(self, graph: ir.Graph) -> ir.Graph:
        inputs = [self.value(value) for value in graph.inputs]
        initializers = [self.values.get(value) or self.value(value) for value in graph.initializers.values()]
        nodes = self.nodes(graph)
        outputs = [self.values.get(value) or value for value in graph.outputs]
        return ir.Graph(inputs, outputs, nodes=nodes, initializers=initializers, name=graph.name)
