"""Which operators a layer is made of."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import onnx_ir as ir

from explorer3d.graph.model import Model
from explorer3d.graph.skeleton import is_constant, read_values

Nodes = Mapping[str, tuple[ir.Node, ...]]

_found: WeakKeyDictionary[Model, Nodes] = WeakKeyDictionary()


def nodes_of(model: Model) -> Nodes:
    """List the nodes of each layer, in an order in which they can run.

    A layer of Keras has several; what an earlier layer has made is that one's, even where a later layer
    takes it before the earlier one has put it into Keras' order of axes.
    """
    known = _found.get(model)
    if known is None:
        known = _found[model] = _nodes_of(model)
    return known


def _nodes_of(model: Model) -> Nodes:
    makers = {value.name: node for node in model.ir.graph for value in node.outputs if value.name}
    taken: set[ir.Node] = set()
    found = {}
    for layer in model.layers:
        own: list[ir.Node] = []
        waiting = [makers[port.value] for port in layer.outputs if port.value in makers]
        while waiting:
            node = waiting.pop()
            if node in taken or is_constant(node):
                continue
            taken.add(node)
            own.append(node)
            for value in read_values(node):
                maker = value.producer()
                if maker is not None:
                    waiting.append(maker)
        found[layer.name] = tuple(own)
    order = {node: at for at, node in enumerate(model.ir.graph)}
    return {name: tuple(sorted(own, key=order.__getitem__)) for name, own in found.items()}
