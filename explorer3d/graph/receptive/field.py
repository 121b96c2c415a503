"""Which parts of all that went before a number depends on, back to what the network is fed with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import onnx_ir as ir

from explorer3d.graph.model import Model
from explorer3d.graph.receptive.elementwise import ELEMENTWISE
from explorer3d.graph.receptive.gathering import GATHERING
from explorer3d.graph.receptive.indices import single
from explorer3d.graph.receptive.moving import MOVING
from explorer3d.graph.receptive.region import Block, Region, joined
from explorer3d.graph.receptive.resizing import RESIZING
from explorer3d.graph.receptive.step import (
    Known,
    Rule,
    Seen,
    Shapes,
    Step,
    Unmapped,
    axes_of,
    constants,
    unknown,
)
from explorer3d.graph.receptive.windows import WINDOWS
from explorer3d.graph.skeleton import ancestors, constant, read_values
from explorer3d.progress import Progress, ignore

RULES: dict[str, Rule] = {**WINDOWS, **ELEMENTWISE, **GATHERING, **MOVING, **RESIZING}
"""Operator to what a part of its result depends on; for an operator without one it is everything."""

_TOLD_EVERY = 256

# Other domains may call something else by the same name.
_DOMAINS = ("", "ai.onnx", "com.microsoft")


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """All that one number depends on.

    Attributes
    ----------
    value : str
    index : tuple of int
        The number's place.
    regions : mapping of str to Region
        By value of the graph: those it depends on, and itself. A value that only holds another one's numbers
        with its axes in another order is among them too, whichever of both the operators take.
    beyond : tuple of str
        Operators on the way of which no more is known than that all of their result depends on all they
        take. Where they have been passed a region is an upper bound.
    """

    value: str
    index: tuple[int, ...]
    regions: Mapping[str, Region]
    beyond: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Otherwise some regions are upper bounds."""
        return all(region.exact for region in self.regions.values())


def receptive_field(
    model: Model,
    value: str,
    index: Sequence[int],
    shapes: Shapes | None = None,
    known: Known = constants,
    within: Collection[ir.Node] | None = None,
    progress: Progress = ignore,
) -> ReceptiveField:
    """Find what one number of a network depends on, along all paths.

    It is the structure that counts, not the weights: a weight of zero joins what it stands between.

    Parameters
    ----------
    model : Model
    value : str
        Name of a value of the graph.
    index : sequence of int
        A place in it, the batch's axis among the others; may count from the end.
    shapes : mapping of value name to tuple of int, optional
        By default those that are known without running anything: `static_shapes`.
    known : callable, optional
        Gives the numbers of values that steer others (where to cut, what to look up) if they are computed.
    within : collection of onnx_ir.Node, optional
        Go through these only, such as those of one layer.
    progress : Progress, optional
        May raise `Cancelled`.

    Returns
    -------
    ReceptiveField

    Raises
    ------
    KeyError
        There is no such value, or its shape is not known.
    IndexError
        There is no such place in it.
    """
    shapes = static_shapes(model) if shapes is None else shapes
    target = find_value(model, value)
    shape = shapes[value]
    if len(index) != len(shape):
        raise IndexError(f"{value} has {len(shape)} axes, not {len(index)}")
    places = [range(size)[place] for place, size in zip(index, shape, strict=True)]
    regions: dict[ir.Value, tuple[Block, ...]] = {target: (Block(tuple(map(single, places))),)}
    beyond: list[str] = []
    nodes = ancestors(model.ir.graph, [target]) if within is None else _ordered(within)
    for at, node in enumerate(reversed(nodes)):
        if at % _TOLD_EVERY == 0:
            progress(at / len(nodes), "Following what a number depends on")
        found: dict[ir.Value, list[Block]] = {}
        for output, made in enumerate(node.outputs):
            for block in regions.get(made, ()):
                for source, part, certain in _read(model, node, block, output, shapes, known):
                    found.setdefault(source, []).append(part)
                    if not certain and (node.name or node.op_type) not in beyond:
                        beyond.append(node.name or node.op_type)
        for source, parts in found.items():
            regions[source] = joined([*regions.get(source, ()), *parts])
    named = {
        source.name: Region(shapes.get(source.name), blocks)
        for source, blocks in regions.items()
        if source.name and blocks
    }
    named |= _turned(regions, named)
    return ReceptiveField(value, tuple(places), named, tuple(beyond))


def find_value(model: Model, name: str) -> ir.Value:
    """Look a value of the graph up.

    Raises
    ------
    KeyError
    """
    for value in _values(model.ir.graph):
        if value.name == name:
            return value
    raise KeyError(name)


def before(
    model: Model, node: ir.Node, block: Block, shapes: Shapes, known: Known = constants
) -> list[tuple[int, Block]]:
    """Find what part of a node's inputs a block of its first output depends on.

    Parameters
    ----------
    model : Model
    node : onnx_ir.Node
    block : Block
    shapes, known
        As in `receptive_field`.

    Returns
    -------
    list of (int, Block)
        Positions of inputs, those with fixed numbers among them; an input may come several times.
    """
    return _mapped(_step(model, node, shapes, known), block, 0)[0]


def static_shapes(model: Model) -> dict[str, tuple[int, ...]]:
    """The shapes of a network's values that are known without running it, at batch one."""
    found: dict[str, tuple[int, ...]] = {}
    openings = {
        value.shape[0].value
        for value in model.ir.graph.inputs
        if value.shape is not None and value.shape and isinstance(value.shape[0], ir.SymbolicDim)
    }
    for value in _values(model.ir.graph):
        if value.name and value.shape is not None:
            sizes = [
                size if isinstance(size, int) else 1 if size.value in openings else None
                for size in value.shape
            ]
            known = tuple(size for size in sizes if size is not None)
            if len(known) == len(sizes):
                found[value.name] = known
    ports = [*model.inputs, *(port for layer in model.layers for port in (*layer.inputs, *layer.outputs))]
    for port in ports:
        if port.shape is not None:
            known = tuple(size for size in port.shape if size is not None)
            if len(known) == len(port.shape):
                found[port.value] = known
    return found


def _values(graph: ir.Graph) -> Iterable[ir.Value]:
    yield from graph.inputs
    for node in graph:
        yield from node.outputs


def _ordered(nodes: Collection[ir.Node]) -> list[ir.Node]:
    """In an order in which they can run; there are few of them."""
    found: dict[ir.Node, None] = {}
    waiting = list(reversed(list(nodes)))
    while waiting:
        node = waiting.pop()
        if node in found:
            continue
        first = [
            maker
            for value in node.inputs
            if value is not None and (maker := value.producer()) in nodes and maker not in found
        ]
        if first:
            waiting += [node, *(maker for maker in first if maker is not None)]
        else:
            found[node] = None
    return list(found)


def _step(model: Model, node: ir.Node, shapes: Shapes, known: Known) -> Step:
    version = node.version or model.ir.opset_imports.get(node.domain) or 1
    return Step(node, version, shapes, known)


def _read(
    model: Model, node: ir.Node, block: Block, output: int, shapes: Shapes, known: Known
) -> list[tuple[ir.Value, Block, bool]]:
    """Values that are not fixed, which part of each, and whether the operator's rule says so."""
    parts, certain = _mapped(_step(model, node, shapes, known), block, output)
    found = []
    for at, part in parts:
        source = node.inputs[at]
        if source is not None and constant(source) is None:
            found.append((source, part, certain))
    if not certain:
        # What graphs inside the node take from around them.
        for source in list(read_values(node)):
            if source not in node.inputs and constant(source) is None:
                shape = shapes.get(source.name or "")
                whole = Block(None if shape is None else tuple(map(range, shape)), exact=False)
                found.append((source, whole, False))
    return found


def _mapped(step: Step, block: Block, output: int) -> tuple[list[tuple[int, Block]], bool]:
    rule = RULES.get(step.node.op_type) if step.node.domain in _DOMAINS else None
    if rule is not None:
        try:
            return list(_applied(rule, step, block, output)), True
        except (Unmapped, ValueError, IndexError):
            # A file may say of a node what does not fit its shapes.
            pass
    return unknown(step), False


def _applied(rule: Rule, step: Step, block: Block, output: int) -> Seen:
    axes_of(block)
    return rule(step, block, output)


def _turned(regions: Mapping[ir.Value, tuple[Block, ...]], named: Mapping[str, Region]) -> dict[str, Region]:
    """Values that hold the same numbers with their axes in another order, as layers of Keras give them."""
    found = {}
    for value in regions:
        region = named.get(value.name or "")
        if region is None or region.shape is None:
            continue
        for user, _ in value.uses():
            name = user.outputs[0].name
            if user.op_type == "Transpose" and name and name not in named:
                order = list(user.attributes.get_ints("perm", ()))
                if sorted(order) == list(range(len(region.shape))):
                    found[name] = _in_order(region, order)
    return found


def _in_order(region: Region, order: Sequence[int]) -> Region:
    assert region.shape is not None
    blocks = (
        Block(tuple(axes_of(block)[axis] for axis in order), block.exact)
        for block in region.blocks
        if block.axes is not None
    )
    return Region(tuple(region.shape[axis] for axis in order), tuple(blocks))
