"""Functions that a model brings along: what they do takes the place of their calls, as a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import onnx
import onnx_ir as ir

from explorer3d.errors import ModelError
from explorer3d.formats.onnx_copies import Copies
from explorer3d.formats.onnx_scopes import BLOCK, scope
from explorer3d.graph.skeleton import constant, graphs_of, is_constant, read_values

_MOST_NODES = 500_000
"""Nodes of all calls together: ten functions that call each other ten times each would make 10¹⁰."""

_MOST_BYTES = 2**33
"""Constants of all calls together."""

_DEEPEST = 64


def inline_functions(path: Path, model: ir.Model) -> None:
    """Put what a function does in the place of each call.

    Values keep their names. What only the function knows gets the name it has there, behind that of the
    function: ``Attention/scores``, ``Attention#2/scores``.

    A call stays as it is where the function is written for other versions of operators than the model.

    Parameters
    ----------
    path : Path
        Of the model's file, for messages.
    model : onnx_ir.Model
        Changed in place.

    Raises
    ------
    ModelError
        Functions call themselves, or would make too much together.
    """
    if model.functions:
        _check(path, model)
        _Inlining(model).graph(model.graph)
        _forget_unused(model)


def _called(model: ir.Model, function: ir.Function) -> Iterator[ir.Function]:
    for node in function.all_nodes():
        if node.op_identifier() in model.functions:
            yield model.functions[node.op_identifier()]


def _check(path: Path, model: ir.Model) -> None:
    calls = {function: list(_called(model, function)) for function in model.functions.values()}
    try:
        order = list(TopologicalSorter({key: set(value) for key, value in calls.items()}).static_order())
    except CycleError as error:
        names = " → ".join(function.name for function in reversed(error.args[1]))
        raise ModelError(
            f"{path.name} is not a valid ONNX model: its functions call themselves: {names}."
        ) from None
    nodes: dict[ir.Function, int] = {}
    nbytes: dict[ir.Function, int] = {}
    depth: dict[ir.Function, int] = {}
    for function in order:
        _check_function(path, function)
        called = calls[function]
        nodes[function] = sum(1 for _ in function.all_nodes()) + sum(nodes[other] for other in called)
        nbytes[function] = _constants(function) + sum(nbytes[other] for other in called)
        depth[function] = 1 + max((depth[other] for other in called), default=0)
    top = [
        model.functions[node.op_identifier()]
        for node in model.graph.all_nodes()
        if node.op_identifier() in model.functions
    ]
    if max((depth[function] for function in top), default=0) > _DEEPEST:
        raise ModelError(
            f"{path.name} cannot be opened: its functions call each other more than {_DEEPEST} deep."
        )
    if sum(nodes[function] for function in top) > _MOST_NODES:
        raise ModelError(
            f"{path.name} cannot be opened: its functions call each other so often that they would make "
            f"more than {_MOST_NODES:,} operators."
        )
    if sum(nbytes[function] for function in top) > _MOST_BYTES:
        raise ModelError(
            f"{path.name} cannot be opened: the constants in its functions would take more than "
            f"{_MOST_BYTES / 2**30:.0f} GB, once for each call."
        )


def _check_function(path: Path, function: ir.Function) -> None:
    """A function reads nothing but its inputs and what it makes."""
    made = {*function.inputs, *(value for node in function for value in node.outputs)}
    for value in (*(value for node in function for value in read_values(node)), *function.outputs):
        if value not in made:
            raise ModelError(
                f"{path.name} is not a valid ONNX model: "
                f"its function '{function.name}' reads '{value.name}', which nothing makes."
            )


def _constants(function: ir.Function) -> int:
    tensors = (constant(node.outputs[0]) for node in function.all_nodes() if is_constant(node))
    return sum(tensor.nbytes for tensor in tensors if tensor is not None)


def _forget_unused(model: ir.Model) -> None:
    waiting = [node.op_identifier() for node in model.graph.all_nodes()]
    used = set()
    while waiting:
        name = waiting.pop()
        if name in model.functions and name not in used:
            used.add(name)
            waiting += [node.op_identifier() for node in model.functions[name].all_nodes()]
    for name in model.functions.keys() - used:
        del model.functions[name]


class _Inlining:
    def __init__(self, model: ir.Model) -> None:
        self._model = model
        self._imports = model.graph.opset_imports
        self._names = {value.name for value in _values(model.graph) if value.name}
        self._blocks: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._possible: dict[ir.OperatorIdentifier, bool] = {}

    def graph(self, graph: ir.Graph) -> None:
        """Replace all calls in a graph, and in those within it."""
        for node in list(graph):
            self._node(graph, node)

    def _node(self, graph: ir.Graph, node: ir.Node) -> None:
        for inner in graphs_of(node):
            self.graph(inner)
        function = self._model.functions.get(node.op_identifier())
        if function is not None and self._can_be_inlined(function):
            for copy in self._replace(graph, node, function):
                self._node(graph, copy)

    def _replace(self, graph: ir.Graph, call: ir.Node, function: ir.Function) -> list[ir.Node]:
        block = self._block(call, function)
        defaults = {name: one for name, one in function.attributes.items() if one.value is not None}
        given = [*call.inputs, *[None] * len(function.inputs)]
        values = dict(zip(function.inputs, given, strict=False))
        copies = Copies(values, {**defaults, **call.attributes}, lambda name: self._unique(f"{block}/{name}"))
        nodes = copies.nodes(function)
        for index, node in enumerate(nodes):
            node.meta[BLOCK] = block
            if not node.name and not is_constant(node):
                node.name = f"{block}/{node.op_type}_{index}"
        made, taken = set(nodes), set[ir.Value]()
        for formal, old in zip(function.outputs, call.outputs, strict=False):
            new = values[formal]
            if new is None or new in taken or new.producer() not in made:
                # The function passes an input on, or gives one value twice.
                nodes.append(ir.node("Identity", [new], name=f"{block}/{formal.name}"))
                new = nodes[-1].outputs[0]
            taken.add(new)
            if old.name:
                new.name = old.name
            new.type, new.shape = old.type or new.type, old.shape or new.shape
            old.replace_all_uses_with(new, replace_graph_outputs=True)
        graph.insert_before(call, nodes)
        graph.remove(call)
        return nodes

    def _block(self, call: ir.Node, function: ir.Function) -> str:
        title = function.name.replace("/", "_").replace(";", "_") or "function"
        around = scope(call, call.name or "")
        name = title = f"{around}/{title}" if around else title
        while name in self._blocks:
            # The first is called without a number.
            self._counts[title] += 1
            name = f"{title}#{self._counts[title] + 1}"
        self._blocks.add(name)
        return name

    def _unique(self, name: str) -> str:
        while name in self._names:
            name += "'"
        self._names.add(name)
        return name

    def _can_be_inlined(self, function: ir.Function) -> bool:
        known = self._possible.get(function.identifier())
        if known is None:
            known = self._possible[function.identifier()] = self._fits(function)
        return known

    def _fits(self, function: ir.Function) -> bool:
        """Whether the model means the same by all operators of a function."""
        imports = function.opset_imports
        used = {
            (node.domain, node.op_type)
            for node in function.all_nodes()
            if node.op_identifier() not in self._model.functions
        }
        for domain, op in used:
            if domain not in imports:
                continue
            version = self._imports.setdefault(domain, imports[domain])
            if version != imports[domain] and not _same(domain, op, version, imports[domain]):
                return False
        return True


def _same(domain: str, op: str, one: int, other: int) -> bool:
    try:
        schemas = [onnx.defs.get_schema(op, version, domain) for version in (one, other)]
    except onnx.defs.SchemaError:
        return False
    return bool(schemas[0].since_version == schemas[1].since_version)


def _values(graph: ir.Graph) -> Iterator[ir.Value]:
    yield from graph.inputs
    yield from graph.initializers.values()
    for node in graph:
        yield from node.outputs
        for inner in graphs_of(node):
            yield from _values(inner)
