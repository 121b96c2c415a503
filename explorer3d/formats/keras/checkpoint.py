"""The weights of a network in TensorFlow's own files: a checkpoint, or the one inside a SavedModel.

References
----------
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/trackable_object_graph.proto
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from explorer3d.errors import ModelError
from explorer3d.formats import wire
from explorer3d.formats.keras.config import Network
from explorer3d.formats.keras.stored import Entry, StoredWeights
from explorer3d.formats.keras.tensor_bundle import TensorBundle
from explorer3d.formats.wire import Malformed

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"

# What hangs on a layer beside its own parts: the same once more, and the state of training.
_NO_PARTS = frozenset({"keras_api", "optimizer", "root", "save_counter", "signatures"})
_DEEPEST = 64


@dataclass(frozen=True, eq=False)
class _Node:
    """An object that was saved: attributes that hold others, and a variable's name and key."""

    children: Mapping[str, int]
    name: str
    key: str


class CheckpointWeights:
    """A network's weights, found by following the attributes of the objects that were saved.

    Parameters
    ----------
    bundle : TensorBundle
    model : mapping
        The network's entry in the configuration.

    Raises
    ------
    ModelError
        The checkpoint does not say what its variables belong to, or contradicts itself.
    """

    def __init__(self, bundle: TensorBundle, model: Mapping[str, Any]) -> None:
        self._bundle = bundle
        self._nodes = _object_graph(bundle)
        self._here = 0
        self._layers = _in_order(model)

    def of(self, layer: str) -> StoredWeights:
        node = self._node(layer)
        return StoredWeights([] if node is None else list(self._variables(node)), numbered=False)

    def inside(self, layer: str, network: Network) -> CheckpointWeights:
        inner = CheckpointWeights.__new__(CheckpointWeights)
        inner._bundle, inner._nodes = self._bundle, self._nodes
        inner._here = -1 if (node := self._node(layer)) is None else node
        inner._layers = _in_order(self._layers[layer][1] if layer in self._layers else {})
        return inner

    def _node(self, layer: str) -> int | None:
        if layer not in self._layers or self._here < 0:
            return None
        return self._nodes[self._here].children.get(f"layer-{self._layers[layer][0]}")

    def _variables(self, node: int) -> Iterator[Entry]:
        children = self._nodes[node].children
        listed = children.get("variables")
        # A SavedModel lists a layer's variables in Keras' own order.
        found = self._walk(node, set(), 0) if listed is None else self._nodes[listed].children.values()
        for child in found:
            variable = self._nodes[child]
            tensor = self._bundle.tensor(variable.key) if variable.key else None
            if tensor is not None:
                yield Entry(tuple(variable.name.split("/")), tensor)

    def _walk(self, node: int, seen: set[int], depth: int) -> Iterator[int]:
        if node in seen or depth > _DEEPEST:
            return
        seen.add(node)
        if self._nodes[node].key:
            yield node
        for name, child in self._nodes[node].children.items():
            if name not in _NO_PARTS:
                yield from self._walk(child, seen, depth + 1)


def variable_names(bundle: TensorBundle) -> dict[str, str]:
    """Names of a checkpoint's variables as their layers gave them, by key; empty if it does not tell."""
    if OBJECT_GRAPH not in set(bundle):
        return {}
    return {node.key: node.name for node in _object_graph(bundle) if node.key}


def _in_order(model: Mapping[str, Any]) -> dict[str, tuple[int, Mapping[str, Any]]]:
    """Number and entry of a model's layers, by name: the objects are counted as the model lists them."""
    config = model.get("config")
    entries = config.get("layers") if isinstance(config, dict) else config
    layers = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if model.get("class_name") == "Sequential":
        layers = [entry for entry in layers if entry.get("class_name") != "InputLayer"]
    return {str(_name(entry)): (at, entry) for at, entry in enumerate(layers)}


def _name(entry: Mapping[str, Any]) -> Any:
    config = entry.get("config")
    return entry.get("name", config.get("name") if isinstance(config, dict) else None)


def _object_graph(bundle: TensorBundle) -> list[_Node]:
    """TrackableObjectGraph; the network is its first node."""
    try:
        nodes = [_object(message) for message in wire.parts(memoryview(bundle.text(OBJECT_GRAPH)), 1)]
    except Malformed as error:
        raise ModelError(f"The checkpoint's list of objects is damaged ({error}). Copy it again.") from error
    if not nodes or any(not 0 <= child < len(nodes) for node in nodes for child in node.children.values()):
        raise ModelError("The checkpoint's list of objects contradicts itself. Copy or save it again.")
    return nodes


def _object(message: memoryview) -> _Node:
    children, name, key = {}, "", ""
    for number, content in wire.fields(message):
        if number == 1:
            reference = dict(wire.fields(wire.part(content)))
            children[wire.text(reference.get(2, memoryview(b"")))] = wire.whole(reference.get(1, 0))
        elif number == 2:
            attribute = dict(wire.fields(wire.part(content)))
            if not key:
                name = wire.text(attribute.get(2, memoryview(b"")))
                key = wire.text(attribute.get(3, memoryview(b"")))
    return _Node(children, name, key)
