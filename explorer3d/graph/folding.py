"""The graph that is seen when some blocks are folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.hierarchy import Block, Hierarchy
from explorer3d.graph.layout import Layout, arrange
from explorer3d.graph.model import Layer, Model, Port, parameters_of
from explorer3d.progress import Progress, ignore

MOST_NODES = 150
"""Nodes up to which a network is read without folding."""

LEGIBLE = range(6, 71)
"""Nodes of a folded network that tell something, and whose labels can be read when all of it is seen."""


@dataclass(frozen=True, eq=False)
class Folding:
    """What is seen of a model, and where it stands.

    Attributes
    ----------
    hierarchy : Hierarchy
    unfolded : frozenset of str
        Blocks that are seen as what is in them, if those around them are.
    model : Model
        The model with `FoldedBlock` in the place of the layers in them.
    layout : Layout
        Of that model.
    """

    hierarchy: Hierarchy
    unfolded: frozenset[str]
    model: Model
    layout: Layout

    @cached_property
    def nodes(self) -> frozenset[str]:
        """Names of all that is seen."""
        return frozenset(self.layout.names)

    def node_of(self, name: str) -> str:
        """The node that a layer, block or input is seen as, or seen in."""
        for block in self.hierarchy.around(name):
            if block.name not in self.unfolded:
                return block.name
        return name

    def layers_of(self, node: str) -> tuple[str, ...]:
        """Names of the layers that a node stands for; of an input, its own."""
        layer = self.model.layer_by_name.get(node)
        return tuple(one.name for one in layer.layers) if isinstance(layer, FoldedBlock) else (node,)


def default_unfolded(hierarchy: Hierarchy) -> frozenset[str]:
    """Blocks to unfold so that the deepest level that reads well is seen; all of a small network."""
    counts = [hierarchy.nodes_at(level) for level in range(hierarchy.levels)]
    if counts[-1] <= MOST_NODES:
        return hierarchy.to_level(len(counts))
    possible = [level for level, count in enumerate(counts) if count <= MOST_NODES]
    legible = [level for level in possible if counts[level] in LEGIBLE]
    return hierarchy.to_level(max(legible or possible or [0]))


def fold(hierarchy: Hierarchy, unfolded: Collection[str]) -> Model:
    """Put each block that is not unfolded in the place of its layers.

    Parameters
    ----------
    hierarchy : Hierarchy
    unfolded : collection of str
        Names of blocks.

    Returns
    -------
    Model
        The model itself where nothing is folded.
    """
    stop = 0
    folded: list[Block] = []
    for block in hierarchy.blocks:
        if block.first >= stop and block.name not in unfolded:
            folded.append(block)
            stop = block.stop
    if not folded:
        return hierarchy.model
    layers = list(hierarchy.order)
    ends = {port.value for port in hierarchy.model.outputs}
    result: list[Layer] = []
    done = 0
    for block in folded:
        result += layers[done : block.first]
        if block.name not in hierarchy.folded:
            inside = layers[block.first : block.stop]
            hierarchy.folded[block.name] = _folded(block, inside, hierarchy.last_use, ends)
        result.append(hierarchy.folded[block.name])
        done = block.stop
    result += layers[done:]
    return replace(hierarchy.model, layers=tuple(result))


def arranged(
    hierarchy: Hierarchy, unfolded: frozenset[str], aspect: float, progress: Progress = ignore
) -> Folding:
    """Fold a model and lay out what is then seen; see `arrange`."""
    model = fold(hierarchy, unfolded)
    layout = arrange(model, aspect, orders=hierarchy.orders, progress=progress)
    return Folding(hierarchy, unfolded, model, layout)


def _folded(
    block: Block, layers: list[Layer], last_use: dict[str, int], ends: Collection[str]
) -> FoldedBlock:
    made = {port.value for layer in layers for port in layer.outputs}
    inputs = {port.value: port for layer in layers for port in layer.inputs if port.value not in made}
    outputs: list[Port] = []
    face = layers[-1].name
    for layer in layers:
        leaving = [
            port for port in layer.outputs if port.value in ends or last_use.get(port.value, -1) >= block.stop
        ]
        if leaving:
            outputs, face = leaving + outputs, layer.name
    work: Counter[str] = Counter()
    for layer in layers:
        work[layer.op] += 1 + (layer.macs or layer.parameters)
    counts = [layer.macs for layer in layers if layer.macs is not None]
    return FoldedBlock(
        name=block.name,
        op=work.most_common(1)[0][0],
        inputs=tuple(inputs.values()),
        outputs=tuple(outputs),
        weights=(),
        attributes={},
        parameters=parameters_of(layers),
        macs=sum(counts) if len(counts) == len(layers) else None,
        block=block.parent.rstrip("/"),
        title=block.title,
        layers=tuple(layers),
        face=face,
    )
