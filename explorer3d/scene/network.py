"""A laid out network in the scene: its blocks, their handles and labels, and the edges between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from explorer3d.graph.folded import FoldedBlock
from explorer3d.graph.layout import Layout
from explorer3d.graph.model import Model
from explorer3d.graph.paths import Flow
from explorer3d.scene import edges, fading, nodes
from explorer3d.scene.camera import Projection
from explorer3d.scene.courses import weights
from explorer3d.scene.edge_lines import EdgeLines
from explorer3d.scene.look import Look
from explorer3d.scene.paint import Paint
from explorer3d.scene.parts import Parts
from explorer3d.scene.picking import Enclosures
from explorer3d.scene.placement import place
from explorer3d.scene.regrouping import members
from explorer3d.scene.text import Labels


class Network:
    """What stands for the layers of one model, some of them folded into blocks.

    Parameters
    ----------
    parts : Parts
    model : Model
    layout : Layout
    heights : mapping of row to float
        Room for opened layers below each row, in world units.
    look : Look

    Attributes
    ----------
    index : dict of str to int
        Place of each node in all arrays, by name.
    node_of : dict of str to str
        The node that a layer is seen as, or seen in.
    flow : Flow
    placement : Placement
    courses : (edges, points, 3) float array
    extents : (2, edges, 2) float array
    enclosures : Enclosures
        Of the blocks.
    folded : (n,) bool array
        Which nodes are blocks.
    handles : Handles or None
    labels : Labels or None
        Both None while the nodes move.
    """

    def __init__(
        self, parts: Parts, model: Model, layout: Layout, heights: Mapping[int, float], look: Look
    ) -> None:
        self.model, self.layout = model, layout
        self.index = {name: place for place, name in enumerate(layout.names)}
        self.node_of = {layer: node for node, inside in members(model).items() for layer in inside}
        self.flow = Flow(layout)
        self.texts = nodes.node_texts(model)
        folded = {layer.name for layer in model.layers if isinstance(layer, FoldedBlock)}
        self.folded = np.array([name in folded for name in layout.names], bool)
        self.handles: nodes.Handles | None = None
        self.labels: Labels | None = None
        self._parts = parts
        self._lines: EdgeLines | None = None
        self.place(heights, look)

    def place(self, heights: Mapping[int, float], look: Look) -> None:
        """Let everything stand elsewhere; `build` shows it."""
        self.heights, self._look = heights, look
        self.placement = place(self.model, self.layout, heights, look.text)
        self.courses = edges.paths(self.layout, self.placement)
        self.extents = edges.extents(self.courses)
        self._weights = weights(self.courses)
        half = self.placement.sizes / 2
        self.enclosures = Enclosures(
            self.placement.centres - half * [1, 1, 2], self.placement.centres + half * [1, 1, 0]
        )

    def build(self, paint: Paint | None) -> None:
        """Show everything but the edges, each node in its own colour."""
        self.build_blocks(paint)
        self.handles = nodes.Handles(self.model, self.placement, self._look.theme)
        self._parts.replace("handles", [self.handles.quads.actor])
        faint = frozenset(layer.name for layer in self.model.layers if not layer.runnable)
        self.labels = Labels(nodes.labels(self.placement, self.texts, faint, self._look.theme))
        self._parts.replace("labels", [self.labels.actor])

    def build_blocks(self, paint: Paint | None) -> None:
        self._blocks = nodes.blocks(self.placement, self.texts)
        self._parts.replace("blocks", self._blocks.actors)
        names = self.placement.names
        folded = frozenset(names[index] for index in np.flatnonzero(self.folded))
        self._cards = nodes.cards(self.placement, self.texts, folded)
        self._parts.replace("cards", self._cards.actors if folded else [])
        if paint is not None:
            self._recolour(self.body_colours(paint))

    def build_edges(self, frames: Sequence[np.ndarray]) -> None:
        """Show the edges.

        Parameters
        ----------
        frames : sequence of (4, 3) float array
            Corners of opened layers; edges pass behind them.
        """
        self._lines = EdgeLines(self.courses, self._weights, frames) if len(self.courses) else None
        self._parts.replace("edges", self._parts.stroked([self._lines.actor] if self._lines else []))
        self.fade_edges(False)

    def hide_writing(self) -> None:
        """Show nothing but blocks, faces and edges: what is written could not be read on its way."""
        self.labels, self.handles = None, None
        for part in ("labels", "handles", "veil"):
            self._parts.replace(part, [])

    def fade(self, which: np.ndarray, share: float, paint: Paint | None) -> None:
        """Let the bodies and labels of some nodes fade.

        Parameters
        ----------
        which : (n,) bool array
        share : float
            As in `fading.faded`.
        paint : Paint or None
        """
        self._recolour(fading.faded(self.body_colours(paint), which, self._look.theme, share))
        if self.labels is not None:
            self.labels.fade(which, self._look.theme, share)

    def fade_edges(self, which: bool) -> None:
        """Let all edges fade, or not."""
        theme = self._look.theme
        if self._lines is not None:
            plain = np.array([theme.edge])
            self._lines.recolour(fading.faded(plain, np.array([which]), theme, fading.SLIGHT)[0])

    def see(self, projection: Projection) -> None:
        """Draw what is seen from somewhere, no finer than can be seen in a picture of that size."""
        self._blocks.see(projection)
        self._cards.see(projection)
        if self.handles is not None:
            self.handles.see(projection)
        if self._lines is not None:
            self._lines.see(projection)

    def surroundings(self, index: int) -> np.ndarray:
        """(3, 3) float array: points that enclose a block and what is written below it."""
        x, y, _ = self.placement.centres[index]
        width, height, depth = self.placement.sizes[index]
        floor = self.placement.floors[index]
        return np.array(
            [[x - width, y + height / 2, -depth], [x + width, y + height / 2, 0], [x, floor, 0.0]]
        )

    def body_colours(self, paint: Paint | None) -> np.ndarray:
        """(n, 3) uint8 array: RGB of every node, none of them faded."""
        if paint is not None:
            return paint.colours(self.model, self.placement.names)
        return nodes.body_colours(self.placement, self.texts)

    def _recolour(self, colours: np.ndarray) -> None:
        self._blocks.recolour(colours)
        self._cards.recolour(nodes.card_shades(colours[self.folded]))
