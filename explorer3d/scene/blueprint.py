"""All that is drawn of a laid out network, worked out beforehand: arrays only, on whatever thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from explorer3d.compute.faces import Face
from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Layer, Model
from explorer3d.graph.paths import Flow
from explorer3d.scene.courses import weights
from explorer3d.scene.edges import extents
from explorer3d.scene.glyphs import lengths
from explorer3d.scene.handles import HandlePlan, handle_plan
from explorer3d.scene.node_text import NodeText, measured, node_text
from explorer3d.scene.palette import FAMILIES, family_of
from explorer3d.scene.picking import Enclosures
from explorer3d.scene.placement import Placement, block_sizes, place, pushed
from explorer3d.scene.routes import BEHIND, lowered, routes
from explorer3d.scene.seen import Spots

_TOGETHER = 4_000  # edges that are weighed in one go: memory for more is slower
_FAMILIES = tuple(FAMILIES)


@dataclass(frozen=True, eq=False)
class Blueprint:
    """What is known of each node and edge before anything is drawn.

    Attributes
    ----------
    model : Model
    layout : Layout
    index : mapping of str to int
        Place of each node in all arrays, by name.
    node_of : mapping of str to int
        The node that a layer is seen as, or seen in.
    shown : mapping of str to str
        The layer whose feature maps a folded block shows.
    flow : Flow
    texts : tuple of NodeText
        What is written under each node.
    families : (n,) int array
        Place of each node's family in `FAMILIES`.
    folded, faint : (n,) bool array
        Which are blocks of layers; which cannot run.
    sizes : (n, 3) float array
        Of the blocks, in world units.
    handles : HandlePlan
    lengths : (n,) float array
        Of the names, in ems.
    order : (n,) int array
        The nodes, those first whose names tell most of the whole.
    heights : mapping of row to float
        Room for opened layers below each row, in world units.
    placement : Placement
    courses, weights : (edges, points, 3) and (edges, points) float array
        Of the edges, and of their points as `courses.weights` gives them.
    extents : (2, edges, 2) float array
        As `edges.extents` gives them.
    spots : Spots
        Around the edges.
    enclosures : Enclosures
        Of the blocks.
    """

    model: Model
    layout: Layout
    index: Mapping[str, int]
    node_of: Mapping[str, int]
    shown: Mapping[str, str]
    flow: Flow
    texts: tuple[NodeText, ...]
    families: np.ndarray
    folded: np.ndarray
    faint: np.ndarray
    sizes: np.ndarray
    handles: HandlePlan
    lengths: np.ndarray
    order: np.ndarray
    heights: Mapping[int, float]
    placement: Placement
    courses: np.ndarray
    weights: np.ndarray
    extents: np.ndarray
    spots: Spots
    enclosures: Enclosures

    @cached_property
    def colours(self) -> np.ndarray:
        """(n, 3) uint8 array: RGB of each block's family."""
        table = np.array([family.colour for family in FAMILIES.values()], np.uint8)
        return np.asarray(table[self.families])

    @property
    def present(self) -> list[str]:
        """Families of the nodes, in the order of `FAMILIES`."""
        return [_FAMILIES[place] for place in np.flatnonzero(np.bincount(self.families))]

    def measured(self, faces: Mapping[str, Face]) -> Blueprint:
        """The same with the shapes that a run gave tensors whose sizes the model leaves open.

        Parameters
        ----------
        faces : mapping of str to Face
            By layer or model input.
        """
        texts = list(self.texts)
        ports = (*self.model.inputs, *(next(iter(layer.outputs), None) for layer in self.model.layers))
        for node, port in enumerate(ports):
            if port is not None and (port.shape is None or None in port.shape):
                name = self.layout.names[node]
                face = faces.get(self.shown.get(name, name))
                if face is not None:
                    texts[node] = measured(texts[node], port, face.shape)
        return replace(self, texts=tuple(texts))

    def placed(self, heights: Mapping[int, float], text: float) -> Blueprint:
        """The same with everything in other places.

        Parameters
        ----------
        heights : mapping of row to float
            Room for opened layers below each row, in world units.
        text : float
            Size of all writing, 1 as designed.
        """
        if text != self.placement.text:
            return replace(self, **_places(self.model, self.layout, heights, text, self.sizes))
        return self._lowered(heights)

    def _lowered(self, heights: Mapping[int, float]) -> Blueprint:
        """Rows only move up and down: whatever is known of most edges stays as it is."""
        rows = len(self.placement.row_tops)
        down = pushed(heights, rows) - pushed(self.heights, rows)
        placement = self.placement.lowered(down)
        sources, targets = (down[placement.bands[ends]] for ends in (self.flow.sources, self.flow.targets))
        courses = lowered(self.courses, sources, targets)
        boxes, weights = self.extents.copy(), self.weights.copy()
        boxes[:, :, 1] -= targets
        longer = np.flatnonzero(sources != targets)
        boxes[:, longer] = extents(courses[longer])
        weights[longer] = _weighed(courses[longer])
        return replace(
            self,
            heights=heights,
            placement=placement,
            courses=courses,
            weights=weights,
            extents=boxes,
            spots=_spots(boxes),
            enclosures=_enclosures(placement),
        )

    def fits(self, heights: Mapping[int, float], text: float) -> bool:
        """Whether everything is in the places that `placed` would give it."""
        return heights == self.heights and text == self.placement.text


def blueprint(
    model: Model, layout: Layout, heights: Mapping[int, float] | None = None, text: float = 1.0
) -> Blueprint:
    """Work out all that is drawn of a network.

    Parameters
    ----------
    model : Model
    layout : Layout
    heights : mapping of row to float, optional
        Room for opened layers below each row, in world units.
    text : float
        Size of all writing, 1 as designed.
    """
    # In the order of the layout's names.
    layers: list[Layer | None] = [None] * len(model.inputs) + list(model.layers)
    index = {name: place for place, name in enumerate(layout.names)}
    node_of = {}
    for node, layer in enumerate(layers):
        for name in _inside(layer) or (layout.names[node],):
            node_of[name] = node
    texts = (*map(node_text, model.inputs), *map(node_text, model.layers))
    sizes = block_sizes(model, layout)
    return Blueprint(
        model=model,
        layout=layout,
        index=index,
        node_of=node_of,
        shown={layer.name: layer.face for layer in layers if isinstance(layer, FoldedBlock)},
        flow=Flow(layout),
        texts=texts,
        families=np.array([_FAMILIES.index(family_of(one.op)) for one in texts], np.intp),
        folded=np.array([isinstance(layer, FoldedBlock) for layer in layers], bool),
        faint=np.array([layer is not None and not layer.runnable for layer in layers], bool),
        sizes=sizes,
        handles=handle_plan(layers),
        lengths=lengths([one.name for one in texts], bold=True),
        order=_order(layers, layout),
        **_places(model, layout, heights or {}, text, sizes),
    )


def _places(
    model: Model, layout: Layout, heights: Mapping[int, float], text: float, sizes: np.ndarray
) -> dict[str, Any]:
    """All of a blueprint that depends on where things stand."""
    placement = place(model, layout, heights, text, sizes)
    courses = routes(layout, placement)
    boxes = extents(courses)
    return {
        "heights": heights,
        "placement": placement,
        "courses": courses,
        "weights": _weighed(courses),
        "extents": boxes,
        "spots": _spots(boxes),
        "enclosures": _enclosures(placement),
    }


def _weighed(courses: np.ndarray) -> np.ndarray:
    parts = [weights(courses[first : first + _TOGETHER]) for first in range(0, len(courses), _TOGETHER)]
    return np.concatenate(parts or [weights(courses)])


def _spots(boxes: np.ndarray) -> Spots:
    """Around edges of which the extents are known."""
    low, high = np.concatenate([boxes, np.full((*boxes.shape[:2], 1), BEHIND)], axis=2)
    return Spots(low, high)


def _enclosures(placement: Placement) -> Enclosures:
    half = placement.sizes * [0.5, 0.5, 1.0]
    return Enclosures(placement.centres - half, placement.centres + half * [1, 1, 0])


def _order(layers: Sequence[Layer | None], layout: Layout) -> np.ndarray:
    """Folded blocks first, then where rows and name scopes begin, then nodes evenly over the network."""
    count = len(layers)
    scopes = [layer.block if layer is not None else "" for layer in layers]
    standing = np.full(count, 3)
    standing[[place for place in range(1, count) if scopes[place] != scopes[place - 1]]] = 2
    standing[layout.column == 0] = 1
    standing[[isinstance(layer, FoldedBlock) for layer in layers]] = 0
    # The more often a place can be halved, the wider apart are those like it.
    places = np.arange(count)
    evenness = np.where(places > 0, places & -places, 2 * max(count, 1))
    return np.lexsort((places, -evenness, standing))


def _inside(layer: object) -> tuple[str, ...]:
    return tuple(one.name for one in layer.layers) if isinstance(layer, FoldedBlock) else ()
